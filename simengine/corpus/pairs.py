"""Pairs of texts from files, to be scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from simengine.corpus.csv_tables import Headerless, usable_delimiter
from simengine.corpus.fields import as_text, missing_field
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import expand_sources, shown_name
from simengine.corpus.typed import typed_items
from simengine.errors import DataError, UsageError
from simengine.types import Json

MAX_LINE_BYTES = 32 << 20
PAIR_FIELDS = (
    ("text1", "text2"),
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("query", "passage"),
    ("question1", "question2"),
    ("anchor", "positive"),
)
NAMES = frozenset(name for pair in PAIR_FIELDS for name in pair)
HEADERLESS = Headerless(
    NAMES,
    ("text1", "text2", "score"),
    texts=frozenset(("text1", "text2")),
    numbers=frozenset(("score",)),
    advice="name the two columns with the texts, as in --fields NAME,NAME",
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts, and the other fields of their record (such as score or label)."""

    text1: str
    text2: str
    extra: Mapping[str, Json] = field(default_factory=dict)


def read_pairs(
    source: str | Path,
    *,
    fields: tuple[str, str] | None = None,
    encoding: str = "utf-8",
    file_format: str | None = None,
    delimiter: str | None = None,
    report: ReadReport | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of a .jsonl, .json, .csv, .tsv or .parquet file in order, streamed.

    A .csv or .tsv without a header has two or three columns: text1, text2 and score. It is taken for one only
    where its first row cannot be a header: at least one cell is not a name (a sentence, say), and a third cell is a
    number. Any other first row without a known name is refused.

    Args:
        source: a path (text formats also with .gz or .zst); "-" is standard input, JSON Lines unless
            `file_format` says otherwise.
        fields: names of the two texts; None takes the first of PAIR_FIELDS that a record has.
        encoding: of the file.
        file_format: None goes by suffix; else "jsonl", "json", "csv", "tsv" or "parquet".
        delimiter: of a table, as in `ReadOptions`.
        report: counts, and notes about the columns of a table.

    Raises:
        DataError: the file cannot be used, holds no pair, or a record is broken, lacks a text or has an
            empty one; names file and line.
        UsageError: an unknown format or encoding, or the same field twice.
    """
    if fields is not None and fields[0] == fields[1]:
        raise UsageError(f"both texts of a pair would come from the field {fields[0]!r}; expected two names")
    report = ReadReport() if report is None else report
    sign = None if delimiter is None else usable_delimiter(delimiter)
    with ExitStack() as stack:
        for file in expand_sources([source], file_format, report):
            if file.format.startswith("txt"):
                expected = "expected .jsonl, .json, .csv, .tsv or .parquet"
                raise DataError(f"a text file has no pairs; {expected}", file.name)
            for line, record, _ in typed_items(
                file,
                MAX_LINE_BYTES,
                encoding,
                report,
                stack,
                headerless=HEADERLESS if fields is None else None,
                texts=NAMES if fields is None else frozenset(fields),
                delimiter=sign,
            ):
                try:
                    if isinstance(record, RecordFault):
                        raise record
                    pair = _pair(record, fields)
                except RecordFault as fault:
                    raise DataError(fault.reason, file.name, line) from fault
                report.accept()
                yield pair
    if not report.records:
        raise DataError("no pairs: the file has no records", shown_name(source))


def _pair(record: dict[str, object], fields: tuple[str, str] | None) -> Pair:
    names = fields or _names(record)
    for name in names:
        if name not in record:
            raise missing_field(name, "text", record)
    text1, text2 = (as_text(record.pop(name), name) for name in names)
    for name, text in zip(names, (text1, text2), strict=True):
        if not text or text.isspace():
            raise RecordFault("empty text", f"the field {name!r} is blank")
        if "\0" in text:
            raise RecordFault("NUL byte", f"the field {name!r} contains the character U+0000")
    return Pair(text1, text2, cast("dict[str, Json]", record))


def _names(record: dict[str, object]) -> tuple[str, str]:
    for pair in PAIR_FIELDS:
        if pair[0] in record and pair[1] in record:
            return pair
    known = ", ".join("/".join(pair) for pair in PAIR_FIELDS)
    shown = ", ".join(repr(name) for name in record)
    detail = f"expected the fields {known}, or those named with --fields; the record has {shown or 'none'}"
    raise RecordFault("missing field", detail)

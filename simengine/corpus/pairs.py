"""Pairs of texts from files, to be scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from simengine.corpus.fields import as_text, check_encodable, missing_field
from simengine.corpus.formats import Headerless, read_items, typed_cell
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import expand_sources, shown_name
from simengine.errors import DataError, UsageError
from simengine.text.checks import surrogate_fault
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
_TABLE = Headerless(frozenset(name for pair in PAIR_FIELDS for name in pair), ("text1", "text2", "score"))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts, and whatever else stood in their record (such as score or label)."""

    text1: str
    text2: str
    extra: Mapping[str, Json] = field(default_factory=dict)


def read_pairs(
    source: str | Path,
    *,
    fields: tuple[str, str] | None = None,
    encoding: str = "utf-8",
    file_format: str | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of a .jsonl, .csv, .tsv or .parquet file in order, streamed.

    A .csv or .tsv whose first row holds none of the known names has no header: its two or three columns
    are text1, text2 and score.

    Args:
        source: a path (text formats also with .gz or .zst); "-" is standard input, JSON Lines unless
            `file_format` says otherwise.
        fields: names of the two texts; None takes the first of PAIR_FIELDS that a record has.
        encoding: of the file.
        file_format: None goes by suffix; else "jsonl", "csv", "tsv" or "parquet".

    Raises:
        DataError: the file cannot be used, holds no pair, or a record is broken, lacks a text or has an
            empty one; names file and line.
        UsageError: an unknown format or encoding, or the same field twice.
    """
    if fields is not None and fields[0] == fields[1]:
        raise UsageError(f"both texts of a pair are to come from the field {fields[0]!r}; expected two names")
    table = _TABLE if fields is None else None
    report = ReadReport()
    for file in expand_sources([source], file_format, report):
        if file.format.startswith("txt"):
            raise DataError("a text file holds no pairs; expected .jsonl, .csv, .tsv or .parquet", file.name)
        is_table = file.format in ("csv", "tsv")
        for line, record, raw in read_items(file, MAX_LINE_BYTES, encoding, report, table):
            try:
                if isinstance(record, RecordFault):
                    raise record
                pair = _pair(record, fields, is_table, isinstance(raw, bytes) and b"\\u" in raw)
            except RecordFault as fault:
                raise DataError(fault.reason, file.name, line) from fault
            report.accept()
            yield pair
    if not report.records:
        raise DataError("no pairs: the file holds no records", shown_name(source))


def _pair(record: dict[str, object], fields: tuple[str, str] | None, is_table: bool, escaped: bool) -> Pair:
    names = fields or _names(record)
    for name in names:
        if name not in record:
            raise missing_field(name, "text", record)
    text1, text2 = (as_text(record.pop(name), name) for name in names)
    for name, text in zip(names, (text1, text2), strict=True):
        if not text or text.isspace():
            raise RecordFault("empty text", f"the field {name!r} is blank")
        if "\0" in text:
            raise RecordFault("NUL byte", f"the field {name!r} holds the character U+0000")
    if is_table:
        record = {name: typed_cell(cast(str, value)) for name, value in record.items()}
    if escaped:
        for name, text in zip(names, (text1, text2), strict=True):
            if fault := surrogate_fault(text):
                raise RecordFault("unpaired surrogate", f"the field {name!a} {fault}")
        check_encodable("", "", "", record)
    return Pair(text1, text2, cast("dict[str, Json]", record))


def _names(record: dict[str, object]) -> tuple[str, str]:
    for pair in PAIR_FIELDS:
        if pair[0] in record and pair[1] in record:
            return pair
    known = ", ".join("/".join(pair) for pair in PAIR_FIELDS)
    shown = ", ".join(repr(name) for name in record)
    raise RecordFault("missing field", f"expected the fields {known}; the record has {shown or 'none'}")

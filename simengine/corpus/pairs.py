"""Pairs of texts from files, to be scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from simengine.corpus.csv_tables import Headerless
from simengine.corpus.examples.records import MAX_LINE_BYTES as MAX_LINE_BYTES
from simengine.corpus.examples.records import choose, read_records, take_texts
from simengine.corpus.report import ReadReport, Record
from simengine.errors import UsageError
from simengine.types import Json

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
    """Two texts, and whatever else stood in their record (such as score or label)."""

    text1: str
    text2: str
    extra: Mapping[str, Json] = field(default_factory=dict)


def read_pairs(
    source: str | Path,
    *,
    fields: tuple[str, str] | None = None,
    file_format: str | None = None,
    delimiter: str | None = None,
    report: ReadReport | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of a .jsonl, .json, .csv, .tsv or .parquet file in order, streamed.

    A .csv or .tsv without a header has two or three columns: text1, text2 and score. It is taken for one only
    where its first row cannot be a header: one cell at least is no name (a sentence, say), and a third cell is a
    number. Any other first row without a known name is refused.

    Args:
        source: a path (text formats also with .gz or .zst); "-" is standard input, JSON Lines unless
            `file_format` says otherwise.
        fields: names of the two texts; None takes the first of PAIR_FIELDS that a record has.
        file_format: None goes by suffix; else "jsonl", "json", "csv", "tsv" or "parquet".
        delimiter: of a table, as in `ReadOptions`.
        report: counts, and notes about the columns of a table.

    Raises:
        DataError: the file cannot be used, holds no pair, or a record is broken, lacks a text or has an
            empty one; names file and line.
        UsageError: an unknown format or delimiter, or the same field twice.
    """
    if fields is not None and fields[0] == fields[1]:
        raise UsageError(f"both texts of a pair are to come from the field {fields[0]!r}; expected two names")
    yield from read_records(
        source,
        partial(_pair, fields=fields),
        noun="pairs",
        table=HEADERLESS if fields is None else None,
        file_format=file_format,
        delimiter=delimiter,
        count=report,
        texts=NAMES if fields is None else frozenset(fields),
    )


def _pair(record: Record, _source: str, _line: int, *, fields: tuple[str, str] | None) -> Pair:
    names = fields or choose(record, PAIR_FIELDS, "fields (or those named with --fields)")
    text1, text2 = take_texts(record, names)
    return Pair(text1, text2, cast("dict[str, Json]", record))

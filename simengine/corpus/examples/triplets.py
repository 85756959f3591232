"""Triplets of an anchor, a positive and a negative."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from simengine.corpus.csv_tables import Headerless
from simengine.corpus.examples.kinds import Triplet
from simengine.corpus.examples.records import check_fields, choose, read_records, take_texts
from simengine.corpus.report import Record

TRIPLET_FIELDS = (
    ("anchor", "positive", "negative"),
    ("query", "positive", "negative"),
    ("query", "pos", "neg"),
)
_TABLE = Headerless(
    frozenset(name for names in TRIPLET_FIELDS for name in names),
    ("anchor", "positive", "negative"),
    texts=frozenset(("anchor", "positive", "negative")),
    advice="name the three columns, as in --fields ANCHOR,POSITIVE,NEGATIVE",
)


def read_triplets(path: str | Path, *, fields: tuple[str, ...] | None = None) -> Iterator[Triplet]:
    """Yield the triplets of a .jsonl, .csv, .tsv or .parquet file in order, streamed.

    A table whose first row holds none of the known names has no header: its columns are anchor, positive
    and negative.

    Args:
        path: text formats also with .gz or .zst; "-" is standard input.
        fields: names of anchor, positive and negative; None takes the first of TRIPLET_FIELDS that a
            record has.

    Raises:
        DataError: the file cannot be used or a triplet is broken; names file and line.
        UsageError: `fields` cannot be used.
    """
    check_fields(fields, ("anchor", "positive", "negative"))
    yield from read_records(
        path,
        partial(_triplet, fields=fields),
        noun="triplets",
        table=_TABLE if fields is None else None,
        texts=frozenset(fields or (name for names in TRIPLET_FIELDS for name in names)),
    )


def _triplet(record: Record, source: str, line: int, *, fields: tuple[str, ...] | None) -> Triplet:
    names = choose(record, TRIPLET_FIELDS, "fields") if fields is None else fields
    anchor, positive, negative = take_texts(record, names)
    return Triplet(anchor, positive, negative, source, line)

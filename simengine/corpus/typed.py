"""Records of one file, with typed columns for tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from simengine.corpus.columns import TABLE_FORMATS, replayable, survey
from simengine.corpus.csv_tables import Headerless
from simengine.corpus.formats import read_items
from simengine.corpus.report import Item, ReadReport, RecordFault
from simengine.corpus.sources import InputFile


def typed_items(
    source: InputFile,
    max_line_bytes: int,
    encoding: str,
    report: ReadReport,
    stack: ExitStack,
    *,
    headerless: Headerless | None = None,
    texts: frozenset[str] = frozenset(),
    delimiter: str | None = None,
) -> Iterator[Item]:
    """Yield the records of one file as `read_items` does; the cells of a table are converted by column.

    Args:
        source, max_line_bytes, encoding, report, headerless, delimiter: as for `read_items`.
        stack: removes the temporary copy of a table read from a stream.
        texts: columns that stay strings.

    Raises:
        DataError: the file as a whole cannot be used.
    """
    if source.format not in TABLE_FORMATS:
        yield from read_items(source, max_line_bytes, encoding, report)
        return
    source = replayable(source, stack)
    types = survey(
        [source],
        lambda each: read_items(each, max_line_bytes, encoding, ReadReport(), headerless, delimiter),
        lambda record: texts.intersection(record),
        types={},
        known={},
        notes=report.notes,
    )
    for line, record, raw in read_items(source, max_line_bytes, encoding, report, headerless, delimiter):
        if not isinstance(record, RecordFault):
            kept = {name: record[name] for name in texts.intersection(record)}
            types.apply(record)
            record.update(kept)
        yield line, record, raw

"""Queries in batches, from files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simengine.corpus.csv_tables import Headerless
from simengine.corpus.duplicates import SeenIds
from simengine.corpus.fields import ID_FIELDS, TEXT_FIELDS, DocumentMaker, FieldMapping
from simengine.corpus.formats import read_items
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import InputFile, expand_sources, is_stream, shown_name, suffixes
from simengine.errors import DataError

MAX_LINE_BYTES = 4 << 20
_OTHER_NAMES = {"query": "text", "question": "text", "qid": "id", "query_id": "id"}
_TABLE = Headerless(
    frozenset([*TEXT_FIELDS, *ID_FIELDS, *_OTHER_NAMES]),
    ("id", "text"),
    ids=True,
    advice="call the columns id and text",
)


@dataclass(frozen=True, slots=True)
class Query:
    """A query with the id that runs and qrels use."""

    id: str
    text: str


def read_queries(
    source: str | Path, *, encoding: str = "utf-8", file_format: str | None = None
) -> Iterator[Query]:
    """Yield the queries of a file in order.

    JSON Lines as in BEIR (`_id` or another id field, `text`, `query` or `question`), .txt with one query per
    non-blank line (ids are line numbers), .tsv and .csv. A .tsv without a header holds id and text. All but .parquet
    also with .gz or .zst.

    Args:
        source: a path; "-" is standard input (one query per line unless `file_format` says otherwise).
        encoding: of the file.
        file_format: None goes by suffix; else one of the formats of `read_corpus`.

    Raises:
        DataError: the file cannot be used or a query is broken, empty or repeats an id; names file and line.
        UsageError: an unknown format or encoding.
    """
    report = ReadReport()
    if file_format is None and is_stream(source) and not suffixes(Path(source))[0]:
        file_format = "txt-lines"
    with SeenIds() as seen:
        for file in expand_sources([source], file_format, report):
            seen.begin(file.name)
            for line, query in _queries(file, encoding, report):
                if first := seen.add([(query.id, line)]):
                    detail = f"duplicate id: the id {query.id!r} was first given at {first[0]}"
                    raise DataError(detail, file.name, line)
                report.accept()
                yield query
    if not report.records:
        raise DataError("no queries: the file has no records", shown_name(source))


def _queries(file: InputFile, encoding: str, report: ReadReport) -> Iterator[tuple[int, Query]]:
    maker = DocumentMaker(FieldMapping())
    for line, record, _ in read_items(file, MAX_LINE_BYTES, encoding, report, _TABLE):
        try:
            if isinstance(record, RecordFault):
                raise record
            for other, name in _OTHER_NAMES.items():
                usual = ID_FIELDS if name == "id" else TEXT_FIELDS
                if other in record and not any(field in record for field in usual):
                    record[name] = record.pop(other)
            document, made = maker.make(record, file.label, line, escaped=False)
            if not document.text or document.text.isspace():
                raise RecordFault("empty text", f"query {document.id!r} has no text")
        except RecordFault as fault:
            raise DataError(fault.reason, file.name, line) from fault
        yield line, Query(str(line) if made else document.id, document.text)

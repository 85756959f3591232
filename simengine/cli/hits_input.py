"""Hits and passages that other commands, or other programs, have written."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from simengine.corpus.columns import any_number
from simengine.corpus.formats import read_items
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import expand_sources, shown_name
from simengine.errors import DataError

if TYPE_CHECKING:
    from simengine.types import Hit

MAX_LINE_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class QueryHits:
    """The hits of one query.

    Attributes:
        query_id: as in the file.
        query: its text, or None where the file does not hold it.
        hits: best first.
    """

    query_id: str
    query: str | None
    hits: list[Hit]


def read_hits(path: str) -> list[QueryHits]:
    """Hits as `simengine search --format jsonl` writes them, by query, in the order in which the queries first occur.

    Args:
        path: of a .jsonl file (also .gz or .zst); "-" is standard input.

    Raises:
        DataError: the file cannot be used, a record is no hit, a document stands twice for one query, or a query id
            has two texts; names file and line.
    """
    found: dict[str, QueryHits] = {}
    seen: set[tuple[str, str]] = set()
    for line, record, source in _records(path):
        try:
            query_id, query, hit = _hit(record)
            known = found.setdefault(query_id, QueryHits(query_id, query, []))
            if known.query != query:
                raise RecordFault(
                    "two queries", f"query {query_id!r} has the texts {known.query!r} and {query!r}"
                )
            if (query_id, hit.id) in seen:
                raise RecordFault("repeated hit", f"document {hit.id!r} stands twice for query {query_id!r}")
        except RecordFault as fault:
            raise DataError(fault.reason, source, line) from fault
        seen.add((query_id, hit.id))
        known.hits.append(hit)
    if not found:
        raise DataError("no hits: the file holds no records", shown_name(path))
    for each in found.values():
        each.hits.sort(key=lambda hit: -hit.score)
    return list(found.values())


def read_passages(path: str, score_field: str | None) -> list[Hit]:
    """Passages of a corpus file as hits, for reranking without an index.

    Args:
        path: of any corpus format; "-" is standard input, JSON Lines.
        score_field: field of the records that holds a retriever's score; None where there is none.

    Raises:
        DataError: the file cannot be used, or a record has no such score.
    """
    from dataclasses import replace

    from simengine.cli.corpus_input import noted_corpus
    from simengine.requests.hits import passages_as_hits

    documents = list(noted_corpus([path]))
    if blank := [document.id for document in documents if not document.text.strip()]:
        raise DataError(f"passage {blank[0]!r} has no text", path)
    scores = None
    if score_field is not None:
        values = [_score(document.metadata.get(score_field)) for document in documents]
        if None in values:
            name = documents[values.index(None)].id
            raise DataError(f"passage {name!r} has no number in the field {score_field!r}", path)
        scores = cast("list[float]", values)
    hits = passages_as_hits(
        [document.text for document in documents],
        ids=[document.id for document in documents],
        scores=scores,
    )
    by_id = {document.id: document for document in documents}
    return [replace(hit, title=by_id[hit.id].title, metadata=by_id[hit.id].metadata) for hit in hits]


def _records(path: str) -> Iterator[tuple[int, dict[str, Any], str]]:
    report = ReadReport()
    for file in expand_sources([path], None, report):
        if file.format not in ("jsonl", "json"):
            raise DataError(f"hits are read from JSON Lines, this is {file.format}", file.name)
        for line, record, _ in read_items(file, MAX_LINE_BYTES, "utf-8", report):
            if isinstance(record, RecordFault):
                raise DataError(record.reason, file.name, line) from record
            yield line, record, file.name


def _hit(record: Mapping[str, Any]) -> tuple[str, str | None, Hit]:
    from simengine.types import Hit, Passage

    passage = record.get("passage")
    text = passage.get("text") if isinstance(passage, dict) else None
    if not isinstance(passage, dict) or not isinstance(text, str) or "id" not in record:
        raise RecordFault(
            "no hit",
            'expected "id", "score" and "passage": {"start", "end", "text"}, as search --format jsonl writes',
        )
    score, start = _number(record.get("score")), passage.get("start", 0)
    if score is None or not isinstance(start, int) or isinstance(start, bool) or start < 0:
        raise RecordFault("no hit", "the score is no number, or the passage's start no place in a text")
    query, title = record.get("query"), record.get("title") or ""
    if not isinstance(title, str) or not (query is None or (isinstance(query, str) and query.strip())):
        raise RecordFault("no hit", "the title or the query is no text")
    if not text.strip() and not title.strip():
        raise RecordFault("empty text", f"hit {record['id']!r} has neither a title nor a passage")
    given, metadata = record.get("scores") or {}, record.get("metadata") or {}
    if not isinstance(given, dict) or not isinstance(metadata, dict):
        raise RecordFault("no hit", 'expected objects in "scores" and "metadata"')
    folded = record.get("duplicates") or []
    if not isinstance(folded, list) or not all(isinstance(name, str) for name in folded):
        raise RecordFault("no hit", 'expected a list of ids in "duplicates"')
    parts = {name: number for name, value in given.items() if (number := _number(value)) is not None}
    parts = parts or {"retriever": score}
    hit = Hit(
        id=str(record["id"]),
        score=score,
        rank=0,
        title=title,
        passage=Passage(start, start + len(text), text),
        metadata=dict(metadata),
        scores=parts,
        duplicates=tuple(folded),
    )
    return str(record.get("query_id", "1")), query, hit


def _score(value: object) -> float | None:
    """A number, also one that a table has as text, since its column is written in several ways."""
    return any_number(value) if isinstance(value, str) else _number(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)

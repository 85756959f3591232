"""Test collections in the layout of BEIR: corpus.jsonl, queries.jsonl, qrels/<split>.tsv."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simengine.corpus.csv_tables import Headerless
from simengine.corpus.examples.records import choose, number, read_records
from simengine.corpus.queries import Query, read_queries
from simengine.corpus.report import Record, RecordFault
from simengine.corpus.sources import folder_file
from simengine.errors import DataError

QRELS_FIELDS = (
    ("query-id", "corpus-id", "score"),
    ("query_id", "doc_id", "relevance"),
    ("qid", "docid", "relevance"),
)
_NAMES = frozenset(name for names in QRELS_FIELDS for name in names)
_TABLE = Headerless(
    _NAMES,
    QRELS_FIELDS[0],
    numbers=frozenset(("score",)),
    ids=True,
    advice=f"call the columns {', '.join(QRELS_FIELDS[0])}",
)
_ENDINGS = ("", ".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Collection:
    """Queries and which documents answer them.

    Attributes:
        folder: where it is; also holds the corpus.
        queries: those that have a relevant document, in the order of their file.
        qrels: query id to document id to grade, 0 for judged and not relevant; for all queries with judgements.
    """

    folder: Path
    queries: tuple[Query, ...]
    qrels: Mapping[str, Mapping[str, int]]


def read_collection(folder: str | Path, *, split: str = "test", follow_links: bool = False) -> Collection:
    """Read queries and judgements of a folder in BEIR's layout.

    Args:
        folder: with queries.jsonl and qrels/<split>.tsv, both also with .gz or .zst.
        split: which judgements.
        follow_links: read files of the folder that are links.

    Raises:
        DataError: a file is missing, broken or a link that is not to be followed, a query is judged that is not in
            the file, or no query has a relevant document.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError(
            "expected a folder with corpus.jsonl, queries.jsonl and qrels/ (the layout of BEIR), "
            + ("this is a file" if root.exists() else "there is nothing"),
            str(folder),
        )
    qrels = read_qrels(_find(root / "qrels", f"{split}.tsv", follow_links))
    queries = {query.id: query for query in read_queries(_find(root, "queries.jsonl", follow_links))}
    wanted = [query for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())]
    if absent := [query for query in wanted if query not in queries]:
        reason = f"{len(absent)} judged queries are not in queries.jsonl, such as {absent[0]!r}"
        raise DataError(reason, str(folder))
    if not wanted:
        raise DataError(f"no query has a relevant document in qrels/{split}.tsv", str(folder))
    chosen = set(wanted)
    return Collection(root, tuple(query for query in queries.values() if query.id in chosen), qrels)


def read_qrels(path: str | Path) -> dict[str, dict[str, int]]:
    """Judgements of a .tsv file: query id, document id, grade; with or without a header.

    Raises:
        DataError: the file cannot be used, a grade is no whole number, or one document is judged twice for a query
            with different grades; names file and line.
    """
    qrels: dict[str, dict[str, int]] = {}
    rows = read_records(path, _judgement, noun="judgements", table=_TABLE, texts=_NAMES)
    for query, document, grade, source, line in rows:
        known = qrels.setdefault(query, {}).setdefault(document, grade)
        if known != grade:
            reason = f"document {document!r} has the grades {known} and {grade} for query {query!r}"
            raise DataError(reason, source, line)
    return qrels


def _judgement(record: Record, source: str, line: int) -> tuple[str, str, int, str, int]:
    names = choose(record, QRELS_FIELDS, "judgement")
    query, document = (str(record[name]) for name in names[:2])
    if not query or not document:
        raise RecordFault("empty id", "a query or a document has no id")
    grade = number(record[names[2]], names[2])
    if grade is None or grade != int(grade):
        raise RecordFault("not a grade", f"the grade is {record[names[2]]!r}; expected a whole number")
    return query, document, int(grade), source, line


def _find(folder: Path, name: str, follow_links: bool) -> Path:
    for ending in _ENDINGS:
        if path := folder_file(folder, name + ending, follow_links=follow_links):
            return path
    there = sorted(path.name for path in folder.iterdir())[:8] if folder.is_dir() else []
    reason = f"no {name}" + (
        f"; there is {', '.join(there)}" if there else "; the folder is missing or empty"
    )
    raise DataError(f"{reason}. Expected the layout of BEIR: queries.jsonl and qrels/test.tsv", str(folder))

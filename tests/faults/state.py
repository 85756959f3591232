"""All that an index holds, read as a search reads it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simengine.engine.reading import IndexReader, open_reader
from simengine.requests.search import SearchOptions
from simengine.store.commitlog import load_log
from simengine.store.snapshot import Snapshot
from tests.faults import encoder

QUERIES = ("rocket orbit moon", "bank interest market", "horse meadow", "安静 的 河流", "rocket")
MODES = ("dense", "lexical", "hybrid")
WORDS = ("rocket", "bank", "meadow", "河流", "unheardof")


@dataclass(frozen=True, eq=False)
class State:
    """All that can be read from an index.

    Attributes:
        documents: (id, title, text, metadata) by doc_key, deleted ones too.
        live: by doc_key.
        passages: (doc_key, start, end, n_tokens, n_truncated) by row.
        vectors: (n_rows, dim) float32.
        found: (id, score, start, end, parts of the score) of hits, by mode and query.
        words: ids of all documents that the lexical index finds for each of `WORDS`.
    """

    generation: int
    state: str
    commit_number: int
    documents: list[tuple[str, str, str, dict[str, Any]]]
    live: list[bool]
    passages: list[tuple[int, int, int, int, int]]
    vectors: np.ndarray
    found: dict[tuple[str, str], list[tuple[Any, ...]]]
    words: dict[str, set[str]]

    def live_documents(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """Live documents in order."""
        return [document for document, alive in zip(self.documents, self.live, strict=True) if alive]

    def same_as(self, other: State) -> bool:
        """Whether both hold and find the same, whatever their generations are called."""
        names = ("state", "documents", "live", "passages", "words")
        asked = self.found.keys() & other.found.keys()
        return (
            all(getattr(self, name) == getattr(other, name) for name in names)
            and all(self.found[key] == other.found[key] for key in asked)
            and np.array_equal(self.vectors, other.vectors)
        )


def read_state(path: Path, modes: Sequence[str] = MODES) -> State:
    """Open an index as a search does and read everything, searching in some modes."""
    reader = open_reader(path, encoder.WordEncoder, threads=1)
    try:
        return state_of(reader, modes)
    finally:
        reader.retire()


def state_of(reader: IndexReader, modes: Sequence[str] = MODES) -> State:
    """Everything that a snapshot and its searcher give."""
    snapshot, searcher = reader.snapshot, reader.searcher
    keys, rows = np.arange(snapshot.n_documents), np.arange(snapshot.n_rows)
    stored = snapshot.documents(keys)
    live = snapshot.live_documents()
    found = {}
    for mode in modes:
        hits = searcher.search(QUERIES, SearchOptions(k=5, mode=mode)).hits  # type: ignore[arg-type]
        for query, list_ in zip(QUERIES, hits, strict=True):
            found[mode, query] = [
                (hit.id, hit.score, hit.passage.start, hit.passage.end, dict(hit.scores)) for hit in list_
            ]
    words = searcher.search(WORDS, SearchOptions(k=1000, mode="lexical")).hits
    return State(
        snapshot.generation,
        snapshot.state,
        snapshot.commit_number,
        [(d.id, d.title, d.text, dict(d.metadata)) for d in (stored[key] for key in keys.tolist())],
        [True] * len(keys) if live is None else live.tolist(),
        [(p.doc_key, p.start, p.end, p.n_tokens, p.n_truncated) for p in snapshot.passages(rows)],
        snapshot.vectors(rows),
        found,
        {word: {hit.id for hit in hits} for word, hits in zip(WORDS, words, strict=True)},
    )


def read_history(path: Path) -> list[tuple[int, list[int]]]:
    """For each commit of the generation, from 0: rows after it, and the doc_keys deleted up to it."""
    with Snapshot.open(path) as snapshot:
        log = load_log(snapshot.reader, snapshot.reader.head().last)
    return [
        (int(log.lengths[:n_documents].sum()), sorted(log.removed[:n_removed].tolist()))
        for n_documents, n_removed in zip(log.first_doc_keys, log.n_removed, strict=True)
    ]


def strays(path: Path) -> list[str]:
    """Files in an index directory that nothing names."""
    with Snapshot.open(path) as snapshot:
        folder = path / f"gen-{snapshot.generation:06d}"
        entry = snapshot.derived("ann")
    database = folder / "documents.sqlite"
    named = {path / "manifest.json", path / "write.lock", database}
    # A reader that was the last to close leaves SQLite's shared memory and an empty log.
    if is_empty_log(database):
        named |= {folder / "documents.sqlite-shm", folder / "documents.sqlite-wal"}
    if entry is not None:
        named.add(folder / str(entry["file"]))
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        named |= {folder / "vectors" / name for (name,) in connection.execute("SELECT name FROM segments")}
    lexical = folder / "lexical"
    if lexical.exists():
        # What tantivy has listed there it removes itself, with a later commit.
        managed = {".managed.json", "meta.crc32", "tie.json", ".tantivy-writer.lock", ".tantivy-meta.lock"}
        managed |= set(json.loads((lexical / ".managed.json").read_text()))
        named |= {lexical / name for name in managed}
    return sorted(str(f.relative_to(path)) for f in path.rglob("*") if f.is_file() and f not in named)


def is_empty_log(database: Path) -> bool:
    """Whether no write-ahead log waits to be folded into a database."""
    log = database.with_name(database.name + "-wal")
    return not log.exists() or log.stat().st_size == 0


def difference_of(found: State, expected: State) -> str:
    """The first thing in which two states differ, for a failed test."""
    for name in ("state", "documents", "live", "passages", "found", "words"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        if ours == theirs:
            continue
        if isinstance(ours, dict):
            key = next((key for key in theirs if ours.get(key) != theirs[key]), "")
            return f"{name} of {key}:\n{ours.get(key)}\ninstead of\n{theirs.get(key)}"
        return f"{name}: {len(ours)} instead of {len(theirs)}, or others"
    return "vectors"

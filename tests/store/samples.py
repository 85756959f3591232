"""Small indexes for the tests of the store."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal

from simengine.store.contract import Change, NewDocument
from simengine.store.settings import IndexSettings
from simengine.store.snapshot import Snapshot
from simengine.types import Document, FloatMatrix, Json, Span

DIMENSION = 8


def settings(**changes: object) -> IndexSettings:
    values: dict[str, object] = {
        "model_name": "a model",
        "fingerprint": "f00d",
        "dimension": DIMENSION,
        "max_tokens": 256,
        "chunk_tokens": 200,
        "overlap_tokens": 20,
        "fingerprint_parts": {"weights": "abc", "tokenizer": "def"},
        "canary_texts_version": "1",
        "canary_vectors": unit_vectors(3, seed=99).tolist(),
        "command": "simengine index",
        "created": "2026-11-22T12:00:00+00:00",
    }
    return IndexSettings(**(values | changes))  # type: ignore[arg-type]


def unit_vectors(n: int, seed: int, dimension: int = DIMENSION) -> FloatMatrix:
    values = np.random.default_rng(seed).standard_normal((n, dimension)).astype(np.float32)
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)


def vector_of(id_: str, version: int, passage: int) -> FloatMatrix:
    """The vector that a passage has wherever it is stored: what tests compare with."""
    return unit_vectors(1, seed=hash_of(f"{id_}/{version}/{passage}"))[0]


def hash_of(text: str) -> int:
    value = 7
    for char in text:
        value = (value * 131 + ord(char)) % (1 << 61)
    return value


def text_of(id_: str, version: int, n_passages: int) -> str:
    return " ".join(f"passage {number} of {id_} version {version} é漢." for number in range(n_passages))


def document(id_: str, version: int = 0, n_passages: int = 2) -> NewDocument:
    text = text_of(id_, version, n_passages)
    cuts = np.linspace(0, len(text), n_passages + 1).astype(int).tolist()
    metadata: dict[str, Json] = {
        "version": version,
        "kind": "even" if version % 2 == 0 else "odd",
        "a": {"b": id_},
    }
    return NewDocument(
        document=Document(id_, text, f"title {id_}", metadata),
        spans=[Span(start, end) for start, end in itertools.pairwise(cuts)],
        n_tokens=[10 + number for number in range(n_passages)],
        n_truncated=[number % 2 for number in range(n_passages)],
    )


def change(ids: Sequence[str], version: int = 0, n_passages: int = 2, remove: Sequence[str] = ()) -> Change:
    vectors = [vector_of(id_, version, number) for id_ in ids for number in range(n_passages)]
    matrix = np.array(vectors, dtype=np.float32).reshape(-1, DIMENSION)
    return Change([document(id_, version, n_passages) for id_ in ids], matrix, remove)


Model = dict[str, tuple[int, int]]
"""What should be live: id -> (version, number of passages)."""


def check_against(snapshot: Snapshot, model: Model) -> None:
    """Compare everything that a snapshot gives with what was committed."""
    assert snapshot.counts.documents == len(model)
    assert snapshot.counts.passages == sum(n for _, n in model.values())
    found = {stored.id: stored for stored in snapshot.iter_documents(batch=3)}
    assert set(found) == set(model)
    keys = snapshot.doc_keys_by_id([*model, "never there"])
    assert keys == {id_: stored.doc_key for id_, stored in found.items()}
    of_row, live = snapshot.row_documents(), snapshot.live_rows()
    kinds, inner = snapshot.column("kind").values, snapshot.column("a.b").values
    for id_, (version, n_passages) in model.items():
        expected, stored = document(id_, version, n_passages), found[id_]
        assert stored.text == expected.document.text
        assert stored.title == expected.document.title
        assert stored.metadata == expected.document.metadata
        assert kinds[stored.doc_key] == expected.document.metadata["kind"]
        assert inner[stored.doc_key] == id_
        rows = np.flatnonzero(of_row == stored.doc_key)
        assert live is None or live[rows].all()
        got = [(p.start, p.end, p.n_tokens, p.n_truncated) for p in snapshot.passages(rows)]
        spans = [(span.start, span.end) for span in expected.spans]
        assert got == [
            (*span, n, t) for span, n, t in zip(spans, expected.n_tokens, expected.n_truncated, strict=True)
        ]
        wanted = [vector_of(id_, version, number) for number in range(n_passages)]
        assert_array_equal(snapshot.vectors(rows), np.array(wanted))
    if live is not None:
        assert int(live.sum()) == snapshot.counts.passages
    texts = [(row.row, row.doc_key, row.title, row.text) for row in snapshot.iter_rows(batch=3)]
    assert [text[0] for text in texts] == (
        list(range(snapshot.n_rows)) if live is None else np.flatnonzero(live).tolist()
    )
    for row, key, title, text in texts:
        stored = snapshot.documents([key])[key]
        passage = snapshot.passages([row])[0]
        assert (title, text) == (stored.title, stored.text[passage.start : passage.end])


def check_index(path: Path, model: Model) -> None:
    """Open an index and compare everything with what was committed."""
    with Snapshot.open(path) as snapshot:
        check_against(snapshot, model)

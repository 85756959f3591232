"""Small indexes for the tests of the store."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.store.contract import Change, NewDocument
from simengine.store.settings import IndexSettings
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
    metadata: dict[str, Json] = {"version": version, "kind": "even" if version % 2 == 0 else "odd", "a": {"b": id_}}
    return NewDocument(
        document=Document(id_, text, f"title {id_}", metadata),
        spans=[Span(start, end) for start, end in zip(cuts, cuts[1:], strict=False)],
        n_tokens=[10 + number for number in range(n_passages)],
        n_truncated=[number % 2 for number in range(n_passages)],
    )


def change(ids: Sequence[str], version: int = 0, n_passages: int = 2, remove: Sequence[str] = ()) -> Change:
    vectors = [vector_of(id_, version, number) for id_ in ids for number in range(n_passages)]
    matrix = np.array(vectors, dtype=np.float32).reshape(-1, DIMENSION)
    return Change([document(id_, version, n_passages) for id_ in ids], matrix, remove)

"""A small world to recommend in: films of three kinds, and users who like one kind each."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simengine.recommend import Interactions, ItemVectors
from simengine.types import Document, FloatMatrix

KINDS = {
    "space": "rocket planet star alien",
    "love": "kiss heart wedding rose",
    "war": "soldier battle gun tank",
}
DIMENSION = 32
_WORD = re.compile(r"\w{4,}")


class Words:
    """An encoder: words are random directions, texts their sums."""

    def __init__(self) -> None:
        self.n_encoded = 0

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        self.n_encoded += len(texts)
        sums = np.array([np.sum([_direction(w) for w in _WORD.findall(t.lower())], axis=0) for t in texts])
        made: FloatMatrix = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
        return made


def _direction(word: str) -> npt.NDArray[np.float64]:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(DIMENSION)


def films(per_kind: int = 10, seed: int = 0) -> list[Document]:
    """Films with two sentences each; ids like "space-3"."""
    rng = np.random.default_rng(seed)
    made = []
    for kind, words in KINDS.items():
        for number in range(per_kind):
            chosen = rng.choice(words.split(), 3)
            text = f"The {chosen[0]} and the {chosen[1]}. A {chosen[2]} for {kind} number{number}."
            made.append(Document(f"{kind}-{number}", text, f"{kind} {number}", {"kind": kind}))
    return made


def items_of(documents: Sequence[Document]) -> ItemVectors:
    return ItemVectors.from_texts(
        [document.id for document in documents],
        [f"{document.title}. {document.text}" for document in documents],
        Words(),
    )


def history(n_users: int = 60, per_kind: int = 10, seed: int = 0, n_each: int = 6) -> Interactions:
    """Users who rate films of their kind 5 and one other 1, at rising times."""
    rng = np.random.default_rng(seed)
    kinds = list(KINDS)
    users, items, ratings, times = [], [], [], []
    for user in range(n_users):
        kind = kinds[user % 3]
        chosen = rng.choice(per_kind, min(n_each, per_kind), replace=False)
        start = rng.integers(0, 1_000_000)
        for step, number in enumerate(chosen):
            users.append(f"u{user}")
            items.append(f"{kind}-{number}")
            ratings.append(float(rng.choice([4, 5])))
            times.append(float(start + step * 100_000))
        users.append(f"u{user}")
        items.append(f"{kinds[(user + 1) % 3]}-{rng.integers(per_kind)}")
        ratings.append(1.0)
        times.append(float(start + 50))
    return Interactions.from_arrays(users, items, ratings=ratings, times=times)

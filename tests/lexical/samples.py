"""Texts and small indexes for the tests of the lexical index."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simengine.lexical import LexicalIndex

WORDS = [
    "gas",
    "flow",
    "wing",
    "heat",
    "shock",
    "plate",
    "boundary",
    "laminar",
    "jet",
    "北京",
    "上海",
    "python",
]


def random_texts(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size=rng.integers(1, 12))) for _ in range(n)]


def build(path: Path, texts: list[str], *, commit_every: int = 50) -> LexicalIndex:
    index = LexicalIndex.open(path, create=True)
    for start in range(0, len(texts), commit_every):
        block = texts[start : start + commit_every]
        index.add(range(start, start + len(block)), [""] * len(block), block)
        index.commit()
    return index

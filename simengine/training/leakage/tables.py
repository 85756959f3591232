"""Distinct texts with numbers, and their words as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.training.leakage.normalise import compared_tokens, text_key
from simengine.types import RowArray


@dataclass(frozen=True, slots=True)
class TextTable:
    """Distinct texts, the keys shared by texts that differ only in spelling, and each key's words.

    Attributes:
        texts: distinct texts; a text's number is its index.
        key: (n_texts,) the number of each text's key.
        first_text: (n_keys,) the first text added with the key.
        starts: (n_keys + 1,) where the words of each key begin in `words`.
        words: (n_words,) numbers of words, below `n_vocabulary`.
        n_vocabulary: distinct words.
    """

    texts: Sequence[str]
    key: RowArray
    first_text: RowArray
    starts: RowArray
    words: RowArray
    n_vocabulary: int

    @property
    def n_keys(self) -> int:
        """Distinct keys."""
        return len(self.first_text)

    @property
    def lengths(self) -> RowArray:
        """(n_keys,) words of each key."""
        return np.diff(self.starts)


class TextTableBuilder:
    """Collects texts for a table."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, text: str) -> int:
        """The text's number."""
        return self._numbers.setdefault(text, len(self._numbers))

    def build(self) -> TextTable:
        """The table of all texts added so far."""
        keys: dict[str, int] = {}
        vocabulary: dict[str, int] = {}
        key_of: list[int] = []
        first_text: list[int] = []
        words: list[int] = []
        ends: list[int] = [0]
        for text, number in self._numbers.items():
            tokens = compared_tokens(text)
            name = text_key(tokens)
            key = keys.setdefault(name, len(keys))
            key_of.append(key)
            if key == len(first_text):
                first_text.append(number)
                words.extend([vocabulary.setdefault(token, len(vocabulary)) for token in tokens])
                ends.append(len(words))
        return TextTable(
            list(self._numbers),
            np.array(key_of, np.int64),
            np.array(first_text, np.int64),
            np.array(ends, np.int64),
            np.array(words, np.int64),
            len(vocabulary),
        )

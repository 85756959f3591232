"""Pairs of texts as one row of tokens, as transformers' tokenizers make it, without transformers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.errors import ModelDamagedError
from simengine.models.tokenization import FastTokenizer

Truncation: TypeAlias = Literal["longest_first", "only_first", "only_second"]
TRUNCATIONS: Final = ("longest_first", "only_first", "only_second")


@dataclass(frozen=True, slots=True)
class TokenizedPairs:
    """Token ids of n pairs.

    Attributes:
        ids: n arrays of int64, special tokens included, cut to the model's limit.
        types: n arrays of int64 of the same lengths, the tokenizer's token types (BERT: 0 and 1).
        n_tokens: (n,) int32, tokens of the whole pair, special tokens included.
        n_truncated: (n,) int32, tokens that were cut off.
    """

    ids: list[npt.NDArray[np.int64]]
    types: list[npt.NDArray[np.int64]]
    n_tokens: npt.NDArray[np.int32]
    n_truncated: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Template:
    """Special tokens before, between and behind the two texts, and the token types of all five parts."""

    ids: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    types: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    text_types: tuple[int, int]

    @property
    def n_special(self) -> int:
        return sum(len(part) for part in self.ids)


class PairTokenizer(FastTokenizer):
    """A tokenizer.json for single texts, as `FastTokenizer`, and for pairs.

    Args:
        tokenizer: of the `tokenizers` package; its truncation and padding settings are switched off.
        max_tokens: limit per text and per pair, special tokens included.
        pad_token_id: id that fills up short rows of a batch.
        lower_case: lower-case the text before the tokenizer's own rules.
    """

    def __init__(
        self, tokenizer: Any, *, max_tokens: int, pad_token_id: int = 0, lower_case: bool = False
    ) -> None:
        super().__init__(tokenizer, max_tokens=max_tokens, pad_token_id=pad_token_id, lower_case=lower_case)
        self._template = _pair_template(tokenizer)

    def count(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        """(n,) int64, tokens of each text without special tokens."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return np.fromiter((len(encoding) for encoding in encodings), np.int64, count=len(encodings))

    def encode_pairs(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        prompt: str = "",
        truncation: Truncation = "longest_first",
    ) -> TokenizedPairs:
        """Token ids of pairs, with special tokens and token types, cut to the limit.

        A text that occurs in several pairs (a question with its candidates) is tokenised once.

        Args:
            pairs: n pairs of texts.
            prompt: stands in front of every first text and counts as a part of it.
            truncation: which text is cut: the longer one until both are equally long, or always the same one
                (and the other too where that alone is over the limit).
        """
        texts = dict.fromkeys(text for first, second in pairs for text in (prompt + first, second))
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        own = dict(zip(texts, (encoding.ids for encoding in encodings), strict=True))
        room = max(self.max_tokens - self._template.n_special, 0)
        ids, types = [], []
        lengths, cut = np.empty(len(pairs), np.int32), np.empty(len(pairs), np.int32)
        for row, (first, second) in enumerate(pairs):
            a, b = own[prompt + first], own[second]
            n_a, n_b = kept_tokens(len(a), len(b), room, truncation)
            lengths[row], cut[row] = len(a) + len(b), len(a) - n_a + len(b) - n_b
            ids.append(self._joined(self._template.ids, a[:n_a], b[:n_b]))
            type_a, type_b = self._template.text_types
            types.append(self._joined(self._template.types, [type_a] * n_a, [type_b] * n_b))
        return TokenizedPairs(ids, types, lengths + np.int32(self._template.n_special), cut)

    @staticmethod
    def _joined(
        special: tuple[tuple[int, ...], ...], first: list[int], second: list[int]
    ) -> npt.NDArray[np.int64]:
        before, between, behind = special
        return np.asarray([*before, *first, *between, *second, *behind], np.int64)


def kept_tokens(n_first: int, n_second: int, room: int, truncation: Truncation) -> tuple[int, int]:
    """How many tokens of each text are kept, as the tokenizers package decides it.

    Args:
        n_first: tokens of the first text.
        n_second: tokens of the second text.
        room: for both together.
        truncation: see `PairTokenizer.encode_pairs`.
    """
    surplus = n_first + n_second - room
    if surplus <= 0:
        return n_first, n_second
    if truncation == "only_first" and n_first > surplus:
        return n_first - surplus, n_second
    if truncation == "only_second" and n_second > surplus:
        return n_first, n_second - surplus
    if n_first + min(n_first, n_second) <= room and n_first <= n_second:
        return n_first, room - n_first
    if n_second + min(n_first, n_second) <= room and n_second < n_first:
        return room - n_second, n_second
    half, other = room // 2, room - room // 2
    return (half, other) if n_first <= n_second else (other, half)


def _pair_template(tokenizer: Any) -> _Template:
    """What the tokenizer puts around the two texts of a pair."""
    for probe in ("a", "1", "the"):
        encoding = tokenizer.encode(probe, probe, add_special_tokens=True)
        places: list[int | None] = encoding.sequence_ids
        if 0 not in places or 1 not in places:
            continue
        bounds = [places.index(0), _after_last(places, 0), places.index(1), _after_last(places, 1)]
        spans = [slice(0, bounds[0]), slice(bounds[1], bounds[2]), slice(bounds[3], len(places))]
        ids, types = encoding.ids, encoding.type_ids
        return _Template(
            ids=tuple(tuple(ids[span]) for span in spans),  # type: ignore[arg-type]
            types=tuple(tuple(types[span]) for span in spans),  # type: ignore[arg-type]
            text_types=(types[bounds[0]], types[bounds[2]]),
        )
    raise ModelDamagedError(
        "its tokenizer makes no token of plain letters, so that its rules for pairs cannot be found"
    )


def _after_last(places: list[int | None], which: int) -> int:
    return len(places) - places[::-1].index(which)

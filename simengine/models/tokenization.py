"""Fast tokenizers without transformers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from simengine.errors import ModelDamagedError
from simengine.models.unknown import READABLE, Reading, TokenKinds, folded, lost_signs, token_kinds, widened
from simengine.types import FloatMatrix


@dataclass(frozen=True, slots=True)
class TokenizedTexts:
    """Token ids of n texts.

    Attributes:
        ids: n arrays of int64, special tokens included, cut to the model's limit.
        n_tokens: (n,) int32, tokens of the whole text, special tokens included.
        n_truncated: (n,) int32, tokens that were cut off.
        n_unknown: (n,) int32, tokens among `ids` that are unknown to the model.
        unknown_share: (n,) float32, see `Reading.share`; of the whole text without the prompt.
    """

    ids: list[npt.NDArray[np.int64]]
    n_tokens: npt.NDArray[np.int32]
    n_truncated: npt.NDArray[np.int32]
    n_unknown: npt.NDArray[np.int32]
    unknown_share: FloatMatrix


class FastTokenizer:
    """A tokenizer.json, applied as the model expects it.

    Args:
        tokenizer: of the `tokenizers` package; its truncation and padding settings are switched off.
        max_tokens: limit per text, special tokens included.
        pad_token_id: id that fills up short rows of a batch.
        lower_case: lower-case the text before the tokenizer's own rules.
    """

    def __init__(
        self, tokenizer: Any, *, max_tokens: int, pad_token_id: int = 0, lower_case: bool = False
    ) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        if lower_case:
            _prepend_lower_case(tokenizer)
        self._tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.pad_token_id = pad_token_id
        self._prefix, self._suffix = _special_tokens(tokenizer)

    @classmethod
    def from_file(
        cls, path: Path, *, max_tokens: int, pad_token_id: int = 0, lower_case: bool = False
    ) -> Self:
        """Read a tokenizer.json.

        Raises:
            ModelDamagedError: the file is missing or cannot be read.
        """
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises plain Exception
            raise ModelDamagedError(
                f"{path}: not readable as a tokenizer ({error}); fetch the model again"
            ) from error
        return cls(tokenizer, max_tokens=max_tokens, pad_token_id=pad_token_id, lower_case=lower_case)

    @property
    def n_special_tokens(self) -> int:
        """Tokens that the model adds to every text."""
        return len(self._prefix) + len(self._suffix)

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        """For each text the character offsets of its tokens, (n_tokens, 2) int32, without special tokens."""
        found = []
        for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False):
            flat = itertools.chain.from_iterable(encoding.offsets)
            found.append(np.fromiter(flat, dtype=np.int32, count=2 * len(encoding)).reshape(-1, 2))
        return found

    def encode(self, texts: Sequence[str], *, prompt: str = "") -> TokenizedTexts:
        """Token ids of texts, with special tokens, cut to the limit.

        Args:
            texts: n texts.
            prompt: prepended to every text and counted as a part of it.
        """
        whole = [prompt + text for text in texts] if prompt else list(texts)
        encodings = self._tokenizer.encode_batch_fast(whole, add_special_tokens=False)
        room = max(self.max_tokens - self.n_special_tokens, 0)
        ids, lengths = [], np.empty(len(whole), np.int32)
        for row, encoding in enumerate(encodings):
            own: list[int] = encoding.ids
            lengths[row] = len(own)
            ids.append(np.asarray([*self._prefix, *own[:room], *self._suffix], np.int64))
        n_truncated = np.maximum(lengths - room, 0).astype(np.int32)
        meaningless = self._kinds.meaningless
        n_unknown = np.fromiter((np.count_nonzero(meaningless[row]) for row in ids), np.int32, count=len(ids))
        share = np.zeros(len(ids), np.float32)
        rows = np.flatnonzero(n_unknown)
        share[rows] = [reading.share for reading in self.readings([texts[row] for row in rows.tolist()])]
        n_tokens = lengths + np.int32(self.n_special_tokens)
        return TokenizedTexts(ids, n_tokens, n_truncated, n_unknown, share)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """What the model can read of each whole text.

        Args:
            texts: n texts, without prompts.
        """
        found = [READABLE] * len(texts)
        partly = []
        for row, encoding in enumerate(
            self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        ):
            if self._kinds.meaningless[encoding.ids].any():
                partly.append(row)
            else:
                found[row] = Reading(0.0, tuple(encoding.ids), ())
        encodings = self._tokenizer.encode_batch([texts[row] for row in partly], add_special_tokens=False)
        for row, encoding in zip(partly, encodings, strict=True):
            found[row] = self._reading(texts[row], encoding)
        for row, text in enumerate(texts):
            if lost := lost_signs(text, self._tokenizer.normalizer):
                found[row] = replace(found[row], unknown=(*found[row].unknown, *lost))
        return found

    def _reading(self, text: str, encoding: Any) -> Reading:
        ids = np.asarray(encoding.ids, np.int64)
        words = np.asarray([-1 if word is None else word for word in encoding.word_ids], np.int64) + 1
        unknown, counted = self._kinds.meaningless[ids], ~self._kinds.punctuation[ids]
        n_counted = np.bincount(words[counted], minlength=words.max() + 1)
        n_unknown = np.bincount(words[unknown], minlength=n_counted.size)
        n_words = int(np.count_nonzero(n_counted))
        share = int(np.count_nonzero((2 * n_unknown >= n_counted) & (n_counted > 0))) / max(n_words, 1)
        spans: dict[int, tuple[int, int]] = {}
        for place in np.flatnonzero(unknown).tolist():
            start, end = encoding.offsets[place]
            spans[int(words[place])] = (spans.get(int(words[place]), (start, end))[0], end)
        pieces = tuple(folded(widened(text, start, end)) for start, end in spans.values())
        return Reading(float(share), tuple(ids[~unknown].tolist()), pieces)

    @cached_property
    def _kinds(self) -> TokenKinds:
        return token_kinds(self._tokenizer)

    def prompt_length(self, prompt: str) -> int:
        """Tokens of a prompt with the special token before it but not the one after it."""
        own = self._tokenizer.encode(prompt, add_special_tokens=False).ids
        return len(self._prefix) + len(own)


def _prepend_lower_case(tokenizer: Any) -> None:
    from tokenizers import normalizers

    present = [tokenizer.normalizer] if tokenizer.normalizer is not None else []
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), *present])


def _special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The ids that the tokenizer's template puts before and after a text."""
    for probe in ("a", "1", "the"):
        encoding = tokenizer.encode(probe, add_special_tokens=True)
        mask: list[int] = encoding.special_tokens_mask
        if 0 in mask:
            first, last = mask.index(0), len(mask) - mask[::-1].index(0)
            return encoding.ids[:first], encoding.ids[last:]
    # Every probe became a special token (a tiny vocabulary has none of them): one plain token split the template.
    ids = tokenizer.encode("", add_special_tokens=True).ids
    half = (len(ids) + 1) // 2
    return ids[:half], ids[half:]

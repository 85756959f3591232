"""A cross-encoder that reads its logits from the words of its input."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.models.fingerprint import Fingerprint
from simengine.models.pair_tokenization import kept_tokens
from simengine.models.unknown import Reading

WORD = re.compile(r"[\u4e00-\u9fff\u3002]|[^\s\u4e00-\u9fff\u3002]+")
N_SPECIAL = 3


@functools.lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(text))


class WordTokenizer:
    """Words and single Chinese characters, two special tokens around a single text."""

    n_special_tokens = 2

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        return [
            np.asarray([match.span() for match in WORD.finditer(text)], np.int32).reshape(-1, 2)
            for text in texts
        ]


class AsciiTokenizer(WordTokenizer):
    """As `WordTokenizer`, for a model without tokens for words with non-ASCII letters."""

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        found = []
        for text in texts:
            words = words_of(text)
            unknown = tuple(word for word in words if not word.isascii())
            known = tuple(hash(word) for word in words if word.isascii())
            found.append(Reading(len(unknown) / max(len(words), 1), known, unknown))
        return found


def ascii_readings(_: object, texts: Sequence[str]) -> list[Reading]:
    """Replaces a model's `readings`: only ASCII is known."""
    return AsciiTokenizer().readings(texts)


class WordModel(CrossEncoder):
    """Returns the logits in the first word like `3,0.5,1` of the premise (or of either text).

    Args:
        labels: names of the outputs.
        otherwise: the logits if there is no such word.
        max_tokens: words of both texts and three special tokens.
    """

    def __init__(self, labels: tuple[str, ...], otherwise: tuple[float, ...], max_tokens: int = 24) -> None:
        self.fingerprint = Fingerprint.from_parts({})
        self.labels, self.max_tokens = labels, max_tokens
        self.activation, self.runtime = "Sigmoid", "words"
        self.tokenizer = WordTokenizer()
        self.seen: list[tuple[str, str]] = []
        self._otherwise = otherwise

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        lengths = [sum(len(words_of(text)) for text in pair) + N_SPECIAL for pair in pairs]
        return np.asarray(lengths, np.int32)

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        room, cut, logits = self.max_tokens - N_SPECIAL, [], []
        for first, second in pairs:
            words = words_of(first), words_of(second)
            n_first, n_second = kept_tokens(len(words[0]), len(words[1]), room, "longest_first")
            kept = words[0][:n_first], words[1][:n_second]
            self.seen.append((" ".join(kept[0]), " ".join(kept[1])))
            cut.append(len(words[0]) - n_first + len(words[1]) - n_second)
            logits.append(self._logits([*kept[0], *kept[1]]))
        return Predicted(np.asarray(logits, np.float32), self.count_tokens(pairs), np.asarray(cut, np.int32))

    def _logits(self, words: list[str]) -> tuple[float, ...]:
        for word in words:
            values = word.rstrip(".").split(",")
            if len(values) == len(self.labels) and re.fullmatch(r"-?\d+(\.\d+)?", values[0]):
                return tuple(float(value) for value in values)
        return self._otherwise

"""Sentences of words as overlapping windows of tokens, each word represented by one token; words of raw text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.text.scripts import HAN, KANA

# Scripts without spaces between words: each of their characters is a word.
_SINGLE = KANA + HAN
_WORD = re.compile(
    rf"https?://\S+|[@#]\w+|[{_SINGLE}]|(?:(?![{_SINGLE}])\w)+(?:['’.-](?:(?![{_SINGLE}])\w)+)*|[^\w\s]"
)


@dataclass(frozen=True, slots=True)
class TaggingWindow:
    """A part of a sentence.

    Attributes:
        row: index of the sentence.
        inputs: of the model, lists of `length` integers.
        words: (length,) int64, index of the word that a token represents: the word's first token, in the one window
            with most context around it; -1 for all other tokens.
    """

    row: int
    inputs: Mapping[str, list[int]]
    words: npt.NDArray[np.int64]


def tagging_windows(
    tokenizer: Any, sentences: Sequence[Sequence[str]], *, max_tokens: int, stride: int
) -> list[TaggingWindow]:
    """Cut sentences into windows that fit the model.

    Args:
        tokenizer: a fast tokenizer of transformers.
        sentences: the words of each sentence.
        max_tokens: of a window, special tokens included.
        stride: tokens that two neighbouring windows share; limited to half of a window.

    Returns:
        The windows, those of one sentence in order. Every word is represented in exactly one of them, except words
        that the tokenizer drops, such as control characters.

    Raises:
        UsageError: a window would have fewer than two tokens.
    """
    room = max_tokens - int(tokenizer.num_special_tokens_to_add(pair=False))
    if room < 2:
        raise UsageError(f"max_tokens is {max_tokens}; expected at least {max_tokens - room + 2}")
    if not sentences:
        return []
    encoded = tokenizer(
        [" ".join(words) for words in sentences],
        truncation=True,
        max_length=max_tokens,
        stride=min(stride, room // 2),
        return_overflowing_tokens=True,
        verbose=False,
    )
    names = [name for name in ("input_ids", "token_type_ids") if name in encoded]
    of_row: dict[int, list[int]] = {}
    for number, row in enumerate(encoded["overflow_to_sample_mapping"]):
        of_row.setdefault(int(row), []).append(number)
    windows: list[TaggingWindow] = []
    for row, numbers in of_row.items():
        starts, ends = _word_bounds(sentences[row])
        encodings = [encoded.encodings[number] for number in numbers]
        own = [_word_of_token(encoding, starts, ends) for encoding in encodings]
        for number, words in zip(numbers, _one_window_each(own), strict=True):
            windows.append(TaggingWindow(row, {name: encoded[name][number] for name in names}, words))
    return windows


def _word_bounds(words: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    lengths = np.asarray([len(word) for word in words], np.int64)
    ends = np.cumsum(lengths + 1) - 1
    return ends - lengths, ends


def _word_of_token(
    encoding: Any, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each token its word (-1 for none) and its first character."""
    offsets = np.asarray(encoding.offsets, np.int64).reshape(-1, 2)
    if not len(starts):
        return np.full(len(offsets), -1, np.int64), offsets[:, 0]
    real = np.asarray([part is not None for part in encoding.sequence_ids]) & (offsets[:, 1] > offsets[:, 0])
    # Some tokens begin with the space before their word; none ends with the one after it.
    word = np.searchsorted(starts, offsets[:, 1] - 1, side="right") - 1
    word[~real] = -1
    inside = (word >= 0) & (offsets[:, 1] <= ends[np.maximum(word, 0)])
    return np.where(inside, word, -1), offsets[:, 0]


def _one_window_each(
    windows: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
) -> list[npt.NDArray[np.int64]]:
    """The words of each window's tokens, every word once, in the window with most context around its first token."""
    first: dict[int, int] = {}
    for words, starts in windows:
        for word, start in zip(words.tolist(), starts.tolist(), strict=True):
            if word >= 0:
                first[word] = min(start, first.get(word, start))
    chosen: dict[int, tuple[int, int, int]] = {}
    for number, (words, starts) in enumerate(windows):
        for position, (word, start) in enumerate(zip(words.tolist(), starts.tolist(), strict=True)):
            if word < 0 or start != first[word]:
                continue
            # The ends of the sentence are not window borders.
            left = len(words) if number == 0 else position
            right = len(words) if number == len(windows) - 1 else len(words) - 1 - position
            place = (min(left, right), number, position)
            if word not in chosen or place[0] > chosen[word][0]:
                chosen[word] = place
    kept = [np.full(len(words), -1, np.int64) for words, _ in windows]
    for word, (_, number, position) in chosen.items():
        kept[number][position] = word
    return kept


@dataclass(frozen=True, slots=True)
class TagSpan:
    """Words [first, last] of an entity, and its type, such as "location"."""

    first: int
    last: int
    label: str


def tag_spans(tags: Sequence[str]) -> list[TagSpan]:
    """The entities in a sequence of tags.

    Tags are "O", "B-type", "I-type", and optionally "E-type" and "S-type"; without such a prefix, equal
    neighbours are one entity. An entity also begins at an "I-" after another type or "O".
    """
    spans: list[TagSpan] = []
    open_span = False
    for number, tag in enumerate(tags):
        prefix, label = split_tag(tag)
        if prefix == "O":
            open_span = False
            continue
        if open_span and prefix in "IE" and spans[-1].label == label:
            spans[-1] = replace(spans[-1], last=number)
        else:
            spans.append(TagSpan(number, number, label))
        open_span = prefix not in "ES"
    return spans


def split_tag(tag: str) -> tuple[str, str]:
    """A tag's prefix, one of O, B, I, E, S, and its type; "I" for a tag without prefix."""
    if tag == "O":
        return "O", ""
    if len(tag) > 2 and tag[1] in "-_" and tag[0] in "BIES":
        return tag[0], tag[2:]
    return "I", tag


def words_of(text: str) -> list[tuple[int, int]]:
    """Characters [start, end) of the words of a text: runs of letters and digits (with inner apostrophes, dots and
    hyphens), links, @names, #tags, every other sign by itself, and every character of Chinese and Japanese."""
    return [match.span() for match in _WORD.finditer(text)]

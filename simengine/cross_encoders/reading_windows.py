"""Questions and contexts as overlapping windows of tokens, and answers from a model's logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.errors import ModelError, UsageError
from simengine.types import FloatMatrix

MIN_ROOM = 16
"""Least tokens of context in a window with the question."""


@dataclass(frozen=True, slots=True)
class ReadingWindow:
    """A question with a part of its context.

    Attributes:
        row: index of the (question, context) pair.
        inputs: of the model, lists of `length` integers.
        offsets: (length, 2) int64, characters [start, end) of the context for its tokens, (-1, -1) for all others.
        null: position of the [CLS] token, which means "no answer in this window".
    """

    row: int
    inputs: Mapping[str, list[int]]
    offsets: npt.NDArray[np.int64]
    null: int


def reading_windows(
    tokenizer: Any, pairs: Sequence[tuple[str, str]], *, max_tokens: int, stride: int
) -> list[ReadingWindow]:
    """Cut contexts into windows that fit the model together with the whole question.

    Args:
        tokenizer: a fast tokenizer of transformers.
        pairs: questions and contexts.
        max_tokens: of a window, special tokens included.
        stride: tokens that two neighbouring windows share; limited to half of the room left by the question.

    Returns:
        The windows, those of one pair in order; every pair has at least one.

    Raises:
        UsageError: a question is so long that fewer than MIN_ROOM tokens are left, or is blank.
        ModelError: the tokenizer has no [CLS] token.
    """
    if tokenizer.cls_token_id is None:
        raise ModelError(f"{type(tokenizer).__name__} has no [CLS] token, which is needed for 'no answer'")
    by_stride: dict[int, list[int]] = {}
    for row, room in enumerate(_rooms(tokenizer, [question for question, _ in pairs], max_tokens)):
        by_stride.setdefault(min(stride, room // 2), []).append(row)
    windows: list[ReadingWindow] = []
    for own_stride, rows in by_stride.items():
        encoded = tokenizer(
            [pairs[row][0] for row in rows],
            [pairs[row][1] for row in rows],
            truncation="only_second",
            max_length=max_tokens,
            stride=own_stride,
            return_overflowing_tokens=True,
            verbose=False,
        )
        names = [name for name in ("input_ids", "token_type_ids") if name in encoded]
        for number, (sample, encoding) in enumerate(
            zip(encoded["overflow_to_sample_mapping"], encoded.encodings, strict=True)
        ):
            inputs = {name: encoded[name][number] for name in names}
            null = inputs["input_ids"].index(tokenizer.cls_token_id)
            windows.append(ReadingWindow(rows[sample], inputs, _context_offsets(encoding), null))
    windows.sort(key=lambda window: window.row)
    return windows


def _rooms(tokenizer: Any, questions: Sequence[str], max_tokens: int) -> list[int]:
    """Tokens of context that fit with each question."""
    if not questions:
        return []
    ids = tokenizer(list(questions), add_special_tokens=False, verbose=False)["input_ids"]
    special = tokenizer.num_special_tokens_to_add(pair=True)
    for question, own in zip(questions, ids, strict=True):
        if not question.strip():
            raise UsageError("a question is blank; expected a text")
        if max_tokens - special - len(own) < MIN_ROOM:
            raise UsageError(
                f"the question {question[:60]!r} has {len(own)} tokens; with a limit of {max_tokens} tokens at most "
                f"{max_tokens - special - MIN_ROOM} leave room for a context"
            )
    return [max_tokens - special - len(own) for own in ids]


def _context_offsets(encoding: Any) -> npt.NDArray[np.int64]:
    offsets = np.asarray(encoding.offsets, np.int64).reshape(-1, 2)
    of_context = np.asarray([part == 1 for part in encoding.sequence_ids])
    offsets[~of_context | (offsets[:, 1] <= offsets[:, 0])] = -1
    return offsets


def token_span(window: ReadingWindow, start: int, end: int) -> tuple[int, int] | None:
    """First and last position of the tokens that cover characters [start, end) of the context.

    Returns:
        None if the window does not contain all of them.
    """
    positions = np.flatnonzero(window.offsets[:, 0] >= 0)
    if not len(positions):
        return None
    starts, ends = window.offsets[positions].T
    if start < starts[0] or end > ends[-1]:
        return None
    touched = positions[(starts < end) & (ends > start)]
    return (int(touched[0]), int(touched[-1])) if len(touched) else None


def best_span(
    window: ReadingWindow, logits: FloatMatrix, max_answer_tokens: int
) -> tuple[float, int, int] | None:
    """The span of the context with the largest sum of start and end logits.

    Args:
        window: with (length,) tokens.
        logits: (length, 2) float32, of start and end.
        max_answer_tokens: spans have at most this many.

    Returns:
        Score and characters [start, end) of the context; the first and shortest in case of ties; None for a context
        without tokens.
    """
    positions = np.flatnonzero(window.offsets[:, 0] >= 0)
    if not len(positions):
        return None
    starts, ends = logits[positions, 0], logits[positions, 1]
    padded = np.concatenate([ends, np.full(max_answer_tokens - 1, -np.inf, np.float32)])
    reachable = np.lib.stride_tricks.sliding_window_view(padded, max_answer_tokens)
    lengths = reachable.argmax(axis=1)
    scores = starts + reachable[np.arange(len(positions)), lengths]
    first = int(scores.argmax())
    last = positions[first + int(lengths[first])]
    return float(scores[first]), int(window.offsets[positions[first], 0]), int(window.offsets[last, 1])

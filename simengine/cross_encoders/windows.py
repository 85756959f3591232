"""Pairs with a text that is too long for the model, read in windows of whole sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from simengine.corpus.chunk import MIN_TOKENS, Chunker, ChunkSettings
from simengine.corpus.sentences import sentence_ends
from simengine.cross_encoders.contract import CrossEncoder
from simengine.types import Document, FloatMatrix, Span

OVERLAP_TOKENS = 32


@dataclass(frozen=True, slots=True)
class WindowLogits:
    """Logits of m windows of n pairs, in the order of the pairs.

    Attributes:
        logits: (m, n_labels) float32.
        starts: (n + 1,) int64; the windows of pair i are `starts[i]` to `starts[i + 1] - 1`, at least one.
        spans: m ranges of characters of the long text.
        n_truncated: (m,) int32, truncated tokens of the other text.
    """

    logits: FloatMatrix
    starts: npt.NDArray[np.int64]
    spans: list[Span]
    n_truncated: npt.NDArray[np.int32]

    def groups(self) -> Iterator[slice]:
        """For each pair the slice of its windows."""
        return (slice(int(low), int(high)) for low, high in pairwise(self.starts))


def predict_in_windows(
    model: CrossEncoder, pairs: Sequence[tuple[str, str]], *, long_side: Literal[0, 1]
) -> WindowLogits:
    """The logits of pairs; if one is too long for the model, of windows of its long text.

    Windows are whole sentences if these fit, and repeat up to OVERLAP_TOKENS of the previous window. The other
    text keeps all its tokens, up to half of the model's limit.

    Args:
        model: reads the pairs.
        pairs: n pairs in the model's order.
        long_side: 0 or 1, the text that is split.
    """
    whole = model.predict_counted(pairs)
    spans = [[Span(0, len(pair[long_side]))] for pair in pairs]
    cut = [int(row) for row in np.flatnonzero(whole.n_truncated)]
    for row in cut:
        spans[row] = _window_spans(model, pairs[row], long_side)
    again = [
        _with_side(pairs[row], long_side, span)
        for row in cut
        for span in (spans[row] if len(spans[row]) > 1 else ())
    ]
    parts = model.predict_counted(again)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in spans])]).astype(np.int64)
    logits = np.empty((int(starts[-1]), len(model.labels)), np.float32)
    n_truncated = np.empty(len(logits), np.int32)
    done = 0
    for row, found in enumerate(spans):
        place = slice(int(starts[row]), int(starts[row + 1]))
        if len(found) == 1:
            logits[place], n_truncated[place] = whole.logits[row], whole.n_truncated[row]
        else:
            logits[place] = parts.logits[done : done + len(found)]
            n_truncated[place] = parts.n_truncated[done : done + len(found)]
            done += len(found)
    return WindowLogits(logits, starts, [span for each in spans for span in each], n_truncated)


def sentence_spans(text: str, within: Span) -> list[Span]:
    """The sentences of a part of a text, without white space at their ends; at least one.

    Args:
        text: the whole text.
        within: the part.
    """
    part = text[within.start : within.end]
    bounds = [0, *sentence_ends(part).tolist(), len(part)]
    found = []
    for low, high in pairwise(bounds):
        sentence = part[low:high]
        start = within.start + low + len(sentence) - len(sentence.lstrip())
        if sentence.strip():
            found.append(Span(start, start + len(sentence.strip())))
    return found or [within]


def _window_spans(model: CrossEncoder, pair: tuple[str, str], long_side: Literal[0, 1]) -> list[Span]:
    without, empty = _with_side(pair, long_side, Span(0, 0)), ("", "")
    beside, special = (int(n) for n in model.count_tokens([without, empty]))
    room = max(model.max_tokens - beside, (model.max_tokens - special) // 2)
    most = max(room + model.tokenizer.n_special_tokens, MIN_TOKENS)
    settings = ChunkSettings(most, min(OVERLAP_TOKENS, most // 8))
    return Chunker(model.tokenizer, settings).split([Document("premise", pair[long_side])])[0]


def _with_side(pair: tuple[str, str], side: int, span: Span) -> tuple[str, str]:
    """The pair with one text replaced by part of it."""
    part = pair[side][span.start : span.end]
    return (part, pair[1]) if side == 0 else (pair[0], part)

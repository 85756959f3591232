"""Cuts one text into pieces of a bounded number of tokens, at the best places."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.corpus.sentences import first_break, last_break, sentence_ends
from simengine.text.scripts import FIRST_EAST_ASIAN, HAN
from simengine.types import Span

Starts: TypeAlias = npt.NDArray[np.int64]

_TOKEN_CHARS = 64
"""A token (or a gap between tokens) of more characters counts as several. Word-piece models make one
[UNK] of a word of any length; without this a passage could be megabytes long."""
_SAFE_MARGIN_TOKENS = 2
_NOT_SPACE = re.compile(r"\S")
_CJK = re.compile(f"[{HAN}\u3001\u3002\u300c-\u300f\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]")


class Cutter:
    """Cuts one text greedily into runs of whole sentences; falls back to lines, clauses, words, tokens.

    Args:
        text: the text.
        starts: (n,) int64 first characters of its tokens, never descending.
        budget: most tokens of a piece.
        overlap: most tokens that a piece repeats.
        plain: cut at words and tokens only, without looking for sentences.
    """

    def __init__(self, text: str, starts: Starts, budget: int, overlap: int, plain: bool = False) -> None:
        self._text, self._budget, self._overlap = text, budget, overlap
        self._starts = _densified(starts, len(text))
        self._plain = plain
        self._sentences: list[int] = []

    def cut(self) -> list[tuple[int, int]]:
        """Character ranges that cover all of the text but white space, ascending by start and end."""
        starts, text, budget = self._starts, self._text, self._budget
        if len(starts) <= budget:
            return [(0, len(text))]
        if not self._plain:
            self._sentences = [self._after_space(end) for end in sentence_ends(text).tolist()]
        ranges: list[tuple[int, int]] = []
        begin = done = self._after_space(0)
        while begin < len(text):
            limit = self._rank(begin) + budget
            if limit >= len(starts):
                ranges.append((begin, len(text)))
                break
            high = int(starts[limit])
            if high <= done:
                # One character that became many tokens leaves no room for an overlap, or for itself.
                if begin < done:
                    begin = done
                    continue
                after = int(np.searchsorted(starts, done, side="right"))
                high = int(starts[after]) if after < len(starts) else len(text)
            # White space belongs to the piece before it: every piece brings something new after `done`.
            end = self._after_space(self._choose_end(begin, done, high))
            ranges.append((begin, end))
            if end >= len(text):
                break
            begin, done = self._after_space(self._choose_begin(begin, end)), end
        return ranges

    def doubtful(self, spans: list[Span], isolates_cjk: bool) -> list[tuple[int, int]]:
        """The spans that may have more tokens by themselves than within the text.

        Those are spans that a tokenizer may read anew because they are cut where no blank stands, and
        full ones, whose first word may be read differently without the blank in front.

        Args:
            spans: pieces of the text.
            isolates_cjk: the tokenizer makes one token of each Chinese character, so that a cut beside
                one is as safe as one at a blank.
        """
        found = []
        for span in spans:
            count = self._rank(span.end) - self._rank(span.start)
            safe = self._safe_cut(span.start, isolates_cjk) and self._safe_cut(span.end, isolates_cjk)
            if not safe or count > self._budget - _SAFE_MARGIN_TOKENS:
                found.append((span.start, span.end))
        return found

    def _safe_cut(self, position: int, isolates_cjk: bool) -> bool:
        text = self._text
        if position in (0, len(text)):
            return True
        around = text[position - 1], text[position]
        if any(char in " \n\r\t" for char in around):
            return True
        return isolates_cjk and any(_CJK.match(char) for char in around)

    def _after_space(self, position: int) -> int:
        found = _NOT_SPACE.search(self._text, position)
        return found.start() if found else len(self._text)

    def _rank(self, position: int) -> int:
        """Number of tokens that begin before a character."""
        return int(np.searchsorted(self._starts, position, side="left"))

    def _choose_end(self, begin: int, done: int, high: int) -> int:
        """Where a piece from `begin` ends: after `done`, at `high` at the latest."""
        low = max(begin, done)
        at = bisect_right(self._sentences, high) - 1
        if at >= 0 and self._sentences[at] > low:
            end = self._sentences[at]
            following = self._sentences[at + 1] if at + 1 < len(self._sentences) else len(self._text)
            ranks = self._rank(begin), self._rank(end), self._rank(following)
            half_empty = ranks[1] - ranks[0] < self._budget // 2
            # A sentence that must be cut anyway may as well fill this piece.
            if not half_empty or ranks[2] - ranks[1] <= self._budget:
                return end
            low = end
        return last_break(self._text, low, high) or high

    def _choose_begin(self, begin: int, end: int) -> int:
        """Where the piece after [begin, end) begins: up to `overlap` tokens before `end`."""
        if not self._overlap:
            return end
        end_rank = self._rank(end)
        low_rank = max(end_rank - self._overlap, self._rank(begin) + 1)
        at = bisect_right(self._sentences, end)
        following = self._sentences[at] if at < len(self._sentences) else len(self._text)
        following_rank = self._rank(following)
        if following_rank - end_rank <= self._budget:
            low_rank = max(low_rank, following_rank - self._budget)
        if low_rank >= end_rank:
            return end
        low = int(self._starts[low_rank])
        if self._rank(low) < low_rank:
            after = int(np.searchsorted(self._starts, low, side="right"))
            low = int(self._starts[after]) if after < len(self._starts) else end
        if not begin < low < end:
            return end
        at = bisect_left(self._sentences, low)
        if at < len(self._sentences) and self._sentences[at] < end:
            return self._sentences[at]
        found = first_break(self._text, low, end)
        if found is not None:
            return found
        unspaced = self._text[low] >= FIRST_EAST_ASIAN or not (
            self._text[end - 1].isspace() or self._text[end].isspace()
        )
        return low if unspaced else end


def _densified(starts: Starts, length: int) -> Starts:
    """Token starts with no step of more than _TOKEN_CHARS characters from 0 to `length`."""
    edges = np.concatenate([np.zeros(1, np.int64), starts, np.full(1, length)])
    wide = np.flatnonzero(np.diff(edges) > _TOKEN_CHARS)
    if not len(wide):
        return starts
    extra = [np.arange(edges[at] + _TOKEN_CHARS, edges[at + 1], _TOKEN_CHARS) for at in wide]
    return np.sort(np.concatenate([starts, *extra]))

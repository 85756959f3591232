"""Documents to overlapping passages that fit the model."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from simengine.corpus.sentences import first_break, last_break, sentence_ends
from simengine.errors import UsageError
from simengine.types import Document, Span, Tokenizer

MIN_TOKENS = 8
DEFAULT_OVERLAP_TOKENS = 32
_BLOCK_CHARS = 1 << 14
"""Longer texts are tokenised in blocks: memory and time stay linear."""
_CALL_CHARS = 1 << 20
"""Characters per call of the tokenizer."""
_TOKEN_CHARS = 64
"""A token (or a gap between tokens) of more characters counts as several. Word-piece models make one
[UNK] of a word of any length; without this a passage could be megabytes long."""
_TITLE_SHARE = 4
"""Passages keep at least this fraction (1/n) of the budget, however long the title is."""
_SAFE_MARGIN_TOKENS = 2

_NOT_SPACE = re.compile(r"\S")
_Starts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """How long passages are.

    Args:
        max_tokens: most tokens of a passage as the model sees it, title and special tokens included;
            at least 8.
        overlap_tokens: most tokens that a passage repeats from the end of the one before; at most half
            of `max_tokens`.

    Raises:
        UsageError: a value out of range.
    """

    max_tokens: int
    overlap_tokens: int = DEFAULT_OVERLAP_TOKENS

    def __post_init__(self) -> None:
        if self.max_tokens < MIN_TOKENS:
            raise UsageError(f"max_tokens is {self.max_tokens}; expected at least {MIN_TOKENS}")
        if not 0 <= self.overlap_tokens <= self.max_tokens // 2:
            raise UsageError(
                f"overlap_tokens is {self.overlap_tokens}; expected 0 to {self.max_tokens // 2} "
                f"(half of max_tokens, {self.max_tokens})"
            )

    @classmethod
    def for_model(cls, max_tokens: int) -> ChunkSettings:
        """Settings for a model that reads `max_tokens` tokens: all of them, an eighth (at most 32) repeated.

        Args:
            max_tokens: the model's limit, special tokens included.
        """
        return cls(max_tokens, min(DEFAULT_OVERLAP_TOKENS, max_tokens // 8))


def passage_text(document: Document, span: Span) -> str:
    """What is encoded for a passage: the title, a space, the passage's text (the convention of BEIR).

    Args:
        document: the document; a blank title is left out.
        span: the passage.
    """
    body = document.text[span.start : span.end]
    if not document.title or document.title.isspace():
        return body
    return f"{document.title} {body}" if body else document.title


class Chunker:
    """Splits documents into passages at sentence ends, by the model's own token counts.

    Safe to use from several threads when the tokenizer is.

    Args:
        tokenizer: the model's tokenizer.
        settings: lengths.
    """

    def __init__(self, tokenizer: Tokenizer, settings: ChunkSettings) -> None:
        self.tokenizer, self.settings = tokenizer, settings
        self._content_tokens = max(settings.max_tokens - tokenizer.n_special_tokens, 1)

    def split(self, documents: Sequence[Document]) -> list[list[Span]]:
        """The passages of each document.

        Spans have no white space at either end, reproduce every other character of the text, and hold
        at most `max_tokens` tokens together with title and special tokens. A title of more than three
        quarters of that is not shortened here; the encoder counts what it has to leave out.

        Args:
            documents: n documents.

        Returns:
            n lists of at least one span, ascending by start; a blank text gives [Span(0, 0)].
        """
        spans: list[list[Span]] = [[] for _ in documents]
        waiting: list[int] = []
        waiting_chars = 0
        for position, document in enumerate(documents):
            if self._surely_fits(document):
                spans[position] = _trimmed(document.text, [(0, len(document.text))])
                continue
            waiting.append(position)
            waiting_chars += len(document.text)
            if waiting_chars >= _CALL_CHARS:
                self._split_some(documents, waiting, spans)
                waiting, waiting_chars = [], 0
        self._split_some(documents, waiting, spans)
        return spans

    def _surely_fits(self, document: Document) -> bool:
        """Whether the characters alone say so, without the tokenizer.

        In ASCII a token stands for at least one character, but for a word marker that some tokenizers
        put in front of a text. Elsewhere one character may become many tokens (Hangul syllables are
        taken apart, bytes become tokens, compatibility forms are written out), so nothing is assumed.
        """
        title, text = document.title, document.text
        return len(title) + len(text) + 2 <= self._content_tokens and text.isascii() and title.isascii()

    def _split_some(
        self, documents: Sequence[Document], positions: list[int], spans: list[list[Span]]
    ) -> None:
        """Tokenise documents together, split those that are too long, check what may have grown."""
        texts: list[str] = []
        plans: list[tuple[int, list[int]]] = []
        for position in positions:
            document = documents[position]
            bounds = _block_bounds(document.text)
            texts.append(passage_text(document, Span(0, bounds[1])))
            texts.extend(document.text[start:end] for start, end in pairwise(bounds[1:]))
            plans.append((position, bounds))
        tokens = self._token_starts(texts)
        doubtful: list[tuple[int, int, int]] = []
        for position, bounds in plans:
            document = documents[position]
            first = next(tokens)
            prefix = _prefix_chars(document)
            n_title = int(np.count_nonzero(first < prefix)) if prefix else 0
            starts = [np.maximum(first[n_title:] - prefix, 0)]
            starts += [next(tokens) + start for start in bounds[1:-1]]
            budget = self._body_budget(n_title)
            cutter = _Cutter(document.text, np.concatenate(starts), budget, self._overlap(budget))
            spans[position] = _trimmed(document.text, cutter.cut())
            if spans[position] != [Span(0, len(document.text))]:
                doubtful += [(position, *pair) for pair in cutter.doubtful(spans[position])]
        if doubtful:
            self._repair(documents, doubtful, spans)

    def _token_starts(self, texts: list[str]) -> Iterator[_Starts]:
        """First characters of the tokens of each text, never descending; called in bounded portions."""
        begin = 0
        while begin < len(texts):
            end, chars = begin, 0
            while end < len(texts) and (end == begin or chars + len(texts[end]) <= _CALL_CHARS):
                chars += len(texts[end])
                end += 1
            for offsets in self.tokenizer.offsets(texts[begin:end]):
                yield np.maximum.accumulate(offsets[:, 0].astype(np.int64))
            begin = end

    def _body_budget(self, n_title: int) -> int:
        content = self._content_tokens
        return max(content - n_title, content // _TITLE_SHARE, 1)

    def _overlap(self, budget: int) -> int:
        return min(self.settings.overlap_tokens, budget // 2)

    def _repair(
        self, documents: Sequence[Document], doubtful: list[tuple[int, int, int]], spans: list[list[Span]]
    ) -> None:
        """Count doubtful passages as they will be encoded, and cut those that are too long again.

        A piece of a word can have more tokens by itself than within the whole word.
        """
        while doubtful:
            texts = [passage_text(documents[position], Span(start, end)) for position, start, end in doubtful]
            again: list[tuple[int, int, int]] = []
            cut: dict[int, dict[Span, list[Span]]] = {}
            for (position, start, end), starts in zip(doubtful, self._token_starts(texts), strict=True):
                document = documents[position]
                prefix = _prefix_chars(document)
                n_title = int(np.count_nonzero(starts < prefix)) if prefix else 0
                budget, count = self._body_budget(n_title), len(starts) - n_title
                if count <= budget or end - start <= 1:
                    continue
                smaller = max(1, budget * budget * 9 // (count * 10))
                text = document.text[start:end]
                cutter = _Cutter(text, np.maximum(starts[n_title:] - prefix, 0), smaller, 0, plain=True)
                pieces = [Span(s.start + start, s.end + start) for s in _trimmed(text, cutter.cut())]
                cut.setdefault(position, {})[Span(start, end)] = pieces
                again += [(position, piece.start, piece.end) for piece in pieces]
            for position, replaced in cut.items():
                pieces = [piece for span in spans[position] for piece in replaced.get(span, [span])]
                spans[position] = _without_contained(pieces)
            doubtful = again


class _Cutter:
    """Cuts one text greedily into runs of whole sentences; falls back to lines, clauses, words, tokens.

    Args:
        text: the text.
        starts: (n,) int64 first characters of its tokens, never descending.
        budget: most tokens of a piece.
        overlap: most tokens that a piece repeats.
        plain: cut at words and tokens only, without looking for sentences.
    """

    def __init__(self, text: str, starts: _Starts, budget: int, overlap: int, plain: bool = False) -> None:
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

    def doubtful(self, spans: list[Span]) -> list[tuple[int, int]]:
        """The spans whose token count alone may exceed their count within the text.

        Those are spans cut where no blank stands, and full ones whose first word may be read
        differently without the blank in front.
        """
        text, found = self._text, []
        for span in spans:
            count = int(np.searchsorted(self._starts, span.end)) - self._rank(span.start)
            inside = (span.start > 0 and text[span.start - 1] not in " \n\r\t") or (
                span.end < len(text) and text[span.end] not in " \n\r\t"
            )
            if inside or count > self._budget - _SAFE_MARGIN_TOKENS:
                found.append((span.start, span.end))
        return found

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
        unspaced = self._text[low] >= "\u2e80" or not (
            self._text[end - 1].isspace() or self._text[end].isspace()
        )
        return low if unspaced else end


def _prefix_chars(document: Document) -> int:
    """Characters that `passage_text` puts in front of a passage."""
    blank = not document.title or document.title.isspace()
    return 0 if blank else len(document.title) + 1


def _densified(starts: _Starts, length: int) -> _Starts:
    """Token starts with no step of more than _TOKEN_CHARS characters from 0 to `length`."""
    edges = np.concatenate([np.zeros(1, np.int64), starts, np.full(1, length)])
    wide = np.flatnonzero(np.diff(edges) > _TOKEN_CHARS)
    if not len(wide):
        return starts
    extra = [np.arange(edges[at] + _TOKEN_CHARS, edges[at + 1], _TOKEN_CHARS) for at in wide]
    return np.sort(np.concatenate([starts, *extra]))


def _without_contained(spans: list[Span]) -> list[Span]:
    """Spans ascending by start and end: those that lie within another are left out."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not kept or span.end > kept[-1].end:
            kept.append(span)
    return kept


def _block_bounds(text: str) -> list[int]:
    """Bounds of blocks of at most _BLOCK_CHARS characters, cut at white space where there is some."""
    bounds = [0]
    while len(text) - bounds[-1] > _BLOCK_CHARS:
        low, high = bounds[-1], bounds[-1] + _BLOCK_CHARS
        at = max(
            text.rfind("\n", low + _BLOCK_CHARS // 2, high), text.rfind(" ", low + _BLOCK_CHARS // 2, high)
        )
        bounds.append(at + 1 if at >= 0 else high)
    bounds.append(len(text))
    return bounds


def _trimmed(text: str, ranges: list[tuple[int, int]]) -> list[Span]:
    """Ranges without white space at their ends; empty ones are left out, unless all are."""
    spans = []
    for start, end in ranges:
        piece = text[start:end]
        begin = start + len(piece) - len(piece.lstrip())
        end = begin + len(piece.strip())
        if end > begin:
            spans.append(Span(begin, end))
    return spans or [Span(0, 0)]

"""Documents to overlapping passages that fit the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from simengine.corpus.cutter import Cutter, Starts
from simengine.errors import UsageError
from simengine.text.joining import joined
from simengine.types import Document, Span, Tokenizer

MIN_TOKENS = 8
DEFAULT_OVERLAP_TOKENS = 32
_BLOCK_CHARS = 1 << 14
"""Longer texts are tokenised in blocks: memory and time stay linear."""
_CALL_CHARS = 1 << 20
"""Characters per call of the tokenizer."""
_TITLE_SHARE = 4
"""Passages keep at least this fraction (1/n) of the budget, however long the title is."""
_CJK_PROBE = "中国人民的时候，因为我们没有。"


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


def passage_text(document: Document, span: Span) -> str:
    """What is encoded for a passage: the title, a space, the passage's text (the convention of BEIR).

    Args:
        document: the document; a blank title is left out.
        span: the passage.
    """
    return joined(document.title, document.text[span.start : span.end])


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

    @cached_property
    def _isolates_cjk(self) -> bool:
        """Whether the tokenizer makes one token of each Chinese character (BERT does, SentencePiece does not)."""
        offsets = self.tokenizer.offsets([_CJK_PROBE])[0]
        return bool(offsets.tolist() == [[at, at + 1] for at in range(len(_CJK_PROBE))])

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
            cutter = Cutter(document.text, np.concatenate(starts), budget, self._overlap(budget))
            spans[position] = _trimmed(document.text, cutter.cut())
            if spans[position] != [Span(0, len(document.text))]:
                doubtful += [
                    (position, *pair) for pair in cutter.doubtful(spans[position], self._isolates_cjk)
                ]
        if doubtful:
            self._repair(documents, doubtful, spans)

    def _token_starts(self, texts: list[str]) -> Iterator[Starts]:
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
                cutter = Cutter(text, np.maximum(starts[n_title:] - prefix, 0), smaller, 0, plain=True)
                pieces = [Span(s.start + start, s.end + start) for s in _trimmed(text, cutter.cut())]
                cut.setdefault(position, {})[Span(start, end)] = pieces
                again += [(position, piece.start, piece.end) for piece in pieces]
            for position, replaced in cut.items():
                pieces = [piece for span in spans[position] for piece in replaced.get(span, [span])]
                spans[position] = _without_contained(pieces)
            doubtful = again


def _prefix_chars(document: Document) -> int:
    """Characters that `passage_text` puts in front of a passage."""
    return len(joined(document.title, "x")) - 1


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

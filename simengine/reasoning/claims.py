"""Claims: the sentences of documents that state something, with their positions."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simengine.corpus.sentences import last_break, sentence_ends
from simengine.errors import UsageError
from simengine.text.arguments import expect, items_of
from simengine.text.scripts import FIRST_EAST_ASIAN, HAN, has_chinese
from simengine.types import Document, Evidence, RowArray, Span

_CHINESE = re.compile(f"[{HAN}]")
_WORD = re.compile(r"[^\W_]+(?:['\u2019.,-][^\W_]+)*")
_LETTER = re.compile(r"[^\W\d_]")

# The marker of a list item or a section: a bullet, "1.", "(a)", "3.2", "第三条", "一、".
_MARKER = re.compile(
    r"(?:[-*\u2022\u00b7\u2013\u25e6\u25aa]|(?:\d{1,3}|[a-z]|[ivx]{2,4})\.|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,4})\))\s+"
    rf"|\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}\.?\s+(?=[A-Z{HAN}])"
    r"|第[0-9零〇一二三四五六七八九十百]{1,6}[条章节款]\s*|[（(]?[一二三四五六七八九十]{1,3}[)）、]\s*|\d{1,3}、\s*"
)
_NOT_SPACE = re.compile(r"\S")
_LINE_FOLLOWS = re.compile(r"[ \t\r]*\n\s*\S")
_MARKDOWN_HEADING = re.compile(r"#{1,6}\s")
_QUESTION = re.compile(r"[?\uff1f]['\"\u2019\u201d\u300d\u300f)\]\uff09]*\Z|[吗呢]\Z")
_STOPPED = re.compile(r"[.!?;,\u3002\uff01\uff1f\uff1b\uff0c\u2026]['\"\u2019\u201d\u300d\u300f)\]\uff09]*\Z")
_LEADS_IN = (":", "\uff1a")
HEADING_WORDS, HEADING_CHINESE_CHARACTERS = 10, 14
MAX_WIDTH = 960  # of a claim, in Latin letters: about 200 tokens, so that two fit the model
CHINESE_WIDTH = 4  # of a Chinese character, which is a token by itself


@dataclass(frozen=True, slots=True)
class ClaimOptions:
    """Which sentences are claims.

    Attributes:
        min_words: shorter sentences say too little to be compared; three Chinese characters count as two words.

    Raises:
        UsageError: a value out of range.
    """

    min_words: int = 3

    def __post_init__(self) -> None:
        if isinstance(self.min_words, bool) or not isinstance(self.min_words, int) or self.min_words < 1:
            raise UsageError(f"min_words is {self.min_words!r}; expected a whole number of at least 1")


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of documents, in the order of the documents.

    Attributes:
        places: n claims: document, characters, text.
        documents: (n,) int64, the number of each claim's document, counted from 0 as read.
        sentences: (n,) int64, equal for the pieces of one long sentence.
        n_documents: documents read.
        skipped: sentences that are not claims, by reason: "short", "question", "heading".
        n_cut: sentences that were cut into several claims because the model could not read two of them at once.
    """

    places: tuple[Evidence, ...]
    documents: RowArray
    sentences: RowArray
    n_documents: int
    skipped: Mapping[str, int]
    n_cut: int

    def __len__(self) -> int:
        return len(self.places)


def extract_claims(documents: Iterable[Document], options: ClaimOptions | None = None) -> Claims:
    """The sentences of documents that state something.

    Questions, headings and sentences of a word or two are left out and counted. Items of lists and lines under a
    heading are sentences of their own; markers such as "3." or "(a)" are not part of claims. A sentence that is too
    long to be compared with another is cut at clauses.

    Args:
        documents: read once.
        options: which sentences are claims.
    """
    options = options or ClaimOptions()
    places: list[Evidence] = []
    owners: list[int] = []
    sentences: list[int] = []
    skipped = Counter(short=0, question=0, heading=0)
    n_documents = n_sentences = n_cut = 0
    for number, document in enumerate(items_of(documents, "document", ordered=False)):
        n_documents = number + 1
        expect(document, Document, f"document {n_documents}")
        for span, heading in _sentences(document.text):
            reason = _why_not(document.text, span, heading, options)
            if reason is not None:
                skipped[reason] += 1
                continue
            pieces = _pieces(document.text, span)
            n_sentences += 1
            n_cut += len(pieces) > 1
            for piece in pieces:
                text = document.text[piece.start : piece.end]
                places.append(Evidence(document.id, document.title, piece, text))
                owners.append(number)
                sentences.append(n_sentences)
    return Claims(
        tuple(places),
        np.asarray(owners, np.int64),
        np.asarray(sentences, np.int64),
        n_documents,
        dict(skipped),
        n_cut,
    )


def sentence_pieces(text: str) -> list[Span]:
    """All sentences of a text, including questions and headings; those that are too long in pieces."""
    return [piece for span, _ in _sentences(text) for piece in _pieces(text, span)]


def n_words(text: str) -> int:
    """Words of a text; three Chinese characters count as two."""
    chinese = len(_CHINESE.findall(text))
    spaced = _CHINESE.sub(" ", text) if chinese else text
    return len(_WORD.findall(spaced)) + (2 * chinese + 2) // 3


def normalised(text: str) -> str:
    """The text normalised for comparison: without differences in width, case, white space and the final stop."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(" .!;\u3002")


def _why_not(text: str, span: Span, heading: bool, options: ClaimOptions) -> str | None:
    sentence = text[span.start : span.end]
    if heading:
        return "heading"
    if _QUESTION.search(sentence):
        return "question"
    return "short" if n_words(sentence) < options.min_words or not _LETTER.search(sentence) else None


def _sentences(text: str) -> Iterator[tuple[Span, bool]]:
    """Sentences, items and headings of a text without their markers, and whether each is a heading."""
    start = 0
    for end in [*sentence_ends(text).tolist(), len(text)]:
        for low, high in _items(text, start, end):
            low, high = _stripped(text, low, high)
            if low == high:
                continue
            heading = _is_heading(text, low, high)
            marker = _MARKER.match(text, low, high)
            if marker is not None:
                low = marker.end()
            if low < high:
                yield Span(low, high), heading
        start = end


def _items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A stretch without a full stop inside, cut before and after list items, and after headings and colons."""
    begin = at = start
    while (line_end := text.find("\n", at, end)) >= 0:
        at = line_end + 1
        after = _NOT_SPACE.search(text, at, end)
        if after is not None and _ends_item(text, begin, line_end, after.start()):
            yield begin, line_end
            begin = at
    yield begin, end


def _ends_item(text: str, begin: int, line_end: int, following: int) -> bool:
    """Whether a new item, heading or sentence begins at `following`, the next line's first character."""
    if _MARKER.match(text, following) or _MARKDOWN_HEADING.match(text, following):
        return True
    first = _NOT_SPACE.search(text, begin, line_end)
    if first is None:
        return False
    unindented = text[following - 1] == "\n" and not text[following].islower()
    if unindented and _MARKER.match(text, first.start(), line_end):
        return True
    return line_end - begin < MAX_WIDTH and _is_heading(text, *_stripped(text, begin, line_end))


def _stripped(text: str, low: int, high: int) -> tuple[int, int]:
    piece = text[low:high]
    low += len(piece) - len(piece.lstrip())
    return low, low + len(piece.strip())


def _is_heading(text: str, low: int, high: int) -> bool:
    """A short line without a stop, before others, that is marked, capitalised or introduces what follows."""
    line = text[low : min(high, low + MAX_WIDTH)]
    if _MARKDOWN_HEADING.match(line):
        return True
    if (
        high - low >= MAX_WIDTH
        or "\n" in line
        or not _LINE_FOLLOWS.match(text, high)
        or _STOPPED.search(line)
    ):
        return False
    if line.endswith(_LEADS_IN):
        return True
    if has_chinese(line):
        return len(line) <= HEADING_CHINESE_CHARACTERS
    words = [word for word in line.split() if _LETTER.search(word)]
    if not words or len(words) > HEADING_WORDS:
        return False
    return all(not _LETTER.search(word)[0].islower() for word in words if len(word) > 3)  # type: ignore[index]


def _pieces(text: str, span: Span) -> list[Span]:
    """The sentence, or its pieces if it is too long, none longer than MAX_WIDTH."""
    found: list[Span] = []
    low = span.start
    while low < span.end:
        high = reach(text, low, span.end)
        if high < span.end:
            high = last_break(text, low, high) or high
        begin, end = _stripped(text, low, high)
        if begin < end:
            found.append(Span(begin, end))
        low = high
    return found


def reach(text: str, low: int, end: int) -> int:
    """The last position up to which a text from `low` is no wider than MAX_WIDTH."""
    piece = text[low : min(end, low + MAX_WIDTH)]
    if piece.isascii():
        return low + len(piece)
    width = np.cumsum([CHINESE_WIDTH if character >= FIRST_EAST_ASIAN else 1 for character in piece])
    return low + max(int(np.searchsorted(width, MAX_WIDTH, side="right")), 1)

"""Example queries and questions made from the corpus itself, so that they find something."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup

from simengine.corpus.sentences import sentence_ends
from simengine.engine.contents import open_contents
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import LANGUAGES, Language
from simengine.text.joining import joined
from simengine.text.scripts import HAN, is_chinese
from simengine.text.words import content_words
from simengine.types import Document

SAMPLED = 60
FEWEST_DOCUMENTS = 3
MAX_CHARS, MAX_CHINESE_CHARS = 64, 24
FEWEST_WORDS, MOST_WORDS = 3, 9
ARTICLES = ("A", "An", "The")
READ_CHARS = 600
_QUESTION_END = re.compile(r"[?？]\s*$")
_SUBJECT = re.compile(r"^((?:An?|The) )?([A-Z]?[\w'-]+(?: [\w'-]+){0,3}) (is|are|was|were) (?:an? |the )\w")
_CHINESE_SUBJECT = re.compile(rf"^([{HAN}]{{2,10}}?)是")
_BRACKETS = re.compile(r"[\[\](){}<>]")
_CLAUSE = re.compile(r"[,;:\uff0c\uff1b\uff1a\u3002]")


class Examples:
    """Examples from an index in both languages.

    Args:
        path: the index directory.
        make: `example_queries` or `example_questions`.
        n: at most so many.
    """

    def __init__(self, path: Path, make: Callable[[Sequence[Document], int], list[str]], n: int) -> None:
        with open_contents(path) as contents:
            documents = contents.spread_documents(SAMPLED)
        self._texts = {language: make(in_language(documents, language), n) for _, language in LANGUAGES}

    def html(self, language: Language) -> Markup:
        """Buttons that trigger the event "example" (see `cards.ON_SIMILAR`)."""
        examples = [("example", text, text) for text in self._texts[language]]
        return render("examples", language, {"examples": examples})


def in_language(documents: Sequence[Document], language: Language) -> list[Document]:
    """The documents in a language; all of them where there are hardly any in it."""
    chosen = [each for each in documents if is_chinese(each.text) == (language == "zh")]
    return chosen if len(chosen) >= FEWEST_DOCUMENTS else list(documents)


def example_queries(documents: Sequence[Document], n: int) -> list[str]:
    """Short phrases out of documents that lie apart, each once."""
    found = [_query(each) for each in documents]
    if len(set(found) - {""}) < n:
        found = [query or _key_words(each) for query, each in zip(found, documents, strict=True)]
    return _spread(list(_once(iter(found))), n)


def example_questions(documents: Sequence[Document], n: int) -> list[str]:
    """Questions that documents are likely to answer: stored questions, and "What is X?" where a text says so."""
    return _spread(list(_once(_question(each) for each in documents)), n)


def _query(document: Document) -> str:
    if _QUESTION_END.search(document.title):
        return document.title if len(document.title) <= MAX_CHARS else ""
    sentence = _first_sentence(document.text)
    if is_chinese(sentence):
        clause = _CLAUSE.split(sentence)[0].rstrip("。！？ ")
        return clause if 4 <= len(clause) <= MAX_CHINESE_CHARS else ""
    clause = _CLAUSE.split(sentence)[0]
    n_words = len(clause.split())
    if not FEWEST_WORDS <= n_words <= MOST_WORDS or len(content_words(clause)) < FEWEST_WORDS - 1:
        return ""
    if _BRACKETS.search(clause):  # code, or cut off within
        return ""
    text = clause.rstrip(".!? ")
    # A name or an abbreviation keeps its capital, the first word of a sentence does not.
    starts_name = text[:2].isupper() or text.split()[1][:1].isupper()
    text = text if starts_name and text.split()[0] not in ARTICLES else text[:1].lower() + text[1:]
    return text if len(text) <= MAX_CHARS else ""


def _key_words(document: Document) -> str:
    words = content_words(joined(document.title, _first_sentence(document.text)))
    text = " ".join(words[: MOST_WORDS - 4])
    return text if len(text) <= MAX_CHARS else ""


def _question(document: Document) -> str:
    if _QUESTION_END.search(document.title):
        return document.title if len(document.title) <= MAX_CHARS else ""
    sentence = _first_sentence(document.text)
    if is_chinese(sentence):
        found = _CHINESE_SUBJECT.match(sentence)
        return f"{found[1]}是什么？" if found else ""
    named = _SUBJECT.match(sentence)
    if named is None:
        return ""
    if len(content_words(named[2])) < len(named[2].split()):  # "It", "Return whether this thread"
        return ""
    article, subject, verb = (named[1] or "").lower(), named[2], named[3]
    if article and subject[:1].isupper() and not subject[1:2].isupper():
        article = article.lower()
    return f"What {verb} {article}{subject}?"


def _first_sentence(text: str) -> str:
    start = text[:READ_CHARS].strip()
    ends = sentence_ends(start)
    return " ".join((start[: int(ends[0])] if len(ends) else start).split())


def _once(texts: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for text in texts:
        if text and text.lower() not in seen:
            seen.add(text.lower())
            yield text


def _spread(texts: Sequence[str], n: int) -> list[str]:
    if len(texts) <= n:
        return list(texts)
    return [texts[int(place)] for place in np.linspace(0, len(texts) - 1, n)]

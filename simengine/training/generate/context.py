"""Pairs that need several texts: unrelated and neighbouring sentences, passages and their sentences. Both languages."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from simengine.text.scripts import is_chinese
from simengine.training.generate.made import ENTAILMENT, NEUTRAL, Made
from simengine.training.generate.sentences import is_plain, split_sentences, stands_alone, words
from simengine.training.generate.vocabulary import spaced

_COMMON: Final = frozenset(
    spaced(
        """the a an of in on at to for from by with as and or but if than is are was were be been has have had do
        does did not no it its he she they his her their this that these those there here which who will
        can may must all any one two only also more most other you your we our i my
        """
    )
)
# Words by which a sentence changes what its neighbours say, or sums them up.
_DEPENDENT: Final = re.compile(
    r"\b(?:except|unless|other|others|otherwise|however|but|only|also|too|all|any|every|instead|apart|without|no|none|both|same|such|"
    r"above|below|following|rest|remaining|further|another|overall|general)\b|[其他除外以上另否则均都也该此只仅]",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"\d|[二两三四五六七八九十百千兩]|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|half|double)\b",
    re.IGNORECASE,
)
_MOST_SENTENCES: Final = 6


@dataclass(frozen=True, slots=True)
class Doc:
    """A document as rules see it.

    Attributes:
        sentences: all, in order.
        plain: those that rules may change.
        terms: its content words; in Chinese pairs of neighbouring characters.
    """

    sentences: tuple[str, ...]
    plain: tuple[str, ...]
    terms: frozenset[str]


def as_doc(text: str) -> Doc:
    """Take a text apart."""
    sentences = tuple(split_sentences(text))
    plain = tuple(sentence for sentence in sentences if is_plain(sentence))
    return Doc(sentences, plain, terms(text))


def terms(text: str) -> frozenset[str]:
    """Content words, cut to six letters so that forms of a word meet; in Chinese pairs of characters."""
    tokens = words(text)
    if is_chinese(text):
        return frozenset(one + two for one, two in pairwise(tokens))
    return frozenset(token[:6] for token in tokens if token not in _COMMON and len(token) > 2)


def unrelated(docs: Sequence[Doc], rng: random.Random) -> Iterator[Made]:
    """A sentence, or a passage, and a sentence of a document that shares no content word with it."""
    usable = [doc for doc in docs if any(map(stands_alone, doc.plain))]
    for _ in range(20 * len(usable)):
        one, other = rng.sample(usable, 2)
        if one.terms & other.terms:
            continue
        hypothesis = rng.choice([sentence for sentence in other.plain if stands_alone(sentence)])
        premise = rng.choice(one.plain) if rng.random() < 0.7 else passage(one, rng)
        yield Made(premise, hypothesis, NEUTRAL, "unrelated")


def passage(doc: Doc, rng: random.Random) -> str:
    """Some neighbouring sentences of a document, as they stand."""
    size = min(len(doc.sentences), rng.randint(2, _MOST_SENTENCES))
    start = rng.randint(0, len(doc.sentences) - size)
    return joined(doc.sentences[start : start + size])


def joined(sentences: Sequence[str]) -> str:
    """Sentences as one text."""
    return ("" if is_chinese(sentences[0]) else " ").join(sentences)


def neighbours(docs: Sequence[Doc], rng: random.Random) -> Iterator[Made]:
    """Two sentences of a document that are about different things: they share at most a word, and no number."""
    for doc in rng.sample(list(docs), len(docs)):
        alone = [
            sentence for sentence in doc.plain if stands_alone(sentence) and not _DEPENDENT.search(sentence)
        ]
        if len(alone) < 2:
            continue
        one, other = rng.sample(alone, 2)
        shared = terms(one) & terms(other)
        if len(shared) <= 1 and not any(term[0].isdigit() for term in shared):
            yield Made(one, other, NEUTRAL, "same_topic")
            yield Made(other, one, NEUTRAL, "same_topic")


def passages(
    docs: Sequence[Doc], changes: Callable[[str, random.Random], Iterator[Made]], rng: random.Random
) -> Iterator[Made]:
    """A passage against one of its sentences, against that sentence changed, and against a related document's.

    Args:
        docs: documents.
        changes: pairs made of one sentence; contradictions with that sentence as the premise are taken.
        rng: draws.
    """
    long = [doc for doc in docs if len(doc.sentences) >= 2 and doc.plain]
    for doc in rng.sample(long, len(long)):
        sentence = rng.choice(doc.plain)
        place = doc.sentences.index(sentence)
        start = max(0, place - rng.randint(0, 3))
        text = joined(doc.sentences[start : max(place + 1, start + rng.randint(2, _MOST_SENTENCES))])
        if text == sentence:
            continue
        yield Made(text, sentence, ENTAILMENT, "passage")
        for made in changes(sentence, rng):
            if made.premise == sentence:
                yield Made(text, made.hypothesis, made.label, "passage")
    yield from _related(long, rng)


def _related(docs: Sequence[Doc], rng: random.Random) -> Iterator[Made]:
    """Passages against a sentence of another document on a related topic, about something that they leave open."""
    for doc in rng.sample(list(docs), len(docs)):
        pool = rng.sample(list(docs), min(200, len(docs)))
        for other in sorted(pool, key=lambda each: -len(each.terms & doc.terms))[:6]:
            if other is doc or not other.plain:
                continue
            sentence = rng.choice(other.plain)
            own = terms(sentence)
            n_shared = len(own & doc.terms)
            apart = (
                stands_alone(sentence) and not _DEPENDENT.search(sentence) and not _NUMBER.search(sentence)
            )
            if apart and 1 <= n_shared <= min(2, len(own) // 3):
                yield Made(passage(doc, rng), sentence, NEUTRAL, "passage")
                break

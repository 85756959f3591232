"""FAQ matching: which stored question asks the same, and whether its answer fits."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from simengine.models.unknown import folded, readings_of, tells_apart
from simengine.qa.candidates import Candidate, RetrievedQuestion, retriever_features
from simengine.qa.chinese import is_yes_no
from simengine.qa.judging import RelevanceCache
from simengine.requests.ask import TITLE, AnswerOptions
from simengine.search.retriever import Retriever
from simengine.text.scripts import has_chinese
from simengine.text.words import AUXILIARIES, QUESTION_WORDS
from simengine.types import Hit, Span

MAX_ANSWER_CHARS = 2_000
"""A longer document answers with its best passage, not as a whole."""
_CHINESE_ASKING = re.compile("什么|哪|谁|多少|几|怎|如何|为何|是否|能否|可否|何时|吗")
_FIRST_WORD = re.compile(r"[\w']+")


def stored_question(hit: Hit, options: AnswerOptions) -> str | None:
    """The stored question of a document, or None.

    Args:
        hit: the document.
        options: names the fields; the first that has a text counts.
    """
    if options.faq == "never":
        return None
    for name in options.question_fields:
        value = hit.title if name == TITLE else hit.metadata.get(name)
        if not isinstance(value, str) or not value.strip():
            continue
        if name == TITLE and options.faq == "auto" and not reads_like_question(value):
            continue
        return value.strip()
    return None


def reads_like_question(text: str) -> bool:
    """Whether a title is a question, in English or Chinese: by its mark, its first word or its question word."""
    stripped = text.strip()
    if stripped.endswith(("?", "\uff1f")):
        return True
    if has_chinese(stripped):
        return _CHINESE_ASKING.search(stripped) is not None or is_yes_no(stripped)
    first = _FIRST_WORD.search(stripped.lower())
    return first is not None and first[0] in QUESTION_WORDS | AUXILIARIES


def match_faq(
    asked: Sequence[RetrievedQuestion],
    retriever: Retriever,
    relevance: RelevanceCache,
    options: AnswerOptions,
) -> list[list[Candidate]]:
    """For each question the stored questions among its hits, as candidates, in the order of the search.

    A stored question that the encoder cannot distinguish from the one asked is excluded, unless it is the same.

    The features are `similarity`, the cosine of both questions, and `relevance`, the probability that the stored answer
    answers the question.

    Args:
        asked: questions with `faq_hits`.
        retriever: encodes questions and returns whole documents.
        relevance: how well texts answer questions.
        options: which fields have questions.
    """
    texts = list(
        dict.fromkeys(
            text
            for item in asked
            if item.faq_hits
            for text in (item.question, *(stored_question(hit, options) or "" for hit in item.faq_hits))
        )
    )
    if not texts:
        return [[] for _ in asked]
    vectors = dict(zip(texts, retriever.encode(texts, role="text"), strict=True))
    read = dict(zip(texts, readings_of(retriever, texts), strict=True))
    relevance.learn((hit.passage.text, item.question) for item in asked for hit in item.faq_hits)
    found = []
    for item in asked:
        own = []
        for hit in item.faq_hits:
            stored = stored_question(hit, options) or ""
            if not tells_apart(read[item.question], read[stored]) and folded(item.question) != folded(stored):
                continue
            cosine = float(vectors[item.question] @ vectors[stored])
            span, text = _answer_of(hit, retriever)
            features = {
                **retriever_features(hit, item.hits),
                "similarity": float(np.clip(cosine, -1.0, 1.0)),
            }
            value = relevance[hit.passage.text, item.question]
            if value is not None:
                features["relevance"] = value
            own.append(Candidate(hit, "faq", span, text, span, text, features))
        found.append(own)
    return found


def _answer_of(hit: Hit, retriever: Retriever) -> tuple[Span, str]:
    """The stored answer: the whole document, or the best passage of a long one."""
    document = retriever.get(hit.id)
    if document is None or len(document.text) > MAX_ANSWER_CHARS:
        return Span(hit.passage.start, hit.passage.end), hit.passage.text
    text = document.text
    start = len(text) - len(text.lstrip())
    return Span(start, start + len(text.strip())), text.strip()

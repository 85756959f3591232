"""Answers from passages: the answering sentence, or a span of it, with the models' scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from simengine.cross_encoders.reader import ReadAnswer, ReaderSettings
from simengine.cross_encoders.windows import sentence_spans
from simengine.errors import UsageError
from simengine.qa import hypothesis
from simengine.qa.candidates import Candidate, RetrievedQuestion, retriever_features
from simengine.qa.cues import cues
from simengine.qa.expected import has_expected
from simengine.qa.judging import RelevanceCache, VerdictCache
from simengine.qa.stance import ASKED, plain_probability, sided, signs_of
from simengine.search.retriever import Retriever
from simengine.text.joining import as_sentence, joined
from simengine.text.scripts import is_chinese
from simengine.types import Hit, Span

MAX_EXPONENT = 60.0
N_SENTENCES = 3
"""Sentences of a passage that the models read one by one: those nearest to the question by meaning and words."""
MAX_SENTENCES = 64
"""Sentences of a passage that are compared with the question."""


class SpanReader(Protocol):
    """The interface of `simengine.cross_encoders.reader.Reader`."""

    @property
    def settings(self) -> ReaderSettings: ...

    def answers(self, pairs: Sequence[tuple[str, str]], *, allow_none: bool = True) -> list[ReadAnswer]: ...


@dataclass(frozen=True, slots=True)
class Judges:
    """What reads passages.

    Attributes:
        verdicts: of the NLI model.
        relevance: how well texts answer questions.
        retriever: encodes sentences.
        reader: finds spans; None answers with sentences.
        says_yes: P(yes) from signs; see `simengine.qa.stance`.
    """

    verdicts: VerdictCache
    relevance: RelevanceCache
    retriever: Retriever
    reader: SpanReader | None = None
    says_yes: Callable[[Mapping[str, float]], float] = plain_probability


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage to be read for a question.

    Attributes:
        item, hit: the question and its hit.
        sentences: those that are read one by one, best first.
        nearness: of each, the cosine with the question.
    """

    item: RetrievedQuestion
    hit: Hit
    sentences: Sequence[Span]
    nearness: Mapping[Span, float]

    def text(self, span: Span) -> str:
        """Characters of the passage."""
        return self.hit.passage.text[span.start : span.end]

    def premise(self, span: Span) -> str:
        """Characters of the passage after its title, without which "it" is nobody."""
        return _titled(self.hit.title, self.text(span))

    def read(self) -> list[str]:
        """What the NLI model reads: the sentences and the passage."""
        return [*map(self.premise, self.sentences), premise(self.hit)]


def read_passages(asked: Sequence[RetrievedQuestion], judges: Judges, n_read: int) -> list[list[Candidate]]:
    """For each question an answer from each of the passages that are most likely to have one.

    With a reader, questions that ask for a thing are answered by a span, all others by a sentence.

    Args:
        asked: questions with their hits; those in `named` are read.
        judges: what reads.
        n_read: passages for each question; the first hit of the search is always among them.
    """
    judges.relevance.learn((premise(hit), item.spoken) for item in asked for hit in item.named)
    wanted = [(item, hit) for item in asked for hit in _most_relevant(item, judges.relevance, n_read)]
    passages = _with_sentences(wanted, judges)
    spans = _read(wanted, judges.reader)
    _learn(passages, spans, judges)
    found: dict[int, list[Candidate]] = {id(item): [] for item in asked}
    for passage, span in zip(passages, spans, strict=True):
        item = passage.item
        if item.statement is not None:
            candidate = _yes_or_no(passage, item.statement, judges)
        elif span is not None and judges.reader is not None:
            candidate = _span_answer(passage, span, judges)
        else:
            candidate = _sentence_answer(passage, judges)
        found[id(item)].append(candidate)
    return [found[id(item)] for item in asked]


def premise(hit: Hit) -> str:
    """A passage as a premise: after its title, unless the passage contains that."""
    return _titled(hit.title, hit.passage.text)


def _titled(title: str, text: str) -> str:
    title = title.strip()
    if not title or title.casefold() in text.casefold():
        return text
    return joined(as_sentence(title), text)


def _most_relevant(item: RetrievedQuestion, relevance: RelevanceCache, n_read: int) -> list[Hit]:
    def likely(hit: Hit) -> float:
        text = premise(hit)
        words = cues(item.spoken, text, hit.passage.text)
        score = retriever_features(hit, item.named).get("cosine", 0.0) + words["coverage"]
        return score + (relevance[text, item.spoken] or 0.0)

    chosen = sorted(item.named, key=likely, reverse=True)[:n_read]
    if item.named and item.named[0] not in chosen:
        chosen = [*chosen[: n_read - 1], item.named[0]]
    return chosen


def _with_sentences(wanted: Sequence[tuple[RetrievedQuestion, Hit]], judges: Judges) -> list[_Passage]:
    """The passages with the sentences that are nearest to their questions."""
    spans = [
        sentence_spans(hit.passage.text, Span(0, len(hit.passage.text)))[:MAX_SENTENCES] for _, hit in wanted
    ]
    titled = [
        [_titled(hit.title, hit.passage.text[span.start : span.end]) for span in own]
        for (_, hit), own in zip(wanted, spans, strict=True)
    ]
    texts = list(dict.fromkeys(text for own in titled for text in own))
    questions = list(dict.fromkeys(item.question for item, _ in wanted))
    if not texts:
        return []
    vectors = dict(zip(texts, judges.retriever.encode(texts, role="passage"), strict=True))
    asked = dict(zip(questions, judges.retriever.encode(questions, role="query"), strict=True))
    found = []
    for (item, hit), own, own_texts in zip(wanted, spans, titled, strict=True):
        near = {
            span: float(vectors[text] @ asked[item.question])
            for span, text in zip(own, own_texts, strict=True)
        }
        text = hit.passage.text
        shared = {span: cues(item.question, text, text[span.start : span.end])["overlap"] for span in own}
        order = sorted(own, key=lambda span: -(near[span] + shared[span]))
        found.append(_Passage(item, hit, order[:N_SENTENCES], near))
    return found


def _read(
    wanted: Sequence[tuple[RetrievedQuestion, Hit]], reader: SpanReader | None
) -> list[tuple[Span, ReadAnswer] | None]:
    """For each passage the reader's best span (of the passage's characters), None if it has none."""
    found: list[tuple[Span, ReadAnswer] | None] = [None] * len(wanted)
    if reader is None:
        return found
    rows = [row for row, (item, _) in enumerate(wanted) if item.statement is None]
    pairs = [(wanted[row][0].question, wanted[row][1].passage.text) for row in rows]
    for row, answer in zip(rows, _read_each(reader, pairs), strict=True):
        if answer is not None and answer.answered:
            found[row] = (Span(answer.start, answer.end), answer)
    return found


def _read_each(reader: SpanReader, pairs: Sequence[tuple[str, str]]) -> Sequence[ReadAnswer | None]:
    """All at once; if a question is too long for the reader, one by one, with None for such questions."""
    try:
        return reader.answers(pairs, allow_none=False)
    except UsageError:
        if len(pairs) == 1:
            return [None]
        return [answer for pair in pairs for answer in _read_each(reader, [pair])]


def _learn(
    passages: Sequence[_Passage], spans: Sequence[tuple[Span, ReadAnswer] | None], judges: Judges
) -> None:
    """Compute all that the candidates need, in few batches."""
    verdicts: list[tuple[str, str]] = []
    relevance: list[tuple[str, str]] = []
    for passage, read in zip(passages, spans, strict=True):
        question = passage.item.question
        relevance.append((premise(passage.hit), question))
        if read is not None:
            evidence = _covering(passage.hit, read[0])
            statement = hypothesis.statement(question, passage.text(read[0]))
            verdicts += [(passage.premise(evidence), statement), (premise(passage.hit), statement)]
            relevance.append((passage.premise(evidence), question))
            verdicts += [(passage.premise(evidence), said) for said in passage.item.forms]
            continue
        texts = [passage.premise(span) for span in passage.sentences]
        relevance += [(text, question) for text in texts]
        verdicts += [(text, said) for text in texts for said in passage.item.forms]
        if passage.item.statement is not None:
            verdicts += [(text, passage.item.statement) for text in passage.read()]
    judges.relevance.learn(relevance)
    judges.verdicts.learn(verdicts)
    judges.verdicts.learn(
        (passage.premise(_around(passage.hit.passage.text, _clearest(passage, told, judges))), said)
        for passage in passages
        if (told := passage.item.statement) is not None
        for said in (told, passage.item.spoken)
    )


def _sentence_answer(passage: _Passage, judges: Judges) -> Candidate:
    question = passage.item.question

    def answers(span: Span) -> float:
        words = cues(question, passage.text(span), passage.text(span))
        score = passage.nearness[span] + words["overlap"] + has_expected(question, passage.text(span))
        relevance = judges.relevance[passage.premise(span), question] or 0.0
        return score + relevance + _told(passage, span, judges)

    best = max(passage.sentences, key=answers)
    features = {"expected": has_expected(question, passage.text(best))}
    return _candidate(passage, best, best, features, judges)


def _yes_or_no(passage: _Passage, statement: str, judges: Judges) -> Candidate:
    """What the clearest sentence says, by its signs."""
    best = _clearest(passage, statement, judges)
    around = passage.premise(_around(passage.hit.passage.text, best))
    pieces = {"evidence": passage.premise(best), "around": around, "passage": premise(passage.hit)}
    readings = {name: judges.verdicts[text, statement] for name, text in pieces.items()}
    readings[ASKED] = judges.verdicts[around, passage.item.spoken]
    signs = signs_of(statement, passage.text(best), readings)
    features = sided(readings, judges.says_yes(signs))
    found = _candidate(
        passage, best, best, features, judges, says_yes=features["yes"] > 0, statement=statement
    )
    return replace(found, signs=signs, readings=readings)


def _clearest(passage: _Passage, statement: str, judges: Judges) -> Span:
    """The sentence that says yes or no most clearly and shares the question's topic and words."""
    question = passage.item.question

    def clearness(span: Span) -> float:
        words = cues(question, passage.text(span), passage.text(span))
        relevance = judges.relevance[passage.premise(span), question] or 0.0
        strength = judges.verdicts[passage.premise(span), statement].strength
        told = _told(passage, span, judges)
        return strength + passage.nearness[span] + words["overlap"] + (relevance + told) / 2

    return max(passage.sentences, key=clearness)


def _span_answer(passage: _Passage, read: tuple[Span, ReadAnswer], judges: Judges) -> Candidate:
    span, answer = read
    evidence = _covering(passage.hit, span)
    statement = hypothesis.statement(passage.item.question, passage.text(span))
    sentence = judges.verdicts[passage.premise(evidence), statement]
    whole = judges.verdicts[premise(passage.hit), statement]
    stance = whole if whole.strength > sentence.strength else sentence  # the sentence may lack who "it" is
    features = {
        "entailment": stance.entailment,
        "contradiction": stance.contradiction,
        "expected": has_expected(passage.item.question, passage.text(evidence)),
    }
    threshold = judges.reader.settings.no_answer_threshold if judges.reader is not None else None
    if threshold is not None:
        odds = min(max(answer.no_answer_score - threshold, -MAX_EXPONENT), MAX_EXPONENT)
        features["reader"] = 1.0 / (1.0 + math.exp(odds))
    return _candidate(passage, span, evidence, features, judges, statement=statement)


def _told(passage: _Passage, span: Span, judges: Judges) -> float:
    """P(a sentence answers the question in some way), by the NLI model, of which the bundled ones know questions.

    Of a follow-up the mean of both forms: in one the question before may be what the sentence answers, the other may be
    completed wrongly.
    """
    forms = passage.item.forms
    return sum(1.0 - judges.verdicts[passage.premise(span), said].neutral for said in forms) / len(forms)


def _covering(hit: Hit, span: Span) -> Span:
    """From the first to the last sentence that a span touches."""
    sentences = sentence_spans(hit.passage.text, Span(0, len(hit.passage.text)))
    touched = [each for each in sentences if each.start < span.end and each.end > span.start]
    if not touched:
        return span
    return Span(min(touched[0].start, span.start), max(touched[-1].end, span.end))


def _around(text: str, span: Span) -> Span:
    """A sentence with its neighbours."""
    sentences = sentence_spans(text, Span(0, len(text)))
    at = next((place for place, each in enumerate(sentences) if each.start >= span.start), 0)
    return Span(sentences[max(at - 1, 0)].start, sentences[min(at + 1, len(sentences) - 1)].end)


def _candidate(
    passage: _Passage,
    span: Span,
    evidence: Span,
    features: dict[str, float],
    judges: Judges,
    *,
    says_yes: bool | None = None,
    statement: str = "",
) -> Candidate:
    """From characters of the passage to characters of the document; what all kinds have is added to the features."""
    item, hit, start = passage.item, passage.hit, passage.hit.passage.start
    words = cues(item.question, premise(hit), passage.text(evidence))
    if says_yes is not None:
        words["denied"] = 0.0  # "isn't it cold?" asks for the same as "is it cold?"
    common = {
        **retriever_features(hit, item.hits),
        "nearness": passage.nearness.get(evidence, max(passage.nearness.values())),
        "told": _told(passage, evidence, judges),
        "chinese": float(is_chinese(item.question)),
    }
    for name, text in (("relevance", premise(hit)), ("sentence", passage.premise(evidence))):
        value = judges.relevance[text, item.question]
        if value is not None:
            common[name] = value
    return Candidate(
        hit,
        "passage",
        Span(start + span.start, start + span.end),
        passage.text(span),
        Span(start + evidence.start, start + evidence.end),
        passage.text(evidence),
        {**common, **features, **words},
        says_yes,
        statement,
    )

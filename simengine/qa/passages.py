"""Answers out of passages: the sentence, or the words in it, that answers, and what the judge says about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from simengine.cross_encoders.reader import ReadAnswer, ReaderSettings
from simengine.cross_encoders.windows import sentence_spans
from simengine.errors import UsageError
from simengine.qa import hypothesis
from simengine.qa.candidates import Asked, Candidate, retriever_features
from simengine.qa.cues import cues
from simengine.qa.judging import JudgedPairs, Stance
from simengine.text.joining import as_sentence, joined
from simengine.types import Hit, Span

MAX_EXPONENT = 60.0


class SpanReader(Protocol):
    """What `simengine.cross_encoders.reader.Reader` offers."""

    @property
    def settings(self) -> ReaderSettings: ...

    def answers(self, pairs: Sequence[tuple[str, str]], *, allow_none: bool = True) -> list[ReadAnswer]: ...


def read_passages(
    asked: Sequence[Asked], judged: JudgedPairs, reader: SpanReader | None, n_read: int
) -> list[list[Candidate]]:
    """For each question an answer out of each of the passages that the judge finds most relevant.

    With a reader, questions that ask for a thing are answered by a span, all others by a sentence.

    Args:
        asked: questions with their hits; those in `faq_hits` are passed over.
        judged: the judge.
        reader: None answers with sentences.
        n_read: passages for each question; the first hit of the search is always among them.
    """
    hits = [_without_faq(item) for item in asked]
    judged.learn((premise(hit), item.question) for item, own in zip(asked, hits, strict=True) for hit in own)
    chosen = [_most_relevant(item, own, judged, n_read) for item, own in zip(asked, hits, strict=True)]
    wanted = [(item, hit) for item, own in zip(asked, chosen, strict=True) for hit in own]
    spans = _read(wanted, reader)
    sentences = [sentence_spans(hit.passage.text, Span(0, len(hit.passage.text))) for _, hit in wanted]
    _learn_sentences(wanted, sentences, spans, judged)
    found: list[list[Candidate]] = []
    place = 0
    for item, own in zip(asked, chosen, strict=True):
        candidates = []
        for hit in own:
            span = spans[place]
            if item.statement is not None:
                candidates.append(_yes_or_no(item, hit, sentences[place], judged))
            elif span is not None and reader is not None:
                candidates.append(_span_answer(item, hit, sentences[place], span, judged, reader))
            else:
                candidates.append(_sentence_answer(item, hit, sentences[place], judged))
            place += 1
        found.append(candidates)
    return found


def premise(hit: Hit) -> str:
    """A passage as the judge reads it: behind its title, where the passage does not name that."""
    text = hit.passage.text
    title = hit.title.strip()
    if not title or title.casefold() in text.casefold():
        return text
    return joined(as_sentence(title), text)


def _without_faq(item: Asked) -> list[Hit]:
    stored = {hit.id for hit in item.faq_hits}
    return [hit for hit in item.hits if hit.id not in stored]


def _most_relevant(item: Asked, hits: Sequence[Hit], judged: JudgedPairs, n_read: int) -> list[Hit]:
    order = sorted(hits, key=lambda hit: -judged[premise(hit), item.question].entailment)
    chosen = order[:n_read]
    if hits and hits[0] not in chosen:
        chosen = [*chosen[: n_read - 1], hits[0]]
    return chosen


def _read(
    wanted: Sequence[tuple[Asked, Hit]], reader: SpanReader | None
) -> list[tuple[Span, ReadAnswer] | None]:
    """For each passage the reader's best span (of the passage's characters), None where it has none to give."""
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
    """All at once; where a question is too long for the reader, one by one, None for those that are."""
    try:
        return reader.answers(pairs, allow_none=False)
    except UsageError:
        if len(pairs) == 1:
            return [None]
        return [answer for pair in pairs for answer in _read_each(reader, [pair])]


def _learn_sentences(
    wanted: Sequence[tuple[Asked, Hit]],
    sentences: Sequence[list[Span]],
    spans: Sequence[tuple[Span, ReadAnswer] | None],
    judged: JudgedPairs,
) -> None:
    pairs: list[tuple[str, str]] = []
    for (item, hit), own, read in zip(wanted, sentences, spans, strict=True):
        text = hit.passage.text
        if read is not None:
            evidence = _cut(text, _covering(own, read[0]))
            statement = hypothesis.statement(item.question, _cut(text, read[0]))
            pairs += [(evidence, item.question), (evidence, statement), (premise(hit), statement)]
            continue
        pairs += [(_cut(text, span), item.question) for span in own]
        if item.statement is not None:
            pairs += [(premise(hit), item.statement), *((_cut(text, span), item.statement) for span in own)]
    judged.learn(pairs)


def _sentence_answer(item: Asked, hit: Hit, sentences: Sequence[Span], judged: JudgedPairs) -> Candidate:
    text = hit.passage.text
    best = max(sentences, key=lambda span: judged[_cut(text, span), item.question].entailment)
    features = {
        **retriever_features(hit, item.hits),
        "relevance": judged[premise(hit), item.question].entailment,
        "sentence": judged[_cut(text, best), item.question].entailment,
    }
    return _candidate(item, hit, best, best, features)


def _yes_or_no(item: Asked, hit: Hit, sentences: Sequence[Span], judged: JudgedPairs) -> Candidate:
    """The sentence that says yes or no most clearly, and speaks of what was asked, in its words too."""
    text, statement = hit.passage.text, item.statement or ""

    def clearness(span: Span) -> float:
        sentence = _cut(text, span)
        said = judged[sentence, item.question].entailment + judged[sentence, statement].strength
        return said + cues(item.question, text, sentence)["overlap"]

    best = max(sentences, key=clearness)
    stance = _surer(judged[_cut(text, best), statement], judged[premise(hit), statement])
    yes = stance.entailment >= stance.contradiction
    features = {
        **retriever_features(hit, item.hits),
        "relevance": judged[premise(hit), item.question].entailment,
        "sentence": judged[_cut(text, best), item.question].entailment,
        "entailment": stance.entailment if yes else stance.contradiction,
        "contradiction": stance.contradiction if yes else stance.entailment,
    }
    return _candidate(item, hit, best, best, features, says_yes=yes, statement=statement)


def _span_answer(
    item: Asked,
    hit: Hit,
    sentences: Sequence[Span],
    read: tuple[Span, ReadAnswer],
    judged: JudgedPairs,
    reader: SpanReader,
) -> Candidate:
    text, (span, answer) = hit.passage.text, read
    evidence = _covering(sentences, span)
    statement = hypothesis.statement(item.question, _cut(text, span))
    stance = _surer(judged[_cut(text, evidence), statement], judged[premise(hit), statement])
    features = {
        **retriever_features(hit, item.hits),
        "relevance": judged[premise(hit), item.question].entailment,
        "sentence": judged[_cut(text, evidence), item.question].entailment,
        "entailment": stance.entailment,
        "contradiction": stance.contradiction,
    }
    threshold = reader.settings.no_answer_threshold
    if threshold is not None:
        odds = min(max(answer.no_answer_score - threshold, -MAX_EXPONENT), MAX_EXPONENT)
        features["reader"] = 1.0 / (1.0 + math.exp(odds))
    return _candidate(item, hit, span, evidence, features, statement=statement)


def _surer(sentence: Stance, passage: Stance) -> Stance:
    """The sentence alone may lack what "it" is, the passage may hold too much: the surer of both counts."""
    return passage if passage.strength > sentence.strength else sentence


def _covering(sentences: Sequence[Span], span: Span) -> Span:
    """From the first to the last sentence that a span touches."""
    touched = [each for each in sentences if each.start < span.end and each.end > span.start]
    if not touched:
        return span
    return Span(min(touched[0].start, span.start), max(touched[-1].end, span.end))


def _candidate(
    item: Asked,
    hit: Hit,
    span: Span,
    evidence: Span,
    features: dict[str, float],
    *,
    says_yes: bool | None = None,
    statement: str = "",
) -> Candidate:
    """From characters of the passage to characters of the document; what the words say is added to the features."""
    text, start = hit.passage.text, hit.passage.start
    words = cues(item.question, premise(hit), _cut(text, evidence))
    if says_yes is not None:
        words["denied"] = 0.0  # "isn't it cold?" asks for the same as "is it cold?"
    return Candidate(
        hit,
        "passage",
        Span(start + span.start, start + span.end),
        _cut(text, span),
        Span(start + evidence.start, start + evidence.end),
        _cut(text, evidence),
        {**features, **words},
        says_yes,
        statement,
    )


def _cut(text: str, span: Span) -> str:
    return text[span.start : span.end]

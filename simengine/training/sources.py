"""From a recipe's data sources to examples: filtered, limited and repeated by the recipe."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from simengine.corpus.examples import (
    LabelledPair,
    ReadCount,
    ReadingExample,
    read_nli,
    read_relevance,
    read_scored_pairs,
    read_squad,
)
from simengine.corpus.sentences import sentence_ends
from simengine.errors import DataError, RecipeError
from simengine.evaluation.units import varies
from simengine.training.recipe import DataSource, Kind
from simengine.training.tasks.contract import Part

T = TypeVar("T")
ENTAILMENT, NEUTRAL = "entailment", "neutral"


def make_part(
    source: DataSource, examples: Iterable[T], seed: int, count: ReadCount | None = None
) -> Part[T]:
    """The examples after the source's include, exclude, limit and repeat, in file order.

    Args:
        source: from the recipe.
        examples: of its file.
        seed: decides which rows a limit keeps.
        count: of the examples' reader: its rejects are kept with the part.

    Raises:
        DataError: none are left.
    """
    kept = [example for example in examples if _wanted(example, source)]
    if not kept:
        raise DataError("no examples are left (see include, exclude and kind)", source.path)
    if source.limit is not None and len(kept) > source.limit:
        rows = sorted(random.Random(f"{seed}:{source.name}").sample(range(len(kept)), source.limit))
        kept = [kept[row] for row in rows]
    return Part(source.name, kept * source.repeat, source, dict(count.reasons) if count is not None else {})


def kind_of(source: DataSource, task: str, *known: Kind) -> Kind:
    """The kind of a source's rows; "auto" is the task's first.

    Raises:
        RecipeError: the task does not support such rows.
    """
    kind = known[0] if source.kind == "auto" else source.kind
    if kind not in known:
        *others, last = known
        listed = f"{', '.join(others)} or {last}" if others else last
        raise RecipeError(f"{source.name}: the task {task} takes sources of kind {listed}, not {kind}")
    return kind


def _wanted(example: Any, source: DataSource) -> bool:
    if not source.include and not source.exclude:
        return True
    extra = getattr(example, "extra", {})

    def value(field: str) -> Any:
        return getattr(example, field, extra.get(field))

    return all(value(field) in allowed for field, allowed in source.include.items()) and not any(
        value(field) in banned for field, banned in source.exclude.items()
    )


def read_three_classes(
    source: DataSource, seed: int, count: ReadCount | None = None
) -> Iterator[LabelledPair]:
    """Rows for a three-class model: NLI unchanged; answer selection with the passage as the premise."""
    if kind_of(source, "nli", "nli", "relevance", "reading") == "nli":
        yield from read_nli(source.path, fields=source.fields or None, count=count)
        return
    for pair in _answer_pairs(source, seed):
        label = ENTAILMENT if pair.score == 1.0 else NEUTRAL
        yield replace(pair, text1=pair.text2, text2=pair.text1, label=label, score=None)


def read_relevant(source: DataSource, seed: int) -> Iterator[LabelledPair]:
    """Rows for a relevance model: text1 the question, text2 the passage, score 1.0 if it answers."""
    kind_of(source, "relevance", "relevance", "reading")
    yield from _answer_pairs(source, seed)


def read_graded(source: DataSource) -> Iterator[LabelledPair]:
    """Rows for graded similarity, scores scaled to [0, 1] by the smallest and largest score of the file."""
    kind_of(source, "similarity", "scored")
    pairs = list(read_scored_pairs(source.path, fields=source.fields or None))
    scores = [pair.score for pair in pairs if pair.score is not None]
    low, high = min(scores), max(scores)
    if not varies(np.array(scores, np.float64)):
        raise DataError(f"all scores are {low:g}; there is nothing to learn from them", source.path)
    for pair in pairs:
        if pair.score is not None:
            yield replace(pair, score=(pair.score - low) / (high - low))


def _answer_pairs(source: DataSource, seed: int) -> Iterator[LabelledPair]:
    if source.kind == "reading":
        yield from _from_reading(list(read_squad(source.path)), source, seed)
    else:
        yield from read_relevance(source.path, fields=source.fields or None)


def _from_reading(
    examples: Sequence[ReadingExample], source: DataSource, seed: int
) -> Iterator[LabelledPair]:
    """Each question with its answering unit, and with others of its article."""
    rng = random.Random(f"{seed}:{source.name}:negatives")
    articles: dict[str, list[str]] = {}
    for example in examples:
        contexts = articles.setdefault(example.title, [])
        if not contexts or contexts[-1] != example.context:
            contexts.append(example.context)
    titles = sorted(articles)
    for number, example in enumerate(examples, 1):
        if not example.answers and not example.impossible:
            continue  # no gold answer: nothing is known about any passage
        if source.unit == "sentence":
            units = split_sentences_of(example.context)
            right = _answering(units, example)
            others = [text for _, text in units if text != right and not _holds_answer(text, example)]
        else:
            right = None if example.impossible or not example.answers else example.context
            others = [text for text in articles[example.title] if text != example.context]
            if not others and len(titles) > 1:
                other = rng.choice([title for title in titles if title != example.title])
                others = articles[other]
            others = [text for text in others if not _holds_answer(text, example)]
        extra = {"qid": example.id, "title": example.title}

        def pair(text: str, score: float) -> LabelledPair:
            return LabelledPair(example.question, text, None, score, source.path, number, extra)  # noqa: B023

        if right is not None:
            yield pair(right, 1.0)
        elif example.impossible and source.unit == "passage":
            yield pair(example.context, 0.0)
        for text in rng.sample(others, min(source.negatives, len(others))):
            yield pair(text, 0.0)


def split_sentences_of(text: str) -> list[tuple[int, str]]:
    """Start and text of each sentence."""
    ends = [*sentence_ends(text).tolist(), len(text)]
    found = []
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        sentence = text[start:end]
        if sentence.strip():
            found.append((end - len(sentence.lstrip()), sentence.strip()))
    return found


def _answering(units: Sequence[tuple[int, str]], example: ReadingExample) -> str | None:
    if example.impossible or not example.answers:
        return None
    position = example.answers[0][0]
    for start, text in units:
        if start <= position < start + len(text):
            return text
    return None


def _holds_answer(text: str, example: ReadingExample) -> bool:
    lowered = text.lower()
    return any(answer.lower() in lowered for _, answer in example.answers)

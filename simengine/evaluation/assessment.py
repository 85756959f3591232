"""From examples and a model's outputs to everything that is reported about them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.corpus.examples import LabelledPair, ReadingExample, TaggedSentence
from simengine.errors import DataError
from simengine.evaluation.answer_text import MatchName, answer_match
from simengine.evaluation.classification import classification_units, evaluate_classification
from simengine.evaluation.predictors import SpanAnswer
from simengine.evaluation.ranking import RETRIEVAL_MEASURES, evaluate_answer_selection, evaluate_ranking
from simengine.evaluation.reading import evaluate_reading, reading_table, reading_units
from simengine.evaluation.result import Result
from simengine.evaluation.similarity import evaluate_similarity, similarity_units
from simengine.evaluation.tagging import Entity, evaluate_tagging, find_entities, tagging_units
from simengine.evaluation.units import Units, varies
from simengine.types import FloatMatrix, Json

Task: TypeAlias = Literal["nli", "sts", "retrieval", "rerank", "reading", "tagging"]
TASKS: tuple[Task, ...] = ("nli", "sts", "retrieval", "rerank", "reading", "tagging")
Scores: TypeAlias = "Sequence[float] | npt.NDArray[np.floating]"
Row: TypeAlias = "dict[str, Json]"


@dataclass(frozen=True, slots=True)
class Assessment:
    """A model's outputs on a set, judged.

    Attributes:
        task: which one.
        result: all figures.
        units: the same for intervals and comparisons.
        rows: one JSON record for each example (for rankings: each query), with gold, prediction and whether it is
            right.
        notes: what a reader of the figures must know, such as what was left out.
    """

    task: Task
    result: Result
    units: Units
    rows: Sequence[Row] = field(repr=False)
    notes: tuple[str, ...] = ()


def assess_nli(
    examples: Sequence[LabelledPair], probabilities: FloatMatrix, labels: Sequence[str]
) -> Assessment:
    """Judge a classifier of pairs.

    Args:
        examples: pairs with gold labels.
        probabilities: (n, n_labels), rows summing to 1.
        labels: names of the columns.
    """
    gold = [_label(example) for example in examples]
    predicted = [labels[place] for place in probabilities.argmax(axis=1).tolist()]
    result = evaluate_classification(gold, predicted, labels=labels, probabilities=probabilities)
    rows: list[Row] = [
        {
            **_pair_row(example),
            "gold": right,
            "predicted": said,
            "right": right == said,
            "probabilities": {label: round(p, 6) for label, p in zip(labels, line, strict=True)},
        }
        for example, right, said, line in zip(examples, gold, predicted, probabilities.tolist(), strict=True)
    ]
    absent = [label for label in labels if label not in gold]
    notes = (f"no pair of this set is labelled {' or '.join(absent)}",) if absent else ()
    return Assessment("nli", result, classification_units(gold, predicted, labels=labels), rows, notes)


def assess_similarity(examples: Sequence[LabelledPair], scores: Scores) -> Assessment:
    """Judge scores of pairs against graded judgements; scores (n,), higher for more similar."""
    gold = [_score(example) for example in examples]
    values = np.asarray(scores, np.float64)
    result, units = evaluate_similarity(gold, values), similarity_units(gold, values)
    rows: list[Row] = [
        {**_pair_row(example), "gold": right, "predicted": _number(said)}
        for example, right, said in zip(examples, gold, values.tolist(), strict=True)
    ]
    notes = () if varies(values) else ("the model gives every pair the same score: no correlation",)
    return Assessment("sts", result, units, rows, notes)


def assess_answer_selection(examples: Sequence[LabelledPair], scores: Scores) -> Assessment:
    """Judge the order that scores give to the candidates of each question; the question is `text1`.

    Candidates are grouped by the field "qid" where the record has one, else by the question's text.
    """
    questions = [str(e.extra["qid"]) if e.extra.get("qid") is not None else e.text1 for e in examples]
    relevant = [_score(example) > 0 for example in examples]
    values = np.asarray(scores, np.float64)
    result = evaluate_answer_selection(questions, relevant, values.tolist())
    rows: list[Row] = [
        {**_pair_row(example), "question_id": question, "gold": int(right), "predicted": _number(said)}
        for example, question, right, said in zip(examples, questions, relevant, values.tolist(), strict=True)
    ]
    said = (
        (result.n_without_relevant, "questions left out that have no right answer"),
        (result.n_without_irrelevant, "questions with right answers only"),
    )
    notes = tuple(f"{text}: {number:,}" for number, text in said if number)
    return Assessment("rerank", result, result.units("MAP", "question"), rows, notes)


def assess_retrieval(
    qrels: Mapping[str, Mapping[str, int]],
    run: Mapping[str, Sequence[str]],
    *,
    texts: Mapping[str, str] | None = None,
    measures: Sequence[str] = RETRIEVAL_MEASURES,
) -> Assessment:
    """Judge rankings of documents; see `evaluate_ranking`.

    Args:
        texts: query id to text, for the rows.
    """
    result = evaluate_ranking(qrels, run, measures=measures)
    rows: list[Row] = []
    for query, values in result.per_query.items():
        gold: dict[str, Json] = {document: grade for document, grade in qrels[query].items() if grade > 0}
        found: list[Json] = list(run.get(query, ()))
        row: Row = {"query_id": query, "gold": gold, "predicted": found, "metrics": dict(values)}
        rows.append(row if texts is None else {**row, "query": texts.get(query)})
    left_out = result.n_without_relevant
    notes = (f"queries left out that have no relevant document: {left_out:,}",) if left_out else ()
    return Assessment("retrieval", result, result.units(measures[0]), rows, notes)


def assess_reading(
    examples: Sequence[ReadingExample],
    predictions: Sequence[SpanAnswer],
    *,
    threshold: float | None = 0.0,
    match: MatchName = "squad",
) -> Assessment:
    """Judge answers found in contexts; see `evaluate_reading`."""
    table = reading_table(examples, predictions, threshold=threshold, match=match)
    result = evaluate_reading(examples, predictions, threshold=threshold, match=match)
    rows: list[Row] = []
    for number, (example, prediction) in enumerate(zip(examples, predictions, strict=True)):
        exact_match, f1 = table.final[number].tolist()
        rows.append(
            {
                "id": example.id,
                "question": example.question,
                "gold": [text for _, text in example.answers] if not example.impossible else [],
                "impossible": example.impossible,
                "predicted": table.answers[number],
                "best_span": prediction.text,
                "start": prediction.start,
                "end": prediction.end,
                "score": _number(prediction.score),
                "no_answer_score": _number(prediction.no_answer_score),
                "right": exact_match == 1.0,
                "f1": round(f1, 6),
            }
        )
    notes = (f"answers are compared as {answer_match(match).name.upper()} does",)
    return Assessment("reading", result, reading_units(examples, table), rows, notes)


def assess_tagging(examples: Sequence[TaggedSentence], predicted: Sequence[Sequence[str]]) -> Assessment:
    """Judge the entities that predicted tags mark."""
    gold = [example.tags for example in examples]
    result = evaluate_tagging(gold, predicted)
    found = zip(find_entities(gold), find_entities(predicted), strict=True)
    rows: list[Row] = [
        {
            "line": example.line,
            "tokens": list(example.tokens),
            "gold": list(example.tags),
            "predicted": list(tags),
            "right": right == said,
            "missed": _entities(sorted(set(right) - set(said)), example),
            "spurious": _entities(sorted(set(said) - set(right)), example),
        }
        for example, tags, (right, said) in zip(examples, predicted, found, strict=True)
    ]
    return Assessment("tagging", result, tagging_units(gold, predicted), rows)


def _entities(entities: Sequence[Entity], example: TaggedSentence) -> list[Json]:
    return [{"type": e.type, "text": " ".join(example.tokens[e.start : e.end])} for e in entities]


def _pair_row(example: LabelledPair) -> Row:
    row: Row = {"line": example.line, "text1": example.text1, "text2": example.text2}
    return row


def _label(example: LabelledPair) -> str:
    if example.label is None:
        raise DataError("a pair without a label cannot be judged", example.source, example.line or None)
    return example.label


def _score(example: LabelledPair) -> float:
    if example.score is None:
        raise DataError("a pair without a score cannot be judged", example.source, example.line or None)
    return example.score


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None

"""From examples and outputs to results, rows and notes."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from simengine.corpus.examples import NLI_LABELS, LabelledPair, ReadingExample, TaggedSentence
from simengine.errors import DataError
from simengine.evaluation import assessment
from simengine.evaluation.predictors import ReadingPrediction


def test_nli_rows_hold_gold_prediction_and_probabilities() -> None:
    examples = [LabelledPair("p", "h", "entailment", line=4), LabelledPair("p", "i", "neutral", line=5)]
    probabilities = np.array([[0.7, 0.2, 0.1], [0.6, 0.4, 0.0]], np.float32)
    judged = assessment.assess_nli(examples, probabilities, NLI_LABELS)
    assert judged.rows[1] == {
        "line": 5,
        "text1": "p",
        "text2": "i",
        "gold": "neutral",
        "predicted": "entailment",
        "right": False,
        "probabilities": {"entailment": 0.6, "neutral": 0.4, "contradiction": 0.0},
    }
    assert judged.units.measure_all()["accuracy"] == 0.5
    assert judged.notes == ("no pair of this set is labelled contradiction",)


def test_similarity_rows_hold_both_scores() -> None:
    examples = [LabelledPair("a", "b", score=score) for score in (0.0, 2.5, 5.0)]
    judged = assessment.assess_similarity(examples, [0.1, 0.2, 0.9])
    assert [(row["gold"], row["predicted"]) for row in judged.rows] == [(0.0, 0.1), (2.5, 0.2), (5.0, 0.9)]
    assert judged.result.to_dict()["spearman"] == pytest.approx(1.0)


def test_candidates_are_grouped_by_qid_else_by_question() -> None:
    examples = [
        LabelledPair("same question", "right", "1", 1.0, extra={"qid": 1}),
        LabelledPair("same question", "wrong", "0", 0.0, extra={"qid": 2}),
        LabelledPair("other", "right", "1", 1.0),
        LabelledPair("other", "wrong", "0", 0.0),
    ]
    judged = assessment.assess_answer_selection(examples, [0.0, 9.0, 1.0, 2.0])
    assert [row["question_id"] for row in judged.rows] == ["1", "2", "other", "other"]
    assert judged.result.to_dict()["metrics"]["MAP"] == pytest.approx(0.75)
    assert judged.notes == (
        "questions left out that have no right answer: 1",
        "questions with right answers only: 1",
    )


def test_retrieval_rows_are_queries() -> None:
    judged = assessment.assess_retrieval(
        {"q": {"d": 1, "e": 0}, "r": {"d": 0}}, {"q": ["e", "d"]}, texts={"q": "text"}
    )
    (row,) = judged.rows
    assert (row["query_id"], row["query"], row["gold"], row["predicted"]) == (
        "q",
        "text",
        {"d": 1},
        ["e", "d"],
    )
    assert row["metrics"]["MRR@10"] == 0.5
    assert judged.notes == ("queries left out that have no relevant document: 1",)


def test_reading_rows_hold_the_answer_and_what_was_given_up() -> None:
    example = ReadingExample("q1", "", "in Denver", "where?", ((3, "Denver"),), False)
    said = ReadingPrediction("Denver", 4.0, 1.5, 3, 9)
    (row,) = assessment.assess_reading([example], [said]).rows
    assert (row["predicted"], row["best_span"], row["right"], row["no_answer_score"]) == (
        "",
        "Denver",
        False,
        1.5,
    )
    (row,) = assessment.assess_reading([example], [said], threshold=2.0).rows
    assert (row["predicted"], row["right"], row["f1"]) == ("Denver", True, 1.0)
    (row,) = assessment.assess_reading([example], [ReadingPrediction("x")]).rows
    assert row["no_answer_score"] is None  # minus infinity is no JSON


def test_tagging_rows_name_what_was_missed_and_what_was_made_up() -> None:
    example = TaggedSentence(("Ada", "Byron", "in", "Rome"), ("B-PER", "I-PER", "O", "B-LOC"), line=3)
    (row,) = assessment.assess_tagging([example], [["B-PER", "O", "O", "B-LOC"]]).rows
    assert row["missed"] == [{"type": "PER", "text": "Ada Byron"}]
    assert row["spurious"] == [{"type": "PER", "text": "Ada"}]
    assert row["right"] is False


def test_all_rows_and_results_are_json() -> None:
    pairs = [LabelledPair("a", "b", "1", 1.0), LabelledPair("a", "c", "0", 0.0)]
    for judged in (
        assessment.assess_similarity(pairs, np.array([1, math.pi], np.float32)),
        assessment.assess_answer_selection(pairs, np.array([1, 2], np.float32)),
    ):
        json.dumps([judged.result.to_dict(), list(judged.rows)], allow_nan=False)


def test_pairs_that_cannot_be_judged_are_named() -> None:
    with pytest.raises(DataError, match=r"pairs\.jsonl:7: a pair without a label"):
        assessment.assess_nli(
            [LabelledPair("a", "b", source="pairs.jsonl", line=7)], np.full((1, 3), 1 / 3), NLI_LABELS
        )
    with pytest.raises(DataError, match="a pair without a score"):
        assessment.assess_similarity([LabelledPair("a", "b"), LabelledPair("a", "b")], [1, 2])

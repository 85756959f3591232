"""Contradictions need a common subject."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.rerank.judge import PairJudgements
from simengine.rerank.subject import MIN_COSINE, without_foreign_contradictions
from simengine.types import Span


def said(*labels: str) -> PairJudgements:
    rows = {
        "supports": {"entailment": 0.8, "neutral": 0.1, "contradiction": 0.1},
        "contradicts": {"entailment": 0.15, "neutral": 0.05, "contradiction": 0.8},
        "neutral": {"entailment": 0.1, "neutral": 0.7, "contradiction": 0.2},
    }
    probabilities = [rows[label] for label in labels]
    return PairJudgements(
        relevance=np.array([1 - row["neutral"] for row in probabilities], np.float32),
        n_truncated=np.zeros(len(labels), np.int32),
        stances=list(labels),
        probabilities=probabilities,
        evidence=[None if label == "neutral" else Span(0, 4) for label in labels],
    )


def test_a_far_contradiction_becomes_neutral_with_the_relevance_of_its_entailment() -> None:
    given = said("contradicts", "supports")
    found = without_foreign_contradictions(given, [MIN_COSINE - 0.01, 0.0])
    assert found.stances == ["neutral", "supports"]
    assert found.relevance.tolist() == pytest.approx([0.15, 0.9])
    assert found.relevance.dtype == np.float32
    assert found.evidence == [None, Span(0, 4)]
    assert found.probabilities == given.probabilities


def test_near_contradictions_and_those_of_unknown_distance_stay() -> None:
    found = without_foreign_contradictions(said("contradicts", "contradicts"), [MIN_COSINE, None])
    assert found.stances == ["contradicts", "contradicts"]
    assert found.relevance.tolist() == pytest.approx([0.95, 0.95])


def test_without_stances_nothing_changes() -> None:
    plain = PairJudgements(np.array([0.5], np.float32), np.zeros(1, np.int32))
    assert without_foreign_contradictions(plain, [0.0]) is plain

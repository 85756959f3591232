"""A stance needs a common subject."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.rerank.judge import PairJudgements
from simengine.rerank.subject import MIN_COSINE, only_of_the_subject
from simengine.types import Span

CLAIM = "Coffee is good for the heart."
NEAR = (CLAIM, "Coffee drinkers have healthy hearts.")
OTHER = (CLAIM, "The library is closed on Mondays.")


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


def test_far_texts_become_neutral_and_a_contradiction_keeps_the_relevance_of_its_entailment() -> None:
    given = said("contradicts", "supports")
    found = only_of_the_subject(given, [NEAR, NEAR], [MIN_COSINE - 0.01, 0.0])
    assert found.stances == ["neutral", "neutral"]
    assert found.relevance.tolist() == pytest.approx([0.15, 0.9])
    assert found.relevance.dtype == np.float32
    assert found.evidence == [None, None]
    assert found.probabilities == given.probabilities


def test_near_texts_with_a_common_word_keep_their_stance() -> None:
    found = only_of_the_subject(said("contradicts", "supports"), [NEAR, NEAR], [MIN_COSINE, None])
    assert found.stances == ["contradicts", "supports"]
    assert found.relevance.tolist() == pytest.approx([0.95, 0.9])


@pytest.mark.parametrize(
    ("pair", "stance"),
    [
        (OTHER, "neutral"),
        (("咖啡对心脏有好处。", "常喝咖啡的人心脏更健康。"), "supports"),
        (("咖啡对心脏有好处。", "图书馆周一闭馆。"), "neutral"),
        (("咖啡对心脏有好处。", NEAR[1]), "supports"),
    ],
)
def test_a_high_cosine_does_not_make_a_subject(pair: tuple[str, str], stance: str) -> None:
    assert only_of_the_subject(said("supports"), [pair], [0.8]).stances == [stance]


def test_a_common_subject_gives_no_stance() -> None:
    assert only_of_the_subject(said("neutral"), [NEAR], [1.0]).stances == ["neutral"]


def test_without_stances_nothing_changes() -> None:
    plain = PairJudgements(np.array([0.5], np.float32), np.zeros(1, np.int32))
    assert only_of_the_subject(plain, [NEAR], [0.0]) is plain

"""simengine's values as JSON: nothing is lost, numpy's types and NaN never come out."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from simengine.serving.results import AnswerResult, HitResult, RecommendationResult, VerdictResult
from simengine.types import (
    Answer,
    Evidence,
    Hit,
    Judgement,
    Passage,
    Recommendation,
    Span,
    Verdict,
)

THREE = {"entailment": np.float32(0.75), "neutral": np.float32(0.25), "contradiction": np.float32(0.0)}
HIT = Hit(
    id="a",
    score=np.float32(0.1),
    rank=1,
    title="T",
    passage=Passage(10, 25, "One. Two three."),
    metadata={"n": 10**30, "x": [None, {"y": "猫"}]},
    scores={"dense": np.float32(0.1)},
    judgement=Judgement(np.float32(0.5), True, "supports", THREE, Span(15, 25), 2),
    duplicates=("b", "c"),
)


def test_a_hit_keeps_everything_as_plain_numbers() -> None:
    made = HitResult.of(HIT)
    assert {type(made.score), type(made.scores["dense"]), type(made.judgement.relevance)} == {float}  # type: ignore[union-attr]
    assert json.loads(made.model_dump_json()) == {
        "rank": 1,
        "id": "a",
        "score": 0.1,
        "scores": {"dense": 0.1},
        "title": "T",
        "passage": {"start": 10, "end": 25, "text": "One. Two three."},
        "metadata": {"n": 10**30, "x": [None, {"y": "猫"}]},
        "judgement": {
            "relevance": 0.5,
            "calibrated": True,
            "stance": "supports",
            "probabilities": {"entailment": 0.75, "neutral": 0.25, "contradiction": 0.0},
            "evidence": {"start": 15, "end": 25, "text": "Two three."},
            "n_truncated": 2,
        },
        "duplicates": ["b", "c"],
    }


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_an_error_and_not_an_answer(odd: float) -> None:
    with pytest.raises(ValidationError):
        HitResult.of(Hit("a", odd, 1, "", HIT.passage, {}, {}))
    with pytest.raises(ValidationError):
        HitResult.of(Hit("a", 1.0, 1, "", HIT.passage, {}, {"dense": odd}))


def test_an_answer_keeps_everything() -> None:
    evidence = Evidence("a", "T", Span(15, 25), "Two three.")
    answer = Answer(
        question="q full",
        verdict="answer",
        text="three",
        evidence=evidence,
        probability=np.float32(0.5),
        calibrated=False,
        threshold=0.25,
        source="passage",
        nearest=[HIT],
        scores={"reader": np.float64(0.5)},
        span=Span(19, 24),
        against=evidence,
        asked="q",
        notes=("said",),
    )
    place = {"document_id": "a", "title": "T", "start": 15, "end": 25, "text": "Two three."}
    assert json.loads(AnswerResult.of(answer).model_dump_json()) == {
        "question": "q full",
        "asked": "q",
        "verdict": "answer",
        "sure": True,
        "answer": "three",
        "calculation": None,
        "probability": 0.5,
        "calibrated": False,
        "threshold": 0.25,
        "source": "passage",
        "span": {"start": 19, "end": 24},
        "evidence": place,
        "against": place,
        "scores": {"reader": 0.5},
        "notes": ["said"],
        "nearest": [HitResult.of(HIT).model_dump(mode="json")],
        "parts": [],
    }
    both = AnswerResult.of(replace(answer, parts=(answer, answer)))
    assert both.parts == [AnswerResult.of(answer)] * 2


def test_a_recommendation_without_liked_item_or_reason_says_null() -> None:
    made = RecommendationResult.of(
        Recommendation("a", "T", np.float32(0.5), 2, "", None, {"content": 0.5}, {})
    )
    assert made.model_dump(mode="json") == {
        "rank": 2,
        "id": "a",
        "title": "T",
        "score": 0.5,
        "liked_id": None,
        "reason": None,
        "scores": {"content": 0.5},
        "metadata": {},
    }


def test_a_verdict_quotes_its_evidence_out_of_the_premise() -> None:
    made = VerdictResult.of(Verdict("entailment", THREE, Span(5, 9), 2, 1), "One. Two! Three.")
    assert made.evidence is not None
    assert made.evidence.text == "Two!"
    assert (made.n_windows, made.n_truncated) == (2, 1)

"""The decision that ships with the package: for its own models, by language and kind of question."""

from __future__ import annotations

import json

import numpy as np
import pytest

from simengine.qa import default_decision as shipped
from simengine.qa.decision import PlainDecision
from simengine.qa.default_decision import ByKind, FittedFor, default_decision
from simengine.qa.expected import has_expected
from simengine.qa.fitting import DecisionExample, fit_decision


def fitted(language: str = "en", kind: str = "yes/no", threshold: float = 0.4, judge: str = "j") -> FittedFor:
    draw = np.random.default_rng(0)
    examples = []
    for number in range(120):
        right = number % 2 == 0
        entailment = float(np.clip(draw.normal(0.75 if right else 0.35, 0.1), 0, 1))
        examples.append(DecisionExample({"entailment": entailment, "overlap": 0.5}, right, f"g{number}"))
    return FittedFor(language, kind, "e", "r", threshold, fit_decision(examples, judge=judge))


def test_each_candidate_is_decided_by_its_language_and_kind() -> None:
    rule = ByKind((fitted(threshold=0.4), fitted("zh", "other", threshold=0.7)))
    yes = {"chinese": 0.0, "yes": 1.0, "entailment": 0.9, "overlap": 0.5, "contradiction": 0.0}
    assert rule.probability(yes) > 0.8
    assert (rule.threshold(None, yes), rule.is_calibrated(yes)) == (0.4, True)
    other = {"chinese": 1.0, "entailment": 0.1, "overlap": 0.5}
    assert rule.probability(other) < 0.3
    assert rule.threshold(None, other) == 0.7
    assert 0 < rule.threshold(0.8, yes) < 1
    assert 0 < rule.threshold(0.8) < 1


@pytest.mark.parametrize(
    "features",
    [
        {"similarity": 0.9, "cosine": 0.7},  # a stored question
        {"chinese": 0.0, "cosine": 0.7, "overlap": 0.2},  # English, but not for yes or no
    ],
)
def test_what_nothing_was_fitted_for_is_decided_by_the_plain_rule(features: dict[str, float]) -> None:
    rule = ByKind((fitted(),))
    assert rule.probability(features) == PlainDecision().probability(features)
    assert (rule.threshold(None, features), rule.is_calibrated(features)) == (0.5, False)
    assert rule.threshold(0.8, features) == 1.0


def test_a_decision_is_used_for_the_models_that_it_was_fitted_with_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shipped, "_shipped", lambda: (fitted(),))
    assert default_decision("j", "r", "e") is not None
    assert [default_decision(*each) for each in (("x", "r", "e"), ("j", "x", "e"), ("j", "r", "x"))] == [
        None
    ] * 3


def test_it_is_stored_as_json() -> None:
    one = fitted()
    assert FittedFor.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_what_ships_can_be_read() -> None:
    assert all(0 < each.threshold < 1 for each in shipped._shipped())


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How much is it?", "It costs 5 euros.", 1.0),
        ("How much is it?", "It is cheap.", 0.0),
        ("When does it open?", "It opens at 9:00.", 1.0),
        ("When does it open?", "It opens with a key.", 0.0),
        ("Who built it?", "It was built by Ada.", 1.0),
        ("Why is it red?", "It was painted.", 0.5),
        ("多少钱？", "每人五元。", 1.0),
        ("几点开门？", "门是红色。", 0.0),
    ],
)
def test_a_text_has_what_is_asked_for_or_not(question: str, text: str, expected: float) -> None:
    assert has_expected(question, text) == expected

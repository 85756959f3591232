"""The decision that ships with the package: for its own models, by language and kind of question."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.qa import default_decision as shipped
from simengine.qa.decision import PlainDecision
from simengine.qa.default_decision import ByKind, FittedFor, default_decision
from simengine.qa.expected import has_expected
from simengine.qa.fitting import DecisionExample, fit_decision
from simengine.qa.judging import Stance
from simengine.qa.stance import READ, StanceFit, fit_stance, plain_probability, sided, signs_of


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


def signs(yes: bool, *, chinese: bool = False) -> dict[str, float]:
    reading = Stance(0.8, 0.1, 0.1) if yes else Stance(0.2, 0.3, 0.5)
    statement, evidence = ("门开着。", "门没开。") if chinese else ("It is open.", "It is not open.")
    return signs_of(statement, evidence, dict.fromkeys(READ, reading))


def test_yes_or_no_is_weighed_as_it_was_fitted_for_the_language() -> None:
    answers = [number % 3 != 0 for number in range(60)]
    stance = fit_stance(
        [signs(not yes) for yes in answers], answers
    )  # a model that has it the wrong way round
    rule = ByKind((replace(fitted(), stance=stance),))
    assert (rule.says_yes(signs(True)) < 0.5, rule.says_yes(signs(False)) > 0.5) == (True, True)
    chinese = signs(True, chinese=True)
    assert (chinese["chinese"], chinese["negation"]) == (1.0, 1.0)
    assert rule.says_yes(chinese) == plain_probability(chinese) > 0.5
    assert StanceFit.from_dict(json.loads(json.dumps(stance.to_dict()))) == stance
    with pytest.raises(UsageError, match="give more"):
        fit_stance([signs(True)] * 60, [True] * 60)


def test_the_features_are_those_of_the_side_that_is_taken() -> None:
    readings = {
        "evidence": Stance(0.2, 0.1, 0.7),
        "around": Stance(0.3, 0.1, 0.6),
        "passage": Stance(0.5, 0.3, 0.2),
    }
    no = sided(readings, 0.25)
    assert (no["yes"], no["stance"]) == (0.0, 0.75)
    assert (no["entailment"], no["contradiction"], no["evidence"]) == (0.7, 0.5, 0.7)
    assert no["passage"] == pytest.approx(0.35)
    assert sided(readings, 0.75)["evidence"] == 0.2
    assert "asked" not in no
    readings["asked"] = Stance(0.9, 0.05, 0.05)
    assert sided(readings, 0.25)["asked"] == 0.05
    assert sided(readings, 0.25)["entailment"] == 0.7


def test_it_is_stored_as_json() -> None:
    for one in (fitted(), replace(fitted(), stance=StanceFit(("shared",), (0.0,), (1.0,), (2.0,), 0.5))):
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
        ("What happens when it rains?", "We go inside.", 0.5),
        ("By when must I pay?", "Pay on Monday.", 1.0),
        ("一共几位？", "规定一般不变。", 0.0),
        ("多少钱？", "每人五元。", 1.0),
        ("几点开门？", "门是红色。", 0.0),
    ],
)
def test_a_text_has_what_is_asked_for_or_not(question: str, text: str, expected: float) -> None:
    assert has_expected(question, text) == expected

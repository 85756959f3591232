"""The fitted combination of what premises say about a claim."""

from __future__ import annotations

import math

import pytest

from simengine.reasoning import check
from simengine.reasoning.check import ClaimChecker
from simengine.reasoning.check_candidates import SourcePassages
from simengine.reasoning.check_decision import FEATURES, CheckDecision, check_decision, log_odds
from simengine.types import Document
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import WordEncoder
from tests.qa.fakes import TableModel, table

NOTHING = (0.0,) * (len(FEATURES) + 1)
POLICY = Document("policy", "You can send items back within 30 days. The depot is in Harlow.", "Returns")
CLAIM = "The depot is in Harlow."


def only(feature: str, weight: float = 1.0) -> tuple[float, ...]:
    return tuple(weight if name == feature else 0.0 for name in (*FEATURES, "intercept"))


def test_outcomes_share_one_probability_by_their_odds() -> None:
    decision = CheckDecision({"en": (only("support"), only("contradiction"), NOTHING)})
    features = (log_odds(0.8), 0.0, log_odds(0.2), 0.0, 1.0)
    found = decision.probabilities(CLAIM, features)
    assert found == pytest.approx((4 / 5.25, 0.25 / 5.25, 1 / 5.25))
    assert decision.probabilities("\u4ed3\u5e93\u4f4d\u4e8e\u54c8\u6d1b\u3002", features) is None


def test_odds_stay_finite() -> None:
    assert [log_odds(1.0), log_odds(0.0)] == pytest.approx([math.log(99), -math.log(99)])


def test_there_is_none_for_a_model_that_it_was_not_fitted_with() -> None:
    assert check_decision("another") is None


@pytest.mark.parametrize(
    ("intercept", "verdict"), [(5.0, "supported"), (0.0, "not sure"), (-5.0, "not found")]
)
def test_a_claim_is_judged_by_the_decision_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, intercept: float, verdict: str
) -> None:
    rows = ((*NOTHING[:-1], intercept), (*NOTHING[:-1], -9.0), (*NOTHING[:-1], -0.2))
    monkeypatch.setattr(check, "check_decision", lambda judge: CheckDecision({"en": rows}))
    encode = WordEncoder().encode
    checker = ClaimChecker(table(), SourcePassages([POLICY], encode).find, encode)
    (claim,) = checker.check([CLAIM])[0].claims
    assert claim.verdict == verdict
    assert claim.probability == pytest.approx(
        math.exp(intercept) / (math.exp(intercept) + math.exp(-9) + math.exp(-0.2)), abs=1e-6
    )


def test_evidence_for_both_sides_stays_unsure_whatever_the_decision_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = ((*NOTHING[:-1], 9.0), NOTHING, NOTHING)
    monkeypatch.setattr(check, "check_decision", lambda judge: CheckDecision({"en": rows}))
    other = Document("other", "The depot was moved to Ware.")
    encode = WordEncoder().encode
    nli = table(("in Harlow", CLAIM, "entailment"), ("to Ware", CLAIM, "contradiction"))
    (claim,) = (
        ClaimChecker(nli, SourcePassages([POLICY, other], encode).find, encode).check([CLAIM])[0].claims
    )
    assert (claim.verdict, claim.against is not None) == ("not sure", True)


def test_a_text_that_the_model_cannot_read_gets_no_verdict_from_the_decision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    rows = (NOTHING, (*NOTHING[:-1], 9.0), NOTHING)
    monkeypatch.setattr(check, "check_decision", lambda judge: CheckDecision({"en": rows, "zh": rows}))
    encode = WordEncoder().encode
    checker = ClaimChecker(table(), SourcePassages([POLICY], encode).find, encode)
    (claim,) = checker.check(["\u4ed3\u5e93\u4f4d\u4e8e\u54c8\u6d1b\u3002"])[0].claims
    assert claim.verdict == "not sure"
    assert "no verdict can be based on that" in claim.reason

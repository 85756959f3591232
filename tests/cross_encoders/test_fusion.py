from __future__ import annotations

import numpy as np
import pytest

from simengine.cross_encoders.fusion import VerdictFusion, fusion_of
from simengine.rules.changes import RuleEvidence

NEUTRAL_ROW = np.array([[0.2, 0.6, 0.2]], np.float32)
NEGATION = RuleEvidence("negation", "contradiction", 'negation: "not"')


def fusion(strength: float = 1.0, temperature: float = 1.0) -> VerdictFusion:
    return VerdictFusion(
        ("en",), temperature, (0.0, 0.0, 0.0), strength, {"negation contradiction": (-2.0, -1.0, 2.0)}
    )


def test_a_rule_adds_its_logarithms_to_the_networks() -> None:
    found, reasons = fusion().fused(NEUTRAL_ROW, [(NEGATION,)])
    expected = NEUTRAL_ROW[0] * np.exp([-2.0, -1.0, 2.0])
    np.testing.assert_allclose(found[0], expected / expected.sum(), rtol=1e-5)
    assert reasons == ['negation: "not"']


def test_the_same_rule_twice_counts_once() -> None:
    once, _ = fusion().fused(NEUTRAL_ROW, [(NEGATION,)])
    twice, reasons = fusion().fused(NEUTRAL_ROW, [(NEGATION, NEGATION)])
    np.testing.assert_array_equal(once, twice)
    assert reasons == ['negation: "not"']


def test_a_rule_that_the_verdict_goes_against_is_not_its_reason() -> None:
    sure = np.array([[0.999, 0.0005, 0.0005]], np.float32)
    found, reasons = fusion(strength=0.1).fused(sure, [(NEGATION,)])
    assert found[0].argmax() == 0
    assert reasons == [""]


@pytest.mark.parametrize("evidence", [(), (RuleEvidence("unheard of", "entailment", "?"),)])
def test_without_a_known_rule_nothing_changes(evidence: tuple[RuleEvidence, ...]) -> None:
    found, _ = fusion().fused(NEUTRAL_ROW, [evidence])
    np.testing.assert_allclose(found, NEUTRAL_ROW, atol=1e-6)


def test_a_temperature_lowers_confidence_and_keeps_the_order() -> None:
    logits = np.array([[3.0, 1.0, 0.0]], np.float32)
    calm = fusion(temperature=2.0).calibrated(logits)
    np.testing.assert_allclose(calm, logits / 2)


def test_nothing_was_fitted_for_a_model_that_does_not_ship() -> None:
    assert fusion_of("0" * 64) is None

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from simengine.models.fingerprint import Fingerprint
from simengine.reasoning.conflict import PairVerdicts
from simengine.reasoning.conflict_dates import ClaimDate, claim_date
from simengine.reasoning.conflict_decision import (
    FEATURES,
    ConflictDecision,
    Weights,
    decision_for,
    leads,
    pair_features,
)
from simengine.rules.cues import profile
from tests.reasoning.judges import CONTRADICTS, ENTAILS, NEUTRAL, TableJudge

NOT_CHINESE = np.zeros(2, np.bool_)
PAIR = np.asarray([[0, 1]])


def verdicts(forward: tuple[float, ...], backward: tuple[float, ...]) -> PairVerdicts:
    return PairVerdicts(np.asarray([forward], np.float32), np.asarray([backward], np.float32), False)


def test_features_are_log_odds_shares_and_signs() -> None:
    both = profile("Dogs are allowed inside."), profile("Dogs are not allowed inside.")
    judged = verdicts((0.2, 0.3, 0.5), (0.1, 0.2, 0.7))
    (row,) = pair_features(
        judged, np.asarray([0.075], np.float32), np.asarray([0.5], np.float32), [both], [True], PAIR
    )
    found = dict(zip(FEATURES, row.tolist(), strict=True))
    assert found["mean contradiction"] == pytest.approx(np.log(0.6 / 0.4), abs=1e-5)
    assert found["smaller contradiction"] == pytest.approx(0.0, abs=1e-5)
    assert found["cosine"] == pytest.approx(0.5)
    assert found["larger contradiction"] == pytest.approx(np.log(0.7 / 0.3), abs=1e-5)
    assert found["larger entailment"] == pytest.approx(np.log(0.2 / 0.8), abs=1e-5)
    assert [found[name] for name in ("same subject", "negation", "opposites", "quantity", "rule")] == [
        pytest.approx(0.25), 1.0, 0.0, 0.0, 1.0,
    ]  # fmt: skip
    nothing = np.zeros(1, np.float32)
    neutral = verdicts((0, 1, 0), (0, 1, 0))
    assert pair_features(neutral, nothing, nothing, [both], [False], PAIR)[0][0] < -6
    none = PairVerdicts(*np.empty((2, 0, 3), np.float32), False)
    assert pair_features(none, nothing[:0], nothing[:0], [], [], PAIR[:0]).shape == (0, len(FEATURES))


def test_a_lead_is_what_a_pair_has_before_the_best_other_pair_of_each_claim() -> None:
    rows = np.asarray([[0, 1], [0, 2], [3, 1], [4, 5]])
    found = leads(np.asarray([3.0, 1.0, 2.5, 7.0]), rows)
    assert found.tolist() == [[0.5, 2.0], [-2.0, 0.0], [-0.5, 0.0], [0.0, 0.0]]
    assert leads(np.empty(0), rows[:0]).shape == (0, 2)


def test_a_decision_is_a_logistic_regression() -> None:
    zeros = (0.0,) * (len(FEATURES) - 1)
    decision = ConflictDecision(Weights((1.0, *zeros), -1.0), Weights((1.0, *zeros), 0.0), 0.5)
    features = np.zeros((3, len(FEATURES)))
    features[1, 0] = 1.0
    found = decision.probabilities(features, np.asarray([False, False, True]))
    assert found.tolist() == pytest.approx([1 / (1 + np.e), 0.5, 0.5])


def test_the_model_alone_finds_nothing_that_it_does_not_see() -> None:
    weights = Weights(tuple(5.0 if name == "rule" else 0.0 for name in FEATURES), 1.0)
    decision = ConflictDecision(weights, weights, 0.5)
    features = np.zeros((2, len(FEATURES)))
    features[:, FEATURES.index("larger contradiction")] = (-2.0, 2.0)
    features[:, FEATURES.index("same subject")] = 0.5
    features[:, FEATURES.index("rule")] = 1.0
    assert decision.by_model(features, NOT_CHINESE).tolist() == pytest.approx([0.0, 1 / (1 + np.exp(-1))])
    assert (decision.probabilities(features, NOT_CHINESE) > 0.99).all()


def test_the_fit_that_ships_is_for_the_model_that_ships_and_for_all_others() -> None:
    usual = decision_for(TableJudge())
    other = TableJudge()
    other.model = SimpleNamespace(fingerprint=Fingerprint.from_parts({"weights": "own"}))  # type: ignore[attr-defined]
    assert decision_for(other) == usual
    assert 0 < usual.threshold < 1


def test_a_contradiction_is_more_probable_than_neutral_or_entailment() -> None:
    texts = profile("The gate is open at night."), profile("The gate is shut at night.")
    given = [verdicts(each, each) for each in (CONTRADICTS, NEUTRAL, ENTAILS)]
    subjects = np.asarray([0.5], np.float32)
    decision = decision_for(TableJudge())
    plain = np.zeros(1, np.bool_)
    found = [
        float(
            decision.probabilities(pair_features(each, subjects, subjects, [texts], [False], PAIR), plain)[0]
        )
        for each in given
    ]
    assert found[0] > max(found[1:])
    apart = profile("The gate is open at night."), profile("Bread is cheap.")
    features = pair_features(
        given[0], np.zeros(1, np.float32), np.zeros(1, np.float32), [apart], [False], PAIR
    )
    assert decision.by_model(features, plain).tolist() == [0.0]


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (2024, (2024,)),
        ("2024", (2024,)),
        ("2024-05", (2024, 5)),
        ("2024-05-01", (2024, 5, 1)),
        ("20240501", (2024, 5, 1)),
        ("2024-05-01T10:30:00+02:00", (2024, 5, 1, 8, 30, 0)),
        ("1 May 2024", (2024, 5, 1)),
        ("May 2024", (2024, 5)),
        ("2024年5月1日", (2024, 5, 1)),
        ("2024年", (2024,)),
        ("version 7", ()),
        ("1 May", ()),
        (True, ()),
        (["2024"], ()),
        (None, ()),
    ],
)
def test_dates_are_read_from_iso_years_and_words(value: object, parts: tuple[int, ...]) -> None:
    assert claim_date(value).parts == parts  # type: ignore[arg-type]


def test_a_year_is_neither_before_nor_after_one_of_its_days() -> None:
    assert ClaimDate("", (2024,)).newer(ClaimDate("", (2024, 5))) is None
    assert ClaimDate("", (2023, 12, 31)).newer(ClaimDate("", (2024,))) == "claim2"
    assert ClaimDate().newer(ClaimDate("", (2024,))) is None

"""From features to a probability: by the plain rule, and fitted."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.qa.answerer import Answerer
from simengine.qa.decision import Decision, PlainDecision, feature_names, feature_row, plain_score
from simengine.qa.fitting import DecisionExample, LabelledQuestion, fit_decision, is_right
from simengine.requests.ask import AnswerOptions
from simengine.types import Document, Hit
from tests.qa.fakes import Library, TableModel, table


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ({"relevance": 0.8, "sentence": 0.4}, 0.6),
        ({"relevance": 0.8, "sentence": 0.4, "entailment": 0.2, "contradiction": 0.7}, 0.4),
        (
            {
                "relevance": 0.8,
                "sentence": 0.4,
                "cosine": 0.3,
                "overlap": 0.5,
                "reader": 0.9,
                "entailment": 0.2,
            },
            0.5,
        ),
        ({"relevance": 0.8, "sentence": 0.4, "cosine": -0.3, "margin": 0.2, "coverage": 1.0}, 0.3),
        ({"relevance": 0.8, "sentence": 0.4, "names": 0.5, "denied": 1.0}, 0.6 * 0.75 * 0.5),
        ({"similarity": 0.9, "cosine": 0.5, "relevance": 0.0}, 0.7),
        ({"similarity": -0.2, "cosine": 0.5, "relevance": 0.5}, 0.25),
        ({"similarity": 0.4, "retriever": 7.0, "relevance": 0.5}, 0.4),
    ],
)
def test_the_plain_rule_is_a_mean(features: dict[str, float], expected: float) -> None:
    assert plain_score(features) == pytest.approx(expected)
    assert PlainDecision().probability(features) == pytest.approx(expected)
    assert not PlainDecision().calibrated


def test_probabilities_count_as_log_odds_and_what_is_missing_as_nan() -> None:
    row = feature_row(
        {"relevance": 0.8, "retriever": 0.3, "reader": 0.0}, ["retriever", "relevance", "reader", "margin"]
    )
    assert row[:3] == pytest.approx([0.3, math.log(4), math.log(0.001 / 0.999)])
    assert math.isnan(row[3])


def test_where_some_lack_a_feature_having_it_is_one_too() -> None:
    names = feature_names([{"relevance": 0.1, "similarity": 0.2}, {"relevance": 0.3}])
    assert names == ("relevance", "similarity", "similarity present")
    assert feature_row({"relevance": 0.5}, names)[2] == 0.0
    assert feature_row({"relevance": 0.5, "similarity": 0.1}, names)[2] == 1.0


def examples(n: int = 400, seed: int = 0) -> list[DecisionExample]:
    """Right with the probability that relevance says, whatever the retriever says."""
    rng = np.random.default_rng(seed)
    relevance = rng.uniform(0.02, 0.98, n)
    return [
        DecisionExample({"relevance": float(p), "retriever": float(r)}, bool(u < p), f"group {i % 40}")
        for i, (p, r, u) in enumerate(zip(relevance, rng.normal(size=n), rng.uniform(size=n), strict=True))
    ]


def test_a_fit_finds_the_feature_that_tells_and_its_probabilities() -> None:
    decision = fit_decision(examples(1500), judge="j", reader="r", fitted_on="made up")
    weights = dict(zip(decision.names, decision.weights, strict=True))
    assert weights["relevance"] > 20 * abs(weights["retriever"])
    for p in (0.2, 0.5, 0.8):
        assert decision.probability({"relevance": p, "retriever": 0.0}) == pytest.approx(p, abs=0.05)
    assert decision.calibrated
    assert decision.calibration.ece_after < 0.05
    assert (decision.judge, decision.reader, decision.calibration.n) == ("j", "r", 1500)


def test_thresholds_keep_their_precision_on_new_questions() -> None:
    decision = fit_decision(examples(1500))
    fresh = examples(1500, seed=1)
    for precision in (0.7, 0.9):
        threshold = decision.threshold(precision)
        given = [each.right for each in fresh if decision.probability(each.features) >= threshold]
        assert len(given) > 100
        assert np.mean(given) == pytest.approx(precision, abs=0.04)


def test_a_missing_feature_counts_as_average() -> None:
    decision = fit_decision(examples())
    mean = decision.means[decision.names.index("retriever")]
    given = {"relevance": 0.7}
    assert decision.probability(given) == pytest.approx(decision.probability({**given, "retriever": mean}))


def test_a_decision_survives_json() -> None:
    decision = fit_decision(examples(), judge="j")
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))) == decision


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [1.0]},
        {"scales": [0.0, 1.0]},
        {"intercept": "much"},
        {"calibration": {}},
        {"more": 1},
        {"means": None},
    ],
)
def test_a_table_that_is_no_decision_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Decision.from_dict({**fit_decision(examples()).to_dict(), **change})


@pytest.mark.parametrize("right", [[True] * 100, [False] * 100, [True, False] * 10])
def test_too_few_or_all_alike_are_refused(right: list[bool]) -> None:
    with pytest.raises(UsageError, match="needs at least"):
        fit_decision([DecisionExample({"relevance": 0.5}, each) for each in right])


def test_features_that_tell_nothing_are_refused() -> None:
    alike = [DecisionExample({"relevance": 0.5}, number % 2 == 0) for number in range(100)]
    with pytest.raises(UsageError, match="cannot be distinguished"):
        fit_decision(alike)


def test_one_group_of_questions_is_refused() -> None:
    with pytest.raises(UsageError, match="group"):
        fit_decision([DecisionExample(each.features, each.right, "one") for each in examples()])


@pytest.mark.parametrize(
    ("answers", "ids", "text", "says_yes", "expected"),
    [
        (("Paris",), (), "The capital is Paris.", None, True),
        (("par",), (), "The capital is Paris.", None, False),
        (("the city of Paris",), (), "city of Paris, France", None, True),
        ((), ("doc",), "anything", None, True),
        ((), ("other",), "anything", None, False),
        ((), (), "anything", None, False),
        (("Yes",), (), "It is so.", True, True),
        (("no.",), (), "It is so.", True, False),
        (("巴黎",), (), "法国的首都是巴黎。", None, True),
        (("里昂",), (), "法国的首都是巴黎。", None, False),
    ],
)
def test_an_answer_is_right_that_holds_a_right_one(
    answers: tuple[str, ...], ids: tuple[str, ...], text: str, says_yes: bool | None, expected: bool
) -> None:
    assert is_right(LabelledQuestion("q", answers, ids), text, "doc", says_yes) is expected


def test_the_answerer_makes_examples_and_takes_the_fit() -> None:
    documents = [Document(f"d{i}", f"Number {i} is {'odd' if i % 2 else 'even'}.") for i in range(60)]
    rules = [("odd", "is what", "entailment")]

    class ByNumber(Library):
        def _hits(self, query: str, k: int) -> list[Hit]:
            return [
                hit
                for hit in super()._hits(query, len(documents))
                if f"{query.split()[1]} " in hit.passage.text
            ]

    library = ByNumber(*documents)
    answerer = Answerer(library, table(*rules))
    labelled = [LabelledQuestion(f"Number {i} is what?", ("odd",) if i > 6 else ()) for i in range(60)]
    made = answerer.examples(labelled)
    assert [example.right for example in made] == [bool(i % 2 and i > 6) for i in range(60)]
    decision = fit_decision(made, judge=answerer.judge_digest)
    fitted = Answerer(
        Library(*documents), table(*rules), options=AnswerOptions(precision=0.5), calibration=decision
    )
    assert fitted.ask(labelled[31].question).calibrated
    assert fitted.ask(labelled[31].question).verdict == "answer"
    other = TableModel()
    other.fingerprint = type(other.fingerprint).from_parts({"weights": "other"})
    with pytest.raises(UsageError, match="fit it again"):
        Answerer(Library(), type(table())(other), calibration=decision)

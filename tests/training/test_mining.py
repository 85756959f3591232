"""Hard negatives, with encoders and judges whose every value is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from simengine.corpus.examples import Triplet
from simengine.encoders.contract import Role
from simengine.errors import UsageError
from simengine.training.mining import MinedNegative, MiningOptions, MiningResult, mine_hard_negatives
from simengine.types import FloatMatrix


class Angles:
    """Each text lies at its angle in degrees on the unit circle; texts without one at that of their last word."""

    def __init__(self, angles: Mapping[str, float]) -> None:
        self._angles = angles
        self.roles: list[tuple[Role, int]] = []

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        self.roles.append((role, len(texts)))
        angles = np.radians([self._angles[text] for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).reshape(-1, 2)


class Judge:
    """Says neutral, unless told otherwise of a pair (premise, hypothesis)."""

    def __init__(self, verdicts: Mapping[tuple[str, str], tuple[float, float]]) -> None:
        self._verdicts = verdicts
        self.asked: list[tuple[str, str]] = []

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        self.asked.extend(pairs)
        found = [self._verdicts.get(pair, (0.0, 0.0)) for pair in pairs]
        rows = [[entail, 1 - entail - contradict, contradict] for entail, contradict in found]
        return np.array(rows, np.float32).reshape(-1, 3)


def cosine(degrees: float) -> float:
    return float(np.cos(np.radians(degrees)))


ANGLES = {"q": 0.0, "pos": 10.0, "n20": 20.0, "n30": 30.0, "n40": 40.0, "n5": 5.0, "Pos.": 11.0, "Q!": 1.0}
CORPUS = ["n40", "n20", "Pos.", "pos", "n30", "n5", "Q!"]


def mine(judge: Judge | None = None, **options: object) -> MiningResult:
    chosen = MiningOptions(**{"negatives": 9, "relative_margin": None, **options})  # type: ignore[arg-type]
    return mine_hard_negatives([("q", "pos")], Angles(ANGLES), corpus=CORPUS, judge=judge, options=chosen)


def texts(result: MiningResult) -> list[str]:
    return [negative.triplet.negative for negative in result.negatives]


def test_the_nearest_passages_are_negatives_but_for_the_query_and_its_positives_however_spelt() -> None:
    result = mine()
    assert texts(result) == ["n5", "n20", "n30", "n40"]
    assert result.dropped == {"known positive": 3}
    first = result.negatives[0]
    assert first == MinedNegative(
        Triplet("q", "pos", "n5", "mined", 1),
        "unjudged",
        pytest.approx(cosine(5), abs=1e-6),  # type: ignore[arg-type]
        pytest.approx(cosine(10), abs=1e-6),  # type: ignore[arg-type]
        2,
    )
    assert [negative.rank for negative in result.negatives] == [2, 5, 6, 7]


def test_texts_are_encoded_once_in_their_roles() -> None:
    encoder = Angles(ANGLES)
    mine_hard_negatives([("q", "pos"), ("q", "Pos.")], encoder, corpus=[*CORPUS, *CORPUS])
    assert encoder.roles == [("query", 1), ("passage", len(CORPUS))]


def test_a_margin_and_bounds_keep_candidates_out() -> None:
    # The limit is 0.95 * cos(10) = 0.9356, between cos(20) = 0.9397 and cos(30).
    result = mine(relative_margin=0.05)
    assert texts(result) == ["n30", "n40"]
    assert result.dropped == {"known positive": 3, "near the positive": 2}
    assert texts(mine(relative_margin=0.0)) == ["n20", "n30", "n40"]
    result = mine(min_score=cosine(35), max_score=cosine(15))
    assert texts(result) == ["n20", "n30"]
    assert result.dropped == {"known positive": 3, "outside the scores": 2}


def test_so_many_candidates_are_looked_at_and_so_many_negatives_kept() -> None:
    assert texts(mine(candidates=2)) == ["n5", "n20"]
    assert texts(mine(candidates=2, relative_margin=0.05)) == []
    assert texts(mine(negatives=3)) == ["n5", "n20", "n30"]
    assert texts(mine(skip_first=2)) == ["n20", "n30", "n40"]
    assert mine(candidates=1, relative_margin=0.05).n_without == 1


def test_a_candidate_that_entails_the_positive_is_no_negative() -> None:
    result = mine(
        Judge({("n20", "pos"): (0.5, 0.0), ("pos", "n30"): (0.9, 0.0), ("n40", "pos"): (0.49, 0.0)})
    )
    # What the positive entails (n30) says less than it and stays.
    assert texts(result) == ["n5", "n30", "n40"]
    assert result.dropped == {"known positive": 3, "entails the positive": 1}
    assert {negative.reason for negative in result.negatives} == {"neutral"}
    assert result.negatives[-1].entailment == pytest.approx(0.49)


def test_contradictions_come_first_the_surest_before_all_and_no_margin_keeps_them_out() -> None:
    judge = Judge(
        {
            ("n5", "pos"): (0.0, 0.7),
            ("pos", "n5"): (0.1, 0.6),
            ("n40", "pos"): (0.0, 0.8),
            ("pos", "n40"): (0.0, 0.9),
            ("n20", "pos"): (0.0, 0.9),  # in one direction only
        }
    )
    result = mine(judge, relative_margin=0.05, max_score=0.99)
    assert texts(result) == ["n40", "n5", "n30"]
    assert [negative.reason for negative in result.negatives] == ["contradiction", "contradiction", "neutral"]
    assert [negative.contradiction for negative in result.negatives] == pytest.approx([0.8, 0.6, 0.0])
    assert result.dropped == {"known positive": 3, "near the positive": 1}
    assert texts(mine(judge, negatives=1)) == ["n40"]


def test_the_judge_sees_every_candidate_in_both_directions_once() -> None:
    judge = Judge({})
    pairs = [("q", "pos"), ("Q!", "pos")]
    mine_hard_negatives(pairs, Angles(ANGLES), corpus=["n20", "n30"], judge=judge)
    assert sorted(judge.asked) == [("n20", "pos"), ("n30", "pos"), ("pos", "n20"), ("pos", "n30")]


def test_positives_are_the_corpus_where_none_is_given_and_all_positives_of_a_query_are_known() -> None:
    angles = {"a": 0.0, "a1": 5.0, "a2": 8.0, "b": 90.0, "b1": 80.0}
    pairs = [("a", "a1"), ("b", "b1"), ("A.", "a2")]
    result = mine_hard_negatives(pairs, Angles({**angles, "A.": 0.0}), options=MiningOptions(negatives=5))
    found = [(one.triplet.anchor, one.triplet.positive, one.triplet.negative) for one in result.negatives]
    assert found == [("a", "a1", "b1"), ("b", "b1", "a2"), ("b", "b1", "a1"), ("A.", "a2", "b1")]
    assert [one.triplet.line for one in result.negatives] == [1, 2, 2, 3]
    assert (result.n_pairs, result.n_without) == (3, 0)


def test_a_query_whose_passages_all_answer_it_has_no_negative() -> None:
    result = mine_hard_negatives([("q", "pos")], Angles(ANGLES), judge=Judge({}))
    assert (result.negatives, result.n_without, result.dropped) == ((), 1, {"known positive": 1})


def test_nothing_to_mine_from_is_refused() -> None:
    with pytest.raises(UsageError, match="0 pairs and 0 passages"):
        mine_hard_negatives([], Angles(ANGLES))
    with pytest.raises(UsageError, match="1 pairs and 0 passages"):
        mine_hard_negatives([("q", "pos")], Angles(ANGLES), corpus=[])


def test_a_judge_with_other_classes_is_refused() -> None:
    class Two(Judge):
        def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
            return super().probabilities(pairs)[:, :2]

    with pytest.raises(UsageError, match=r"shape \(8, 2\); expected \(8, 3\)"):
        mine(Two({}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("negatives", 0),
        ("candidates", 0),
        ("skip_first", -1),
        ("entailment", 0.0),
        ("contradiction", 1.1),
        ("relative_margin", 1.0),
        ("min_score", 2.0),
    ],
)
def test_options_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name):
        MiningOptions(**{name: value})  # type: ignore[arg-type]

"""Silver pairs, with encoders and judges whose every value is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from simengine.corpus.examples import LabelledPair
from simengine.errors import UsageError
from simengine.training.augment import AugmentOptions, AugmentResult, augment_pairs
from simengine.types import FloatMatrix


class Angles:
    """A text ends in an angle in degrees; its vector lies there on the unit circle."""

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        angles = np.radians([float(text.lower().strip("abcdefghijklmnopqrstuvwxyz. ")) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).reshape(-1, 2)


class Classes:
    """A pair's class and its probability by a rule."""

    labels = ("entailment", "neutral", "contradiction")

    def __init__(self, rule: Callable[[str, str], tuple[str, float]]) -> None:
        self._rule = rule

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        found = np.zeros((len(pairs), 3), np.float32)
        for row, pair in enumerate(pairs):
            label, probability = self._rule(*pair)
            found[row] = (1 - probability) / 2
            found[row, self.labels.index(label)] = probability
        return found


class Scores:
    """A pair's score by a rule."""

    def __init__(self, rule: Callable[[str, str], float]) -> None:
        self._rule = rule

    def scores(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        return np.array([self._rule(*pair) for pair in pairs], np.float32)


GOLD = [
    LabelledPair("p0", "h1", "neutral"),
    LabelledPair("p90", "h91", "entailment"),
    LabelledPair("p180", "h181", "neutral"),
    LabelledPair("p20", "h21", "contradiction"),
]
NEUTRAL = Classes(lambda one, other: ("neutral", 0.95))


def augment(judge: Classes | Scores, gold: Sequence[LabelledPair] = GOLD, **options: object) -> AugmentResult:
    return augment_pairs(gold, Angles(), judge, AugmentOptions(**options))  # type: ignore[arg-type]


def made(result: AugmentResult) -> list[tuple[str, str]]:
    return [(pair.text1, pair.text2) for pair in result.pairs]


def test_the_nearest_second_texts_that_are_not_there_yet_are_paired_and_labelled() -> None:
    result = augment(NEUTRAL, neighbours=1, random=0, balance="none")
    assert made(result) == [("p0", "h21"), ("p90", "h21"), ("p180", "h91"), ("p20", "h1")]
    first = result.pairs[0]
    assert (first.label, first.score, first.source, first.line) == ("neutral", None, "silver", 1)
    assert first.extra == {
        "silver": True,
        "sampled": "neighbour",
        "cosine": round(float(np.cos(np.radians(21))), 4),
        "confidence": 0.95,
    }
    assert (result.n_candidates, result.n_unsure, result.found) == (4, 0, {"neutral": 4})


def test_random_pairs_are_new_and_the_seed_decides_them() -> None:
    result = augment(NEUTRAL, neighbours=0, random=2, balance="none")
    pairs = made(result)
    assert len(pairs) == len(set(pairs)) == 8
    assert not set(pairs) & {(pair.text1, pair.text2) for pair in GOLD}
    assert {pair.extra["sampled"] for pair in result.pairs} == {"random"}
    assert augment(NEUTRAL, neighbours=0, random=2, balance="none") == result
    seeds = {
        tuple(made(augment(NEUTRAL, neighbours=0, random=1, balance="none", seed=seed))) for seed in range(9)
    }
    assert len(seeds) > 1


def test_what_is_there_in_another_spelling_or_order_is_not_made_again() -> None:
    gold = [LabelledPair("a1", "b2", None, 1.0), LabelledPair("B2.", "c3", None, 0.0)]
    judge = Scores(lambda one, other: 0.5)
    assert made(augment(judge, gold, neighbours=9, random=0, balance="none")) == [("a1", "c3")]
    found = made(augment(judge, gold, neighbours=9, random=9, balance="none", symmetric=True))
    # (a1, B2.), (b2, c3) and (b2, B2.) say what is there, or pair a text with itself.
    assert found == [("a1", "c3")]


def test_pairs_that_the_judge_is_not_sure_of_are_left_out_and_counted() -> None:
    judge = Classes(lambda one, other: ("neutral", 0.9 if one == "p0" else 0.89))
    result = augment(judge, neighbours=1, random=0, balance="none")
    assert (made(result), result.n_candidates, result.n_unsure) == ([("p0", "h21")], 4, 3)
    everything = augment(judge, neighbours=1, random=0, balance="none", min_confidence=0.0)
    assert len(everything.pairs) == 4


def by_first(one: str, other: str) -> tuple[str, float]:
    return {"p0": "entailment", "p20": "contradiction"}.get(one, "neutral"), 0.99


def test_labels_are_brought_to_the_shares_of_the_gold_pairs_or_to_equal_numbers() -> None:
    def labels(**options: object) -> dict[str | None, int]:
        found = [pair.label for pair in augment(Classes(by_first), neighbours=3, random=0, **options).pairs]
        return {label: found.count(label) for label in sorted(set(found), key=str)}

    assert labels(balance="none") == {"contradiction": 3, "entailment": 3, "neutral": 6}
    assert labels(balance="gold") == {"contradiction": 3, "entailment": 3, "neutral": 6}
    assert labels(balance="uniform") == {"contradiction": 3, "entailment": 3, "neutral": 3}
    assert labels(balance="gold", max_pairs=4) == {"contradiction": 1, "entailment": 1, "neutral": 2}
    assert labels(balance="uniform", max_pairs=7) == {"contradiction": 2, "entailment": 2, "neutral": 2}
    assert sum(labels(balance="none", max_pairs=5).values()) == 5


def test_a_label_that_the_judge_never_says_does_not_hold_the_others_back() -> None:
    judge = Classes(lambda one, other: ("entailment" if one == "p0" else "neutral", 0.99))
    result = augment(judge, neighbours=1, random=0)
    # Gold has twice as many neutral as entailed pairs; one pair was found entailed.
    assert sorted(pair.label or "" for pair in result.pairs) == ["entailment", "neutral", "neutral"]


def test_scores_are_balanced_by_bins_over_the_range_of_the_gold_scores() -> None:
    gold = [LabelledPair(f"a{n}", f"b{n + 50}", None, float(n % 6)) for n in range(24)]
    judge = Scores(lambda one, other: float(int(one[1:]) % 6))
    result = augment(judge, gold, neighbours=2, random=1, balance="uniform", bins=3)
    found = [pair.score for pair in result.pairs]
    assert result.found == {0: 24, 1: 24, 2: 24}
    assert [
        sum(low <= score < low + 5 / 3 for score in found if score is not None) for low in (0, 5 / 3)
    ] == [24, 24]
    assert all(pair.label is None and "confidence" not in pair.extra for pair in result.pairs)


def test_scores_in_the_unsure_range_are_left_out() -> None:
    gold = [LabelledPair(f"a{n}", f"b{n + 50}", None, n / 3) for n in range(4)]
    judge = Scores(lambda one, other: {"a0": 0.125, "a1": 0.25, "a2": 0.5, "a3": 0.75}[one])
    result = augment(judge, gold, neighbours=1, random=0, balance="none", unsure=(0.25, 0.75))
    assert [pair.score for pair in result.pairs] == [0.125, 0.25, 0.75]
    assert result.n_unsure == 1


def test_nothing_new_gives_nothing() -> None:
    result = augment(NEUTRAL, GOLD[:1])
    assert (result.pairs, result.n_candidates, result.found) == ((), 0, {})


def test_what_cannot_be_used_is_refused() -> None:
    with pytest.raises(UsageError, match="no pairs were given"):
        augment(NEUTRAL, [])
    with pytest.raises(UsageError, match="the cross-encoder predicts neutral, the gold pairs have 0, 1"):
        augment(NEUTRAL, [LabelledPair("a1", "b2", "1"), LabelledPair("a3", "b4", "0")])

    class Wrong(Scores):
        def scores(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
            return np.zeros((len(pairs), 2), np.float32)

    with pytest.raises(UsageError, match="expected"):
        augment(Wrong(lambda one, other: 0.0))


@pytest.mark.parametrize(
    "options",
    [
        {"neighbours": 0, "random": 0},
        {"neighbours": -1},
        {"min_confidence": 1.5},
        {"unsure": (0.8, 0.2)},
        {"balance": "equal"},
        {"bins": 0},
        {"max_pairs": 0},
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        AugmentOptions(**options)  # type: ignore[arg-type]

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.routed import RoutedNLIModel
from tests.cross_encoders.fakes import WordModel

LABELS = ("entailment", "neutral", "contradiction")
ENGLISH = ("The shop is open on Sundays.", "The shop is closed on Sundays.")
CHINESE = ("商店星期天营业。", "商店星期天休息。")


def says(label: str) -> NLIModel:
    return NLIModel(WordModel(LABELS, tuple(5.0 if name == label else 0.0 for name in LABELS), 200))


def routed(languages: Sequence[str] = ("zh",)) -> RoutedNLIModel:
    return RoutedNLIModel(says("entailment"), lambda: says("contradiction"), languages)


def labels(model: NLIModel, pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [LABELS[row] for row in model.probabilities(pairs).argmax(axis=1)]


def test_each_pair_goes_to_the_model_that_knows_its_language() -> None:
    pairs = [ENGLISH, CHINESE, ENGLISH, (ENGLISH[0], CHINESE[1])]
    expected = ["entailment", "contradiction", "entailment", "contradiction"]
    assert labels(routed(), pairs) == expected
    assert [verdict.label for verdict in routed().verdicts(pairs)] == expected


def test_pairs_are_read_once_and_keep_their_order() -> None:
    pairs = [CHINESE, ENGLISH] * 3
    np.testing.assert_array_equal(
        routed().probabilities(iter(pairs)),  # type: ignore[arg-type]
        routed().probabilities(pairs),
    )


def test_without_the_other_model_the_first_one_judges_all() -> None:
    model = RoutedNLIModel(says("entailment"), lambda: None)
    assert labels(model, [ENGLISH, CHINESE]) == ["entailment", "entailment"]


def test_the_other_model_is_not_loaded_for_english() -> None:
    def load() -> NLIModel:
        raise AssertionError("loaded")

    model = RoutedNLIModel(says("entailment"), load)
    assert labels(model, [ENGLISH]) == ["entailment"]
    assert model.readings([ENGLISH[0]])[0].share == 0


@pytest.mark.parametrize("pairs", [[], [CHINESE]])
def test_readings_and_verdicts_have_one_row_for_each_text(pairs: list[tuple[str, str]]) -> None:
    model = routed()
    assert len(model.verdicts(pairs)) == len(pairs)
    assert len(model.readings([text for pair in pairs for text in pair])) == 2 * len(pairs)
    assert model.probabilities(pairs).shape == (len(pairs), 3)

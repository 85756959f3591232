"""Zero-shot classification against values computed by hand from the logits of a model of keywords."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.calibration.calibration import fit_calibration
from simengine.errors import UsageError
from simengine.reasoning.zero_shot import BLOCK_PAIRS, ZeroShotClassifier
from simengine.reasoning.zero_shot_templates import TEMPLATES
from tests.cross_encoders.fakes import AsciiTokenizer
from tests.reasoning.keyword_model import NOT, keyword_nli, log_odds

LOGITS = {"sport": 5.0, "bank": 4.0, "rain": 3.0}
LABELS = ("sport", "bank", "rain")
NONE = log_odds(NOT[0])


def classifier(**empty: float) -> ZeroShotClassifier:
    return ZeroShotClassifier(keyword_nli(LOGITS, empty))


def softmax(values: list[float]) -> np.ndarray:
    powers = np.exp(np.asarray(values))
    return powers / powers.sum()


def test_one_label_is_the_softmax_of_the_log_odds_of_entailment() -> None:
    found = classifier().classify(["a day of sport", "the bank"], LABELS, prior="none")
    assert [each.label for each in found] == ["sport", "bank"]
    assert [each.labels for each in found] == [("sport",), ("bank",)]
    expected = softmax([log_odds(5), NONE, NONE])
    np.testing.assert_allclose(list(found[0].probabilities.values()), expected, rtol=1e-5)
    assert tuple(found[0].probabilities) == LABELS
    assert not found[0].calibrated


def test_several_labels_have_the_probability_of_entailment_each() -> None:
    found = classifier().classify(["sport", "nothing"], LABELS, multi_label=True, template="It is {}.")
    entailed = softmax([5.0, *NOT[1:]])[0]
    np.testing.assert_allclose(
        list(found[0].probabilities.values()), [entailed, *[softmax([*NOT])[0]] * 2], rtol=1e-5
    )
    assert found[0].labels == ("sport",)
    assert (found[1].labels, found[1].label) == ((), "sport")


def test_labels_that_reach_the_threshold_are_named_best_first() -> None:
    model = ZeroShotClassifier(keyword_nli({"b": 9.0, "a": 5.0}))
    found = model.probabilities(["a"], ["b", "a"], template="{}", multi_label=True)
    assert found[0, 1] > found[0, 0]
    both = model.classify(["a"], ["b", "a"], template="{}", multi_label=True, threshold=0.0)[0]
    assert both.labels == ("a", "b")


def test_equal_labels_go_to_the_one_named_first() -> None:
    for labels in (("x", "y"), ("y", "x")):
        assert classifier().classify(["nothing"], labels)[0].label == labels[0]


def test_scores_of_several_templates_are_averaged() -> None:
    model = ZeroShotClassifier(keyword_nli({"this is sport": 6.0, "sport": 2.0}))
    # The first template holds only the second word of the table.
    scores = model.scores(["this is sport"], ["sport", "rain"], template=["about {}", "this is {}"])
    np.testing.assert_allclose(scores, [[(log_odds(2) + log_odds(6)) / 2, NONE]], rtol=1e-5)


def test_the_prior_of_empty_texts_is_taken_off() -> None:
    model = classifier(rain=2.5)
    plain = model.scores(["sport"], LABELS)
    corrected = model.scores(["sport"], LABELS, prior="empty")
    np.testing.assert_allclose(plain - corrected, [[NONE, NONE, log_odds(2.5)]], rtol=1e-5)
    assert classifier(rain=6.0).classify(["nothing"], LABELS)[0].label == "sport"


def test_the_prior_of_the_texts_is_their_mean() -> None:
    scores = classifier().scores(["sport", "bank", "sport"], LABELS, prior="texts")
    np.testing.assert_allclose(scores.mean(axis=0), np.zeros(3), atol=1e-12)


def test_a_description_stands_for_its_label_and_a_sentence_for_the_whole_hypothesis() -> None:
    nli = keyword_nli(LOGITS)
    ZeroShotClassifier(nli).classify(
        ["x"],
        ["A", "B", "C"],
        template=["About {}.", "On {}."],
        descriptions={"A": "money", "B": "The bank is closed."},
        prior="none",
    )
    assert [hypothesis for _, hypothesis in nli.model.pairs] == [
        "About money.",
        "On money.",
        "The bank is closed.",
        "About C.",
        "On C.",
    ]


@pytest.mark.parametrize(
    ("labels", "task", "language"),
    [
        (("sport", "rain"), "topic", "en"),
        (("体育", "rain"), "topic", "zh"),
        (("好", "坏"), "sentiment", "zh"),
        (("good", "bad"), "sentiment", "en"),
    ],
)
def test_built_in_templates_go_by_task_and_by_the_language_of_the_labels(labels, task, language) -> None:
    nli = keyword_nli(LOGITS)
    ZeroShotClassifier(nli).classify(["今天下雨。"], labels, task=task, prior="none")
    expected = [template.replace("{}", label) for label in labels for template in TEMPLATES[task, language]]
    assert [hypothesis for _, hypothesis in nli.model.pairs] == expected


def test_a_label_with_braces_is_put_in_as_it_is() -> None:
    nli = keyword_nli(LOGITS)
    ZeroShotClassifier(nli).classify(["x"], ["{0}", "a{}b"], template="on {}", prior="none")
    assert [hypothesis for _, hypothesis in nli.model.pairs] == ["on {0}", "on a{}b"]


def test_equal_texts_are_judged_once_and_blocks_change_nothing() -> None:
    texts = [f"sport {number % (BLOCK_PAIRS + 7)}" for number in range(2 * BLOCK_PAIRS)]
    nli = keyword_nli(LOGITS)
    found = ZeroShotClassifier(nli).probabilities(texts, ("sport", "bank"), template="{}", prior="none")
    assert len(nli.model.pairs) == len(set(texts)) * 2
    np.testing.assert_allclose(found, np.tile(softmax([log_odds(5), NONE]), (len(texts), 1)), rtol=1e-5)


def test_no_texts_give_no_classes() -> None:
    assert classifier().classify([], LABELS) == []
    assert classifier().probabilities([], LABELS, multi_label=True).shape == (0, 3)
    assert classifier().classify([], LABELS, prior="texts") == []


def test_a_text_of_a_hundred_thousand_words_is_read_to_its_end() -> None:
    text = "word " * 100_000 + "and at last sport"
    assert classifier().classify([text], LABELS, template="{}", prior="none")[0].label == "sport"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["sport", "bank day", "rain", "nothing", "体育"]), min_size=1, max_size=6))
def test_a_batch_gives_what_its_texts_give_alone(texts: list[str]) -> None:
    model = classifier()
    together = model.classify(texts, LABELS)
    assert together == [model.classify([text], LABELS)[0] for text in texts]


@pytest.mark.parametrize(
    ("texts", "labels", "options"),
    [
        (["a", " \n"], LABELS, {}),
        ([""], LABELS, {}),
        (["a", 3], LABELS, {}),
        ("a text", LABELS, {}),
        (["a"], ["one"], {}),
        (["a"], [], {"multi_label": True}),
        (["a"], "abc", {}),
        (["a"], ["x", "x"], {}),
        (["a"], ["x", " "], {}),
        (["a"], ["x", 3], {}),
        (["a"], LABELS, {"template": "no slot"}),
        (["a"], LABELS, {"template": "{} and {}"}),
        (["a"], LABELS, {"template": []}),
        (["a"], LABELS, {"task": "weather"}),
        (["a"], LABELS, {"prior": "some"}),
        (["a"], LABELS, {"descriptions": {"unknown": "x"}}),
        (["a"], LABELS, {"descriptions": {"sport": " "}}),
        (["a"], LABELS, {"threshold": 1.5}),
        (["a"], ["x", "word " * 40], {}),
    ],
)
def test_what_cannot_be_classified_is_a_usage_error(texts, labels, options) -> None:
    with pytest.raises(UsageError):
        classifier().classify(texts, labels, **options)


def test_a_calibration_of_this_model_and_task_is_applied_to_each_label() -> None:
    nli = keyword_nli(LOGITS)
    scores = np.linspace(0.01, 0.99, 100)
    made = fit_calibration(
        scores, scores > 0.7, model=nli.model.fingerprint.digest, task="classification", kind="platt"
    )
    plain = ZeroShotClassifier(nli).probabilities(["sport"], LABELS)
    calibrated = ZeroShotClassifier(nli, calibration=made)
    np.testing.assert_allclose(
        calibrated.probabilities(["sport"], LABELS)[0], made.apply(plain[0]), rtol=1e-5
    )
    assert calibrated.classify(["sport"], LABELS)[0].calibrated
    for other in (replace(made, task="nli"), replace(made, model="another")):
        with pytest.raises(UsageError):
            ZeroShotClassifier(nli, calibration=other)


def ascii_classifier() -> ZeroShotClassifier:
    """Of a model that has no tokens but for ASCII."""
    nli = keyword_nli(LOGITS)
    nli.model.tokenizer = AsciiTokenizer()
    return ZeroShotClassifier(nli)


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_text_that_the_model_cannot_read_has_no_label_and_says_why(multi_label: bool) -> None:
    read, unread = ascii_classifier().classify(
        ["a day of sport", "猫喜欢睡觉"], LABELS, multi_label=multi_label
    )
    assert (read.label, read.reason) == ("sport", "")
    assert (unread.label, unread.labels) == ("", ())
    assert unread.reason.startswith("the model does not know 猫, 喜, 欢, 睡")
    same = 0.0 if multi_label else pytest.approx(1 / 3)
    assert list(unread.probabilities.values()) == [same] * 3


def test_labels_that_the_model_cannot_read_are_not_given() -> None:
    (found,) = ascii_classifier().classify(["a day of sport"], ["体育", "经济"], template="It is about {}.")
    assert (found.label, found.labels) == ("", ())
    assert "体" in found.reason

"""NLI and cosine joined, against values computed by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from simengine.encoders.contract import Encoded, Role
from simengine.reasoning import zero_shot_cosine
from simengine.reasoning.zero_shot import ZeroShotClassifier
from simengine.reasoning.zero_shot_cosine import GAINS, Gains, joined, label_cosines
from tests.cross_encoders.fakes import AsciiTokenizer
from tests.faults.encoder import WordEncoder, vector_of
from tests.reasoning.keyword_model import keyword_nli

LABELS = ("positive", "neutral", "negative")
PHRASES = {
    "Turnover climbed by a fifth and the order book is full.": "positive",
    "The mill lost its licence and half of its staff.": "negative",
    "The meeting starts at nine in the old town hall.": "neutral",
    "订单大增，利润创下新高。": "positive",
    "工厂停产，亏损继续扩大。": "negative",
    "年度大会在五月召开。": "neutral",
}
MEANING = {"positive": (1.0, 0.2, 0.0), "neutral": (0.2, 1.0, 0.2), "negative": (0.0, 0.2, 1.0)}


class MeaningEncoder(WordEncoder):
    """Knows what the phrases and the labels mean."""

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        rows = [MEANING[PHRASES.get(text) or next(each for each in LABELS if each in text)] for text in texts]
        found = np.asarray(rows, np.float32)
        plain = super().encode_counted(texts, role=role)
        return Encoded(
            found / np.linalg.norm(found, axis=1, keepdims=True), plain.n_tokens, plain.n_truncated
        )


def test_cosines_are_centred_and_divided_by_the_spread_of_the_labels() -> None:
    found = label_cosines(WordEncoder(), ["a day"], [["on sport", "of sport"], ["a bank"]])
    sport = vector_of("on sport").astype(float) + vector_of("of sport")
    labels = np.stack([sport / np.linalg.norm(sport), vector_of("a bank")])
    centred = labels - labels.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=1).mean())
    np.testing.assert_allclose(found, vector_of("a day")[None] @ centred.T / spread, atol=1e-6)
    assert found.sum() == pytest.approx(0.0, abs=1e-6)
    assert found[0].argmax() == (vector_of("a day") @ labels.T).argmax()


def test_equal_labels_are_equally_near() -> None:
    assert not label_cosines(WordEncoder(), ["a"], [["same"], ["same"]]).any()
    assert label_cosines(WordEncoder(), [], [["a"], ["b"]]).shape == (0, 2)


def test_where_one_model_cannot_read_the_other_decides() -> None:
    nli, cosine = np.array([[1.0, 2.0]] * 4), np.array([[0.5, -0.5]] * 4)
    found = joined(nli, cosine, [True, True, False, False], [True, False, True, False])
    both = GAINS.nli * nli[0] + GAINS.cosine * cosine[0]
    np.testing.assert_allclose(found, [both, nli[0], GAINS.cosine * cosine[0], [0.0, 0.0]])


def test_the_joined_scores_become_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zero_shot_cosine, "GAINS", Gains(0.5, 2.0))
    nli, encoder = keyword_nli({"sport": 5.0}), WordEncoder()
    texts, labels, template = ["a day of sport"], ("sport", "bank"), "about {}"
    model = ZeroShotClassifier(nli, encoder=encoder)
    found = model.probabilities(texts, labels, template=template)
    scores = 0.5 * model.scores(texts, labels, template=template, prior="empty")
    scores += 2.0 * label_cosines(encoder, texts, [["about sport"], ["about bank"]])
    np.testing.assert_allclose(found, np.exp(scores) / np.exp(scores).sum(), rtol=1e-5)
    several = model.probabilities(texts, labels, template=template, multi_label=True)
    alone = ZeroShotClassifier(nli).probabilities(texts, labels, template=template, multi_label=True)
    np.testing.assert_array_equal(several, alone)


@pytest.mark.parametrize("prior", [None, "texts"])
def test_financial_phrases_are_not_all_neutral(prior: str | None) -> None:
    swallowing = keyword_nli({}, {"neutral": -3.0})  # of empty texts it doubts that they are neutral
    model = ZeroShotClassifier(swallowing, encoder=MeaningEncoder())
    found = model.classify(list(PHRASES), LABELS, task="sentiment", prior=prior)  # type: ignore[arg-type]
    assert [each.label for each in found] == list(PHRASES.values())


@pytest.mark.parametrize(
    ("labels", "neither"),
    [(LABELS, "neutral"), (("sports", "economy", "other"), "other"), (("体育", "经济", "其他"), "其他")],
)
@pytest.mark.parametrize("logit", [-6.0, 6.0])
def test_what_is_left_over_has_the_prior_of_the_other_labels(
    labels: tuple[str, ...], neither: str, logit: float
) -> None:
    model = ZeroShotClassifier(keyword_nli({}, {neither: logit}))
    np.testing.assert_allclose(model.scores(["anything"], labels, prior="empty"), 0.0, atol=1e-6)


def test_a_description_that_means_neither_has_their_prior_too() -> None:
    model = ZeroShotClassifier(keyword_nli({}, {"neutral": 4.0}))
    scores = model.scores(["anything"], ("good", "0"), descriptions={"0": "neutral"}, prior="empty")
    np.testing.assert_allclose(scores, 0.0, atol=1e-6)


def test_a_text_that_only_the_bi_encoder_can_read_gets_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    nli = keyword_nli({})
    monkeypatch.setattr(nli.model, "tokenizer", AsciiTokenizer())
    text = "订单大增，利润创下新高。"
    (found,) = ZeroShotClassifier(nli, encoder=MeaningEncoder()).classify([text], LABELS, task="sentiment")
    assert (found.label, found.reason) == ("positive", "")
    (alone,) = ZeroShotClassifier(nli).classify([text], LABELS, task="sentiment")
    assert alone.label == ""
    assert "does not know" in alone.reason

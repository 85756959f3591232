from __future__ import annotations

import numpy as np
import pytest

from simengine.cross_encoders.relevance import RelevanceModel, SimilarityModel
from simengine.errors import UsageError
from tests.cross_encoders.fakes import AsciiTokenizer, WordModel

LABELS = ("contradiction", "entailment", "neutral")
FILLER = "The weather was fine all day. "


def sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def test_one_output_gives_its_sigmoid_for_question_then_passage() -> None:
    model = WordModel(("relevance",), (-3.0,))
    got = RelevanceModel(model).scores([("who", "answer 2"), ("who", "nothing")])
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, [sigmoid(2), sigmoid(-3)], rtol=1e-6)
    assert model.seen[0] == ("who", "answer 2")


def test_an_nli_model_gives_the_probability_that_the_passage_entails_the_question() -> None:
    model = WordModel(LABELS, (0.0, 0.0, 5.0))
    got = RelevanceModel(model).scores([("who", "answer 1,4,0")])
    expected = np.exp(4) / (np.exp(1) + np.exp(4) + 1)
    np.testing.assert_allclose(got, [expected], rtol=1e-6)
    assert model.seen[0] == ("answer 1,4,0", "who")


@pytest.mark.parametrize(
    ("labels", "word", "otherwise"), [(("relevance",), "4", (-3.0,)), (LABELS, "0,4,0", (0.0, 0.0, 5.0))]
)
def test_a_long_passage_is_as_relevant_as_its_best_window(
    labels: tuple[str, ...], word: str, otherwise: tuple[float, ...]
) -> None:
    model = RelevanceModel(WordModel(labels, otherwise))
    best, plain = f"The {word} answer.", FILLER
    long = FILLER * 20 + best + FILLER * 20
    got = model.scores_counted([("who", long), ("who", best), ("who", plain)])
    assert got.scores[0] == pytest.approx(got.scores[1], rel=1e-6)
    assert got.scores[2] < got.scores[1]
    assert got.n_truncated.tolist() == [0, 0, 0]


def test_a_question_that_does_not_fit_is_counted() -> None:
    model = RelevanceModel(WordModel(("relevance",), (-3.0,)))
    assert model.scores_counted([("why " * 90, FILLER * 9)]).n_truncated[0] > 60


def test_no_pairs_give_no_scores() -> None:
    for labels in (("relevance",), LABELS):
        got = RelevanceModel(WordModel(labels, (0.0,) * len(labels))).scores_counted([])
        assert got.scores.shape == got.n_truncated.shape == (0,)
        assert got.scores.dtype == np.float32


@pytest.mark.parametrize(
    ("activation", "expected"), [("Sigmoid", sigmoid(1.5)), ("Identity", 1.5), ("Tanh", np.tanh(1.5))]
)
def test_similarity_applies_the_models_activation(activation: str, expected: float) -> None:
    words = WordModel(("score",), (0.0,))
    words.activation = activation
    np.testing.assert_allclose(SimilarityModel(words).scores([("a 1.5", "b")]), [expected], rtol=1e-6)


def test_similarity_counts_what_was_cut() -> None:
    got = SimilarityModel(WordModel(("score",), (0.0,), max_tokens=24)).scores_counted(
        [("a " * 30, "b"), ("a", "b")]
    )
    assert got.n_truncated.tolist() == [10, 0]


def test_similarity_refuses_classes_and_unknown_activations() -> None:
    with pytest.raises(UsageError, match="one output"):
        SimilarityModel(WordModel(LABELS, (0.0, 0.0, 0.0)))
    odd = WordModel(("score",), (0.0,))
    odd.activation = "Softplus"
    with pytest.raises(UsageError, match="Softplus"):
        SimilarityModel(odd)


def test_relevance_refuses_other_classes() -> None:
    with pytest.raises(UsageError, match="not an NLI model"):
        RelevanceModel(WordModel(("no", "yes"), (0.0, 0.0)))


@pytest.mark.parametrize(("labels", "otherwise"), [(("relevance",), (3.0,)), (LABELS, (0.0, 5.0, 0.0))])
def test_what_the_model_cannot_read_is_not_relevant(
    labels: tuple[str, ...], otherwise: tuple[float, ...]
) -> None:
    model = WordModel(labels, otherwise)
    model.tokenizer = AsciiTokenizer()
    pairs = [
        ("猫", "猫"),
        ("who", "猫 狗"),
        ("we sell 🍎 here", "we sell 🍏 here"),
        ("sells 🍎 here", "we sell 🍎 too"),
        ("we sell apples 🙂", "who sells apples 😡"),
    ]
    scores = RelevanceModel(model).scores([*pairs, ("who", "he did")])
    assert scores[:3].tolist() == [0.0, 0.0, 0.0]
    assert min(scores[3:]) > 0.9

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simengine.cross_encoders.labels import softmax
from simengine.cross_encoders.relevance import RelevanceModel
from simengine.errors import UsageError
from simengine.rerank.judge import CrossEncoderJudge
from simengine.types import Span
from tests.cross_encoders.fakes import WordModel

LABELS = ("contradiction", "entailment", "neutral")
FILLER = "The weather was fine all day. "


def sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def nli_judge(**options: object) -> CrossEncoderJudge:
    return CrossEncoderJudge(WordModel(LABELS, (0.0, 0.0, 5.0)), **options)  # type: ignore[arg-type]


def test_one_output_is_read_as_relevance_and_three_as_nli() -> None:
    assert CrossEncoderJudge(WordModel(("score",), (0.0,))).kind == "relevance"
    assert nli_judge().kind == "nli"


def test_relevance_is_the_sigmoid_for_query_then_text() -> None:
    model = WordModel(("relevance",), (-3.0,))
    got = CrossEncoderJudge(model).judge([("who", "answer 2"), ("who", "nothing")])
    np.testing.assert_allclose(got.relevance, [sigmoid(2), sigmoid(-3)], rtol=1e-6)
    assert model.seen[0] == ("who", "answer 2")
    assert got.stances is got.probabilities is got.evidence is None


@pytest.mark.parametrize(
    ("activation", "logit", "expected"),
    [
        ("Sigmoid", 1.5, sigmoid(1.5)),
        ("Tanh", 0.5, np.tanh(0.5)),
        ("Identity", 0.5, 0.5),
        ("Identity", 4.2, 1.0),
    ],
)
def test_similarity_is_the_models_activation_cut_to_0_and_1(
    activation: str, logit: float, expected: float
) -> None:
    model = WordModel(("score",), (0.0,))
    model.activation = activation
    got = CrossEncoderJudge(model, kind="similarity").judge([("who", f"a {logit}")])
    np.testing.assert_allclose(got.relevance, [expected], rtol=1e-6)


def test_similarity_of_a_long_text_is_that_of_its_best_window() -> None:
    model = WordModel(("score",), (0.1,))
    model.activation = "Identity"
    got = CrossEncoderJudge(model, kind="similarity").judge(
        [("who", FILLER * 20 + "An 0.9 here." + FILLER * 20)]
    )
    np.testing.assert_allclose(got.relevance, [0.9], rtol=1e-6)


def test_an_nli_model_gives_the_probability_that_the_text_entails_the_query() -> None:
    got = nli_judge().judge([("who", "answer 1,4,0")])
    np.testing.assert_allclose(got.relevance, [softmax(np.array([[1, 4, 0]], np.float32))[0, 1]], rtol=1e-6)


def test_for_a_claim_texts_that_contradict_it_are_as_relevant_as_those_that_entail_it() -> None:
    got = nli_judge().judge([("who", "yes 0,4,0"), ("who", "no 4,0,0"), ("who", "else")], claim=True)
    assert got.stances == ["supports", "contradicts", "neutral"]
    assert got.relevance[0] == pytest.approx(got.relevance[1], rel=1e-6)
    assert got.relevance[0] == pytest.approx(1 - softmax(np.array([[0, 4, 0]], np.float32))[0, 2], rel=1e-5)
    assert got.relevance[2] < 0.05
    assert got.evidence == [Span(0, 9), Span(0, 8), None]
    assert list(got.probabilities[0]) == ["entailment", "neutral", "contradiction"]


def test_labels_of_other_names_can_be_mapped() -> None:
    model = WordModel(("A", "B", "C"), (0.0, 0.0, 5.0))
    names = {"A": "contradiction", "B": "entailment", "C": "neutral"}
    judge = CrossEncoderJudge(model, labels=names)
    assert judge.judge([("who", "answer 1,4,0")]).relevance[0] > 0.9
    with pytest.raises(UsageError, match="not an NLI model"):
        CrossEncoderJudge(model)


@pytest.mark.parametrize("kind", ["relevance", "similarity"])
def test_three_outputs_cannot_be_read_as_one(kind: str) -> None:
    with pytest.raises(UsageError, match="one output"):
        nli_judge(kind=kind)


def test_one_output_cannot_be_read_as_nli() -> None:
    with pytest.raises(UsageError, match="not an NLI model"):
        CrossEncoderJudge(WordModel(("score",), (0.0,)), kind="nli")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="'stance'"):
        nli_judge(kind="stance")


def test_a_claim_needs_an_nli_model() -> None:
    with pytest.raises(UsageError, match="needs an NLI model"):
        CrossEncoderJudge(WordModel(("score",), (0.0,)), name="small").judge([("a", "b")], claim=True)


@pytest.mark.parametrize("text", ["short", FILLER * 9])
def test_a_query_of_100_000_words_is_read_as_far_as_it_can_be_and_tokenised_once(text: str) -> None:
    query, model = "why " * 100_000, WordModel(("relevance",), (-3.0,))
    expected = RelevanceModel(WordModel(("relevance",), (-3.0,))).scores_counted([(query, text)])
    judge = CrossEncoderJudge(model)
    got = judge.judge([(query, text)])
    assert got.n_truncated.tolist() == expected.n_truncated.tolist()
    assert got.relevance.tolist() == expected.scores.tolist()
    assert judge.count_tokens([(query, text)])[0] < 100


@pytest.mark.parametrize("claim", [False, True])
def test_no_pairs_give_nothing(claim: bool) -> None:
    got = nli_judge().judge([], claim=claim)
    assert got.relevance.shape == got.n_truncated.shape == (0,)


def test_chinese_evidence_is_a_sentence_of_the_text() -> None:
    text = "今天天气很好。猫 0,4,0 在睡觉。狗在叫。"
    got = nli_judge().judge([("猫睡了", text)], claim=True)
    assert got.stances == ["supports"]
    assert got.evidence is not None
    span = got.evidence[0]
    assert span is not None
    assert text[span.start : span.end] == "猫 0,4,0 在睡觉。"


def test_the_package_does_not_import_models_when_it_is_imported() -> None:
    import subprocess
    import sys

    code = (
        "import sys, simengine.rerank.reranker, simengine.rerank.fit;"
        "assert not {'torch', 'openvino', 'sklearn', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])

"""Models as evaluation sees them: label order, relevance by entailment, kinds of folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from simengine.cross_encoders.contract import Predicted
from simengine.encoders.contract import Encoded
from simengine.errors import UsageError
from simengine.evaluation.pair_models import (
    BiEncoderScorer,
    CrossEncoderScorer,
    NLIClassifier,
    model_kind,
    nli_columns,
    softmax,
)

MAX_TOKENS = 20


class Logits:
    """A cross-encoder that gives logits out of a table and remembers what it was asked."""

    def __init__(self, labels: tuple[str, ...], table: Sequence[Sequence[float]]) -> None:
        self.labels = labels
        self.table = np.array(table, np.float32)
        self.asked: list[tuple[str, str]] = []

    def predict_counted(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        self.asked += pairs
        n = np.array([len(text1) + len(text2) for text1, text2 in pairs], np.int32)
        return Predicted(self.table[: len(pairs)], n, np.maximum(n - MAX_TOKENS, 0))


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        (("entailment", "neutral", "contradiction"), [0, 1, 2]),
        (("CONTRADICTION", "Entailment", "neutral"), [1, 2, 0]),
        (("c", "e", "n"), [1, 2, 0]),
        (("contradicts", "neutral", "entails"), [2, 1, 0]),
    ],
)
def test_the_columns_of_nli_are_found_by_name(labels: tuple[str, ...], columns: list[int]) -> None:
    assert nli_columns(labels) == columns


@pytest.mark.parametrize(
    "labels",
    [("LABEL_0", "LABEL_1", "LABEL_2"), ("entailment", "not_entailment"), ("e", "n", "c", "x"), ("score",)],
)
def test_other_labels_are_refused_with_what_was_expected(labels: tuple[str, ...]) -> None:
    with pytest.raises(
        UsageError, match=f"labels are {labels[0]}.*expected entailment, neutral, contradiction"
    ):
        nli_columns(labels)


def test_probabilities_stand_in_the_canonical_order() -> None:
    logits = np.log([[0.5, 0.2, 0.3]])
    found = NLIClassifier(Logits(("contradiction", "entailment", "neutral"), logits)).probabilities(
        [("a", "b")]
    )
    assert found == pytest.approx(np.array([[0.2, 0.3, 0.5]]))


def test_softmax_of_large_logits_is_finite() -> None:
    assert softmax(np.array([[1_000.0, 0.0]], np.float32)) == pytest.approx(np.array([[1.0, 0.0]]))


def test_one_output_is_the_score() -> None:
    model = Logits(("relevance",), [[0.5], [-1.0]])
    scores = CrossEncoderScorer(model, relevance=True).scores([("q", "p1"), ("q", "p2")])
    assert scores.tolist() == [0.5, -1.0]
    assert model.asked == [("q", "p1"), ("q", "p2")]


def test_an_nli_model_judges_relevance_with_the_passage_as_premise() -> None:
    model = Logits(("contradiction", "entailment", "neutral"), np.log([[0.1, 0.8, 0.1]]))
    scores = CrossEncoderScorer(model, relevance=True).scores([("question", "passage")])
    assert scores == pytest.approx(np.log(0.8 / 0.2))
    assert model.asked == [("passage", "question")]


def test_an_nli_model_gives_no_graded_similarity() -> None:
    with pytest.raises(UsageError, match="graded similarity needs a bi-encoder"):
        CrossEncoderScorer(Logits(("e", "n", "c"), []), relevance=False)


def test_a_classifier_of_other_classes_ranks_nothing() -> None:
    with pytest.raises(UsageError, match="labels are 0, 1"):
        CrossEncoderScorer(Logits(("0", "1"), []), relevance=True)


class Letters:
    """A bi-encoder that counts letters a and b."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], str]] = []

    def encode_counted(self, texts: Sequence[str], *, role: str = "text") -> Encoded:
        self.calls.append((list(texts), role))
        vectors = np.array([[text.count("a"), text.count("b")] for text in texts], np.float32)
        n = np.array([len(text) for text in texts], np.int32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Encoded(vectors, n, np.maximum(n - 2, 0))


def test_a_bi_encoder_scores_by_cosine_and_encodes_each_text_once() -> None:
    encoder = Letters()
    scorer = BiEncoderScorer(encoder, relevance=True)  # type: ignore[arg-type]
    assert scorer.scores([("a", "a"), ("a", "b"), ("ab", "b")]) == pytest.approx([1.0, 0.0, 0.5**0.5])
    assert encoder.calls == [(["a", "ab"], "query"), (["a", "b"], "passage")]


def test_pairs_that_were_cut_are_counted() -> None:
    scorer = CrossEncoderScorer(Logits(("score",), [[0.0], [0.0]]), relevance=False)
    scorer.scores([("short", "short"), ("long" * 5, "short")])
    classifier = NLIClassifier(Logits(("e", "n", "c"), [[0.0] * 3]))
    classifier.probabilities([("long" * 5, "short")])
    assert (scorer.n_truncated, classifier.n_truncated) == (1, 1)


def test_texts_that_were_cut_are_counted() -> None:
    scorer = BiEncoderScorer(Letters(), relevance=False)  # type: ignore[arg-type]
    scorer.scores([("aaa", "a"), ("b", "bbb")])
    assert scorer.n_truncated == 2


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"config.json": {"architectures": ["BertForSequenceClassification"]}}, "cross-encoder"),
        ({"config.json": {"architectures": ["BertForQuestionAnswering"]}}, "reader"),
        ({"config.json": {"architectures": ["BertForTokenClassification"]}}, "tagger"),
        ({"config.json": {"architectures": ["BertModel"]}}, "bi-encoder"),
        ({"modules.json": [], "config.json": {"architectures": ["BertModel"]}}, "bi-encoder"),
        (
            {"modules.json": [], "config_sentence_transformers.json": {"model_type": "CrossEncoder"}},
            "cross-encoder",
        ),
        (
            {"modules.json": [], "config_sentence_transformers.json": {"model_type": "SentenceTransformer"}},
            "bi-encoder",
        ),
    ],
)
def test_the_kind_of_a_folder_is_read_from_its_files(tmp_path: Path, files: dict, kind: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    assert model_kind(tmp_path) == kind

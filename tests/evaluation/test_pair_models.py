"""Models as evaluation sees them: what they could not read is counted, and kinds of folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simengine.cross_encoders.relevance import PairScores
from simengine.encoders.contract import Encoded
from simengine.evaluation.pair_models import (
    BiEncoderScorer,
    CrossEncoderScorer,
    NLIProbabilities,
    model_kind,
)
from simengine.types import Verdict

MAX_CHARACTERS = 20


class Lengths:
    """Scores pairs by their length, and reads so many characters."""

    model = SimpleNamespace(activation="Identity")

    def scores_counted(self, pairs: Sequence[tuple[str, str]]) -> PairScores:
        n = np.array([len(text1) + len(text2) for text1, text2 in pairs], np.int32)
        return PairScores(n.astype(np.float32), np.maximum(n - MAX_CHARACTERS, 0))

    def verdicts(self, pairs: Sequence[tuple[str, str]], *, evidence: bool) -> list[Verdict]:
        assert not evidence
        given = {"contradiction": 0.1, "entailment": 0.6, "neutral": 0.3}
        return [Verdict("entailment", given, None, 1, max(len(p) - MAX_CHARACTERS, 0)) for p, _ in pairs]


PAIRS = [("short", "short"), ("long" * 6, "short")]


def test_scores_are_the_models_and_pairs_that_were_cut_are_counted() -> None:
    scorer = CrossEncoderScorer(Lengths())  # type: ignore[arg-type]
    assert scorer.scores(PAIRS).tolist() == [10, 29]
    scorer.scores(PAIRS)
    assert scorer.n_truncated == 2


def test_probabilities_stand_in_the_canonical_order_and_cut_pairs_are_counted() -> None:
    model = NLIProbabilities(Lengths())  # type: ignore[arg-type]
    assert model.probabilities(PAIRS) == pytest.approx(np.array([[0.6, 0.3, 0.1]] * 2))
    assert model.n_truncated == 1
    assert model.probabilities([]).shape == (0, 3)


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

"""The caller's own models: any object that encodes texts or scores pairs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine import Document, Engine, Models
from simengine.encoders.given import GivenEncoder, as_bi_encoder
from simengine.errors import FingerprintMismatchError, UsageError
from tests.faults.encoder import vector_of

DOCUMENTS = [Document("cats", "Cats purr."), Document("dogs", "Dogs bark."), Document("rates", "Rates rose.")]


class Words:
    """Vectors of words, not normalised, as a list of lists."""

    def __init__(self, turned: bool = False) -> None:
        self.turned = turned

    def encode(self, sentences: Sequence[str]) -> list[list[float]]:
        return [(3 * vector_of(text)[:: -1 if self.turned else 1]).tolist() for text in sentences]


class Lengths:
    """Scores long texts higher."""

    def predict(self, pairs: Sequence[Sequence[str]]) -> Any:
        return [float(len(text)) - 9.5 for _, text in pairs]


def test_an_object_with_encode_builds_and_searches_an_index(tmp_path: Path) -> None:
    models = Models(encoder=Words())
    with Engine.build(DOCUMENTS, tmp_path / "index", models=models) as engine:
        assert engine.search("cats purr", k=1, mode="dense")[0].id == "cats"
        vectors = engine.encode(["cats purr", ""])
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(vectors[0], vector_of("cats purr"), rtol=1e-5)
        assert engine.encode([]).shape == (0, 16)
    with Engine.open(tmp_path / "index", models=Models(encoder=Words())) as engine:
        assert engine.search("dogs bark", k=1)[0].id == "dogs"
    with (
        Engine.open(tmp_path / "index", models=Models(encoder=Words(turned=True))) as engine,
        pytest.raises(FingerprintMismatchError, match="canary"),
    ):
        engine.search("dogs bark")


def test_tokens_are_counted_by_words_and_by_characters() -> None:
    encoded = GivenEncoder(Words()).encode_counted(["cats purr.", "猫喜欢", " ".join(["word"] * 600)])
    assert encoded.n_tokens.tolist() == [3, 3, 600]
    assert encoded.n_truncated.tolist() == [0, 0, 88]


def test_sentence_transformers_own_object_gives_its_own_vectors() -> None:
    from sentence_transformers import SentenceTransformer

    from simengine.models.resolve import resolve_model

    model = SentenceTransformer(str(resolve_model(None, offline=True).path), device="cpu")
    given = as_bi_encoder(model)
    texts = ["A man plays a guitar.", "Rates rose."]
    np.testing.assert_allclose(given.encode(texts), model.encode(texts), atol=1e-6)
    assert given.max_tokens == model.max_seq_length
    assert "weights" in given.fingerprint.parts
    assert as_bi_encoder(given) is given


def test_an_object_with_predict_reranks(tmp_path: Path) -> None:
    models = Models(encoder=Words(), reranker=Lengths())
    with Engine.build(DOCUMENTS, tmp_path / "index", models=models) as engine:
        hits = engine.search("cats", k=3, rerank=True)
        relevance = {hit.id: hit.judgement.relevance for hit in hits if hit.judgement is not None}
    assert relevance["rates"] == pytest.approx(1 / (1 + np.exp(-1.5)), abs=1e-6)
    assert relevance["cats"] == relevance["dogs"] == pytest.approx(1 / (1 + np.exp(-0.5)), abs=1e-6)


class Wrong:
    def __init__(self, returned: Any) -> None:
        self.returned = returned

    def encode(self, sentences: Sequence[str]) -> Any:
        return self.returned

    predict = encode


@pytest.mark.parametrize("returned", [None, [1.0], [[1.0], [2.0]], [["a"]], [[float("nan")]]])
def test_an_encode_that_does_not_return_a_vector_for_each_text_is_refused(returned: Any) -> None:
    with pytest.raises(UsageError, match=r"Wrong\.encode returned"):
        Models(encoder=Wrong(returned))


def test_an_object_that_cannot_encode_or_predict_is_refused() -> None:
    for odd in (3, object(), Words):
        with pytest.raises(UsageError, match=r"with encode\(texts\)"):
            Models(encoder=odd)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"with predict\(pairs\)"):
            Models(reranker=odd)  # type: ignore[arg-type]

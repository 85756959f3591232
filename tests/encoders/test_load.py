from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.encoders.load import OTHER_HEADS, load_encoder
from simengine.errors import DeviceError, ModelDamagedError, ModelError, UsageError
from tests.training.tiny_models import write_tiny

TEXTS = ["the quick brown fox", "a plane is taking off"]


@pytest.mark.parametrize(
    "options",
    [
        {"runtime": "onnx"},
        {"precision": "f64"},
        {"device": "gpu"},
        {"threads": 0},
        {"runtime": "torch", "precision": "f16"},
        {"runtime": "torch", "precision": "int8"},
    ],
)
def test_a_wrong_option_is_a_usage_error(tiny_model: Path, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        load_encoder(str(tiny_model), **{"device": "cpu", "offline": True, **options})


def test_cuda_without_a_gpu_is_refused_in_one_line(tiny_model: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(DeviceError, match="use --device cpu") as caught:
        load_encoder(str(tiny_model), device="cuda", offline=True)
    assert "\n" not in str(caught.value)


def test_auto_takes_openvino_on_a_cpu_and_says_so(tiny_model: Path) -> None:
    encoder = load_encoder(str(tiny_model), device="cpu", offline=True)
    assert encoder.runtime.startswith("openvino-")
    assert encoder.runtime_reason == "fastest on CPUs"
    encoder.close()


@pytest.fixture
def unknown_model(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model with a setting that the fast runtimes do not support."""
    folder = tmp_path / "unknown"
    shutil.copytree(tiny_model, folder)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_LayerNorm", "type": "sentence_transformers.models.LayerNorm"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 64}))
    from sentence_transformers.sentence_transformer.modules import LayerNorm

    (folder / "2_LayerNorm").mkdir()
    LayerNorm(64).save(str(folder / "2_LayerNorm"))
    return folder


def test_auto_falls_back_and_keeps_the_reason(unknown_model: Path) -> None:
    from sentence_transformers import SentenceTransformer

    encoder = load_encoder(str(unknown_model), device="cpu", offline=True)
    assert encoder.runtime.startswith("sentence-transformers")
    assert "LayerNorm" in encoder.runtime_reason
    oracle = SentenceTransformer(str(unknown_model), device="cpu", local_files_only=True)
    expected = oracle.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-6)


def test_a_model_without_a_transformer_runs_in_sentence_transformers(
    tiny_model: Path, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    static = StaticEmbedding(Tokenizer.from_file(str(tiny_model / "tokenizer.json")), embedding_dim=12)
    oracle = SentenceTransformer(modules=[static], device="cpu")
    oracle.save(str(tmp_path / "static"), create_model_card=False)
    for dimension in (None, 5):
        encoder = load_encoder(
            str(tmp_path / "static"), device="cpu", offline=True, truncate_dim=dimension, runtime="auto"
        )
        expected = oracle.encode(TEXTS, normalize_embeddings=True, truncate_dim=dimension)
        assert encoder.dimension == expected.shape[1]
        np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-6)


def test_a_fast_runtime_refuses_a_model_that_it_does_not_support(unknown_model: Path) -> None:
    with pytest.raises(UsageError, match="--runtime sentence-transformers"):
        load_encoder(str(unknown_model), runtime="openvino", offline=True)


@pytest.mark.parametrize("runtime", ["openvino", "torch", "sentence-transformers"])
def test_weights_that_do_not_fit_are_damage(tiny_model: Path, tmp_path: Path, runtime: str) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_model, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelDamagedError, match="damaged"):
        load_encoder(str(folder), runtime=runtime, device="cpu", offline=True)


@pytest.mark.gpu
@pytest.mark.parametrize(("precision", "tolerance"), [("f32", 1e-5), ("bf16", 2e-2), ("f16", 3e-3)])
def test_cuda_gives_the_cpus_vectors(tiny_model: Path, precision: str, tolerance: float) -> None:
    expected = load_encoder(str(tiny_model), runtime="torch", device="cpu", offline=True).encode(TEXTS)
    encoder = load_encoder(str(tiny_model), device="cuda", precision=precision, offline=True)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=tolerance)


@pytest.mark.parametrize("head", OTHER_HEADS)
def test_a_model_of_pairs_or_words_is_not_an_encoder(head: str, tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "model", head)
    with pytest.raises(ModelError, match=f"its architecture is Bert{head}; expected a bi-encoder"):
        load_encoder(str(folder), offline=True)

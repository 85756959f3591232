from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from simengine.encoders.canary import (
    CANARY_COSINE_EXACT,
    CANARY_COSINE_MIN,
    check_canary,
)
from simengine.encoders.load import load_encoder
from simengine.errors import UsageError
from simengine.runtimes.check_texts import canary_texts


@pytest.mark.parametrize(("precision", "least"), [("f32", CANARY_COSINE_EXACT), ("auto", CANARY_COSINE_MIN)])
def test_another_runtime_of_the_same_model_is_accepted(
    tiny_model: Path, precision: str, least: float
) -> None:
    stored = load_encoder(str(tiny_model), runtime="torch", device="cpu", offline=True).encode(canary_texts())
    other = load_encoder(str(tiny_model), runtime="openvino", precision=precision, offline=True)
    assert check_canary(other, stored.tolist()) >= least


def test_slightly_changed_weights_are_noticed(tiny_model: Path, tmp_path: Path) -> None:
    stored = load_encoder(str(tiny_model), runtime="torch", device="cpu", offline=True).encode(canary_texts())
    folder = tmp_path / "changed"
    shutil.copytree(tiny_model, folder)
    weights = load_file(folder / "model.safetensors")
    rng = np.random.default_rng(0)
    noisy = {name: w + rng.normal(0, 0.05, w.shape).astype(w.dtype) for name, w in weights.items()}
    save_file(noisy, folder / "model.safetensors", metadata={"format": "pt"})
    other = load_encoder(str(folder), runtime="torch", device="cpu", offline=True)
    assert check_canary(other, stored) < CANARY_COSINE_MIN


def test_vectors_that_are_not_finite_give_minus_one(tiny_model: Path) -> None:
    encoder = load_encoder(str(tiny_model), runtime="torch", device="cpu", offline=True)
    stored = encoder.encode(canary_texts())
    stored[2] = np.nan
    assert check_canary(encoder, stored) == -1.0


def test_stored_vectors_of_another_shape_are_refused(tiny_model: Path) -> None:
    encoder = load_encoder(str(tiny_model), runtime="torch", device="cpu", offline=True)
    with pytest.raises(UsageError, match="shape"):
        check_canary(encoder, np.zeros((3, 64), np.float32))


def test_the_texts_are_varied() -> None:
    texts = canary_texts()
    assert len(set(texts)) == len(texts)
    assert any(not text.strip() for text in texts)
    assert any(len(text) > 2000 for text in texts)
    assert any("一" <= character <= "鿿" for text in texts for character in text)

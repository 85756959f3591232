from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simengine.cross_encoders import network
from simengine.cross_encoders.labels import softmax
from simengine.cross_encoders.load import load_cross_encoder
from simengine.errors import UsageError
from simengine.runtimes.hardware import cpu_flags
from tests.contracts.pair_models import PairRecipe, make_pair_model

PAIRS = [("A plane is taking off.", "The plane leaves."), ("a fox", "dogs " * 9), ("猫", "")]
needs_vnni = pytest.mark.skipif(
    not cpu_flags() & {"avx512_vnni", "avx_vnni"}, reason="needs a processor with VNNI"
)
HEAVY = {"torch", "transformers", "sentence_transformers", "huggingface_hub"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pair_model(PairRecipe("bert"), tmp_path_factory.mktemp("nli"))


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SIMENGINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def logits(folder: Path, threads: int = 2) -> np.ndarray:
    model = load_cross_encoder(
        str(folder), runtime="openvino", precision="f32", threads=threads, offline=True
    )
    try:
        return model.predict_logits(PAIRS)
    finally:
        model.close()


def graph_folder(cache: Path) -> Path:
    (found,) = (path for path in (cache / "graphs").iterdir() if path.is_dir())
    return found


def test_the_second_process_imports_neither_torch_nor_transformers(folder: Path, cache: Path) -> None:
    logits(folder)
    code = (
        "import sys; from simengine.cross_encoders.nli import NLIModel;"
        f"model = NLIModel.load({str(folder)!r}, device='cpu', precision='f32', offline=True);"
        "print(model.verdict('a fox', 'a dog').n_windows);"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    environment = os.environ | {"SIMENGINE_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout == "1\n[]\n"
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["graph.bin", "graph.xml", "graph.json", "tokenizer.json"])
def test_a_cut_file_in_the_cache_is_exported_again(folder: Path, cache: Path, name: str) -> None:
    expected = logits(folder)
    path = graph_folder(cache) / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    np.testing.assert_allclose(logits(folder), expected, atol=1e-6)


def test_overwritten_weights_of_the_same_length_are_noticed(folder: Path, cache: Path) -> None:
    expected = logits(folder)
    path = graph_folder(cache) / "graph.bin"
    for blob in (graph_folder(cache) / "compiled").glob("*"):
        blob.unlink()
    data = path.read_bytes()
    # After the word vectors, of which the probe reads only a few.
    start = len(data) - 40_000
    path.write_bytes(data[:start] + bytes(20_000) + data[start + 20_000 :])
    np.testing.assert_allclose(logits(folder), expected, atol=1e-6)


@needs_vnni
def test_int8_is_close_to_fp32_and_is_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In a random model of 64 dimensions errors do not average out: only a loose tolerance is possible.
    monkeypatch.setattr(network, "MAX_PROBABILITY_CHANGE", 0.5)
    folder = make_pair_model(PairRecipe("bert", hidden=64), tmp_path)
    small = load_cross_encoder(str(folder), runtime="openvino", precision="int8", threads=1, offline=True)
    assert small.runtime == "openvino-int8"
    got, expected = small.predict_logits(PAIRS), logits(folder)
    assert 0 < np.abs(softmax(got) - softmax(expected)).max() < 0.5
    assert (graph_folder(cache) / "int8" / "int8.json").is_file()


@needs_vnni
def test_int8_is_refused_where_probabilities_change(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "MAX_PROBABILITY_CHANGE", -0.01)
    folder = make_pair_model(PairRecipe("bert", hidden=64), tmp_path)
    with pytest.raises(UsageError, match="largest change of a probability"):
        load_cross_encoder(str(folder), runtime="openvino", precision="int8", threads=1, offline=True)
    assert not (graph_folder(cache) / "int8").exists()


@needs_vnni
def test_int8_is_refused_where_nothing_could_be_int8(folder: Path) -> None:
    with pytest.raises(UsageError, match="multiples of 64"):
        load_cross_encoder(str(folder), runtime="openvino", precision="int8", threads=1, offline=True)


def test_one_stream_and_several_agree(folder: Path) -> None:
    np.testing.assert_allclose(logits(folder, threads=1), logits(folder, threads=3), atol=1e-5)

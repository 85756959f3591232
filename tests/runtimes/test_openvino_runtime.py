from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from simengine.encoders.load import load_encoder
from simengine.runtimes.openvino_engine import LATENCY_TOKENS
from simengine.runtimes.openvino_runtime import TEXT_BUDGET

TEXTS = ["the quick brown fox", "", "a plane is taking off .", "the lazy dog " * 40]
HEAVY = {"torch", "transformers", "sentence_transformers", "openvino.tools.ovc", "openvino_telemetry"}


def graph_folder(cache: Path) -> Path:
    (folder,) = [path for path in (cache / "graphs").iterdir() if path.is_dir()]
    return folder


def encode(model: Path) -> np.ndarray:
    encoder = load_encoder(str(model), runtime="openvino", threads=2, offline=True)
    try:
        return encoder.encode(TEXTS)
    finally:
        encoder.close()


def in_new_process(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )


def test_the_second_process_imports_neither_torch_nor_transformers(tiny_model: Path) -> None:
    encode(tiny_model)
    code = (
        "import sys; from simengine.encoders.load import load_encoder;"
        f"load_encoder({str(tiny_model)!r}, device='cpu', offline=True).encode(['the fox', 'a dog']);"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = in_new_process(code)
    assert done.stdout == "[]\n"
    assert done.stderr == ""


def test_exporting_prints_nothing_and_sends_nothing(tiny_model: Path, tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('the network was used')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "import threading; before = threading.active_count()\n"
        "from simengine.encoders.load import load_encoder\n"
        f"load_encoder({str(tiny_model)!r}, device='cpu', offline=True).encode(['the fox'])\n"
        "assert 'openvino_telemetry' not in sys.modules, 'telemetry was imported'\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    done = in_new_process(code, HOME=str(home), SIMENGINE_CACHE=str(tmp_path / "cache"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (home / "intel").exists()


@pytest.mark.parametrize(
    ("name", "keep"),
    [("graph.bin", 1000), ("graph.bin", 0), ("graph.xml", 500), ("graph.json", 20), ("tokenizer.json", 30)],
)
def test_a_cut_file_in_the_cache_is_exported_again(
    tiny_model: Path, own_cache: Path, name: str, keep: int
) -> None:
    expected = encode(tiny_model)
    path = graph_folder(own_cache) / name
    path.write_bytes(path.read_bytes()[:keep])
    np.testing.assert_allclose(encode(tiny_model), expected, atol=1e-6)


def test_a_graph_of_an_earlier_version_is_used(tiny_model: Path, own_cache: Path) -> None:
    expected = encode(tiny_model)
    path = graph_folder(own_cache) / "graph.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "extra": {}}))
    written = path.stat().st_mtime_ns
    np.testing.assert_array_equal(encode(tiny_model), expected)
    assert path.stat().st_mtime_ns == written


@pytest.mark.parametrize("name", ["graph.bin", "graph.xml", "tokenizer.json"])
def test_overwritten_bytes_of_the_same_length_are_noticed(
    tiny_model: Path, own_cache: Path, name: str
) -> None:
    expected = encode(tiny_model)
    folder = graph_folder(own_cache)
    path = folder / name
    for blob in (folder / "compiled").glob("*"):
        blob.unlink()
    data = path.read_bytes()
    start = len(data) // 3
    path.write_bytes(data[:start] + bytes(len(data) // 2) + data[start + len(data) // 2 :])
    np.testing.assert_allclose(encode(tiny_model), expected, atol=1e-6)


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_a_cut_compiled_graph_is_compiled_again(tiny_model: Path, own_cache: Path, keep: float) -> None:
    expected = encode(tiny_model)
    blobs = list((graph_folder(own_cache) / "compiled").glob("*.blob"))
    assert blobs
    for blob in blobs:
        data = blob.read_bytes()
        blob.chmod(0o600)
        blob.write_bytes(data[: int(keep * len(data)) if keep < 1 else int(keep)])
    np.testing.assert_allclose(encode(tiny_model), expected, atol=1e-6)


def test_two_processes_may_export_at_once(tiny_model: Path, own_cache: Path) -> None:
    code = (
        "from simengine.encoders.load import load_encoder;"
        f"print(load_encoder({str(tiny_model)!r}, device='cpu', offline=True).encode(['the fox'])[0, :3])"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs[0] == outputs[1]
    graph_folder(own_cache)


def test_a_cache_that_cannot_be_written_is_replaced(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SIMENGINE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert encode(tiny_model).shape == (len(TEXTS), 64)


def test_one_call_may_cross_from_the_latency_to_the_throughput_path(tiny_model: Path) -> None:
    encoder = load_encoder(str(tiny_model), runtime="openvino", threads=2, offline=True)
    texts = [f"the fox {'dog ' * (i % 9)}{i % 3}" for i in range(TEXT_BUDGET // 4)]
    together = encoder.encode(texts)
    few = max(LATENCY_TOKENS // 16, 1)
    np.testing.assert_allclose(encoder.encode(texts[:few]), together[:few], atol=1e-5)
    encoder.close()


def test_many_threads_with_large_and_small_calls_agree(tiny_model: Path) -> None:
    encoder = load_encoder(str(tiny_model), runtime="openvino", threads=2, offline=True)
    texts = [f"the fox {'dog ' * (i % 20)}" for i in range(200)]
    expected = encoder.encode(texts)
    wrong: list[int] = []

    def work(number: int) -> None:
        same = [np.allclose(encoder.encode(texts[:n]), expected[:n], atol=1e-5) for n in (1, 200, 3, 120)]
        wrong.extend([number] * same.count(False))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    encoder.close()


def test_a_fresh_process_may_begin_with_many_threads(tiny_model: Path) -> None:
    """The OpenVINO bindings deadlock when two threads pass their first numpy array at once."""
    encode(tiny_model)
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from simengine.encoders.load import load_encoder\n"
        "def work(i):\n"
        f"    return load_encoder({str(tiny_model)!r}, device='cpu', offline=True).encode(['the fox'] * 300).shape\n"
        "print({*ThreadPoolExecutor(4).map(work, range(4))})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout == "{(300, 64)}\n"


def test_a_changed_tokenizer_setting_takes_effect(tmp_path: Path) -> None:
    """transformers uses do_lower_case of tokenizer_config.json even if tokenizer.json differs."""
    from sentence_transformers import SentenceTransformer

    from tests.training.tiny_models import write_tiny

    folder, texts, seen = write_tiny(tmp_path / "model"), ["Paris in May", "paris in may"], []
    for lower in (True, False):
        path = folder / "tokenizer_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"do_lower_case": lower}))
        oracle = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        encoder = load_encoder(str(folder), runtime="openvino", precision="f32", threads=1, offline=True)
        vectors = encoder.encode(texts)
        encoder.close()
        np.testing.assert_allclose(vectors, oracle.encode(texts, normalize_embeddings=True), atol=1e-5)
        seen.append(float(vectors[0] @ vectors[1]))
    assert seen[0] == pytest.approx(1.0, abs=1e-5)
    assert seen[1] < 0.99

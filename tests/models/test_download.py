from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from simengine.errors import ModelNotFoundError
from simengine.models.resolve import resolve_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONFIG = {"model_type": "bert", "hidden_size": 4}
MODULES = [
    {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
    for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense")])
]


class Hub:
    """What the hub's client needs of a hub, on this machine: repositories by name, and what was fetched."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.gated: set[str] = set()
        self.fetched: list[str] = []

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        path = path.split("?")[0].lstrip("/")
        if path.startswith("api/models/"):
            return self._listing(path.removeprefix("api/models/"))
        repository, _, rest = path.partition("/resolve/")
        name = rest.partition("/")[2]
        if repository in self.gated:
            return 401, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."}, b""
        content = self.repositories.get(repository, {}).get(name)
        if content is None:
            return 404, {"X-Error-Code": "EntryNotFound"}, b""
        return 200, {"ETag": f'"{hash(content) & 0xFFFFFF:06x}"', "X-Repo-Commit": COMMIT}, content

    def _listing(self, path: str) -> tuple[int, dict[str, str], bytes]:
        repository = "/".join(path.split("/")[:2])
        files = self.repositories.get(repository)
        if files is None:
            return 401, {"X-Error-Code": "RepoNotFound"}, b""
        if "/tree/" in path:
            rows = [{"type": "file", "path": n, "size": len(c), "oid": "0" * 40} for n, c in files.items()]
            return 200, {"Content-Type": "application/json"}, json.dumps(rows).encode()
        info = {"id": repository, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
        return 200, {"Content-Type": "application/json"}, json.dumps(info).encode()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            status, headers, body = hub.answer(self.path)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)
                if "/resolve/" in self.path:
                    hub.fetched.append(self.path.partition(f"/{COMMIT}/")[2])

        do_GET = do_HEAD  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.delenv("SIMENGINE_OFFLINE")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", place)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", place + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setenv("HF_ENDPOINT", place)
    yield hub
    server.shutdown()
    server.server_close()


def files(*names: str, **content: Any) -> dict[str, bytes]:
    texts = {"config.json": json.dumps(CONFIG), "tokenizer.json": "{}", "README.md": "# A model"}
    return {
        name: texts.get(name, name).encode()
        for name in ("config.json", "tokenizer.json", "README.md", *names)
    }


EXTRAS = ("onnx/model.onnx", "openvino/openvino_model.bin", "tf_model.h5", "flax_model.msgpack", "rust_model.ot",
          "picture.png", "checkpoint-500/model.safetensors", "training_args.bin", "modeling_own.py")  # fmt: skip


@pytest.mark.parametrize(
    ("there", "weights"),
    [
        (("model.safetensors", "pytorch_model.bin"), {"model.safetensors"}),
        (("pytorch_model.bin",), {"pytorch_model.bin"}),
        (("model.safetensors", "model.fp16.safetensors", "consolidated.safetensors"), {"model.safetensors"}),
    ],
)
def test_weights_are_fetched_once_and_nothing_that_is_not_needed(
    hub: Hub, there: tuple[str, ...], weights: set[str]
) -> None:
    hub.repositories["someone/model"] = files(*there, *EXTRAS)
    found = resolve_model("someone/model", offline=False)
    assert found.source == "hub"
    assert sorted(hub.fetched) == sorted(weights | {"config.json", "tokenizer.json", "README.md"})


def test_shards_are_fetched_with_their_index(hub: Hub) -> None:
    shards = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    content = files(*shards, "pytorch_model.bin")
    content["model.safetensors.index.json"] = json.dumps(
        {"weight_map": dict(zip("ab", shards, strict=True))}
    ).encode()
    hub.repositories["someone/model"] = content
    path = resolve_model("someone/model", offline=False).path
    assert {p.name for p in path.glob("*.safetensors")} == set(shards)
    assert not list(path.glob("*.bin"))


def test_a_module_gets_its_weights_in_the_format_that_it_has(hub: Hub) -> None:
    content = files("model.safetensors", "pytorch_model.bin", "2_Dense/pytorch_model.bin")
    content |= {
        "modules.json": json.dumps(MODULES).encode(),
        "1_Pooling/config.json": b"{}",
        "2_Dense/config.json": b"{}",
    }
    hub.repositories["someone/model"] = content
    path = resolve_model("someone/model", offline=False).path
    assert (path / "2_Dense" / "pytorch_model.bin").is_file()
    assert not (path / "pytorch_model.bin").exists()


def test_a_model_that_was_fetched_is_found_again_without_the_hub(hub: Hub) -> None:
    hub.repositories["someone/model"] = files("model.safetensors", *EXTRAS)
    path = resolve_model("someone/model", offline=False).path
    again = resolve_model("someone/model", offline=True)
    assert (again.path, again.source) == (path, "hub-cache")


def test_a_download_that_was_stopped_is_completed(hub: Hub) -> None:
    hub.repositories["someone/model"] = files("model.safetensors")
    path = resolve_model("someone/model", offline=False).path
    (path / "model.safetensors").unlink()
    with pytest.raises(ModelNotFoundError, match=r"only a part of it.*offline"):
        resolve_model("someone/model", offline=True)
    assert resolve_model("someone/model", offline=False).source == "hub"
    assert (path / "model.safetensors").read_text() == "model.safetensors"


def test_a_gated_model_says_how_to_get_access(hub: Hub) -> None:
    hub.repositories["someone/model"] = files("model.safetensors")
    hub.gated.add("someone/model")
    with pytest.raises(
        ModelNotFoundError, match=r"accept its licence on http\S+/someone/model, then run `hf auth login`"
    ):
        resolve_model("someone/model", offline=False)


def test_a_model_that_is_not_there_may_be_private(hub: Hub) -> None:
    with pytest.raises(
        ModelNotFoundError, match=r"no model 'someone/modle'.*private: then run `hf auth login`"
    ):
        resolve_model("someone/modle", offline=False)

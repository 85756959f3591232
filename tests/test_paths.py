"""Paths where no home folder is known, as for a user id without an entry, and after a change of directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from simengine.errors import ModelNotFoundError, StoreError
from simengine.models import cache
from simengine.models.cache import cache_directory
from simengine.models.files import sha256_of_file
from simengine.models.resolve import DEFAULT_MODEL_WEIGHTS_SHA256, resolve_model
from simengine.paths import expand, keep_model

CACHES = ("SIMENGINE_CACHE", "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No HOME, and no entry of the user; temporary files lie in the folder returned."""

    def nobody(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in ("HOME", "USERPROFILE", *CACHES):
        monkeypatch.delenv(name, raising=False)
    pwd = pytest.importorskip("pwd")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RuntimeError):
        Path("~").expanduser()
    return tmp_path


def test_a_tilde_stays_where_there_is_no_home(homeless: Path) -> None:
    assert expand("~/model") == Path("~/model")
    assert expand("model") == Path("model")


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expand("~/model") == tmp_path / "model"


def test_without_a_home_the_cache_is_a_private_temporary_folder(homeless: Path) -> None:
    assert cache_directory() == homeless / f"simengine-{os.getuid()}"


@pytest.mark.parametrize("variable", [None, "HF_HOME", "XDG_CACHE_HOME", "HF_HUB_CACHE"])
def test_without_a_home_models_are_found_and_no_folder_called_tilde_is_made(
    homeless: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    if variable is not None:
        monkeypatch.setenv(variable, "~/cache")
    found = resolve_model(None, offline=True)
    assert sha256_of_file(found.path / "model.safetensors") == DEFAULT_MODEL_WEIGHTS_SHA256
    for name in ("org/model", "~/model"):
        with pytest.raises(ModelNotFoundError, match="no model"):
            resolve_model(name, offline=True)
    assert not (homeless / "~" / "huggingface").exists()


def test_a_file_is_hashed_where_nothing_can_be_remembered(
    homeless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = homeless / "file"
    file.write_bytes(b"abc")
    cache._process_directory.cache_clear()
    monkeypatch.setattr("tempfile.tempdir", str(homeless / "missing"))
    with pytest.raises(StoreError, match="SIMENGINE_CACHE"):
        cache_directory()
    assert sha256_of_file(file).startswith("ba7816bf")


def test_a_relative_cache_folder_is_kept_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIMENGINE_CACHE", "cache")
    assert cache_directory() == tmp_path / "cache"


def test_a_models_folder_is_kept_absolute_and_other_names_as_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert keep_model("mine") == str(tmp_path / "mine")
    assert [keep_model(name) for name in ("org/model", "minilm-nli", None)] == [
        "org/model",
        "minilm-nli",
        None,
    ]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="needs root, to become a user without an entry",
)
def test_a_command_works_for_a_user_without_home_and_entry() -> None:
    code = (
        "from simengine.models.resolve import resolve_model; from simengine.models.cache import cache_directory; "
        "print(resolve_model(None, offline=True).source, cache_directory())"
    )
    uid = "54321"
    command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", sys.executable, "-c", code]
    with tempfile.TemporaryDirectory() as folder:  # those of pytest are closed to other users
        Path(folder).chmod(0o777)
        kept = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": folder}
        done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False, cwd="/")
        if "Permission denied" in done.stderr or "No module named" in done.stderr:
            pytest.skip(f"Python itself is closed to other users: {done.stderr}")
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["bundled", str(Path(folder) / f"simengine-{uid}")]

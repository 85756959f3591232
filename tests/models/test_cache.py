from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from simengine.models.cache import (
    cache_directory,
    create_folder_atomically,
    exclusive,
    read_json,
)


def test_simengine_cache_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIMENGINE_CACHE", str(tmp_path / "own"))
    assert cache_directory() == tmp_path / "own"
    assert (tmp_path / "own").is_dir()


def test_xdg_cache_home_is_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SIMENGINE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "simengine"


def test_a_place_that_cannot_be_written_falls_back_to_a_private_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SIMENGINE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = cache_directory()
    assert found.parent == tmp_path
    assert stat.S_IMODE(found.stat().st_mode) == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs POSIX users")
def test_a_temporary_folder_that_is_a_link_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"simengine-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("SIMENGINE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_directory().resolve() != (tmp_path / "elsewhere").resolve()


def test_a_failed_fill_leaves_no_folder(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "part").write_text("half")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        create_folder_atomically(tmp_path / "graph", fail)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "graph"
    create_folder_atomically(target, lambda folder: (folder / "a").write_text("1"))
    create_folder_atomically(target, lambda folder: (folder / "b").write_text("2"))
    assert [path.name for path in target.iterdir()] == ["b"]
    assert list(tmp_path.iterdir()) == [target]


def _append_after_reading(folder: str) -> None:
    path = Path(folder) / "count"
    for _ in range(20):
        with exclusive(path):
            path.write_text(str(int(path.read_text()) + 1))


def test_two_processes_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_append_after_reading, args=(str(tmp_path),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (tmp_path / "count").read_text() == "40"


@pytest.mark.parametrize("content", [None, b"", b"{broken", b"\xff\xfe"])
def test_unreadable_json_counts_as_absent(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "note").write_bytes(content)
    assert read_json(tmp_path / "note") is None

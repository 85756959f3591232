"""A full disk, played by a file size limit in a child: nothing half done, and it goes on once there is room."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.errors import StorageFullError
from simengine.files import replace_file
from simengine.store import committer, segments
from simengine.store.files import writing
from simengine.store.verify import verify
from simengine.store.writer import IndexWriter
from tests.store.samples import Model, change, check_index, settings

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits a forked child")


def in_child(work: Callable[[], None]) -> None:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os.write(write_end, traceback.format_exc().encode()[-9_000:])
            os._exit(1)
    os.close(write_end)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = os.read(read_end, 10_000).decode()
    os.close(read_end)
    assert status == 0, said


def limit_file_size(limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@pytest.mark.parametrize("limit", [500, 45_000, 70_000, 110_000, 150_000])
def test_the_same_commit_works_once_there_is_room(memory_path: Path, limit: int) -> None:
    path = memory_path / "index"

    def work() -> None:
        model: Model = {}
        with IndexWriter.create(path, settings()) as writer:
            limit_file_size(limit)
            failed = 0
            for number in range(12):
                ids = [f"{number}x{i}" for i in range(8)]
                try:
                    writer.commit(change(ids))
                except StorageFullError:
                    failed += 1
                    assert writer.commit_number == len(model) // 8
                    check_index(path, model)
                    limit_file_size(resource.RLIM_INFINITY)
                    writer.commit(change(ids))
                    limit_file_size(limit)
                model |= dict.fromkeys(ids, (0, 2))
            limit_file_size(resource.RLIM_INFINITY)
            assert failed >= 1
        check_index(path, model)

    in_child(work)
    IndexWriter.open(path).close()
    report = verify(path)
    assert report.ok
    assert report.notes == ()


def test_a_kill_after_a_failed_commit_leaves_a_sound_index(memory_path: Path) -> None:
    path = memory_path / "index"
    model: Model = {"a": (0, 2)}

    def work() -> None:
        writer = IndexWriter.create(path, settings())
        writer.commit(change(["a"]))
        limit_file_size(60_000)
        with pytest.raises(StorageFullError):
            writer.commit(change([f"b{i}" for i in range(300)]))
        os._exit(0)

    in_child(work)
    check_index(path, model)
    with IndexWriter.open(path) as writer:
        writer.commit(change(["c"]))
    check_index(path, model | {"c": (0, 2)})
    assert verify(path).notes == ()


def test_compaction_without_room_leaves_the_index_and_can_be_repeated(memory_path: Path) -> None:
    path = memory_path / "index"
    ids = [f"d{i}" for i in range(200)]

    def work() -> None:
        with IndexWriter.create(path, settings()) as writer:
            for start in range(0, 200, 20):
                writer.commit(change(ids[start : start + 20]))
            writer.finish()
            for limit in (4_000, 20_000, 60_000):
                limit_file_size(limit)
                with pytest.raises(StorageFullError):
                    writer.begin_compact()
                limit_file_size(resource.RLIM_INFINITY)
                assert [entry.name for entry in path.iterdir() if entry.is_dir()] == ["gen-000001"]
            with writer.begin_compact() as new:
                new.publish()

    in_child(work)
    check_index(path, dict.fromkeys(ids, (0, 2)))
    assert verify(path).ok


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_manifest_that_cannot_be_written_lags_and_is_repaired(
    memory_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = memory_path / "index"
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a"]))
        before = (path / "manifest.json").read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr("simengine.files.sync_fd", no_room)
            with pytest.raises(StorageFullError), writing(path / "manifest.json"):
                replace_file(path / "manifest.json", b"new")
            patch.setattr(segments, "sync_fd", lambda fd: None)
            assert writer.commit(change(["b"])) == 2
        assert (path / "manifest.json").read_bytes() == before
        assert list(path.glob("*.tmp")) == []
        check_index(path, {"a": (0, 2), "b": (0, 2)})
    assert (path / "manifest.json").read_bytes() != before
    assert verify(path).ok


def test_a_switch_without_room_can_be_repeated(memory_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = memory_path / "index"
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a"]))
        writer.finish()
    with IndexWriter.create(path, settings(), overwrite=True) as writer:
        writer.commit(change(["n"]))
        with monkeypatch.context() as patch:
            patch.setattr("simengine.files.sync_fd", no_room)
            with pytest.raises(StorageFullError):
                writer.finish()
        check_index(path, {"a": (0, 2)})
        writer.finish()
    check_index(path, {"n": (0, 2)})


def test_a_switch_that_fails_after_the_renaming_keeps_the_new_generation(
    memory_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = memory_path / "index"
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a"]))
        writer.finish()
        with writer.begin_compact() as new:
            new.commit(change(["b"]))
            write = committer.write_manifest

            def interrupted(*arguments: object) -> None:
                write(*arguments)  # type: ignore[arg-type]
                raise KeyboardInterrupt

            with monkeypatch.context() as patch:
                patch.setattr(committer, "write_manifest", interrupted)
                with pytest.raises(KeyboardInterrupt):
                    new.publish()
    check_index(path, {"a": (0, 2), "b": (0, 2)})
    with IndexWriter.open(path) as writer:
        writer.commit(change(["c"]))
    check_index(path, {"a": (0, 2), "b": (0, 2), "c": (0, 2)})

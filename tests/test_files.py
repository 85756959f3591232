"""Files written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from simengine import files
from simengine.errors import StorageFullError, StoreError
from simengine.files import (
    discard_file,
    hash_file,
    is_full,
    make_folder,
    no_room,
    replace_file,
    replacing,
    rewriting,
    writing,
)


def test_a_hash_is_the_sha256_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"cats" * 100_000)
    assert hash_file(tmp_path / "a") == hashlib.sha256(b"cats" * 100_000).hexdigest()


def test_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    target = tmp_path / "note"
    replace_file(target, b"old")
    replace_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_the_old_content_is_read_until_the_end(tmp_path: Path) -> None:
    target = tmp_path / "note"
    replace_file(target, b"old")
    with rewriting(target) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"


def write_half_of(path: Path, interruption: type[BaseException]) -> None:
    with rewriting(path) as file:
        file.write(b"half")
        raise interruption


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_failed_write_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    target = tmp_path / "note"
    replace_file(target, b"old")
    with pytest.raises(interruption):
        write_half_of(target, interruption)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_writer_left_is_replaced_and_a_link_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"keep")
    (tmp_path / ".tmpnote").symlink_to(precious)
    replace_file(tmp_path / "note", b"new", temporary=".tmpnote")
    assert precious.read_bytes() == b"keep"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["note", "precious"]


def test_a_path_to_write_to_is_moved_into_place(tmp_path: Path) -> None:
    with replacing(tmp_path / "corpus") as partial:
        partial.write_text("text")
        assert not (tmp_path / "corpus").exists()
    assert (tmp_path / "corpus").read_text() == "text"


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    replace_file(tmp_path / "keys", b"secret", private=True)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_content_and_name_are_flushed_to_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def sync(what: int | Path) -> None:
        done.append("content" if isinstance(what, int) else what.name)

    def rename(source: Path, target: Path) -> None:
        done.append("name")
        source.replace(target)

    monkeypatch.setattr(files, "sync_fd", sync)
    monkeypatch.setattr(files, "_rename", rename)
    monkeypatch.setattr(files, "sync_folder", sync)
    replace_file(tmp_path / "note", b"new")
    assert done == ["content", "name", tmp_path.name]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
def test_a_full_disk_has_an_error_of_its_own(code: int, tmp_path: Path) -> None:
    said = r"note: no room to write \(.*\)\. Nothing is lost\. Free"
    with pytest.raises(StorageFullError, match=said), writing(tmp_path / "note", "Nothing is lost. "):
        raise OSError(code, os.strerror(code))


def test_other_errors_of_writing_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="ann: cannot write: No such file"), writing(tmp_path / "ann"):
        replace_file(tmp_path / "none" / "ann", b"")
    with pytest.raises(ValueError, match="as it was"), writing(tmp_path / "ann"):
        raise ValueError("as it was")


def test_an_error_says_whether_there_is_no_room() -> None:
    assert is_full(OSError(errno.ENOSPC, ""))
    assert not is_full(OSError(errno.EACCES, ""))


def test_room_is_found_out_by_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "big").write_bytes(b"x" * 10)
    assert not no_room(tmp_path, [tmp_path / "big", tmp_path / "gone"])
    assert [path.name for path in tmp_path.iterdir()] == ["big"]

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", fail)
    assert no_room(tmp_path, [])


def test_a_file_at_the_limit_of_its_size_leaves_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    (tmp_path / "big").write_bytes(b"x" * 10)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10, 10))
    assert no_room(tmp_path, [tmp_path / "gone", tmp_path / "big"])
    assert not no_room(tmp_path, [tmp_path / "gone"])


def test_folders_are_made_and_files_discarded_where_they_stand(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "a" / "file").touch()
    for _ in range(2):
        discard_file(tmp_path / "a" / "file")
    assert not (tmp_path / "a" / "file").exists()

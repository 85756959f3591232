"""Files that commands write."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simengine.cli.arrays import check_npy, open_matrix
from simengine.cli.output import open_binary_output, open_output
from simengine.errors import UsageError


def test_content_takes_the_place_of_the_old_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    path.chmod(0o640)
    with open_output(path) as out:
        out.write("né\n")
        out.flush()
        assert path.read_text() == "old"
    assert path.read_bytes() == b"n\xc3\xa9\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_a_failure_keeps_the_old_file_and_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fail() -> None:
        with open_output(path) as out:
            out.write("half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    with open_output(tmp_path / "a" / "b" / "out.txt") as out:
        out.write("x")
    assert (tmp_path / "a" / "b" / "out.txt").read_text() == "x"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "far" / "out.txt")
    with open_output(tmp_path / "link.txt") as out:
        out.write("x")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "far" / "out.txt").read_text() == "x"


def test_a_fifo_and_a_device_are_written_to_directly(tmp_path: Path) -> None:
    fifo, read = tmp_path / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()))
    reader.start()
    with open_output(fifo) as out:
        out.write("x")
    reader.join(10)
    assert read == ["x"]
    assert fifo.is_fifo()
    with open_output(Path("/dev/null")) as out:
        out.write("x")
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_stdout_has_two_names(capfd: pytest.CaptureFixture[str], name: str) -> None:
    with open_output(Path(name)) as out:
        out.write("x\n")
    with open_output(None) as out:
        out.write("y\n")
    assert capfd.readouterr().out == "x\ny\n"


def test_errors_name_the_file_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as caught, open_output(tmp_path / "file" / "out.txt"):
        pass
    assert caught.value.filename == str(tmp_path / "file" / "out.txt")
    with pytest.raises(OSError) as caught, open_output(Path("/dev/full")) as out:
        out.write("x")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError) as caught, open_output(tmp_path / "file"):
        pass
    assert caught.value.filename == str(tmp_path / "file")


def test_an_array_needs_a_regular_file_of_that_suffix(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npy")
    with pytest.raises(UsageError, match="regular"), open_binary_output(tmp_path / "x.npy"):
        pass
    for path in (None, Path("v"), Path("v.txt")):
        with pytest.raises(UsageError, match=r"NAME\.npy"):
            check_npy(path)


@pytest.mark.parametrize("sizes", [(), (1,), (3, 0, 5), (999, 2)])
def test_blocks_become_one_array_that_numpy_reads(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    blocks = [np.random.default_rng(n).normal(size=(n, 7)).astype(np.float32) for n in sizes]

    def given() -> Iterator[np.ndarray]:
        yield from blocks

    with open_matrix(tmp_path / "m.npy", 7) as matrix:
        for block in given():
            matrix.write(block)
    read = np.load(tmp_path / "m.npy", mmap_mode="r")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, np.concatenate([np.empty((0, 7), np.float32), *blocks]))


@pytest.mark.parametrize(
    "command", ["export", "corpus python-docs", "embed cats", "mine p.jsonl", "augment p.jsonl --task nli"]
)
@pytest.mark.parametrize("name", ["out.csv", "out.jsonl.gz", "out.PARQUET"])
def test_json_lines_do_not_get_the_name_of_another_format(
    call, tmp_path: Path, command: str, name: str
) -> None:
    result = call(*command.split(), "-o", tmp_path / name)
    assert result.code == 2
    assert (
        f"the output is JSON Lines, and {tmp_path / name} would be read as {Path(name).suffix}" in result.err
    )
    assert list(tmp_path.iterdir()) == []

"""Made ids tell files apart across sources and runs; what a folder holds besides texts is counted."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.cli.corpus_input import describe_read
from simengine.corpus.read import ReadOptions, ReadReport, read_corpus
from simengine.corpus.sources import check_source
from simengine.errors import DataError
from simengine.types import Document

Write = Callable[[str, "str | bytes"], Path]


@pytest.fixture(autouse=True)
def in_tmp_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Relative paths, as they are given by hand."""
    monkeypatch.chdir(tmp_path)


def ids(*sources: str | Path, **options: object) -> list[str]:
    return [d.id for d in read_corpus(list(sources), ReadOptions(**options))]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["notes.txt", "notes.jsonl", "notes.csv", "notes.txt.gz"])
def test_made_ids_hold_the_path_as_given_without_suffix(write: Write, name: str) -> None:
    import gzip

    content = '{"text": "x"}\n' if "jsonl" in name else "text\nx\n" if "csv" in name else "x\n"
    raw = gzip.compress(content.encode()) if name.endswith(".gz") else content
    write(name, raw)
    write(f"b/{name}", raw)
    line = 2 if "csv" in name else 1
    assert ids(name) == [f"notes:{line}"]
    assert ids(f"./{name}") == [f"notes:{line}"]
    assert ids(f"b/{name}") == [f"b/notes:{line}"]
    assert ids(Path("b") / name, name) == [f"b/notes:{line}", f"notes:{line}"]


def test_files_of_the_same_name_never_share_ids_in_separate_runs(write: Write) -> None:
    write("a/notes.txt", "one\ntwo\n")
    write("b/notes.txt", "three\nfour\n")
    write("a/readme.md", "five")
    write("b/readme.md", "six")
    first, second = ids("a/notes.txt", "a/readme.md"), ids("b/notes.txt", "b/readme.md")
    assert first == ["a/notes:1", "a/notes:2", "a/readme.md"]
    assert second == ["b/notes:1", "b/notes:2", "b/readme.md"]


def test_sources_that_differ_only_in_suffix_are_named_with_it(write: Write) -> None:
    write("n.jsonl", '{"text": "a"}')
    write("n.txt", "b")
    assert ids("n.jsonl", "n.txt") == ["n.jsonl:1", "n.txt:1"]


def test_absolute_paths_stay_absolute(write: Write, tmp_path: Path) -> None:
    path = write("b/notes.txt", "x")
    assert ids(path) == [f"{tmp_path.as_posix()}/b/notes:1"]


def test_folders_with_equal_files_can_be_read_together(write: Write) -> None:
    for folder in ("s1", "s2"):
        write(f"{folder}/a.txt", folder)
        write(f"{folder}/sub/b.md", folder)
    assert ids("s1") == ids("s2") == ["a.txt", "sub/b.md"]
    documents = list(read_corpus(["s1", "./s2/"]))
    assert documents == [
        Document(name, name[:2], "", {"path": name})
        for name in ("s1/a.txt", "s1/sub/b.md", "s2/a.txt", "s2/sub/b.md")
    ]


def test_the_same_folder_twice_is_a_duplicate(write: Write) -> None:
    write("s1/a.txt", "x")
    with pytest.raises(DataError, match="duplicate id"):
        ids("s1", "./s1")


def test_beir_folders_without_ids_can_be_read_together(write: Write) -> None:
    write("s1/corpus.jsonl", '{"text": "a"}')
    write("s2/corpus.jsonl", '{"text": "b"}')
    assert ids("s1") == ["corpus:1"]
    assert ids("s1", "s2") == ["s1/corpus:1", "s2/corpus:1"]


def test_the_working_folder_can_be_a_source_beside_others(write: Write) -> None:
    write("here.txt", "x")
    write("below/a.txt", "y")
    assert ids(".") == ["here.txt", "below/a.txt"]
    (Path.cwd() / "work").mkdir()
    os.chdir("work")
    assert ids("..", "../below/a.txt") == ["../here.txt", "../below/a.txt", "../below/a:1"]


def test_ignored_files_are_counted_by_suffix_and_told(write: Write) -> None:
    for name in ("a.txt", "b.html", "sub/c.HTML", "d.html.gz", "e.jsonl", "README", ".hidden", ".git/f.html"):
        write(f"f/{name}", "x")
    report = ReadReport()
    list(read_corpus(["f"], report=report))
    assert report.ignored_files == 5
    assert report.ignored_suffixes == {".html": 3, ".jsonl": 1, "without suffix": 1}
    assert describe_read(report, ReadOptions()) == [
        "5 files are not text and were left out (3 .html, 1 without suffix, 1 .jsonl)"
    ]


def test_nothing_is_told_when_no_file_was_ignored(write: Write) -> None:
    write("f/a.txt", "x")
    report = ReadReport()
    list(read_corpus(["f"], report=report))
    assert describe_read(report, ReadOptions()) == []


def test_folder_that_cannot_be_listed_is_an_error(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("f/a.txt", "x")
    write("f/sub/b.txt", "y")
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match="cannot be listed: Permission denied") as caught:
        ids("f")
    assert caught.value.source.endswith("sub")


def test_file_name_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    try:
        (folder / os.fsdecode(b"\xff.txt")).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.raises(DataError, match="not valid UTF-8"):
        ids("f")


def test_what_cannot_be_read_is_refused_without_reading(write: Write) -> None:
    for name in ("-", write("a.jsonl", "no json"), write("b.docx", "").parent):
        check_source(name)
    check_source("b.docx", "txt-lines")
    with pytest.raises(DataError, match="no such file"):
        check_source("none.jsonl")
    with pytest.raises(DataError, match="unknown suffix"):
        check_source("b.docx")


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A folder with a text, links to a file and a folder outside, a loop, a broken link, a pipe and a device."""
    folder, outside = tmp_path / "in", tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    outside.mkdir()
    (folder / "a.txt").write_text("inside")
    (folder / "sub" / "b.txt").write_text("below")
    (outside / "c.txt").write_text("outside")
    (outside / "back").symlink_to(folder)
    (outside / "self").symlink_to(outside)
    (folder / "far").symlink_to(outside)
    (folder / "twice").symlink_to(outside)
    (folder / "one.txt").symlink_to(outside / "c.txt")
    (folder / "loop").symlink_to(folder)
    (folder / "sub" / "up").symlink_to("..")
    (folder / "gone.txt").symlink_to(tmp_path / "nothing")
    (folder / "zero.txt").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.txt")
    return folder


def test_links_in_folders_are_left_out_and_pipes_are_not_opened(linked: Path) -> None:
    report = ReadReport()
    found = [d.text for d in read_corpus([linked], None, report)]
    assert found == ["inside", "below"]
    assert (report.links, report.special_files) == (7, 1)
    (line,) = describe_read(report, ReadOptions())
    assert "7 links (--follow-links follows them) and 1 special file" in line
    assert str(linked / "far") in line


def test_links_that_are_followed_lead_to_every_folder_once(linked: Path) -> None:
    report = ReadReport()
    found = [d.text for d in read_corpus([linked], ReadOptions(follow_links=True), report)]
    assert found == ["inside", "outside", "outside", "below"]
    assert report.special_files == 1


def test_a_link_that_is_given_itself_is_followed(write: Write, tmp_path: Path) -> None:
    write("real.txt", "x\n")
    Path("link.txt").symlink_to("real.txt")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    write("real/a.txt", "y")
    assert ids("link.txt") == ["link:1"]
    assert ids("folder") == ["a.txt"]
    Path("broken.txt").symlink_to("nothing.txt")
    with pytest.raises(DataError, match=r"the link leads to 'nothing.txt', which is not there"):
        ids("broken.txt")


def test_a_corpus_of_a_folder_that_is_a_link_is_refused_unless_links_are_followed(write: Write) -> None:
    write("out/corpus.jsonl", '{"_id": "a", "text": "x"}\n')
    write("beir/queries.jsonl", "")
    Path("beir/corpus.jsonl").symlink_to("../out/corpus.jsonl")
    with pytest.raises(DataError, match=r"links in folders are not followed .*--follow-links") as caught:
        ids("beir")
    assert caught.value.source == "beir/corpus.jsonl"
    assert ids("beir", follow_links=True) == ["a"]


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/urandom", "zero.jsonl"])
def test_a_device_is_refused(name: str) -> None:
    Path("zero.jsonl").symlink_to("/dev/zero")
    with pytest.raises(DataError, match="this is a device; expected a file, a folder or a pipe"):
        ids(name)


def test_a_pipe_is_read_as_a_stream_of_json_lines() -> None:
    read, write = os.pipe()
    os.write(write, b'{"id": "a", "text": "x"}\n')
    os.close(write)
    assert ids(f"/dev/fd/{read}") == ["a"]
    os.close(read)


def test_a_table_among_several_sources_keeps_its_label(write: Write) -> None:
    write("a.csv", "text\nx\n")
    write("a.txt", "y\n")
    write("d/z.md", "z")
    assert ids("a.csv", "d", "a.txt") == ["a.csv:2", "d/z.md", "a.txt:1"]

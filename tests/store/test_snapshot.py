from __future__ import annotations

import os
import shutil
import threading
import traceback
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import DamagedIndexError, IndexNotFoundError, StoreError, UsageError
from simengine.store.contract import Change, NewDocument
from simengine.store.files import DATABASE, MANIFEST
from simengine.store.snapshot import Snapshot
from simengine.store.verify import verify
from simengine.store.writer import IndexWriter
from simengine.types import Document, Span
from tests.store.samples import Model, change, check_against, check_index, settings, unit_vectors


@pytest.fixture
def path(memory_path: Path) -> Path:
    return memory_path / "index"


def build(path: Path, *ids: str) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(ids))
        writer.finish()


def metadata_index(path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"kind": "class", "year": 2020, "a": {"b": 1}},
        {"kind": "function", "a.b": 2, "a": {"b": 3}},
        {"kind": None, "tags": ["x"], "a": {"b.c": 4}},
        {},
    ]
    new = [
        NewDocument(Document(f"d{n}", "text", metadata=row), [Span(0, 4)], [3], [0])  # type: ignore[arg-type]
        for n, row in enumerate(rows)
    ]
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(Change(new[:2], unit_vectors(2, seed=1)))
        writer.commit(Change(new[2:], unit_vectors(2, seed=2)))
        writer.finish()


def test_a_column_holds_a_value_for_each_document_and_none_where_it_is_missing(path: Path) -> None:
    metadata_index(path)
    with Snapshot.open(path) as snapshot:
        assert snapshot.column("kind").values.tolist() == ["class", "function", None, None]
        assert snapshot.column("year").values.tolist() == [2020, None, None, None]
        assert snapshot.column("a.b").values.tolist() == [1, 2, None, None]
        assert snapshot.column("a.b.c").values.tolist() == [None, None, 4, None]
        assert snapshot.column("tags").values.tolist() == [None, None, ["x"], None]
        assert snapshot.column("nothing.there").values.tolist() == [None] * 4
        assert snapshot.column("kind") is snapshot.column("kind")


def test_fields_say_types_counts_and_examples_of_live_documents(path: Path) -> None:
    metadata_index(path)
    with IndexWriter.open(path) as writer:
        writer.delete(["d1"])
    with Snapshot.open(path) as snapshot:
        fields = snapshot.fields()
    assert set(fields) == {"kind", "year", "a", "a.b", "a.b.c", "tags"}
    assert (fields["kind"].types, fields["kind"].count) == (("null", "str"), 2)
    assert fields["kind"].examples == ("class",)
    assert (fields["a.b"].types, fields["a.b"].examples) == (("int",), (1,))
    assert fields["a"].types == ("object",)
    assert fields["tags"].examples == (["x"],)


def test_a_snapshot_does_not_change_when_documents_are_added_updated_and_deleted(path: Path) -> None:
    build(path, "a", "b")
    before: Model = {"a": (0, 2), "b": (0, 2)}
    with Snapshot.open(path) as snapshot:
        with IndexWriter.open(path) as writer:
            assert snapshot.is_current()
            writer.commit(change(["b", "c"], version=1, n_passages=3, remove=["b"]))
            assert not snapshot.is_current()
            writer.delete(["a"])
            check_against(snapshot, before)
        check_against(snapshot, before)
    with Snapshot.open(path) as snapshot:
        assert snapshot.is_current()
        check_against(snapshot, {"b": (1, 3), "c": (1, 3)})


def test_a_registry_entry_makes_a_snapshot_outdated(path: Path) -> None:
    build(path, "a")
    with Snapshot.open(path) as snapshot, IndexWriter.open(path) as writer:
        assert snapshot.is_current()
        assert snapshot.is_current()
        writer.set_derived("fusion", {"w": 0.5})
        assert not snapshot.is_current()


def test_an_old_generation_keeps_serving_after_it_was_removed(path: Path) -> None:
    build(path, "a", "b")
    with Snapshot.open(path) as snapshot:
        with IndexWriter.open(path) as writer:
            writer.delete(["a"])
            with writer.begin_compact() as new:
                new.publish()
                new.collect_garbage()
        assert sorted(entry.name for entry in path.iterdir() if entry.is_dir()) == ["gen-000002"]
        assert not snapshot.is_current()
        check_against(snapshot, {"a": (0, 2), "b": (0, 2)})
    shutil.rmtree(path)


def test_a_copy_put_in_the_place_of_an_index_is_seen_even_with_the_same_revision(path: Path) -> None:
    build(path, "a")
    shutil.copytree(path, path.with_name("copy"))
    with IndexWriter.open(path) as writer:
        writer.commit(change(["b"]))
    with Snapshot.open(path) as snapshot:
        shutil.rmtree(path)
        shutil.copytree(path.with_name("copy"), path)
        with IndexWriter.open(path) as writer:
            writer.commit(change(["c"]))
        assert not snapshot.is_current()
    with Snapshot.open(path) as fresh:
        assert fresh.is_current()


def test_an_index_whose_files_were_all_deleted_keeps_serving_an_open_snapshot(path: Path) -> None:
    build(path, "a", "b")
    with Snapshot.open(path) as snapshot:
        shutil.rmtree(path)
        check_against(snapshot, {"a": (0, 2), "b": (0, 2)})
        assert not snapshot.is_current()
        with pytest.raises(IndexNotFoundError):
            Snapshot.open(path)


def test_rows_and_keys_that_do_not_exist_are_refused(path: Path) -> None:
    build(path, "a")
    with Snapshot.open(path) as snapshot:
        for call in (snapshot.vectors, snapshot.passages):
            with pytest.raises(UsageError, match="row 2 does not exist"):
                call([0, 2])
            with pytest.raises(UsageError, match="row -1"):
                call([-1])
        with pytest.raises(UsageError, match="doc_key 1"):
            snapshot.documents([1])
        assert snapshot.vectors([]).shape == (0, 8)
        assert snapshot.passages([]) == []
        assert snapshot.documents([]) == {}


def test_an_empty_index_has_no_rows_and_no_surprises(path: Path) -> None:
    IndexWriter.create(path, settings()).close()
    check_index(path, {})
    with Snapshot.open(path) as snapshot:
        assert snapshot.segments == ()
        assert snapshot.row_documents().shape == (0,)
        assert snapshot.fields() == {}


def test_streaming_leaves_deleted_rows_out_unless_they_are_wanted(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a", "b"], n_passages=3))
        writer.commit(change(["c"], n_passages=2, remove=["a"]))
    with Snapshot.open(path) as snapshot:
        assert [row.row for row in snapshot.iter_rows()] == list(range(3, 8))
        assert [row.row for row in snapshot.iter_rows(deleted=True)] == list(range(8))


def test_streaming_long_documents_holds_few_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import simengine.store.documents as documents

    monkeypatch.setattr(documents, "BATCH_CHARACTERS", 10_000)
    new = [NewDocument(Document(f"d{n}", f"{n}" * 9_000), [Span(0, 9_000)], [3], [0]) for n in range(10)]
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(Change(new, unit_vectors(10, seed=1)))
    with Snapshot.open(path) as snapshot:
        sizes = [len(batch) for batch in documents.stream_documents(snapshot._reader, 0, 10, 1_000)]
        assert max(sizes) == 2
        assert sum(sizes) == 10
        assert [stored.id for stored in snapshot.iter_documents()] == [f"d{n}" for n in range(10)]


def test_readers_during_fifty_commits_see_only_whole_commits(path: Path) -> None:
    build(path, "first0", "first1")
    stop, failures = threading.Event(), []

    def read() -> None:
        last = 0
        try:
            while not stop.is_set():
                with Snapshot.open(path) as snapshot:
                    assert snapshot.commit_number >= last
                    last = snapshot.commit_number
                    ids = sorted(stored.id for stored in snapshot.iter_documents())
                    expected = {"first0", "first1"} if last == 1 else {f"c{last}x", f"c{last}y", "first1"}
                    assert set(ids) == expected, (last, ids)
                    check_against(snapshot, dict.fromkeys(ids, (0, 2)))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    before = ["first0"]
    with IndexWriter.open(path) as writer:
        for number in range(2, 52):
            ids = [f"c{number}x", f"c{number}y"]
            assert writer.commit(change(ids, remove=before)) == number
            before = ids
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_readers_that_open_during_compactions_always_find_the_index(path: Path) -> None:
    build(path, "a", "b")
    stop, failures, opened = threading.Event(), [], 0

    def read() -> None:
        nonlocal opened
        try:
            while not stop.is_set():
                check_index(path, {"a": (0, 2), "b": (0, 2)})
                opened += 1
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    writer = IndexWriter.open(path)
    for _ in range(15):
        with writer.begin_compact() as new:
            new.publish()
            new.collect_garbage()
        writer.close()
        writer = IndexWriter.open(path)
    writer.close()
    stop.set()
    thread.join()
    assert failures == []
    assert opened > 0


def test_one_snapshot_serves_many_threads(path: Path) -> None:
    model: Model = {f"d{n}": (n, 2) for n in range(30)}
    with IndexWriter.create(path, settings()) as writer:
        for id_, (version, _) in model.items():
            writer.commit(change([id_], version=version))
    failures: list[BaseException] = []
    with Snapshot.open(path) as snapshot:

        def read() -> None:
            try:
                check_against(snapshot, model)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=read) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user to lose rights"
)
@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("read_before", [False, True])
def test_a_folder_that_cannot_be_written_can_be_read(
    memory_path: Path, killed: bool, read_before: bool
) -> None:
    path = memory_path / "index"
    memory_path.chmod(0o755)
    child = os.fork()
    if child == 0:
        writer = IndexWriter.create(path, settings())
        writer.commit(change(["a", "b"]))
        if not killed:
            writer.close()
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    log = path / "gen-000001" / f"{DATABASE}-wal"
    assert log.exists() == killed
    if read_before:
        check_index(path, {"a": (0, 2), "b": (0, 2)})
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(65534)
            assert not os.access(path / "gen-000001", os.W_OK)
            with Snapshot.open(path) as snapshot:
                check_against(snapshot, {"a": (0, 2), "b": (0, 2)})
                assert snapshot.is_current()
            os._exit(0)
        except BaseException:
            os.write(write_end, traceback.format_exc().encode())
            os._exit(1)
    os.close(write_end)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, os.read(read_end, 9_999).decode()
    os.close(read_end)
    assert verify(path).ok


def test_a_snapshot_refuses_to_be_used_after_a_fork_and_after_close(path: Path) -> None:
    build(path, "a")
    snapshot = Snapshot.open(path)
    child = os.fork()
    if child == 0:
        try:
            snapshot.documents([0])
        except StoreError as error:
            os._exit(7 if "fork" in str(error) else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert snapshot.documents([0])[0].id == "a"
    snapshot.close()
    snapshot.close()
    with pytest.raises(StoreError, match="closed"):
        snapshot.documents([0])


def test_what_is_no_index_is_named(path: Path) -> None:
    build(path, "a")
    root = path.parent
    (root / "file.jsonl").write_text("{}")
    (root / "empty").mkdir()
    (root / "other").mkdir()
    (root / "other" / "x").touch()
    for name, says in (
        ("file.jsonl", "this is a file"),
        ("empty", "an empty folder"),
        ("other", f"without {MANIFEST}"),
        ("indx", "did you mean .*index"),
        ("nothing like it", "there is no index"),
        ("index/gen-000001", "inside the index"),
        ("index/manifest.json", "inside the index"),
        ("", "holds the indexes index"),
    ):
        with pytest.raises(IndexNotFoundError, match=says):
            Snapshot.open(root / name)


def test_a_missing_segment_file_is_named(path: Path) -> None:
    build(path, "a")
    segment = path / "gen-000001" / "vectors" / "000001.npy"
    segment.unlink()
    for opener in (Snapshot.open, IndexWriter.open):
        with pytest.raises(DamagedIndexError) as caught:
            opener(path)
        assert caught.value.path == segment
    assert [problem.file for problem in verify(path).problems] == [segment]


def test_a_database_replaced_by_an_older_copy_is_refused(path: Path) -> None:
    build(path, "a")
    database = path / "gen-000001" / DATABASE
    old = database.read_bytes()
    with IndexWriter.open(path) as writer:
        writer.delete(["a"])
    database.write_bytes(old)
    for opener in (Snapshot.open, IndexWriter.open):
        with pytest.raises(DamagedIndexError, match="commit 2") as caught:
            opener(path)
        assert caught.value.path == database


def test_gathered_vectors_come_from_all_segments_in_the_order_asked(path: Path) -> None:
    matrices = [unit_vectors(n, seed=n) for n in (3, 1, 4)]
    with IndexWriter.create(path, settings()) as writer:
        for number, matrix in enumerate(matrices):
            new = [
                NewDocument(Document(f"{number}-{row}", "x"), [Span(0, 1)], [3], [0])
                for row in range(len(matrix))
            ]
            writer.commit(Change(new, matrix))
    whole = np.concatenate(matrices)
    with Snapshot.open(path) as snapshot:
        rows = np.random.default_rng(1).integers(0, 8, 50)
        np.testing.assert_array_equal(snapshot.vectors(rows), whole[rows])
        np.testing.assert_array_equal(np.concatenate([s.vectors for s in snapshot.segments]), whole)
        assert [s.first_row for s in snapshot.segments] == [0, 3, 4]
        with pytest.raises(ValueError, match="read-only"):
            snapshot.segments[0].vectors[0] = 0

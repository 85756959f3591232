from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import (
    DamagedIndexError,
    DataError,
    IndexExistsError,
    IndexLockedError,
    IndexNotFoundError,
    StoreError,
    UsageError,
)
from simengine.store.contract import Change, NewDocument
from simengine.store.digest import content_digest
from simengine.store.files import MANIFEST
from simengine.store.segments import MANY_SMALL
from simengine.store.snapshot import Snapshot
from simengine.store.verify import verify
from simengine.store.writer import IndexWriter
from simengine.types import Document, Json, Span
from tests.store.samples import (
    DIMENSION,
    Model,
    change,
    check_index,
    document,
    settings,
    unit_vectors,
)


@pytest.fixture
def path(memory_path: Path) -> Path:
    return memory_path / "index"


def build(path: Path, *ids: str) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(ids))
        writer.finish()


def test_committed_documents_passages_and_vectors_come_back_exactly(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer:
        assert writer.commit(change(["a", "b"])) == 1
        assert writer.commit(change(["c"], n_passages=3)) == 2
        writer.finish()
    with Snapshot.open(path) as snapshot:
        assert snapshot.state == "complete"
        expected = settings(canary_vectors=tuple(tuple(row) for row in settings().canary_vectors))
        assert snapshot.settings == expected
        assert (snapshot.n_rows, snapshot.n_documents, snapshot.commit_number) == (7, 3, 2)
        assert snapshot.row_documents().tolist() == [0, 0, 1, 1, 2, 2, 2]
        assert snapshot.live_rows() is None
        assert snapshot.counts.tokens == 2 * (10 + 11) + 10 + 11 + 12
        assert snapshot.counts.tokens_truncated == 2 * 1 + 1
    check_index(path, {"a": (0, 2), "b": (0, 2), "c": (0, 3)})


def test_awkward_texts_and_metadata_come_back_exactly(path: Path) -> None:
    text = "nul \0 in the middle, é, 漢字, 𝒳, \r\n\u2028"
    metadata: dict[str, Json] = {
        "z": None, "a": [1, 2.5, "x", {"deep": [True, False]}], "": "", "big": 2**80, "small": 1e-300, "n\0l": "\0"
    }  # fmt: skip
    new = NewDocument(
        Document("id \0 ' %s", text, "tïtle", metadata), [Span(0, len(text)), Span(3, 3)], [1, 2], [0, 0]
    )
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(Change([new], unit_vectors(2, seed=1)))
    with Snapshot.open(path) as snapshot:
        stored = snapshot.document_by_id("id \0 ' %s")
        assert stored is not None
        assert (stored.text, stored.title) == (text, "tïtle")
        assert stored.metadata == metadata
        assert list(stored.metadata) == list(metadata)
        assert [type(value) for value in stored.metadata["a"]] == [int, float, str, dict]  # type: ignore[union-attr]
        assert snapshot.document_by_id("id ") is None


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (Document("", "text"), "id ''"),
        (Document("a", "half \ud800 pair"), "surrogate"),
        (Document("a", "text", metadata={"x": "\udfff"}), "metadata"),
        (Document("a", "text", metadata={"x": float("nan")}), "metadata"),
        (Document("a", "text", metadata={"x": (1, 2)}), "metadata"),  # type: ignore[dict-item]
        (Document("a", "text", metadata={1: "x"}), "metadata"),  # type: ignore[dict-item]
        (Document("a", "text", metadata={"x": object()}), "metadata"),  # type: ignore[dict-item]
        (Document("a", None), "strings"),  # type: ignore[arg-type]
    ],
)
def test_a_document_that_cannot_be_stored_is_refused_and_nothing_is_committed(
    path: Path, bad: Document, says: str
) -> None:
    with IndexWriter.create(path, settings()) as writer:
        good = document("good", n_passages=1)
        with pytest.raises((DataError, UsageError), match=says):
            writer.commit(Change([good, NewDocument(bad, [Span(0, 1)], [1], [0])], unit_vectors(2, seed=1)))
        assert writer.commit_number == 0
        assert writer.counts().documents == 0


@pytest.mark.parametrize(
    ("spans", "n_tokens"), [([], []), ([Span(0, 9)], [1]), ([Span(2, 1)], [1]), ([Span(0, 1)], [1, 2])]
)
def test_passages_that_do_not_lie_in_the_text_are_refused(
    path: Path, spans: list[Span], n_tokens: list[int]
) -> None:
    new = NewDocument(Document("a", "text"), spans, n_tokens, [0] * len(n_tokens))
    with IndexWriter.create(path, settings()) as writer, pytest.raises(UsageError, match="'a'"):
        writer.commit(Change([new], unit_vectors(len(spans), seed=1)))


@pytest.mark.parametrize(
    "vectors",
    [
        unit_vectors(1, seed=1),
        unit_vectors(2, seed=1, dimension=DIMENSION + 1),
        unit_vectors(2, seed=1).astype(np.float64),
        2 * unit_vectors(2, seed=1),
        np.full((2, DIMENSION), np.nan, dtype=np.float32),
    ],
)
def test_vectors_of_wrong_shape_type_or_length_are_refused(path: Path, vectors: np.ndarray) -> None:
    with IndexWriter.create(path, settings()) as writer, pytest.raises(UsageError, match="vector"):
        writer.commit(Change([document("a")], vectors))


def test_adding_a_live_id_is_refused_unless_it_is_removed_in_the_same_change(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a", "b"]))
        with pytest.raises(UsageError, match="'b' is already in the index"):
            writer.commit(change(["c", "b"], version=1))
        with pytest.raises(UsageError, match="twice"):
            writer.commit(change(["c", "c"]))
        writer.commit(change(["c", "b"], version=1, remove=["b", "unknown"]))
    check_index(path, {"a": (0, 2), "b": (1, 2), "c": (1, 2)})


def test_lookup_gives_digest_of_what_was_committed_for_live_ids_only(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a", "b"]))
        writer.commit(change(["b"], version=1, remove=["b", "a"]))
        found = writer.lookup(["a", "b", "c", "b"])
        assert {id_: (e.doc_key, e.digest) for id_, e in found.items()} == {
            "b": (2, content_digest(document("b", 1).document))
        }
        assert list(writer.live_ids()) == ["b"]


def test_content_digest_depends_on_content_and_not_on_the_order_of_metadata_keys() -> None:
    base = Document("i", "text", "title", {"a": 1, "b": {"x": 1, "y": [2]}})
    same = Document("i", "text", "title", {"b": {"y": [2], "x": 1}, "a": 1})
    assert content_digest(base) == content_digest(same)
    others = [
        Document("j", "text", "title", base.metadata),
        Document("i", "textt", "title", base.metadata),
        Document("i", "text", "titl", base.metadata),
        Document("i", "text", "title", {"a": 1}),
        Document("i", "text", "title", {"a": 1.0, "b": {"x": 1, "y": [2]}}),
        Document("it", "ext", "title", base.metadata),
    ]
    assert len({content_digest(document) for document in [base, *others]}) == 7


def test_delete_says_what_was_deleted_and_what_was_missing(path: Path) -> None:
    build(path, "a", "b", "c")
    with IndexWriter.open(path) as writer:
        result = writer.delete(["c", "x", "a", "c"])
        assert (list(result.deleted), list(result.missing)) == (["c", "a"], ["x"])
        assert result.commit_number == 2
        again = writer.delete(["c"])
        assert (list(again.deleted), list(again.missing), again.commit_number) == ([], ["c"], 2)
        assert writer.counts().deleted_rows == 4
    check_index(path, {"b": (0, 2)})


def test_an_empty_change_makes_no_commit(path: Path) -> None:
    build(path, "a")
    with IndexWriter.open(path) as writer:
        assert writer.commit(change([], remove=["x"])) == 1


def test_a_second_writer_is_refused_and_told_who_holds_the_lock(path: Path) -> None:
    build(path, "a")
    with IndexWriter.open(path):
        with pytest.raises(IndexLockedError, match=f"process {os.getpid()} on") as refused:
            IndexWriter.open(path)
        assert "timeout" not in str(refused.value)  # most callers have none to give
        with pytest.raises(IndexLockedError):
            IndexWriter.create(path, settings(), overwrite=True, lock_timeout_s=0.05)
    IndexWriter.open(path).close()


def test_the_lock_of_a_killed_writer_is_free(path: Path) -> None:
    build(path, "a")
    code = (
        "import sys, time\nfrom simengine.store.writer import IndexWriter\n"
        "w = IndexWriter.open(sys.argv[1]); print('open', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        with pytest.raises(IndexLockedError, match=f"process {child.pid}"):
            IndexWriter.open(path)
        child.send_signal(signal.SIGKILL)
        child.wait()
    with IndexWriter.open(path) as writer:
        writer.commit(change(["b"]))
    check_index(path, {"a": (0, 2), "b": (0, 2)})


def test_an_unfinished_build_can_be_searched_and_continued(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer:
        assert writer.state == "building"
        writer.commit(change(["a"]))
    with pytest.raises(IndexExistsError):
        IndexWriter.create(path, settings())
    with Snapshot.open(path) as snapshot:
        assert snapshot.state == "building"
    with IndexWriter.open(path) as writer:
        assert writer.state == "building"
        assert set(writer.lookup(["a", "b"])) == {"a"}
        writer.commit(change(["b"]))
        writer.finish()
        assert writer.state == "complete"
    check_index(path, {"a": (0, 2), "b": (0, 2)})


def test_overwriting_leaves_the_old_index_until_finish(path: Path) -> None:
    build(path, "a")
    with IndexWriter.create(path, settings(), overwrite=True) as writer:
        writer.commit(change(["n"]))
        check_index(path, {"a": (0, 2)})
    check_index(path, {"a": (0, 2)})
    with IndexWriter.create(path, settings(model_name="another"), overwrite=True) as writer:
        writer.commit(change(["n"]))
        writer.finish()
        check_index(path, {"n": (0, 2)})
        writer.commit(change(["m"]))
    check_index(path, {"n": (0, 2), "m": (0, 2)})
    with Snapshot.open(path) as snapshot:
        assert snapshot.settings.model_name == "another"
        assert snapshot.generation > 1


def test_overwriting_a_damaged_index_works(path: Path) -> None:
    build(path, "a")
    (path / MANIFEST).write_text("{")
    with pytest.raises(DamagedIndexError):
        IndexWriter.create(path, settings())
    with IndexWriter.create(path, settings(), overwrite=True) as writer:
        writer.commit(change(["n"]))
        writer.finish()
    check_index(path, {"n": (0, 2)})


def test_a_folder_with_other_files_is_never_taken_for_an_index(path: Path) -> None:
    path.mkdir()
    (path / "thesis.txt").write_text("do not touch")
    for overwrite in (False, True):
        with pytest.raises(IndexExistsError, match="other files"):
            IndexWriter.create(path, settings(), overwrite=overwrite)
    assert (path / "thesis.txt").read_text() == "do not touch"
    with pytest.raises(IndexNotFoundError):
        IndexWriter.open(path)
    file = path.with_name("file")
    file.write_text("x")
    with pytest.raises(IndexExistsError, match="file"):
        IndexWriter.create(file, settings())


def test_many_small_commits_are_folded_into_few_files(path: Path) -> None:
    model: Model = {}
    with IndexWriter.create(path, settings()) as writer:
        reader = writer.snapshot()
        for number in range(2 * MANY_SMALL + 5):
            id_ = f"d{number}"
            writer.commit(change([id_], n_passages=1))
            model[id_] = (0, 1)
            if number == MANY_SMALL - 3:
                reader = writer.snapshot()
        files = list((writer.folder / "vectors").iterdir())
        assert len(files) < MANY_SMALL
        assert np.isfinite(reader.vectors(range(MANY_SMALL - 2))).all()
        reader.close()
    check_index(path, model)
    assert verify(path).ok


def test_derived_entries_are_kept_replaced_and_removed_and_their_files_collected(path: Path) -> None:
    build(path, "a")
    with IndexWriter.open(path) as writer:
        first = writer.new_derived_path("ann", ".faiss")
        first.write_bytes(b"1")
        name = first.relative_to(writer.folder).as_posix()
        with pytest.raises(UsageError, match="does not exist"):
            writer.set_derived("ann", {"file": "ann/nothing"})
        value: Mapping[str, Json] = {"file": name, "rows": 2, "recall_at_10": 0.99}
        writer.set_derived("ann", value)
        writer.set_derived("calibration", {"a": 1})
        stray = writer.new_derived_path("ann", ".faiss")
        stray.write_bytes(b"2")
    with Snapshot.open(path) as snapshot:
        assert snapshot.derived("ann") == value
        assert snapshot.derived("nothing") is None
        assert snapshot.derived_file("ann") == first
        assert snapshot.manifest.derived["calibration"] == {"a": 1}
        with IndexWriter.open(path) as writer:
            assert not stray.exists()
            assert first.exists()
            writer.remove_derived("ann")
            writer.collect_garbage()
            assert not first.exists()
        assert snapshot.derived_file("ann") is None
    assert json.loads((path / MANIFEST).read_text())["derived"] == {"calibration": {"a": 1}}


def test_a_missing_registered_file_is_damage(path: Path) -> None:
    build(path, "a")
    with IndexWriter.open(path) as writer:
        file = writer.new_derived_path("ann", ".faiss")
        file.write_bytes(b"1")
        writer.set_derived("ann", {"file": file.relative_to(writer.folder).as_posix()})
    file.unlink()
    with Snapshot.open(path) as snapshot, pytest.raises(DamagedIndexError) as caught:
        snapshot.derived_file("ann")
    assert caught.value.path == file


def test_a_closed_writer_refuses_everything(path: Path) -> None:
    writer = IndexWriter.create(path, settings())
    writer.close()
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.commit(change(["a"]))


def test_an_interrupt_right_after_the_commit_point_is_noticed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a"]))

        def interrupted(head: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(writer._committer, "advance", interrupted)
            with pytest.raises(KeyboardInterrupt):
                writer.commit(change(["b"]))
        assert writer.commit_number == 2
        assert set(writer.lookup(["a", "b"])) == {"a", "b"}
        writer.commit(change(["c"]))
    check_index(path, {"a": (0, 2), "b": (0, 2), "c": (0, 2)})
    assert verify(path).ok

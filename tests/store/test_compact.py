from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simengine.errors import DamagedIndexError, StoreError, UsageError
from simengine.store import compact
from simengine.store.snapshot import Snapshot
from simengine.store.verify import verify
from simengine.store.writer import IndexWriter
from tests.store.samples import change, check_index, settings


@pytest.fixture
def path(memory_path: Path) -> Path:
    return memory_path / "index"


def used_index(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a", "b", "c", "d"]))
        writer.commit(change(["b", "e"], version=1, n_passages=3, remove=["b"]))
        writer.delete(["c"])
        writer.set_derived("calibration", {"a": 1})
        writer.set_derived("lexical", {"rows": 14})
        writer.finish()


def test_a_compacted_index_equals_one_built_afresh_from_the_live_documents(path: Path) -> None:
    used_index(path)
    with IndexWriter.open(path) as writer, writer.begin_compact() as new:
        assert new.derived("calibration") == {"a": 1}
        assert new.derived("lexical") is None
        new.publish()
    fresh = path.with_name("fresh")
    with IndexWriter.create(fresh, settings()) as writer:
        writer.commit(change(["a", "d"]))
        writer.commit(change(["b", "e"], version=1, n_passages=3))
        writer.finish()
    with Snapshot.open(path) as one, Snapshot.open(fresh) as other:
        assert list(one.iter_documents()) == list(other.iter_documents())
        assert list(one.iter_rows()) == list(other.iter_rows())
        assert one.passages(range(10)) == other.passages(range(10))
        assert one.counts == other.counts
        assert one.live_rows() is None
        np.testing.assert_array_equal(one.vectors(range(10)), other.vectors(range(10)))
        assert len(one.segments) == 1
        assert one.settings == other.settings
    assert verify(path).ok


def test_compaction_writes_segments_of_bounded_size(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used_index(path)
    monkeypatch.setattr(compact, "SEGMENT_BYTES", 4 * 4 * 8)
    monkeypatch.setattr(compact, "_DOCUMENTS_AT_ONCE", 2)
    with IndexWriter.open(path) as writer, writer.begin_compact() as new:
        new.publish()
    with Snapshot.open(path) as snapshot:
        assert [len(segment.vectors) for segment in snapshot.segments] == [4, 4, 2]
    check_index(path, {"a": (0, 2), "d": (0, 2), "b": (1, 3), "e": (1, 3)})


def test_a_compaction_that_is_not_published_leaves_the_index_as_it_was(path: Path) -> None:
    used_index(path)
    with IndexWriter.open(path) as writer:
        with writer.begin_compact() as new:
            assert new.counts().deleted_rows == 0
            with pytest.raises(StoreError, match="compacted"):
                writer.delete(["a"])
        assert [entry.name for entry in path.iterdir() if entry.is_dir()] == ["gen-000001"]
        writer.delete(["a"])
    check_index(path, {"d": (0, 2), "b": (1, 3), "e": (1, 3)})


def test_the_writer_of_a_compacted_generation_refuses_changes(path: Path) -> None:
    used_index(path)
    with IndexWriter.open(path) as writer:
        with writer.begin_compact() as new:
            new.publish()
            new.delete(["a"])
        with pytest.raises(StoreError, match="compacted"):
            writer.commit(change(["z"]))
        writer.collect_garbage()
    check_index(path, {"d": (0, 2), "b": (1, 3), "e": (1, 3)})


def test_the_old_generation_is_removed_by_the_next_writer(path: Path) -> None:
    used_index(path)
    with IndexWriter.open(path) as writer, writer.begin_compact() as new:
        new.publish()
    assert (path / "gen-000001").exists()
    IndexWriter.open(path).close()
    assert not (path / "gen-000001").exists()


def test_damaged_vectors_are_not_copied_into_a_new_generation(path: Path) -> None:
    used_index(path)
    segment = path / "gen-000001" / "vectors" / "000001.npy"
    content = bytearray(segment.read_bytes())
    content[200] ^= 4
    segment.write_bytes(content)
    with IndexWriter.open(path) as writer:
        with pytest.raises(DamagedIndexError) as caught:
            writer.begin_compact()
        assert caught.value.path == segment
        writer.delete(["a"])
    assert [entry.name for entry in path.iterdir() if entry.is_dir()] == ["gen-000001"]


def test_an_unfinished_build_is_not_compacted(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer, pytest.raises(UsageError, match="being built"):
        writer.begin_compact()

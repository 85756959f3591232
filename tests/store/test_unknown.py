from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from simengine.store.contract import Change, Unknown, UnknownCounts
from simengine.store.files import DATABASE
from simengine.store.snapshot import Snapshot
from simengine.store.unknown import count_unknown, fetch_unknown
from simengine.store.verify import verify
from simengine.store.writer import IndexWriter
from tests.store.samples import change, settings


@pytest.fixture
def path(memory_path: Path) -> Path:
    return memory_path / "index"


def measured(ids: list[str], unknown: list[Unknown | None]) -> Change:
    """Documents of two passages with 21 tokens each."""
    plain = change(ids)
    new = [replace(each, unknown=found) for each, found in zip(plain.add, unknown, strict=True)]
    return replace(plain, add=new)


def counts(path: Path) -> UnknownCounts | None:
    with Snapshot.open(path) as snapshot:
        return count_unknown(snapshot.reader, snapshot.commit_number)


def database(path: Path) -> Path:
    (found,) = path.glob(f"*/{DATABASE}")
    return found


def test_what_is_unknown_is_summed_over_live_documents(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(measured(["a", "b", "c"], [Unknown(7, 1), Unknown(0, 0), Unknown(20, 2)]))
        writer.finish()
    assert counts(path) == UnknownCounts(3, 6, 63, 27, 3)
    with Snapshot.open(path) as before, IndexWriter.open(path) as writer:
        writer.delete(["c"])
        assert count_unknown(before.reader, before.commit_number) == UnknownCounts(3, 6, 63, 27, 3)
    found = counts(path)
    assert found == UnknownCounts(2, 4, 42, 7, 1)
    assert found.share == pytest.approx(7 / 42)
    with IndexWriter.open(path) as writer, writer.begin_compact() as new:
        new.publish()
        new.collect_garbage()
    assert counts(path) == UnknownCounts(2, 4, 42, 7, 1)
    assert verify(path).ok


def test_an_index_of_an_earlier_version_opens_and_is_not_measured(path: Path) -> None:
    """Such an index has no table; what is added later is measured by itself, and survives a compaction."""
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a", "b"]))
        writer.finish()
    with sqlite3.connect(database(path)) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    assert "unknown" not in names
    assert counts(path) is None
    assert verify(path).ok
    with IndexWriter.open(path) as writer:
        writer.commit(measured(["c"], [Unknown(5, 1)]))
    assert counts(path) == UnknownCounts(1, 2, 21, 5, 1)
    with IndexWriter.open(path) as writer, writer.begin_compact() as new:
        new.publish()
        new.collect_garbage()
    assert counts(path) == UnknownCounts(1, 2, 21, 5, 1)
    with Snapshot.open(path) as snapshot:
        assert fetch_unknown(snapshot.reader, 0, 9) == {2: Unknown(5, 1)}


def test_a_changed_entry_is_found_by_verify(path: Path) -> None:
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(measured(["a"], [Unknown(7, 1)]))
        writer.finish()
    with sqlite3.connect(database(path)) as connection:
        connection.execute("UPDATE unknown SET n_unknown = 3")
    report = verify(path)
    assert not report.ok
    assert "document 0 in table unknown" in str(report.problems[0])

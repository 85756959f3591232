"""The memory, files and threads of an engine do not grow with the number of changes."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine import Document, Engine
from simengine.lexical.query import Reader as LexicalReader
from simengine.store.reader import Reader as DatabaseReader
from simengine.store.segments import MANY_SMALL
from simengine.store.snapshot import Snapshot
from tests.faults.encoder import load_word_encoder
from tests.store.conftest import memory_path

__all__ = ["memory_path"]
MERGED = 16  # tantivy merges segments of one size once there are eight


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, documents: list[Document], memory_path: Path) -> Iterator[Engine]:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    with Engine.build(documents, memory_path / "index") as opened:
        gc.collect()
        gc.disable()  # nothing may depend on garbage collection, which can be much later
        yield opened
        gc.enable()


def change(engine: Engine, number: int) -> None:
    engine.delete([f"d{number - 1}"])
    engine.add([Document(f"d{number}", f"walrus number {number}")])
    assert [hit.id for hit in engine.search("walrus", mode="lexical")] == [f"d{number}"]


def test_a_searchs_resources_are_released_by_the_change_that_replaces_them(engine: Engine) -> None:
    change(engine, 1)
    kept = (
        engine._index._reader,
        engine._index._reader.snapshot,
        engine._index._reader.searcher,
        engine._index._reader.searcher._lexical,
    )
    gone = [weakref.ref(part) for part in kept]
    reader = weakref.ref(engine._index._reader.searcher._lexical._reader)  # type: ignore[union-attr]
    del kept
    change(engine, 2)
    assert [ref() for ref in gone] == [None] * 4
    assert reader() is None


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts what Linux shows of a process")
def test_files_threads_and_objects_level_off(engine: Engine) -> None:
    def held() -> Counter[str]:
        kinds = (LexicalReader, DatabaseReader, Snapshot)
        found = Counter(type(thing).__name__ for thing in gc.get_objects() if type(thing) in kinds)
        maps = Path("/proc/self/maps").read_text(errors="replace")
        found["vectors"] = maps.count(".npy")
        found["words"] = len({line.split()[-1] for line in maps.splitlines() if "/lexical/" in line})
        found["threads"] = len(list(Path("/proc/self/task").iterdir()))
        return found

    start = held()  # other tests of this process may have left some
    for number in range(1, 9):
        change(engine, number)
    early = held()
    for number in range(9, MANY_SMALL + 3):
        change(engine, number)
    late = held()
    for name in ("Reader", "Snapshot"):
        assert late[name] == early[name] == start[name]
    assert late["threads"] <= early["threads"] + 16  # tantivy's end a moment after their index
    assert late["vectors"] - start["vectors"] <= MANY_SMALL
    assert late["words"] - start["words"] <= 6 * MERGED
    folder = engine._index._reader.snapshot.lexical_path
    assert len(list(folder.glob("*.term"))) <= MERGED
    assert len(list((folder.parent / "vectors").iterdir())) <= MANY_SMALL
    assert engine.counts.documents == 13

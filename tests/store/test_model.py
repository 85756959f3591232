"""Any sequence of changes gives what a dict would give."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from simengine.store.snapshot import Snapshot
from simengine.store.verify import verify
from simengine.store.writer import IndexWriter
from tests.store import samples

IDS = st.lists(st.sampled_from([f"id{n}" for n in range(12)]), unique=True, max_size=5)


class IndexAgainstDict(RuleBasedStateMachine):
    """The index beside a dict; old snapshots beside copies of the dict."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.path = self.folder / "index"
        self.writer = IndexWriter.create(self.path, samples.settings())
        self.model: samples.Model = {}
        self.version = 0
        self.held: list[tuple[Snapshot, samples.Model]] = []

    def teardown(self) -> None:
        self.writer.close()
        for snapshot, model in self.held:
            samples.check_against(snapshot, model)
            snapshot.close()
        assert verify(self.path).ok
        shutil.rmtree(self.folder)

    @rule(ids=IDS, removed=IDS, n_passages=st.integers(1, 3))
    def change(self, ids: list[str], removed: list[str], n_passages: int) -> None:
        self.version += 1
        remove = [id_ for id_ in [*ids, *removed] if id_ in self.model or id_ in removed]
        self.writer.commit(samples.change(ids, self.version, n_passages, remove=remove))
        for id_ in remove:
            self.model.pop(id_, None)
        self.model.update(dict.fromkeys(ids, (self.version, n_passages)))

    @rule(ids=IDS)
    def delete(self, ids: list[str]) -> None:
        result = self.writer.delete(ids)
        assert list(result.deleted) == [id_ for id_ in ids if id_ in self.model]
        assert list(result.missing) == [id_ for id_ in ids if id_ not in self.model]
        for id_ in ids:
            self.model.pop(id_, None)

    @rule()
    def reopen(self) -> None:
        self.writer.close()
        self.writer = IndexWriter.open(self.path)

    @rule()
    def finish(self) -> None:
        self.writer.finish()

    @precondition(lambda self: self.writer.state == "complete")
    @rule(publish=st.booleans())
    def compact(self, publish: bool) -> None:
        with self.writer.begin_compact() as new:
            assert new.counts().deleted_rows == 0
            if publish:
                new.publish()
        if publish:
            self.writer.close()
            self.writer = IndexWriter.open(self.path)

    @precondition(lambda self: len(self.held) < 3)
    @rule()
    def hold(self) -> None:
        self.held.append((Snapshot.open(self.path), dict(self.model)))

    @precondition(lambda self: self.held)
    @rule()
    def look_back(self) -> None:
        snapshot, model = self.held.pop(0)
        samples.check_against(snapshot, model)
        snapshot.close()

    @invariant()
    def the_index_gives_what_the_dict_holds(self) -> None:
        samples.check_index(self.path, self.model)
        assert list(self.writer.live_ids()) == sorted(self.model)
        assert set(self.writer.lookup([f"id{n}" for n in range(12)])) == set(self.model)


TestIndexAgainstDict = IndexAgainstDict.TestCase
TestIndexAgainstDict.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)

"""What was fitted on labelled data and is kept with an index: two at once, and no room, lose nothing."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simengine.store.snapshot import Snapshot
from tests.faults.jobs import command
from tests.faults.judge_jobs import fit_command, fit_with_fault, hold_lock
from tests.faults.operations import Operations, copy_index, record, spread
from tests.faults.state import difference_of, read_state
from tests.faults.test_full_disk import check_failed_clearly

POINTS = 3
ENTRIES = {"calibrate": "calibration", "ask": "answer", "rerank": "rerank"}


@dataclass(frozen=True)
class Fits:
    """Labelled data, and the commands that fit on them."""

    folder: Path

    def arguments(self, name: str, index: Path) -> list[str]:
        """The command line of one of `ENTRIES`."""
        own = {
            "calibrate": ["calibrate", "--task", "cosine", "--pairs", self.folder / "pairs.jsonl"],
            "ask": ["ask", "--fit", self.folder / "questions.jsonl", "--faq", "never"],
            "rerank": ["rerank", "--fit", self.folder / "labelled", "--depth", "5"],
        }[name]
        return [*map(str, own), "-i", str(index), "--threads", "1", "--quiet"]


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> Fits:
    folder = tmp_path_factory.mktemp("labelled")
    records = [record(number) for number in range(60)]

    def write(path: Path, lines: list[dict[str, Any]]) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    write(
        folder / "pairs.jsonl",
        [
            {
                "question": f"{each['text'][:30]} {n}",
                "passage": records[n + n % 2]["text"],
                "label": 1 - n % 2,
            }
            for n, each in enumerate(records[:50])
        ],
    )
    write(
        folder / "questions.jsonl",
        [
            {"question": f"What {each['text']}?", "document_ids": [each["_id"]] if n % 3 else []}
            for n, each in enumerate(records)
        ],
    )
    write(
        folder / "labelled" / "queries.jsonl",
        [{"_id": f"q{n}", "text": each["text"]} for n, each in enumerate(records[:24])],
    )
    qrels = folder / "labelled" / "qrels"
    qrels.mkdir()
    rows = ["query-id\tcorpus-id\tscore", *(f"q{n}\tdoc-{n:04d}\t1" for n in range(24))]
    (qrels / "dev.tsv").write_text("\n".join(rows) + "\n")
    return Fits(folder)


@pytest.fixture(scope="module")
def fitted(operations: Operations, fits: Fits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with all three; not to be changed."""
    made = tmp_path_factory.mktemp("fitted") / "index"
    copy_index(operations.base(("index",)), made)
    for name in ENTRIES:
        assert operations.server.call(fit_command, fits.arguments(name, made)) == 0
    return made


@pytest.fixture
def index(operations: Operations, folder: Path) -> Path:
    copy_index(operations.base(("index",)), folder / "index")
    return folder / "index"


def kept(index: Path) -> dict[str, dict[str, Any]]:
    with Snapshot.open(index) as snapshot:
        return {entry: dict(snapshot.derived(entry) or {}) for entry in ENTRIES.values()}


def check_state(operations: Operations, index: Path) -> None:
    """All that was there before the fits is there."""
    found = operations.server.call(read_state, index, ("dense",))
    before = operations.undisturbed("index").after
    assert found.same_as(before), difference_of(found, before)


def test_fits_of_several_processes_at_once_are_all_kept(
    operations: Operations, fits: Fits, index: Path
) -> None:
    children = [
        operations.server.start(fit_command, fits.arguments(name, index)) for name in (*ENTRIES, *ENTRIES)
    ]
    outcomes = [child.wait() for child in children]
    assert [outcome.result() for outcome in outcomes] == [0] * 6, "\n".join(o.output for o in outcomes)
    assert [len(entry) for entry in kept(index).values()] == [1, 1, 1]
    check_state(operations, index)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_fit_waits_for_another_writer_and_tells_who_it_is_when_that_does_not_end(
    operations: Operations, fits: Fits, index: Path, name: str
) -> None:
    signal = index.parent / "release"
    writer = operations.server.start(hold_lock, index, signal)
    while not signal.with_name("held").exists():
        time.sleep(0.01)
    refused = operations.server.run(fit_command, fits.arguments(name, index), 0.1)
    assert refused.result() == 1, refused.output
    assert f"process {writer.pid} " in refused.output
    assert "Traceback" not in refused.output
    assert kept(index)[ENTRIES[name]] == {}
    waiting = operations.server.start(fit_command, fits.arguments(name, index), 60.0)
    signal.touch()
    assert waiting.wait().result() == 0
    writer.wait().result()
    assert len(kept(index)[ENTRIES[name]]) == 1
    check_state(operations, index)


@pytest.fixture(scope="module")
def n_calls(
    operations: Operations, fits: Fits, fitted: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, int]:
    """System calls that each command makes in the index directory."""
    counts = {}
    for name in ENTRIES:
        index = tmp_path_factory.mktemp("counted") / "index"
        copy_index(fitted, index)
        done = operations.server.call(fit_with_fault, fits.arguments(name, index), index, "none", 0)
        assert done.value == 0, done.error
        counts[name] = len(done.calls)
    return counts


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("part", range(POINTS))
def test_on_a_full_disk_the_fit_before_stays_whole(
    operations: Operations,
    no_supervision: str,
    fits: Fits,
    fitted: Path,
    folder: Path,
    request: pytest.FixtureRequest,
    name: str,
    part: int,
) -> None:
    if no_supervision:
        pytest.skip(no_supervision)
    at = spread(request.getfixturevalue("n_calls")[name], part, POINTS)
    index = folder / "index"
    copy_index(fitted, index)
    outcome = operations.server.run(fit_with_fault, fits.arguments(name, index), index, "full", at)
    supervised = outcome.result()
    assert not supervised.error, f"full from call {at}: {supervised.error}"
    check_failed_clearly(outcome, supervised.value)
    before, found = kept(fitted), kept(index)
    assert found == before or not supervised.value
    assert [len(entry) for entry in found.values()] == [1, 1, 1]
    check_state(operations, index)
    assert operations.server.call(fit_command, fits.arguments(name, index)) == 0
    assert operations.server.call(command, ["verify", str(index), "-q"]) == 0

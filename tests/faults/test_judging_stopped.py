"""Commands that judge, stopped by Ctrl-C in the middle or left by the reader of their output."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.faults.jobs import wait_for
from tests.faults.judge_jobs import judge_command, judge_unread
from tests.faults.operations import Operations, copy_index, record

COMMANDS: dict[str, list[str]] = {
    "ask": ["ask", "-i", "{index}", "--questions", "{queries}"],
    "ask-fit": ["ask", "-i", "{index}", "--fit", "{labelled}"],
    "calibrate": ["calibrate", "{index}", "--pairs", "{pairs}"],
    "classify": ["classify", "--input", "{texts}", "-l", "orbit", "-l", "bank", "--format", "jsonl"],
    "collapse": [
        "search",
        "-i",
        "{index}",
        "--collapse",
        "--format",
        "jsonl",
        "--queries",
        "{queries}",
        "-k",
        "40",
    ],
    "contradictions": ["contradictions", "{index}", "--format", "jsonl", "--min-probability", "0"],
    "duplicates": ["duplicates", "{index}", "--format", "jsonl", "--min-cosine", "0"],
    "monitor": ["monitor", "{texts}", "--topic", "orbit", "--window", "20", "--state", "{folder}/state.json"],
    "nli": ["nli", "--pairs", "{pairs}", "--format", "jsonl"],
    "recommend": [
        "recommend",
        "{index}",
        "--like",
        "doc-0000",
        "--refuse",
        "It is about banks.",
        "--format",
        "json",
    ],
    "rerank": ["rerank", "rocket orbit", "--passages", "{texts}", "--format", "jsonl"],
    "search": ["search", "-i", "{index}", "--rerank", "--format", "jsonl", "--queries", "{queries}"],
}
FITTING = ("ask-fit", "calibrate")


@pytest.fixture
def arguments(operations: Operations, folder: Path, request: pytest.FixtureRequest) -> list[str]:
    """A command line of `COMMANDS`, over an index and files of its own."""
    copy_index(operations.base(("index",)), folder / "index")
    records = [record(number) for number in range(60)]
    files = {
        "texts": [{"_id": each["_id"], "text": each["text"]} for each in records],
        "queries": [{"_id": f"q{n}", "text": each["text"][:-1] + "?"} for n, each in enumerate(records[:5])],
        "labelled": [{"question": each["text"], "document_ids": [each["_id"]]} for each in records],
        "pairs": [
            {"query": each["text"], "passage": records[-1]["text"], "label": n % 2}
            for n, each in enumerate(records)
        ],
    }
    for name, lines in files.items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    paths = {name: folder / f"{name}.jsonl" for name in files}
    return [part.format(index=folder / "index", folder=folder, **paths) for part in COMMANDS[request.param]]


def files_of(folder: Path) -> dict[Path, bytes]:
    """What stands in a folder, without what SQLite keeps while a database is open, and without a monitor's state."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {
        path: path.read_bytes()
        for path in found
        if not path.name.endswith(("-shm", "-wal")) and path.name not in ("state.json", "asked")
    }


@pytest.mark.parametrize("arguments", COMMANDS, indirect=True)
def test_ctrl_c_ends_it_with_130_and_leaves_files_as_they_were(
    operations: Operations, folder: Path, arguments: list[str]
) -> None:
    output = folder / "out"
    if "--fit" not in arguments and arguments[0] != "calibrate":
        output.write_text("before")
        arguments += ["-o", str(output)]
    before = files_of(folder)
    asked = folder / "asked"
    child = operations.server.start(judge_command, arguments, asked)
    wait_for(asked)
    child.kill(signal.SIGINT)
    outcome = child.wait()
    assert outcome.result() == 130
    assert "Interrupted." in outcome.output
    assert "Traceback" not in outcome.output
    assert files_of(folder) == before


@pytest.mark.parametrize("arguments", [name for name in COMMANDS if name not in FITTING], indirect=True)
def test_a_reader_that_has_gone_ends_it_quietly(
    operations: Operations, folder: Path, arguments: list[str]
) -> None:
    outcome = operations.server.run(judge_unread, arguments)
    assert outcome.result() == 0, outcome.output
    for word in ("Traceback", "Exception ignored", "Broken pipe", "Error"):
        assert word not in outcome.output

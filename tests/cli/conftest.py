"""Calling the command line, and an index to call it on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from simengine.cli.main import _run
from simengine.types import Document
from tests.corpora import write_corpus


@dataclass
class Called:
    code: int
    out: str
    err: str


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Callable[..., Called]:
    """Runs a command in this process."""

    def run(*args: object) -> Called:
        capfd.readouterr()
        code = _run([str(arg) for arg in args])
        captured = capfd.readouterr()
        return Called(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"folder": tmp_path_factory.mktemp("built")}


@pytest.fixture
def index(_built: dict[str, Path], documents: list[Document], tmp_path: Path) -> Path:
    """A copy of an index of the twelve documents, which is built once."""
    built = _built["folder"] / "index"
    if not built.exists():
        write_corpus(documents, _built["folder"] / "corpus.jsonl")
        assert _run(["index", str(_built["folder"] / "corpus.jsonl"), "-o", str(built), "--offline"]) == 0
    return Path(shutil.copytree(built, tmp_path / "index"))

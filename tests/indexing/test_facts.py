"""What an index says of itself, against its own files and counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from simengine.engine.writing import write_documents
from simengine.indexing.facts import coverage, facts_of, folder_bytes
from simengine.store.snapshot import Snapshot
from simengine.types import Document
from tests.faults.encoder import load_word_encoder


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, documents: list[Document], tmp_path: Path) -> Path:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    write_documents(documents, tmp_path / "index", "sync", create=True)
    return tmp_path / "index"


def test_facts_are_json_and_name_no_path(index: Path) -> None:
    with Snapshot.open(index) as snapshot:
        facts = facts_of(index, snapshot)
    assert (facts["counts"]["documents"], facts["state"], facts["candidate_index"]) == (12, "complete", None)
    assert facts["fields"]["n"] == {"types": ["int"], "count": 12, "examples": [0, 1, 2, 3]}
    assert facts["bytes"] == sum(file.stat().st_size for file in index.rglob("*") if file.is_file())
    assert str(index) not in json.dumps(facts)


def test_coverage_is_the_share_of_tokens_that_were_read(index: Path) -> None:
    with Snapshot.open(index) as snapshot:
        counts = snapshot.counts
    for tokens, cut, share in ((100, 25, 0.75), (100, 0, 1.0), (0, 0, 1.0)):
        cut_counts = replace(counts, tokens=tokens, tokens_truncated=cut)
        assert coverage(SimpleNamespace(counts=cut_counts)) == share  # type: ignore[arg-type]


def test_files_that_a_writer_removes_meanwhile_do_not_count(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.stat

    def stat(path: Path, **options: bool) -> object:
        if path.name == "manifest.json":
            raise FileNotFoundError(path)
        return real(path, **options)

    whole, size = folder_bytes(index), (index / "manifest.json").stat().st_size
    monkeypatch.setattr(Path, "stat", stat)
    assert folder_bytes(index) == whole - size

"""`simengine search`: what its options make of a request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simengine.engine import Engine
from simengine.requests.search import SearchRequest

QUERY = "which animal sleeps"


def test_explanations_are_those_of_the_engine_and_only_there_when_wanted(call, index: Path) -> None:
    ask = ("search", "-i", index, "-k", 3, "--offline", QUERY)
    with Engine.open(index, offline=True) as engine:
        expected = [hit.explanation for hit in engine.search(QUERY, k=3, explain=True)]
    assert all("meaning" in each for each in expected)
    found = json.loads(call(*ask, "--explain", "--format", "json").out)["hits"]
    assert [hit["explanation"] for hit in found] == expected
    assert "explanation" not in json.loads(call(*ask, "--format", "json").out)["hits"][0]
    assert "meaning 0." in call(*ask, "--explain").out
    assert "meaning 0." not in call(*ask).out


def test_options_become_the_request(call, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[SearchRequest] = []
    run = Engine.run
    monkeypatch.setattr(
        Engine, "run", lambda self, request: (asked.append(request), run(self, request))[1], raising=True
    )
    arguments = (
        "--mode",
        "lexical",
        "-w",
        "n >= 2",
        "--fusion",
        "rrf",
        "--candidates",
        7,
        "--exact",
        "-k",
        2,
    )
    assert call("search", "-i", index, "-q", *arguments, "cats").code == 0
    monkeypatch.setenv("SIMENGINE_MODE", "dense")
    assert call("search", "-i", index, "-q", "--format", "trec", "cats").code == 0
    assert asked == [
        SearchRequest(2, "lexical", "n >= 2", 7, True, "rrf", queries=("cats",)),
        SearchRequest(100, "dense", queries=("cats",)),
    ]


def test_numbers_of_hits_and_candidates_are_at_least_one(call, index: Path) -> None:
    assert call("search", "-i", index, "--candidates", 0, "cats").code == 2
    assert call("search", "-i", index, "-k", 0, "cats").code == 2

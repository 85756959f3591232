"""The same search gives the same hits through the library, the command line, HTTP, the agents' tools and the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("mcp", reason="the extra mcp is not installed")
pytest.importorskip("gradio", reason="the page needs simengine-search[demo]")
from simengine.engine import Engine
from simengine.requests.rerank import Rerank
from simengine.results.records import hit_record
from simengine.serving.catalogue import Catalogue
from simengine.serving.demo.searching import Asked, run_search
from simengine.types import Document
from tests.fronts.fronts import as_json, command_line, http, tool
from tests.serving.library import DOCUMENTS, word_models

TWINS = [
    Document("tower again", "The tower was built in 1889. It is 300 metres high.", "", {"year": 1890}),
    Document("cats again", "Cats purr when they are content.", "", {"year": 2003}),
]
REQUESTS: list[dict[str, Any]] = [
    {"query": "the tower was built"},
    {"query": "cats purr", "mode": "lexical", "k": 3},
    {"query": "animals that are content", "mode": "dense", "where": "year >= 2001", "exact": True},
    {"query": "cats purr when content", "fusion": "rrf"},
    {"query": "the tower was built", "collapse": True, "k": 4},
    {"query": "When was the tower built?", "rerank": True, "k": 5},
    {"query": "The tower was built in 1920.", "rerank": True, "claim": True, "k": 3},
    {"query": "The tower was built in 1889.", "rerank": True, "collapse": True, "k": 3},
    {"query": "猫"},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with word_models():
        path = tmp_path_factory.mktemp("fronts") / "library"
        Engine.build([*DOCUMENTS, *TWINS], path, offline=True).close()
        yield path


def by_library(index: Path, request: dict[str, Any]) -> list[dict[str, Any]]:
    options = {name: value for name, value in request.items() if name not in ("query", "claim", "rerank")}
    rerank = Rerank(claim=True) if request.get("claim") else request.get("rerank", False)
    with Engine.open(index, offline=True) as engine:
        return [hit_record(hit) for hit in engine.search(request["query"], rerank=rerank, **options)]


def by_command_line(
    index: Path, request: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> list[dict[str, Any]]:
    words: list[str] = []
    for name, value in request.items():
        if name != "query":
            words += [f"--{name}"] if value is True else [{"k": "-k"}.get(name, f"--{name}"), str(value)]
    found = command_line(
        capfd, "search", "-i", index, "--format", "json", "--offline", *words, request["query"]
    )
    hits: list[dict[str, Any]] = found["hits"]
    return hits


def on_the_page(catalogue: Catalogue, request: dict[str, Any]) -> list[dict[str, Any]]:
    asked = Asked(
        request["query"],
        request.get("mode", "hybrid"),
        request.get("rerank", False),
        request.get("claim", False),
        request.get("k", 10),
        request.get("collapse", False),
        request.get("where"),
    )
    return [hit_record(hit) for hit in run_search(catalogue.default, asked).hits]


@pytest.mark.parametrize("request_", REQUESTS, ids=[" ".join(map(str, each.values())) for each in REQUESTS])
def test_every_front_end_finds_the_same(
    index: Path, request_: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    expected = as_json(by_library(index, request_))
    assert expected
    assert by_command_line(index, request_, capfd) == expected
    with Catalogue.of([Engine.open(index, offline=True)]) as catalogue:
        assert http(catalogue, "/v1/search", request_)["hits"] == expected
        assert tool(catalogue, "search", request_)["hits"] == expected
        if not request_.keys() & {"fusion", "exact"}:
            assert on_the_page(catalogue, request_) == expected


def test_twins_are_collapsed_into_the_better_one(index: Path) -> None:
    hits = by_library(index, {"query": "the tower was built", "collapse": True, "k": 4})
    assert (hits[0]["id"], hits[0]["duplicates"]) == ("tower again", ["tower"]) or (
        hits[0]["id"],
        hits[0]["duplicates"],
    ) == ("tower", ["tower again"])

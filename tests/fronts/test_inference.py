"""Answers, recommendations and verdicts are the same through every front end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("mcp", reason="the extra mcp is not installed")

from simengine.engine import Engine
from simengine.requests.ask import AnswerOptions
from simengine.results.records import answer_record, recommendation_record, verdict_record
from simengine.serving.catalogue import Catalogue
from tests.fronts.fronts import as_json, command_line, http, tool
from tests.serving.library import TOWER, build_library, patch_models, word_models


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with word_models():
        path = tmp_path_factory.mktemp("fronts") / "library"
        build_library(path).close()
        yield path


@pytest.fixture
def catalogue(index: Path) -> Iterator[Catalogue]:
    with Catalogue.of([Engine.open(index, offline=True)]) as opened:
        yield opened


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"candidates": 2, "faq": "never"},
        {"threshold": 0.99},
        {"where": "year >= 2000"},
    ],
    ids=str,
)
def test_every_front_end_answers_the_same(
    index: Path,
    catalogue: Catalogue,
    options: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patch_models(monkeypatch.setattr)
    with Engine.open(index, offline=True) as engine:
        expected = as_json(answer_record(engine.ask(TOWER, options=AnswerOptions(**options))))
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert command_line(capfd, "ask", "-i", index, "--format", "json", "--offline", *words, TOWER) == expected
    request = {"question": TOWER, **options}
    answer = http(catalogue, "/v1/ask", request)
    assert answer.pop("index") == "library"
    assert answer == expected
    assert tool(catalogue, "ask", request) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"liked": ["cats"]},
        {"liked": ["cats"], "disliked": ["dogs"], "reasons": True, "where": "year >= 1999"},
        {"liked_texts": ["a film of war"], "refuse": ["The film is violent."], "diversity": 0.5},
    ],
    ids=str,
)
def test_every_front_end_recommends_the_same(
    index: Path,
    catalogue: Catalogue,
    options: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patch_models(monkeypatch.setattr)
    with Engine.open(index, offline=True) as engine:
        expected = as_json([recommendation_record(each) for each in engine.recommend(k=4, **options)])
    assert expected
    names = {"liked": "--like", "disliked": "--dislike", "liked_texts": "--like-text"}
    words: list[object] = []
    for name, value in options.items():
        for each in value if isinstance(value, list) else [value]:
            words += [names.get(name, f"--{name}"), *([] if each is True else [each])]
    found = command_line(capfd, "recommend", "-i", index, "-k", 4, "--format", "json", "--offline", *words)
    assert found["recommendations"] == expected
    request = {**options, "k": 4}
    assert http(catalogue, "/v1/recommend", request)["recommendations"] == expected
    assert tool(catalogue, "recommend", request)["recommendations"] == expected


def test_every_front_end_judges_the_same(
    index: Path, catalogue: Catalogue, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    patch_models(monkeypatch.setattr)
    premise, hypothesis = "The tower was built in 1889.", "The tower was built in 1920."
    with Engine.open(index, offline=True) as engine:
        (verdict,) = engine.nli([(premise, hypothesis)])
    expected = as_json(verdict_record(verdict, premise))
    assert expected["label"] == "contradiction"
    found = command_line(capfd, "nli", "--format", "jsonl", "--offline", premise, hypothesis)
    assert {name: found[name] for name in expected if name != "label"} | {
        "label": found["verdict"]
    } == expected
    request = {"pairs": [{"premise": premise, "hypothesis": hypothesis}]}
    assert http(catalogue, "/v1/nli", request)["verdicts"] == [expected]
    assert tool(catalogue, "score", {"text1": premise, "text2": hypothesis})["verdict"] == expected

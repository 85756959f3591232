"""The other verbs give the same through every front end that has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("mcp", reason="the extra mcp is not installed")

from simengine.cli.main import _run
from simengine.engine import Engine
from simengine.engine.dispatch import VERBS
from simengine.requests.check import CheckOptions
from simengine.results.records import (
    check_record,
    classification_record,
    conflict_record,
    duplicates_record,
    explained_record,
    hit_record,
)
from simengine.serving.catalogue import Catalogue
from simengine.types import Document
from tests.fronts.fronts import as_json, command_line, http, tool
from tests.serving.library import DOCUMENTS, word_models

CLAIMS = [
    Document("old", "The bridge is 300 metres long and stands in the north.", "", {"year": 1990}),
    Document("new", "The bridge is 310 metres long and stands in the north.", "", {"year": 2020}),
    Document("cats again", "Cats purr when they are content.", "", {"year": 2003}),
]
FRONTS = {
    "SearchRequest": "test_search",
    "AskRequest": "test_inference",
    "RecommendRequest": "test_inference",
    "NLIRequest": "test_inference",
    "RecommendUsersRequest": "the command line alone reads histories",
    "CalibrateRequest": "the command line alone fits",
    **dict.fromkeys(
        (
            "CheckRequest",
            "SimilarRequest",
            "RerankRequest",
            "ScoreRequest",
            "ClassifyRequest",
            "ExplainRequest",
            "ContradictionsRequest",
            "DuplicatesRequest",
        ),
        "here",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def models() -> Iterator[None]:
    with word_models():
        yield


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verbs") / "library"
    with word_models():
        Engine.build([*DOCUMENTS, *CLAIMS], path, offline=True).close()
    return path


@pytest.fixture
def engine(index: Path) -> Iterator[Engine]:
    with Engine.open(index, offline=True) as opened:
        yield opened


@pytest.fixture
def catalogue(index: Path) -> Iterator[Catalogue]:
    with Catalogue.of([Engine.open(index, offline=True)]) as opened:
        yield opened


def lines(capfd: pytest.CaptureFixture[str], *words: object) -> list[Any]:
    """What a command prints as JSON Lines."""
    capfd.readouterr()
    assert _run([str(word) for word in words]) == 0
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_every_request_has_its_comparison() -> None:
    assert FRONTS.keys() == VERBS.keys()


@pytest.mark.parametrize("where", [None, "year >= 2001"])
def test_similar(engine: Engine, catalogue: Catalogue, where: str | None) -> None:
    expected = as_json([hit_record(hit) for hit in engine.similar("cats", k=3, where=where)])
    assert len(expected) == 3
    request = {"document_id": "cats", "k": 3, "where": where}
    assert http(catalogue, "/v1/similar", request)["hits"] == expected
    assert tool(catalogue, "similar", request)["hits"] == expected


def test_score(engine: Engine, catalogue: Catalogue, capfd: pytest.CaptureFixture[str]) -> None:
    text1, text2 = "Cats purr.", "Cats bark."
    scored = engine.score(text1, text2)
    found = lines(capfd, "score", "--format", "jsonl", "--offline", text1, text2)[0]
    (answer,) = http(catalogue, "/v1/score", {"pairs": [{"text1": text1, "text2": text2}]})["scores"]
    for each in (found, answer, tool(catalogue, "score", {"text1": text1, "text2": text2})):
        assert each["cosine"] == pytest.approx(scored.score, abs=1e-6)
        assert each["told_apart"] is True


@pytest.mark.parametrize(
    "options",
    [{}, {"candidates": 2, "read": 3, "certainty": 0.99}, {"where": "year >= 2000", "mode": "lexical"}],
    ids=str,
)
def test_check(
    index: Path,
    engine: Engine,
    catalogue: Catalogue,
    capfd: pytest.CaptureFixture[str],
    options: dict[str, Any],
) -> None:
    text = "The tower was built in 1889. It was built in 1920, and cats bark. Is it old?"
    expected = as_json(check_record(engine.check(text, options=CheckOptions(**options))))
    assert len(expected["claims"]) >= 2
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert (
        command_line(capfd, "check", text, "-i", index, "--format", "json", "--offline", *words) == expected
    )
    request = {"text": text, **options}
    answer = http(catalogue, "/v1/check", request)
    assert {name: answer[name] for name in expected} == expected
    answer = tool(catalogue, "check", request)
    assert {name: answer[name] for name in expected} == expected


def test_check_against_a_source(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, capfd: pytest.CaptureFixture[str]
) -> None:
    text, source = "The tower was built in 1889.", "Cats purr. The tower was built in 1889."
    expected = as_json(check_record(engine.check(text, source=[source])))
    assert expected["claims"][0]["verdict"] == "supported"
    request = {"text": text, "source": [source]}
    assert http(catalogue, "/v1/check", request)["claims"] == expected["claims"]
    assert tool(catalogue, "check", request)["claims"] == expected["claims"]
    path = tmp_path / "source.txt"
    path.write_text(source, encoding="utf-8")
    found = command_line(capfd, "check", text, "--source", path, "--format", "json", "--offline")
    expected["claims"][0]["evidence"]["document_id"] = str(path)
    assert found == expected


@pytest.mark.parametrize(
    "options", [{}, {"multi_label": True, "threshold": 0.2}, {"templates": ["About {}."]}]
)
def test_classify(
    engine: Engine, catalogue: Catalogue, capfd: pytest.CaptureFixture[str], options: dict[str, Any]
) -> None:
    from simengine.requests.pairs import ClassifyRequest

    texts, labels = ["A film of blood and war."], ["violent", "quiet"]
    request = ClassifyRequest(tuple(texts), tuple(labels), **options)
    expected = as_json([classification_record(each) for each in engine.run(request)])
    names = {"multi_label": "--multi-label", "templates": "--template"}
    words: list[object] = []
    for name, value in options.items():
        words += [
            names.get(name, f"--{name}"),
            *([] if value is True else value if isinstance(value, list) else [value]),
        ]
    found = lines(
        capfd, "classify", "--format", "jsonl", "--offline", "-l", labels[0], "-l", labels[1], *words, *texts
    )
    assert [{name: each[name] for name in expected[0]} for each in found] == expected
    body = {"texts": texts, "labels": labels, **options}
    answer = http(catalogue, "/v1/classify", body)["classifications"]
    assert [{name: each[name] for name in expected[0]} for each in answer] == expected
    answer = tool(catalogue, "classify", body)["classifications"]
    assert [{name: each[name] for name in expected[0]} for each in answer] == expected


def test_explain(engine: Engine, catalogue: Catalogue) -> None:
    found = engine.explain("Cats purr.", "Cats bark.")
    answer = http(catalogue, "/v1/explain", {"text1": "Cats purr.", "text2": "Cats bark."})
    assert answer["cosine"] == pytest.approx(found.cosine, abs=1e-6)
    assert (answer["first"], answer["second"]) == (
        as_json(explained_record(found.first)),
        as_json(explained_record(found.second)),
    )


def test_contradictions(
    index: Path, engine: Engine, catalogue: Catalogue, capfd: pytest.CaptureFixture[str]
) -> None:
    where = "year >= 1990"
    expected = as_json([conflict_record(each) for each in engine.contradictions(where=where).conflicts])
    assert [each["found_by"] for each in expected] == [["measure"]]
    words = ("contradictions", "-i", index, "--format", "jsonl", "--offline", "--where", where)
    assert lines(capfd, *words) == expected
    assert http(catalogue, "/v1/contradictions", {"where": where})["conflicts"] == expected
    assert tool(catalogue, "contradictions", {"where": where})["conflicts"] == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "year"}, ("--by", "year")),
        ({"by": "year", "max_pairs": 5}, ("--by", "year", "--max-pairs", 5)),
        ({"rule": "either", "min_probability": 0.2}, ("--rule", "either", "--min-probability", 0.2)),
    ],
)
def test_contradictions_with_options_and_how_many_pairs_were_not_judged(
    index: Path,
    engine: Engine,
    catalogue: Catalogue,
    capfd: pytest.CaptureFixture[str],
    options: dict[str, Any],
    words: tuple[object, ...],
) -> None:
    from simengine.requests.conflicts import ContradictionOptions

    result = engine.contradictions(options=ContradictionOptions(**options))
    expected = as_json([conflict_record(each) for each in result.conflicts])
    assert expected[0]["newer"] == ("claim2" if "by" in options else None)
    assert lines(capfd, "contradictions", "-i", index, "--format", "jsonl", "--offline", *words) == expected
    counts = {
        "n_judged": result.n_judged,
        "n_not_judged": result.n_not_judged,
        "n_left_out": result.n_left_out,
    }
    assert result.n_judged + result.n_not_judged == result.n_pairs
    for answer in (
        http(catalogue, "/v1/contradictions", options),
        tool(catalogue, "contradictions", options),
    ):
        assert answer["conflicts"] == expected
        assert {name: answer[name] for name in counts} == counts


def test_adding_with_a_look_for_conflicts(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    new = Document("newest", "The bridge is 320 metres long and stands in the north.", "", {"year": 2025})
    paths = [tmp_path / name for name in ("library", "command", "service")]
    for path in paths:
        Engine.build([*DOCUMENTS, *CLAIMS[:2]], path, offline=True).close()
    with Engine.open(paths[0], offline=True) as engine:
        report = engine.add([new], check_conflicts=True)
        assert engine.get("newest") == new
        assert engine.add([new]).conflicts is None
    assert report.conflicts is not None
    expected = as_json([conflict_record(each) for each in report.conflicts.conflicts])
    assert {(each["claim1"]["id"], each["claim2"]["id"]) for each in expected} == {
        ("newest", "old"),
        ("newest", "new"),
    }
    source = tmp_path / "newest.jsonl"
    source.write_text(json.dumps({"id": new.id, "text": new.text, **new.metadata}), encoding="utf-8")
    words = ("add", "-i", paths[1], source, "--check-conflicts", "--format", "jsonl", "--offline")
    assert lines(capfd, *words) == expected
    body = {"id": new.id, "text": new.text, "metadata": dict(new.metadata)}
    with Catalogue.of([Engine.open(paths[2], offline=True)]) as catalogue:
        answer = http(catalogue, "/v1/documents", {"documents": [body], "check_conflicts": True})
        assert (answer["added"], answer["conflicts"]) == (1, expected)
        assert answer["n_not_judged"] == report.conflicts.n_not_judged
        again = http(catalogue, "/v1/documents", {"documents": [body]})
        assert (again["unchanged"], again["conflicts"]) == (1, None)


def test_duplicates(
    index: Path, engine: Engine, catalogue: Catalogue, capfd: pytest.CaptureFixture[str]
) -> None:
    expected = as_json([duplicates_record(each) for each in engine.duplicates().groups])
    assert [(each["id"], [member["id"] for member in each["members"]]) for each in expected] == [
        ("cats", ["cats again"])
    ]
    found = lines(capfd, "duplicates", "-i", index, "--format", "jsonl", "--offline")
    assert [each for each in found if each.pop("kind") == "duplicates"] == expected
    assert http(catalogue, "/v1/duplicates", {})["groups"] == expected


def test_rerank(
    tmp_path: Path, engine: Engine, catalogue: Catalogue, capfd: pytest.CaptureFixture[str]
) -> None:
    query, passages = "When was the tower built?", ["Cats purr.", "The tower was built in 1889."]
    from simengine.requests.hits import passages_as_hits

    result = engine.rerank([query], [passages_as_hits(passages)])
    expected = [(int(hit.id) - 1, pytest.approx(hit.score, abs=1e-6)) for hit in result.hits[0]]
    assert expected[0][0] == 1
    found = command_line(capfd, "rerank", "--format", "json", "--offline", query, *passages)
    assert [(int(hit["id"]) - 1, hit["score"]) for hit in found["hits"]] == expected
    answer = http(
        catalogue, "/v2/rerank", {"model": "minilm-relevance", "query": query, "documents": passages}
    )
    assert [(each["index"], each["relevance_score"]) for each in answer["results"]] == expected

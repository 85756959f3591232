"""POST /v1/similar, /v1/contradictions and /v1/duplicates against the engine itself."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simengine.engine import Engine
from simengine.requests.conflicts import ContradictionOptions, DuplicateOptions, GuardOptions
from simengine.results.records import conflict_record, duplicates_record, hit_record
from simengine.serving.catalogue import Catalogue
from simengine.types import Document
from tests.serving.library import word_models
from tests.serving.rest.support import problem, served

WAIT_S = 60
CLAIMS = [
    Document("a", "The bridge has four lanes.", "Bridge", {"year": 2020}),
    Document("b", "The bridge has six lanes.", "", {"year": 2021}),
    Document("c", "Cats purr when they are content.", "", {"year": 2022}),
    Document("d", "Cats purr when they are content.", "", {"year": 2023}),
]


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    with word_models():
        Engine.build(CLAIMS, tmp_path / "claims").close()
    return tmp_path / "claims"


def test_similar_documents_are_those_of_the_engine(given, engine: Engine) -> None:
    found = given("/v1/similar", document_id="cats", k=3, where="year > 1900")
    expected = engine.similar("cats", 3, where="year > 1900")
    assert found["hits"] == [hit_record(hit) for hit in expected]
    assert (found["document_id"], found["index"], found["notes"]) == ("cats", "library", [])


def test_similar_tells_what_is_wrong(refused) -> None:
    assert refused(404, "/v1/similar", document_id="nobody")["type"] == "unknown_document"
    assert "100" in refused(422, "/v1/similar", document_id="cats", k=101)["message"]
    assert "document_id" in refused(422, "/v1/similar", document_id="")["message"]


def test_conflicts_are_those_of_the_engine(claims: Path) -> None:
    with word_models(), Engine.open(claims) as engine, Catalogue.open([claims]) as catalogue:
        expected = engine.contradictions(options=ContradictionOptions(min_cosine=-1))
        with served(catalogue) as client:
            found = client.post("/v1/contradictions", json={"min_cosine": -1}).json()
            nothing = client.post("/v1/contradictions", json={"where": "year > 2020"}).json()
    assert found["conflicts"] == [conflict_record(each) for each in expected.conflicts]
    assert found["conflicts"][0]["difference"] == ["four", "six"]
    counts = ("n_documents", "n_claims", "n_judged", "n_left_out", "calibrated")
    assert [found[name] for name in counts] == [getattr(expected, name) for name in counts]
    assert nothing["conflicts"] == []


def test_duplicates_are_those_of_the_engine(claims: Path) -> None:
    body = {"min_cosine": 0.9, "guard": {"min_contradiction": 0.99}}
    options = DuplicateOptions(min_cosine=0.9, guard=GuardOptions(min_contradiction=0.99))
    with word_models(), Engine.open(claims) as engine, Catalogue.open([claims]) as catalogue:
        expected = engine.duplicates(options=options)
        with served(catalogue) as client:
            found = client.post("/v1/duplicates", json=body).json()
    assert found["groups"] == [duplicates_record(each) for each in expected.groups]
    assert [member["id"] for member in found["groups"][0]["members"]] == ["d"]
    assert found["n_distinct"] == 3


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/v1/contradictions", {"neighbours": 101}, "less than or equal to 100"),
        ("/v1/contradictions", {"max_pairs": 0}, "greater than or equal to 1"),
        ("/v1/contradictions", {"documents": [{"id": "a", "text": "b"}]}, "Extra"),
        ("/v1/contradictions", {"rule": "neither"}, "both"),
        ("/v1/contradictions", {"where": "year >"}, "filter"),
        ("/v1/duplicates", {"guard": {"model": "x"}}, "Extra"),
        ("/v1/duplicates", {"min_cosine": 2}, "less than or equal to 1"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    refused, path: str, body: dict[str, object], says: str
) -> None:
    assert says in refused(422, path, body)["message"]


def test_few_requests_that_read_a_whole_index_run_at_once_and_stop_when_their_time_is_over(
    claims: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go, ended = threading.Semaphore(0), threading.Event(), list[str]()

    def held(*_: object, progress: object, **__: object) -> None:
        began.release()
        assert go.wait(WAIT_S)
        try:
            progress.advance(1)  # type: ignore[attr-defined]
        except Exception as error:
            ended.append(type(error).__name__)
            raise

    monkeypatch.setattr("simengine.reasoning.contradictions.find_contradictions", held)
    with word_models(), Catalogue.open([claims]) as catalogue, served(catalogue, timeout_s=0.5) as client:
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(client.post, "/v1/contradictions", json={}) for _ in range(6)]
            answers = [problem(each.result(WAIT_S)) for each in asked]
            assert client.post("/v1/search", json={"query": "cats"}).status_code == 200
        go.set()
        end = time.monotonic() + WAIT_S
        while len(ended) < 2 and time.monotonic() < end:
            time.sleep(0.01)
    assert sorted(answers) == [(429, "overloaded")] * 2 + [(504, "timeout")] * 4
    assert ended == ["TimeLimitError"] * 2

"""POST /v1/search against the engine itself."""

from __future__ import annotations

import json

import pytest

from simengine.engine import Engine
from simengine.requests.rerank import Rerank
from simengine.requests.search import SearchRequest
from simengine.serving.results import HitResult
from simengine.types import Hit
from tests.serving.library import word_models


def as_json(hits: list[Hit]) -> list[object]:
    return [HitResult.of(hit).model_dump(mode="json") for hit in hits]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize("query", ["cats and dogs", "the central bank", "猫喜欢"])
def test_hits_are_those_of_the_engine(given, engine: Engine, mode: str, query: str) -> None:
    found = given("/v1/search", query=query, mode=mode, k=4)
    expected = engine.search(query, k=4, mode=mode)
    assert found["hits"] == as_json(expected)
    assert [hit["id"] for hit in found["hits"]] == [hit.id for hit in expected]
    assert (found["index"], found["query"], found["judged"]) == ("library", query, [])
    assert found["timings_ms"]["total"] >= 0


def test_a_hit_says_all_that_the_engine_knows(given, engine: Engine) -> None:
    hit = engine.search("stock market", k=1, mode="lexical")[0]
    assert given("/v1/search", query="stock market", k=1, mode="lexical")["hits"] == [
        {
            "rank": 1,
            "id": "market",
            "score": round(hit.score, 6),
            "scores": {name: round(value, 6) for name, value in hit.scores.items()},
            "title": "",
            "passage": {"start": 0, "end": 30, "text": "The stock market fell sharply."},
            "metadata": {"year": 2021, "nested": {"a": [1, None, 0.5]}},
            "judgement": None,
            "duplicates": [],
        }
    ]


def test_a_filter_keeps_what_fits(given) -> None:
    found = given("/v1/search", query="film", where='kind == "film" and year >= 2000')
    assert [hit["id"] for hit in found["hits"]] == ["quiet"]


def test_a_filter_of_nine_thousand_ids_keeps_what_the_library_keeps(given, engine: Engine) -> None:
    ids = [f"document-{number:05d}" for number in range(9_000)]
    for where, expected in (
        (f"_id in ({', '.join(map(json.dumps, [*ids, 'quiet']))})", ["quiet"]),
        ('_id == "cats"', ["cats"]),
        ('not _id in ("cats", "quiet")', engine.matching_ids('_id != "cats" and _id != "quiet"')),
    ):
        found = given("/v1/search", query="film", k=50, where=where)
        assert sorted(hit["id"] for hit in found["hits"]) == sorted(expected)
        assert sorted(engine.matching_ids(where)) == sorted(expected)


def test_exact_search_finds_the_same(given, engine: Engine) -> None:
    expected = engine.search("cats", k=9, mode="dense", exact=True)
    assert given("/v1/search", query="cats", k=9, mode="dense", exact=True)["hits"] == as_json(expected)


def test_a_claim_gets_stances_and_the_sentence_that_says_so(given, engine: Engine) -> None:
    claim = "The tower was built in 1889."
    found = given("/v1/search", query=claim, k=3, rerank=True, claim=True)
    with word_models():
        expected = engine.run(SearchRequest(3, queries=(claim,), rerank=Rerank(claim=True)))
    assert found["hits"] == as_json(expected.hits[0])
    count = expected.counts[0][0]
    assert found["judged"] == [{"n_wanted": count.n_wanted, "n_judged": count.n_judged, "n_truncated": 0}]
    said = next(hit["judgement"] for hit in found["hits"] if hit["id"] == "tower")
    assert said["stance"] == "supports"
    assert said["evidence"] == {"start": 0, "end": 28, "text": "The tower was built in 1889."}


@pytest.mark.parametrize(
    ("body", "rerank"),
    [
        ({"rerank": True}, Rerank()),
        ({"rerank": {}}, Rerank()),
        ({"rerank": {"depth": 2, "weight": 1}}, Rerank(depth=2, weight=1)),
        ({"rerank": {"claim": True}}, Rerank(claim=True)),
        ({"rerank": {"depth": 4}, "claim": True}, Rerank(depth=4, claim=True)),
        ({"rerank": True, "budget_ms": 60_000}, Rerank(budget_ms=60_000)),
    ],
)
def test_an_object_says_how_to_rerank(given, engine: Engine, body: dict[str, object], rerank: Rerank) -> None:
    claim = "The tower was built in 1889."
    found = given("/v1/search", query=claim, k=3, **body)
    with word_models():
        expected = engine.run(SearchRequest(3, queries=(claim,), rerank=rerank))
    assert found["hits"] == as_json(expected.hits[0])
    assert found["judged"][0]["n_judged"] == expected.counts[0][0].n_judged


def test_an_explanation_stands_beside_each_hit_that_was_to_be_explained(given, engine: Engine) -> None:
    found = given("/v1/search", query="cats purr", k=2, explain=True, candidates=5)
    expected = engine.run(SearchRequest(2, candidates=5, queries=("cats purr",), explain=True)).hits[0]
    assert [hit["explanation"] for hit in found["hits"]] == [hit.explanation for hit in expected]
    assert all("meaning" in hit["explanation"] for hit in found["hits"])
    assert "explanation" not in given("/v1/search", query="cats purr", k=1)["hits"][0]


def test_an_error_names_the_field_as_it_was_sent(refused) -> None:
    for rerank, place in (
        ({"no": 1}, "body.rerank.no"),
        (3, "body.rerank"),
        ({"depth": 0}, "body.rerank.depth"),
    ):
        found = refused(422, "/v1/search", query="a", rerank=rerank)
        assert [each["field"] for each in found["details"]] == [place]


@pytest.mark.parametrize("field", ["model", "kind", "labels", "precision", "first"])
def test_no_caller_can_name_a_model(refused, field: str) -> None:
    body = {"query": "a", "rerank": {field: "/etc/passwd"}}
    assert "Extra inputs" in refused(422, "/v1/search", body)["message"]


def test_a_claim_alone_reranks(given) -> None:
    found = given("/v1/search", query="The tower was built in 1889.", claim=True)
    assert found["judged"][0]["n_judged"] > 0


def test_another_index_is_searched_when_it_is_named(given) -> None:
    found = given("/v1/search", query="text", index="other")
    assert (found["index"], [hit["id"] for hit in found["hits"]]) == ("other", ["only"])


def test_what_the_encoder_could_not_read_of_a_query_is_counted(given) -> None:
    words = " ".join(["word"] * 30)  # the word encoder reads 22
    assert given("/v1/search", query=words)["query_tokens_truncated"] == 8
    assert given("/v1/search", query=words, mode="lexical")["query_tokens_truncated"] == 0


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        ({}, "validation", "query"),
        ({"query": ""}, "validation", "at least 1 character"),
        ({"query": " \n\t"}, "validation", "pattern"),
        ({"query": 7}, "validation", "valid string"),
        ({"query": ["a"]}, "validation", "valid string"),
        ({"query": "a", "k": 0}, "validation", "greater than or equal to 1"),
        ({"query": "a", "k": "3"}, "validation", "valid integer"),
        ({"query": "a", "k": 3.5}, "validation", "valid integer"),
        ({"query": "a", "k": True}, "validation", "valid integer"),
        ({"query": "a", "k": 101}, "usage", "100"),
        ({"query": "a", "mode": "fuzzy"}, "validation", "hybrid"),
        ({"query": "a", "rerank": "yes"}, "validation", "valid boolean"),
        ({"query": "a", "budget_ms": 0, "rerank": True}, "validation", "greater than 0"),
        ({"query": "a", "budget_ms": 5}, "usage", "rerank"),
        ({"query": "a", "top_k": 3}, "validation", "Extra inputs"),
        ({"query": "a" * 1_001}, "usage", "1,001 characters"),
        ({"query": "a", "where": "year >"}, "filter", "filter"),
        ({"query": "a", "where": "year == '1'; DROP TABLE documents"}, "filter", "filter"),
        ({"query": "a", "where": 'year == "1889"'}, "filter", "filter"),
        ({"query": "a", "where": ".".join("a" * 5_000) + " = 1"}, "filter", "at most 32 parts"),
        ({"query": "a", "where": "(" * 10_000}, "filter", "more than 50 levels deep"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    refused, body: dict[str, object], kind: str, says: str
) -> None:
    error = refused(422, "/v1/search", body)
    assert error["type"] == kind
    assert says in error["message"]


def test_an_unknown_index_is_no_path(refused) -> None:
    for name in ("nope", "../library", "library/..", "/etc/passwd", "library\x00", ".", "LIBRARY"):
        error = refused(404, "/v1/search", query="a", index=name)
        assert error["type"] == "unknown_index"

"""The tools, called by the official client in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")
from mcp import Client

from simengine.engine import Engine
from simengine.errors import StoreError
from simengine.requests.conflicts import ContradictionOptions
from simengine.requests.pairs import ClassifyRequest
from simengine.requests.rerank import Rerank
from simengine.serving.catalogue import Catalogue
from simengine.serving.mcp import build_server
from simengine.serving.results import (
    AnswerResult,
    CheckResult,
    ClassificationResult,
    ConflictResult,
    HitResult,
    RecommendationResult,
    VerdictResult,
)
from simengine.types import Document
from tests.serving.library import TOWER

NAMES = [
    "search",
    "ask",
    "check",
    "score",
    "recommend",
    "similar",
    "nli",
    "classify",
    "contradictions",
    "list_indexes",
]


def run(catalogue: Catalogue, tool: str, **arguments: Any) -> Any:
    """Call a tool; its result as the client got it."""

    async def call() -> Any:
        async with Client(build_server(catalogue)) as client:
            return await client.call_tool(tool, arguments)

    return anyio.run(call)


def given(catalogue: Catalogue, tool: str, **arguments: Any) -> dict[str, Any]:
    result = run(catalogue, tool, **arguments)
    assert not result.is_error, result.content
    # Clients that know no structured results read the same as text.
    assert json.loads(result.content[0].text) == result.structured_content
    found: dict[str, Any] = result.structured_content
    return found


def refused(catalogue: Catalogue, tool: str, **arguments: Any) -> str:
    result = run(catalogue, tool, **arguments)
    assert result.is_error
    text: str = result.content[0].text
    return text


def test_all_tools_are_listed_with_typed_results_as_reading_only(catalogue: Catalogue) -> None:
    async def listed() -> Any:
        async with Client(build_server(catalogue)) as client:
            return (await client.list_tools()).tools

    tools = anyio.run(listed)
    assert [tool.name for tool in tools] == NAMES
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert tool.description
        assert tool.input_schema["type"] == "object"
        assert tool.output_schema["type"] == "object"
    assert tools[0].input_schema["required"] == ["query"]
    assert tools[0].input_schema["properties"]["k"]["maximum"] == 100
    assert set(tools[1].output_schema["properties"]) == set(AnswerResult.model_fields)


def test_search_gives_the_hits_of_the_index(catalogue: Catalogue) -> None:
    found = given(catalogue, "search", query="cats and dogs", k=3)
    expected = catalogue.default.engine.search("cats and dogs", k=3)
    assert found["index"] == "library"
    assert found["hits"] == [HitResult.of(hit).model_dump(mode="json") for hit in expected]


def test_search_with_a_filter_keeps_what_fits(catalogue: Catalogue) -> None:
    found = given(catalogue, "search", query="film", where='kind == "film"', mode="dense")
    assert {hit["id"] for hit in found["hits"]} == {"violent", "quiet"}


def test_a_claim_gets_stances(catalogue: Catalogue) -> None:
    claim = "The tower was built in 1889."
    found = given(catalogue, "search", query=claim, claim=True, k=2)
    hits = catalogue.default.engine.search(claim, k=2, rerank=Rerank(claim=True))
    assert found["hits"] == [HitResult.of(hit).model_dump(mode="json") for hit in hits]
    assert found["hits"][0]["judgement"]["stance"] == "supports"
    assert found["n_unjudged"] == 0


def test_another_index_is_searched_when_it_is_named(catalogue: Catalogue) -> None:
    assert [hit["id"] for hit in given(catalogue, "search", query="text", index="other")["hits"]] == ["only"]


def test_ask_gives_the_answer_with_its_evidence(catalogue: Catalogue) -> None:
    found = given(catalogue, "ask", question=TOWER)
    assert found == AnswerResult.of(catalogue.default.engine.ask(TOWER)).model_dump(mode="json")
    assert (found["verdict"], found["answer"]) == ("answer", "The tower was built in 1889.")
    assert found["evidence"]["document_id"] == "tower"


def test_ask_says_when_it_is_not_there(catalogue: Catalogue) -> None:
    found = given(catalogue, "ask", question="Who painted the ceiling?")
    assert (found["verdict"], found["answer"], found["evidence"]) == ("not found", "", None)
    assert found["nearest"]


def test_score_gives_cosine_and_verdict(catalogue: Catalogue) -> None:
    pair = ("A man plays a guitar.", "Nobody is making music.")
    found = given(catalogue, "score", text1=pair[0], text2=pair[1])
    assert found["cosine"] == round(catalogue.default.engine.score(*pair).score, 6)
    assert found["verdict"]["label"] == "contradiction"
    assert found["similarity"] is None
    verdict = catalogue.default.engine.nli([pair])[0]
    assert found["verdict"] == VerdictResult.of(verdict, pair[0]).model_dump(mode="json")
    assert given(catalogue, "score", text1="a", text2="b", nli=False)["verdict"] is None


def test_score_counts_what_the_model_could_not_read(catalogue: Catalogue) -> None:
    long = " ".join(["word"] * 30)  # the word encoder reads 22 words
    assert given(catalogue, "score", text1=long, text2="short")["n_truncated"] == 8


def test_recommend_leaves_out_what_is_liked_and_what_is_refused(catalogue: Catalogue) -> None:
    taste = {"liked": ["cats"], "refuse": ["The film is violent."]}
    found = given(catalogue, "recommend", **taste, k=20, where="year > 1900")
    expected = catalogue.default.engine.recommend(
        ["cats"], refuse=["The film is violent."], k=20, where="year > 1900"
    )
    assert found["recommendations"] == [
        RecommendationResult.of(each).model_dump(mode="json") for each in expected
    ]
    ids = [each["id"] for each in found["recommendations"]]
    assert "quiet" in ids
    assert not {"cats", "violent", "tower"} & set(ids)
    assert given(catalogue, "recommend", **taste, n=20, where="year > 1900") == found  # the former name of k


def test_similar_gives_the_nearest_documents(catalogue: Catalogue) -> None:
    found = given(catalogue, "similar", document_id="cats", k=2)
    expected = catalogue.default.engine.similar("cats", 2)
    assert found["hits"] == [HitResult.of(hit).model_dump(mode="json") for hit in expected]
    assert "nobody" in refused(catalogue, "similar", document_id="nobody")


def test_nli_gives_the_verdict_with_the_sentence_that_decides(catalogue: Catalogue) -> None:
    pair = ("A man plays a guitar. It rains.", "Nobody is making music.")
    found = given(catalogue, "nli", premise=pair[0], hypothesis=pair[1])
    (verdict,) = catalogue.default.engine.nli([pair])
    assert found == VerdictResult.of(verdict, pair[0]).model_dump(mode="json")
    assert (found["label"], found["evidence"]["text"].strip()) == ("contradiction", "A man plays a guitar.")
    assert given(catalogue, "nli", premise=pair[0], hypothesis=pair[1], evidence=False)["evidence"] is None


def test_classify_sorts_texts_into_labels(catalogue: Catalogue) -> None:
    texts, labels = ["A film of blood.", "Nothing."], ["The film is violent.", "other"]
    found = given(
        catalogue, "classify", texts=texts, labels=labels, templates=["{}"], prior="none", cosine=False
    )
    request = ClassifyRequest(tuple(texts), tuple(labels), templates=("{}",), prior="none", cosine=False)
    expected = catalogue.default.engine.run(request)
    assert found["classifications"] == [
        ClassificationResult.of(each).model_dump(mode="json") for each in expected
    ]
    assert found["classifications"][0]["predicted"] == ["The film is violent."]
    assert "at least two labels" in refused(catalogue, "classify", texts=texts, labels=["a"])


def test_check_judges_each_claim_by_the_index_or_by_texts(catalogue: Catalogue) -> None:
    text = "The tower was built in 1889. The tower was built in 1920."
    found = given(catalogue, "check", text=text)
    expected = CheckResult.of(catalogue.default.engine.check(text)).model_dump(mode="json")
    assert found == {**expected, "index": "library", "notes": []}
    assert [claim["verdict"] for claim in found["claims"]] == ["supported", "contradicted"]
    found = given(catalogue, "check", text=text, source=["Cats purr."])
    assert [claim["verdict"] for claim in found["claims"]] == ["not found", "not found"]


def test_contradictions_names_claims_that_conflict(catalogue: Catalogue, tmp_path: Path) -> None:
    claims = [Document("a", "The bridge has four lanes."), Document("b", "The bridge has six lanes.")]
    with Catalogue.of([Engine.build(claims, tmp_path / "bridges")]) as bridges:
        found = given(bridges, "contradictions", min_cosine=-1)
        (expected,) = bridges.default.engine.contradictions(
            options=ContradictionOptions(min_cosine=-1)
        ).conflicts
    assert found["conflicts"] == [ConflictResult.of(expected).model_dump(mode="json")]
    assert (found["n_conflicts"], found["conflicts"][0]["difference"]) == (1, ["four", "six"])


def test_a_tool_that_reads_a_whole_index_stops_when_its_time_is_over(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simengine.serving.mcp.tools.SCAN_S", 0.0)
    assert "longer than its time limit" in refused(catalogue, "contradictions")


def test_list_indexes_names_the_fields_for_filters(catalogue: Catalogue) -> None:
    found = given(catalogue, "list_indexes")["indexes"]
    assert [(each["name"], each["documents"]) for each in found] == [("library", 9), ("other", 1)]
    fields = {field["name"]: field for field in found[0]["fields"]}
    assert fields["kind"]["count"] == 2
    assert fields["year"] == {
        "name": "year",
        "types": ["int"],
        "count": 9,
        "examples": [1889, 2001, 2002, 2022, 2021],
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("search", {"query": "cats", "where": "year >"}, "filter"),
        ("search", {"query": "cats", "where": 'kind == "film" or 1=1'}, "filter"),
        ("search", {"query": "cats", "index": "../library"}, "no index '../library' is served"),
        ("search", {"query": "   "}, "pattern"),
        ("search", {"query": "cats", "k": 0}, "greater than or equal to 1"),
        ("search", {"query": "cats", "mode": "magic"}, "'hybrid'"),
        ("search", {}, "Field required"),
        ("search", {"query": "cats", "k": 10**30}, "less than or equal to 100"),
        ("search", {"query": "a" * 10_001}, "at most 10000"),
        ("search", {"query": "\ud800"}, "valid string"),
        ("search", {"query": "cats", "where": "(" * 5_000}, "filter"),
        ("ask", {"question": "Who?", "index": "library\x00"}, "is served"),
        ("ask", {"question": ["a", "list"]}, "valid string"),
        ("recommend", {"liked": ["a"] * 1_001}, "at most 1000"),
        ("recommend", {}, "nothing is liked"),
        ("recommend", {"liked": ["nobody"]}, "nobody"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(
    catalogue: Catalogue, tool: str, arguments: dict[str, Any], says: str
) -> None:
    assert says in refused(catalogue, tool, **arguments)


def test_a_nul_is_refused_as_in_documents(catalogue: Catalogue) -> None:
    assert "query: contains the character U+0000 (character 5)" in refused(
        catalogue, "search", query="cats\x00"
    )


def test_an_error_of_this_machine_s_files_names_none_to_the_agent(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreError("/secret/path/meta.sqlite: damaged")

    monkeypatch.setattr(catalogue.default.engine, "run", broken)
    told = refused(catalogue, "search", query="cats")
    assert "the index cannot be used now" in told
    assert "secret" not in told
    assert "/secret/path/meta.sqlite" in caplog.text


def test_an_unexpected_error_tells_the_agent_nothing_of_this_machine(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(catalogue.default.engine, "run", broken)
    assert refused(catalogue, "search", query="cats") == "Error executing tool search"

"""What the routes and the tools tell of texts that a model cannot read."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from starlette.testclient import TestClient

from simengine.encoders.contract import Encoded
from simengine.serving.catalogue import Catalogue
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import WordEncoder
from tests.qa.fakes import TableModel

CHINESE, APART = "猫喜欢什么", "狗喜欢什么"


@pytest.fixture(autouse=True)
def _ascii_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoder and judge know ASCII alone."""
    plain = WordEncoder.encode_counted

    def encode_counted(self: WordEncoder, texts: list[str], *, role: str = "text") -> Encoded:
        encoded = plain(self, texts, role=role)
        shares = [reading.share for reading in ascii_readings(self, texts)]
        return Encoded(
            encoded.vectors,
            encoded.n_tokens,
            encoded.n_truncated,
            encoded.n_tokens * 0,
            encoded.vectors[:, 0] * 0 + shares,
        )

    monkeypatch.setattr(WordEncoder, "encode_counted", encode_counted)
    monkeypatch.setattr(WordEncoder, "readings", ascii_readings)
    monkeypatch.setattr(TableModel, "readings", ascii_readings)


def test_a_search_tells_what_its_models_do_not_know(client: TestClient) -> None:
    def notes(**changes: object) -> list[str]:
        found: list[str] = client.post("/v1/search", json={"query": CHINESE, **changes}).json()["notes"]
        return found

    assert notes() == [
        f"the model does not know the characters of '{CHINESE}': it cannot distinguish such texts; a "
        "multilingual model such as multilingual-e5-small may"
    ]
    assert [note[:9] for note in notes(rerank=True)] == ["the model", "the query"]
    assert notes(mode="lexical") == notes(query="who are cats?", rerank=True) == []


def test_a_score_that_means_nothing_is_marked(client: TestClient) -> None:
    pairs = [
        {"text1": CHINESE, "text2": APART},
        {"text1": "a cat 😀", "text2": "a cat 😡"},
        {"text1": "a", "text2": "b"},
    ]
    scores = client.post("/v1/score", json={"pairs": pairs}).json()["scores"]
    assert [each["told_apart"] for each in scores] == [False, False, True]


def test_no_verdict_is_given_and_the_reason_is(client: TestClient) -> None:
    pairs = [
        {"premise": CHINESE, "hypothesis": "x"},
        {"premise": "A guitar.", "hypothesis": "He makes music."},
    ]
    unread, read = client.post("/v1/nli", json={"pairs": pairs}).json()["verdicts"]
    assert (unread["label"], unread["probabilities"]["neutral"]) == ("neutral", 1.0)
    assert unread["reason"] == "the model does not know 猫, 喜, 欢, 什, …: no verdict can be based on that"
    assert (read["label"], read["reason"]) == ("entailment", "")
    answer = client.post("/v1/ask", json={"question": CHINESE}).json()
    assert (answer["verdict"], answer["answer"]) == ("not found", "")
    assert "does not know" in answer["notes"][0]


def test_compatible_routes_tell_in_their_own_ways(client: TestClient) -> None:
    ranked = client.post("/v1/rerank", json={"query": CHINESE, "documents": ["a", "b"]}).json()
    assert [each["relevance_score"] for each in ranked["results"]] == [0.0, 0.0]
    assert "the cross-encoder does not know" in ranked["meta"]["warnings"][0]
    model = next(
        each["id"] for each in client.get("/v1/models").json()["data"] if each["task"] == "embeddings"
    )
    plain = client.post("/v1/embeddings", json={"input": ["a"], "model": model})
    assert "X-Simengine-Warning" not in plain.headers
    told = client.post("/v1/embeddings", json={"input": ["a", CHINESE, APART], "model": model})
    assert told.headers["X-Simengine-Warning"].startswith("input[1] (2 of 3 inputs): the model does not know")
    assert set(told.json()) == set(plain.json())


def test_a_write_counts_passages_that_the_model_cannot_tell_apart(client: TestClient) -> None:
    documents = [{"id": "zh", "text": CHINESE}, {"id": "en", "text": "Cats sleep."}]
    assert client.post("/v1/documents", json={"documents": documents}).json()["passages_unreadable"] == 1
    unknown = client.get("/v1/indexes/library").json()["unknown"]
    assert (unknown["documents"], unknown["passages_unreadable"]) == (11, 2)  # with the library's


def test_tools_tell_it_too(client: TestClient, catalogue: Catalogue) -> None:
    pytest.importorskip("mcp", reason="the extra mcp is not installed")
    from simengine.serving.mcp.tools import Tools

    tools = {tool.__name__: tool for tool in Tools(catalogue).all()}
    assert "does not know" in tools["search"](query=CHINESE).notes[0]
    assert tools["search"](query="cats").notes == []
    scored = tools["score"](text1=CHINESE, text2=APART)
    assert (scored.told_apart, scored.verdict and scored.verdict.label) == (False, "neutral")
    assert "does not know" in tools["recommend"](liked_texts=[CHINESE]).notes[0]

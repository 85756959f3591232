"""POST /v1/embeddings and GET /v1/models against the engine itself."""

from __future__ import annotations

import base64

import httpx
import numpy as np
import pytest

from simengine.engine import Engine

TEXTS = ["A man plays a guitar.", "猫", "a"]


@pytest.fixture(scope="module")
def model(client: httpx.Client) -> str:
    found = next(each for each in client.get("/v1/models").json()["data"] if each["task"] == "embeddings")
    name: str = found["id"]
    return name


@pytest.mark.parametrize("given_as", [TEXTS, TEXTS[0]], ids=["list", "string"])
def test_vectors_are_those_of_the_engine_bit_for_bit(given, engine: Engine, model: str, given_as) -> None:
    texts = [given_as] if isinstance(given_as, str) else given_as
    found = given("/v1/embeddings", input=given_as, model=model)
    assert (found["object"], found["model"]) == ("list", model)
    assert [each["index"] for each in found["data"]] == list(range(len(texts)))
    assert {each["object"] for each in found["data"]} == {"embedding"}
    vectors = np.array([each["embedding"] for each in found["data"]])
    expected = engine.encode(texts)
    assert np.array_equal(vectors, expected.astype(np.float64))


def test_base64_holds_the_same_numbers(given, engine: Engine, model: str) -> None:
    found = given("/v1/embeddings", input=TEXTS, model=model, encoding_format="base64")
    rows = [np.frombuffer(base64.b64decode(each["embedding"]), "<f4") for each in found["data"]]
    assert np.array_equal(np.stack(rows), engine.encode(TEXTS))


def test_tokens_are_counted(given, engine: Engine, model: str) -> None:
    usage = given("/v1/embeddings", input=TEXTS, model=model)["usage"]
    n_tokens = int(engine.encoder.encode_counted(TEXTS).n_tokens.sum())
    assert usage == {"prompt_tokens": n_tokens, "total_tokens": n_tokens}


def test_the_models_own_dimensions_may_be_named_and_no_others(given, refused, model: str) -> None:
    assert len(given("/v1/embeddings", input="a", model=model, dimensions=16)["data"][0]["embedding"]) == 16
    assert "16 dimensions" in refused(422, "/v1/embeddings", input="a", model=model, dimensions=8)["message"]


def test_long_texts_are_refused_unless_they_may_be_cut(given, refused, engine: Engine, model: str) -> None:
    long = " ".join(["word"] * 30)
    error = refused(422, "/v1/embeddings", input=["short", long], model=model)
    assert "input[1] has 32 tokens" in error["message"]
    assert "reads 24" in error["message"]
    found = given("/v1/embeddings", input=["short", long], model=model, truncate=True)
    assert np.array_equal(
        np.array([each["embedding"] for each in found["data"]]), engine.encode(["short", long])
    )
    assert found["usage"]["total_tokens"] == 3 + 24


def test_an_unknown_model_is_not_found_and_the_known_ones_are_named(refused, model: str) -> None:
    error = refused(404, "/v1/embeddings", input="a", model="text-embedding-3-small")
    assert error["type"] == "unknown_model"
    assert model in error["message"]


def test_the_judge_makes_no_vectors(refused) -> None:
    assert refused(404, "/v1/embeddings", input="a", model="minilm-relevance")["type"] == "unknown_model"


def test_fields_that_clients_send_besides_are_ignored(given, model: str) -> None:
    body = {"input": "a", "model": model, "user": "me", "some_future_field": {"a": [1]}}
    assert given("/v1/embeddings", **body) == given("/v1/embeddings", input="a", model=model)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"input": [1, 2, 3]}, "token numbers"),
        ({"input": [[1, 2], [3]]}, "token numbers"),
        ({"input": []}, "at least 1 item"),
        ({"input": ""}, "at least 1 character"),
        ({"input": ["a", ""]}, "at least 1 character"),
        ({"input": None}, "valid list"),
        ({"input": {"text": "a"}}, "valid list"),
        ({"input": ["a", 1]}, "valid string"),
        ({"input": "a", "encoding_format": "int8"}, "base64"),
        ({"input": "a", "dimensions": 0}, "greater than or equal to 1"),
        ({"input": ["a"] * 51}, "at most 50"),
        ({"input": "a" * 20_001}, "20,001 characters"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    refused, model: str, body: dict[str, object], says: str
) -> None:
    assert says in refused(422, "/v1/embeddings", {"model": model, **body})["message"]


def test_models_are_listed_with_what_they_are_for(client: httpx.Client, engine: Engine, model: str) -> None:
    found = client.get("/v1/models").json()
    assert found["object"] == "list"
    encoder, judge = found["data"]
    assert (encoder["object"], encoder["task"], encoder["dimensions"]) == ("model", "embeddings", 16)
    assert encoder["indexes"] == ["library", "other"]
    assert encoder["created"] > 1_700_000_000
    assert encoder["max_tokens"] == engine.settings.max_tokens
    assert (judge["id"], judge["task"], judge["dimensions"]) == ("minilm-relevance", "rerank", None)
    assert client.get(f"/v1/models/{model}").json() == encoder
    missing = client.get("/v1/models/gpt-9")
    assert (missing.status_code, missing.json()["error"]["type"]) == (404, "unknown_model")


def test_nulls_mean_what_is_left_out(given, model: str) -> None:
    nulls = {"encoding_format": None, "dimensions": None, "user": None, "input_type": None, "truncate": None}
    assert given("/v1/embeddings", input="a", model=model, **nulls) == given(
        "/v1/embeddings", input="a", model=model
    )


@pytest.mark.parametrize("kind", ["query", "document", "passage"])
def test_a_model_without_prompts_reads_queries_and_documents_alike(given, model: str, kind: str) -> None:
    assert given("/v1/embeddings", input="a", model=model, input_type=kind) == given(
        "/v1/embeddings", input="a", model=model
    )

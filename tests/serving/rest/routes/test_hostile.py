"""Input that means harm: refused with a clear error, never a crash, never another's data."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import pytest

from simengine.serving.catalogue import Catalogue
from tests.serving.rest.routes.conftest import LIMITS, folder_of

POSTS = {
    "/v1/search": {"query": "cats"},
    "/v1/score": {"pairs": [{"text1": "a", "text2": "b"}]},
    "/v1/nli": {"pairs": [{"premise": "a", "hypothesis": "b"}]},
    "/v1/ask": {"question": "Who?"},
    "/v1/recommend": {"liked": ["cats"]},
    "/v1/embeddings": {"model": "all-MiniLM-L6-v2", "input": "a"},
    "/v1/rerank": {"query": "a", "documents": ["b"]},
    "/v2/rerank": {"query": "a", "documents": ["b"]},
    "/predict": {"inputs": ["a", "b"]},
}
SURROGATE = "\ud800"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def post(client: httpx.Client):
    """Posts bytes as they are; whatever they are, the answer is no crash and is JSON."""

    def send(path: str, body: bytes) -> httpx.Response:
        answer = client.post(path, content=body, headers=JSON)
        assert answer.status_code < 500, answer.text
        answer.json()
        return answer

    return send


def refused(answer: httpx.Response, *status: int) -> dict[str, Any]:
    assert answer.status_code in status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"text"', b"7", b"{", b'{"query": NaN}', b"\xff\xfe", b"{'a': 1}", b"9" * 10_000],
    ids=["empty", "null", "list", "string", "number", "open", "nan", "no utf-8", "quotes", "huge number"],
)
def test_what_is_no_request_is_refused(post, path: str, body: bytes) -> None:
    refused(post(path, body), 422, 400)


@pytest.mark.parametrize("path", POSTS)
def test_a_huge_body_is_refused_as_such(post, path: str) -> None:
    body = json.dumps({**POSTS[path], "user": "x" * LIMITS.max_body_bytes}).encode()
    assert refused(post(path, body), 413)["type"] == "too_large"


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("depth", [40, 900, 50_000])
def test_deep_json_is_refused(post, path: str, depth: int) -> None:
    name = next(iter(POSTS[path]))
    kind = "validation" if depth == 40 else "data"
    body = f'{{"{name}": {"[" * depth}{"]" * depth}}}'.encode()
    assert refused(post(path, body), 422)["type"] == kind
    body = ('{"a":' * depth + "1" + "}" * depth).encode()
    assert refused(post(path, body), 422, 413)["type"] in (kind, "too_large")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "wrong", [None, True, 0, -1.5, "", "\x00", SURROGATE, [], [[]], {}, {"a": [{}]}, 10**40]
)
def test_each_field_of_each_route_may_be_wrong(post, path: str, wrong: object) -> None:
    for name in POSTS[path]:
        refused(post(path, json.dumps({**POSTS[path], name: wrong}).encode()), 422, 404)


@pytest.mark.parametrize("path", POSTS)
def test_a_lone_surrogate_is_refused_wherever_it_stands(post, path: str) -> None:
    known = POSTS[path]
    for body, field in (
        ({**known, SURROGATE: 1}, "body"),
        ({**known, "user": SURROGATE}, "body.user"),
        ({**known, "index": SURROGATE}, "body.index"),
        ({**known, next(iter(known)): ["a", {"b": SURROGATE}]}, f"body.{next(iter(known))}.1.b"),
    ):
        error = refused(post(path, json.dumps(body).encode()), 422)
        assert error["type"] == "validation"
        assert error["details"][0]["field"] == field
        assert "half of a surrogate pair" in error["message"]


@pytest.mark.parametrize(
    "path", ["/v1/documents/caf%E9", "/v1/models/%ff", "/v1/documents/a?index=%ED%A0%BD"]
)
def test_addresses_have_to_be_utf8(client: httpx.Client, path: str) -> None:
    error = refused(client.get(path), 422)
    assert error["type"] == "data"
    assert "is not valid UTF-8: byte 0x" in error["message"]


@pytest.mark.parametrize("odd", [SURROGATE, {SURROGATE: 1}, [[SURROGATE]], float("nan"), [float("-inf")]])
def test_what_no_answer_could_hold_is_refused_in_documents(post, odd: object) -> None:
    document = {"text": "a", "more": odd}
    body = {"query": "a", "documents": [document], "return_documents": True}
    assert refused(post("/v1/rerank", json.dumps(body).encode()), 422)["type"] == "validation"


@pytest.mark.parametrize(
    "name",
    [
        "../library",
        "..",
        ".",
        "/",
        "library/",
        "./library",
        "%2e%2e%2flibrary",
        "library\x00.json",
        "LIBRARY",
        "a" * 128,
    ],
)
def test_a_name_of_an_index_is_never_a_path(post, catalogue: Catalogue, name: str) -> None:
    for path in ("/v1/search", "/v1/score", "/v1/nli", "/v1/ask", "/v1/recommend"):
        error = refused(post(path, json.dumps({**POSTS[path], "index": name}).encode()), 404)
        assert error["type"] == "unknown_index"
        assert str(folder_of(catalogue)) not in json.dumps(error)


def test_the_path_of_an_index_is_no_name_either(post, catalogue: Catalogue) -> None:
    body = {"query": "a", "index": str(catalogue.default.engine.path)[:128]}
    refused(post("/v1/search", json.dumps(body).encode()), 404)


@pytest.mark.parametrize(
    "where",
    [
        "year == 1; DELETE FROM documents",
        "1=1",
        "year == 1889 or 1 == 1",
        'kind == "film" --',
        "kind == 'film' UNION SELECT * FROM documents",
        "__class__ == 1 and (lambda: 1)()",
        'json_extract(metadata, "$") == 1',
        "year in (" + "1, " * 3_000 + "1",
        "not " * 2_000 + "year == 1",
        "(" * 900 + "year == 1" + ")" * 900,
        "`a`;`b` == 1",
        "year == 1\x00",
        "year == 99999999999999999999999999999999999999999999",
        'kind contains "%"',
        "*",
    ],
)
def test_a_filter_is_only_a_filter(post, client: httpx.Client, where: str) -> None:
    for path in ("/v1/search", "/v1/ask", "/v1/recommend"):
        answer = post(path, json.dumps({**POSTS[path], "where": where}).encode())
        if answer.status_code == 200 and path == "/v1/search":
            assert answer.json()["hits"] == []  # nothing but what the expression keeps
    assert len(client.post("/v1/search", json={"query": "cats", "k": 50}).json()["hits"]) == 9


def test_a_value_in_a_filter_stays_a_value(post) -> None:
    where = json.dumps("film' OR '1'='1")
    answer = post("/v1/search", json.dumps({"query": "a", "where": f"kind == {where}"}).encode())
    assert answer.json()["hits"] == []


def test_markup_comes_back_as_the_text_that_it_is(client: httpx.Client) -> None:
    answer = client.post("/v1/search", json={"query": "<script>alert(1)</script>", "mode": "lexical"})
    assert answer.headers["content-type"] == "application/json"
    hit = answer.json()["hits"][0]
    assert (hit["id"], hit["title"]) == ("=cmd|' /C calc'!A0", "<img src=x>")
    assert hit["passage"]["text"].startswith("<script>")


@pytest.mark.parametrize(
    "path", ["/v1/models/" + "a" * 5_000, "/v1/models/../../etc/passwd", "/v1/models/%00", "/v1/models/%ff"]
)
def test_a_name_of_a_model_is_never_a_path(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code in (404, 422)


def test_other_methods_and_types_are_refused(client: httpx.Client) -> None:
    assert client.get("/v1/search").status_code == 405
    assert client.put("/v1/search", json={"query": "a"}).status_code == 405
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.post("/v1/search", content=b'{"query": "cats"}', headers={"content-type": kind})
        assert answer.status_code == 415
        assert answer.json()["error"]["type"] == "media_type"
        assert "application/json" in answer.json()["error"]["message"]


def test_words_of_users_are_not_logged(client: httpx.Client, log: io.StringIO) -> None:
    client.post("/v1/search", json={"query": "a very private question", "where": "secret =="})
    client.post("/v1/ask", json={"question": "a very private question"})
    assert "private" not in log.getvalue()
    assert "secret" not in log.getvalue()
    assert '"status": 422' in log.getvalue()

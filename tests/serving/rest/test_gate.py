"""What stands around the routes: limits, keys, log, metrics, stopping."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from starlette.testclient import TestClient

from simengine.errors import UsageError
from simengine.serving.catalogue import Catalogue
from simengine.serving.rest.app import create_app
from simengine.serving.rest.keys import KeyFile
from simengine.serving.settings import Limits, ServiceSettings
from tests.serving.library import DOCUMENTS
from tests.serving.rest.support import problem, served

JSON = {"content-type": "application/json"}
WAIT_S = 60
SECRET = "the secret of the queen"


# -- limits


def test_large_deep_and_long_requests_are_refused(catalogue: Catalogue) -> None:
    limits = Limits(
        max_body_bytes=2_000, max_json_depth=6, max_documents=2, max_text_chars=50, max_query_chars=20
    )
    with served(catalogue, limits=limits) as client:
        assert problem(client.post("/v1/search", content=b"x" * 2_001)) == (413, "too_large")
        assert problem(client.post("/v1/search", content=b"[" * 1_000, headers=JSON)) == (422, "data")
        three = [{"id": str(n), "text": "t"} for n in range(3)]
        assert problem(client.post("/v1/documents", json={"documents": three})) == (422, "usage")
        long = {"documents": [{"id": "a", "text": "t" * 51}]}
        assert problem(client.post("/v1/documents", json=long)) == (422, "usage")
        assert problem(client.post("/v1/search", json={"query": "q" * 21})) == (422, "usage")
        assert client.post("/v1/search", json={"query": "q" * 20}).status_code == 200


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/v1/embeddings", {"model": "m", "input": [None] * 90_000}),
        ("/v1/score", {"pairs": [None] * 90_000}),
        ("/v1/documents", {"documents": [{}] * 90_000}),
        ("/v1/search", {"query": "q"} | {f"x{n}": 1 for n in range(90_000)}),
    ],
)
def test_much_that_is_wrong_is_told_in_a_sentence(client: TestClient, route: str, body: object) -> None:
    answer = client.post(route, json=body)
    assert problem(answer) == (422, "validation")
    assert len(answer.json()["error"]["details"]) == 1
    assert "values are wrong" in answer.json()["error"]["message"]
    more = client.post(route, content=json.dumps(body)[:-1] + "," * 100_001, headers=JSON)
    assert problem(more) == (422, "usage")
    assert "more than 100,000 values" in more.json()["error"]["message"]


def test_too_many_requests_get_429_and_the_others_their_answers(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go, plain = threading.Semaphore(0), threading.Event(), catalogue.default.engine.get

    def held(document_id: str) -> object:
        began.release()
        assert go.wait(WAIT_S)
        return plain(document_id)

    with served(catalogue, max_requests=1) as client, ThreadPoolExecutor(2) as pool:
        service = client.app.state.service  # type: ignore[attr-defined]
        monkeypatch.setattr(catalogue.default.engine, "get", held)
        first = pool.submit(client.get, "/v1/documents/cats")
        assert began.acquire(timeout=WAIT_S)
        second = pool.submit(client.get, "/v1/documents/dogs")
        while service.lifecycle.n_accepted < 2:
            time.sleep(0.01)
        refused = client.get("/v1/documents/cats")
        assert problem(refused) == (429, "overloaded")
        assert int(refused.headers["retry-after"]) >= 1
        assert client.get("/health").status_code == 200
        go.set()
        assert [each.result(WAIT_S).json()["id"] for each in (first, second)] == ["cats", "dogs"]


def test_who_waits_too_long_gets_504(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    with served(catalogue, timeout_s=0.05) as client:
        monkeypatch.setattr(catalogue.default.engine, "get", lambda _: go.wait(WAIT_S) and None)
        assert problem(client.get("/v1/documents/cats")) == (504, "timeout")
        go.set()


# -- keys


@pytest.fixture
def tokens(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Headers with a key of the scopes that are named."""
    file = KeyFile(tmp_path / "keys.json")

    def headers(*scopes: str) -> dict[str, str]:
        return {"authorization": f"Bearer {file.create('-'.join(scopes), scopes)[1]}"}

    headers("read")
    return headers


def test_nothing_but_its_state_is_told_without_a_key(
    catalogue: Catalogue, tokens: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    reading, writing, both = tokens("read"), tokens("write"), tokens("read", "write")
    body = {"documents": [{"id": "new", "text": "New."}]}
    with served(catalogue, keys_file=tmp_path / "keys.json") as client:
        assert client.get("/health").status_code == 200
        assert client.get("/openapi.json").json()["components"]["securitySchemes"]
        for path in (
            "/v1/indexes",
            "/v1/models",
            "/metrics",
            "/v1/documents/cats",
            "/nowhere",
            "//v1/indexes",
        ):
            answer = client.get(path)
            assert problem(answer) == (401, "unauthorized"), path
            assert answer.headers["www-authenticate"] == "Bearer"
        for wrong in ("", "Bearer", "Bearer x", "Basic " + base64.b64encode(b"a:b").decode()):
            assert client.get("/v1/indexes", headers={"authorization": wrong}).status_code == 401
        assert client.get("/v1/indexes", headers=reading).status_code == 200
        assert problem(client.post("/v1/documents", json=body, headers=reading)) == (403, "forbidden")
        assert problem(client.delete("/v1/documents/cats", headers=reading)) == (403, "forbidden")
        assert problem(client.get("/v1/indexes", headers=writing)) == (403, "forbidden")
        assert client.post("/v1/documents", json=body, headers=writing).status_code == 200
        assert client.get("/v1/documents/new", headers=both).status_code == 200
        large = client.post("/v1/documents", content=b"x" * (9 << 20))
        assert large.status_code == 401  # the key is asked for before the body is read


def test_the_page_takes_a_key_as_a_password_and_nothing_else_does(
    catalogue: Catalogue, tokens: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    token = tokens("read")["authorization"].removeprefix("Bearer ")
    basic = {"authorization": "Basic " + base64.b64encode(f"any:{token}".encode()).decode()}
    with served(catalogue, keys_file=tmp_path / "keys.json") as client:
        asked = client.get("/demo/library/")
        assert problem(asked) == (401, "unauthorized")
        assert asked.headers["www-authenticate"].startswith("Basic")
        assert (
            client.get("/demo/library/", headers=basic).status_code == 404
        )  # let in; no page is mounted here
        assert client.get("/demo", headers={"authorization": "Basic !"}).status_code == 401
        assert client.get("/v1/indexes", headers=basic).status_code == 401
        assert client.get("/demonstration", headers=basic).status_code == 401


def test_wider_than_this_machine_needs_keys_or_the_word(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.4"):
        with pytest.raises(UsageError, match="--insecure"):
            ServiceSettings(host=host)
        assert ServiceSettings(host=host, insecure=True).host == host
        assert ServiceSettings(host=host, keys_file=tmp_path / "keys.json").host == host
    assert ServiceSettings(host="::1").host == "::1"


@pytest.mark.parametrize("name", ["http://search.example", "search.example:80", "*", "a b", ""])
def test_an_allowed_host_has_to_be_a_name(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(UsageError, match="expected a host name alone"):
        create_app(catalogue, ServiceSettings(allowed_hosts=(name,)))


def test_without_keys_only_names_of_this_machine_are_answered(client: TestClient) -> None:
    for host in ("localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1"):
        assert client.get("/v1/indexes", headers={"host": host}).status_code == 200
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost:80:80", ""):
        assert problem(client.get("/v1/indexes", headers={"host": host})) == (403, "forbidden"), host


def test_a_script_of_another_site_cannot_write(client: TestClient) -> None:
    body = '{"documents": [{"id": "new", "text": "New."}]}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = client.post("/v1/documents", content=body, headers={"content-type": kind})
        assert problem(answer) == (415, "media_type")
    asked = client.options(
        "/v1/documents",
        headers={"origin": "http://evil.example", "access-control-request-method": "DELETE"},
    )
    assert "access-control-allow-origin" not in asked.headers
    assert problem(client.get("/v1/documents/new")) == (404, "unknown_document")


def test_a_missing_file_of_keys_stops_the_start(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="simengine keys create"):
        create_app(catalogue, ServiceSettings(keys_file=tmp_path / "none.json"))


# -- what is written down


def test_a_damaged_file_of_keys_changes_no_answer_and_is_told_to_operators_once(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simengine.serving.rest.keys.LOOK_AGAIN_S", 0.0)
    path = tmp_path / "secret-place" / "keys.json"
    token, log = KeyFile(path).create("reader", ["read"])[1], io.StringIO()
    key = {"authorization": f"Bearer {token}"}
    with served(catalogue, log, keys_file=path) as client:
        assert client.get("/ready").json()["keys"] == "ok"
        path.write_text('{"version": 1, "ke')
        answers = [client.get("/v1/documents/cats", headers=key) for _ in range(5)]
        answers += [client.get("/v1/documents/cats"), client.get("/ready")]
        assert [each.status_code for each in answers] == [200] * 5 + [401, 200]
        end = time.monotonic() + 30  # a busy machine may answer before it has looked at the file again
        while client.get("/ready").json()["keys"] != "stale" and time.monotonic() < end:
            time.sleep(0.05)
        assert client.get("/ready").json()["keys"] == "stale"
        assert "simengine_keys_stale 1.0" in client.get("/metrics", headers=key).text
        assert not any("secret-place" in each.text for each in answers)
        path.unlink()
        end = time.monotonic() + 30
        while len(keys_lines(log)) < 2 and time.monotonic() < end:
            assert client.get("/v1/documents/cats", headers=key).status_code == 200
    told = keys_lines(log)
    assert [(each["level"], each["state"]) for each in told] == [("error", "stale")] * 2
    assert "not a file of keys" in told[0]["message"]
    assert "No such file" in told[1]["message"]


def keys_lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [line for line in lines(log) if line["event"] == "keys"]


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_the_log_tells_of_requests_without_their_texts(catalogue: Catalogue) -> None:
    log = io.StringIO()
    with served(catalogue, log) as client:
        client.post("/v1/search", json={"query": SECRET}, headers={"x-request-id": "r1"})
        client.post("/v1/search", json={"query": "cats", "where": f"'{SECRET}' =="})
        client.get(f"/v1/documents/{SECRET}")
        client.get(f"/{SECRET}")
        client.post("/v1/documents", json={"documents": [{"id": SECRET, "text": SECRET}]})
        client.get("/health")
    assert SECRET not in log.getvalue()
    first, second, third, *_ = (each for each in lines(log) if each["event"] == "request")
    assert (first["request_id"], first["route"], first["status"], first["level"]) == (
        "r1",
        "/v1/search",
        200,
        "info",
    )
    assert (second["status"], second["error"], second["level"]) == (422, "FilterError", "warning")
    assert third["route"] == "/v1/documents/{document_id}"
    assert "/health" not in [each.get("route") for each in lines(log)]


def test_texts_are_logged_when_that_was_asked_for(catalogue: Catalogue) -> None:
    log = io.StringIO()
    with served(catalogue, log, log_texts=True) as client:
        client.post("/v1/search", json={"query": SECRET})
    assert [each["query"] for each in lines(log) if each["event"] == "request"] == [SECRET]


def test_an_error_that_should_not_be_is_logged_with_its_place(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()

    def fail(_: str) -> None:
        raise RuntimeError(SECRET)

    with served(catalogue, log) as client:
        monkeypatch.setattr(catalogue.default.engine, "get", fail)
        answer = client.get("/v1/documents/cats")
        assert problem(answer) == (500, "internal")
    (line,) = (each for each in lines(log) if each["level"] == "error")
    assert line["error"] == "RuntimeError"
    assert line["request_id"] == answer.headers["x-request-id"]
    assert any("in fail" in frame or "fail" in frame for frame in line["trace"])
    assert SECRET not in log.getvalue()


def test_metrics_count_requests_by_route_and_show_the_queues(client: TestClient) -> None:
    for _ in range(3):
        client.post("/v1/search", json={"query": "cats"})
    client.request("NONSENSE", "/v1/search")
    client.get("/one"), client.get("/two")
    text = client.get("/metrics").text
    assert 'simengine_requests_total{method="POST",route="/v1/search",status="200"} 3.0' in text
    assert 'simengine_requests_total{method="GET",route="other",status="404"} 2.0' in text
    assert "NONSENSE" not in text
    assert 'simengine_batch_items_total{index="library",kind="search"} 3.0' in text
    assert f'simengine_documents{{index="library"}} {len(DOCUMENTS)}.0' in text
    assert "simengine_request_seconds_bucket" in text
    assert "process_resident_memory_bytes" in text


# -- stopping


def test_a_service_that_stops_refuses_new_work_and_finishes_what_it_accepted(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go, plain = threading.Event(), threading.Event(), catalogue.default.engine.add

    def held(documents: Any, options: object = None) -> object:
        began.set()
        assert go.wait(WAIT_S)
        return plain(documents)

    with served(catalogue) as client, ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(catalogue.default.engine, "add", held)
        body = {"documents": [{"id": "late", "text": "Late."}]}
        accepted = pool.submit(client.post, "/v1/documents", json=body)
        assert began.wait(WAIT_S)
        client.app.state.service.lifecycle.drain()  # type: ignore[attr-defined]
        refused = client.get("/v1/documents/cats")
        assert problem(refused) == (503, "not_ready")
        assert refused.headers["retry-after"] == "5"
        assert problem(client.get("/ready")) == (503, "not_ready")
        assert client.get("/health").status_code == 200
        go.set()
        assert accepted.result(WAIT_S).json()["added"] == 1
    assert catalogue.default.document("late").text == "Late."

"""The service: documents, states, and errors."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from starlette.testclient import TestClient

from simengine.errors import IndexLockedError, ModelError, StorageFullError
from simengine.serving.catalogue import Catalogue
from tests.serving.library import DOCUMENTS
from tests.serving.rest.support import problem

# -- documents


def test_documents_are_added_read_replaced_and_deleted(client: TestClient) -> None:
    zebra = {
        "id": "z/1 ä",
        "text": "Zebras have stripes.",
        "title": "Zebra",
        "metadata": {"year": 5, "n": [1, None]},
    }
    done = client.post("/v1/documents", json={"documents": [zebra]}).json()
    assert (done["index"], done["added"], done["updated"], done["passages"]) == ("library", 1, 0, 1)
    found = client.post("/v1/search", json={"query": "zebras stripes", "k": 1}).json()
    assert found["hits"][0]["id"] == "z/1 ä"
    assert client.get("/v1/documents/z/1 ä").json() == zebra
    again = {"documents": [{**zebra, "text": "Lions have manes."}]}
    assert problem(client.post("/v1/documents", json=again)) == (409, "conflict")
    assert client.post("/v1/documents", json={**again, "policy": "upsert"}).json()["updated"] == 1
    assert client.get("/v1/documents/z/1 ä").json()["text"] == "Lions have manes."
    assert client.delete("/v1/documents/z/1 ä").json()["deleted"] == 1
    assert problem(client.get("/v1/documents/z/1 ä")) == (404, "unknown_document")
    assert problem(client.delete("/v1/documents/z/1 ä")) == (404, "unknown_document")


ODD_IDS = [
    *(
        "a/b/../c",
        "https://example.org/x?y=1#z",
        "%2F",
        "..",
        ".",
        "a//b",
        "/lead",
        "trail/",
        "x y",
        "a+b",
        "a;b=c",
    ),
    *(
        "\u65e5\u672c",
        "e\u0301",
        "\u00e9",
        "new\nline",
        "end\n",
        "\nstart",
        "a\r\nb",
        "a\tb",
        "a\u2028b",
        "?",
        "#",
        "a&b=c",
    ),
    *(
        "end",
        "%0A",
        "%",
        "%25",
        "\\",
        "\U0001f600",
        "C:\\x",
        "demo",
        "indexes",
        " x ",
        "\ufffd",
        "'",
        '"',
        "{x}",
    ),
]


@pytest.mark.parametrize("as_query", [False, True])
def test_every_id_that_was_taken_is_found_and_deleted_by_its_path(client: TestClient, as_query: bool) -> None:
    documents = [{"id": name, "text": f"text {number}"} for number, name in enumerate(ODD_IDS)]
    assert client.post("/v1/documents", json={"documents": documents}).json()["added"] == len(ODD_IDS)

    def address(name: str) -> str:
        return ("/v1/documents?id=" if as_query else "/v1/documents/") + quote(name, safe="").replace(
            ".", "%2E"
        )

    async def read_and_delete() -> None:
        # Starlette's own test client decodes a path twice.
        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as real:
            for number, name in enumerate(ODD_IDS):
                found = (await real.get(address(name))).json()
                assert (found["id"], found["text"]) == (name, f"text {number}")
            for name in ODD_IDS:
                assert (await real.delete(address(name))).json()["deleted"] == 1, name
                assert problem(await real.get(address(name))) == (404, "unknown_document"), name

    asyncio.run(read_and_delete())


def test_a_document_as_a_corpus_names_it_is_taken(client: TestClient) -> None:
    assert (
        client.post("/v1/documents", json={"documents": [{"_id": "z", "text": "Zebra."}]}).json()["added"]
        == 1
    )
    assert client.get("/v1/documents/z").json()["id"] == "z"


def test_what_is_told_of_an_index_names_no_file(client: TestClient) -> None:
    facts = client.get("/v1/indexes/library").json()
    assert "command" not in facts["settings"]
    assert not any(str(value).startswith("/") for value in facts["settings"].values())
    assert facts["counts"]["documents"] == len(DOCUMENTS)


def test_an_index_that_cannot_be_opened_any_more_is_not_ready(
    client: TestClient, catalogue: Catalogue
) -> None:
    assert client.get("/ready").status_code == 200
    shutil.rmtree(catalogue.default.engine.path)
    answer = client.get("/ready")
    assert problem(answer) == (503, "index_unusable")
    assert str(catalogue.default.engine.path) not in answer.text
    assert client.get("/health").status_code == 200


def test_a_restored_copy_of_an_index_is_taken_up(
    client: TestClient, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = catalogue.default.engine.path
    shutil.copytree(path, tmp_path / "copy")
    before = {"documents": [{"id": "before", "text": "Written before the copy came back."}]}
    after = {"documents": [{"id": "after", "text": "Written after the copy came back."}]}
    assert client.post("/v1/documents", json=before).status_code == 200
    shutil.rmtree(path)
    shutil.copytree(tmp_path / "copy", path)
    assert client.post("/v1/documents", json=after).status_code == 200
    assert client.get("/v1/documents/after").status_code == 200
    assert problem(client.get("/v1/documents/before")) == (404, "unknown_document")


def test_documents_are_deleted_by_ids_and_by_filter(client: TestClient) -> None:
    done = client.delete("/v1/documents", params={"id": ["cats", "nobody"], "where": "kind == 'film'"}).json()
    assert (done["deleted"], done["missing"]) == (3, ["nobody"])
    assert client.get("/v1/indexes").json()["indexes"][0]["documents"] == len(DOCUMENTS) - 3
    assert problem(client.delete("/v1/documents")) == (422, "usage")
    wrong = client.delete("/v1/documents", params={"where": "year >"})
    assert problem(wrong) == (422, "filter")
    assert wrong.json()["error"]["position"] == 6


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"id": "", "text": "a"}, "validation"),
        ({"id": 3, "text": "a"}, "validation"),
        ({"id": "a"}, "validation"),
        ({"id": "a", "text": "a", "other": 1}, "validation"),
        ({"id": "a" * 2_000, "text": "a"}, "validation"),
        ({"id": "a", "text": ""}, "data"),
        ({"id": "a", "text": "\ud800"}, "data"),
    ],
)
def test_a_document_that_cannot_be_is_refused_and_nothing_is_added(
    client: TestClient, document: dict[str, Any], kind: str
) -> None:
    body = json.dumps({"documents": [{"id": "good", "text": "Good."}, document]})
    answer = client.post("/v1/documents", content=body, headers={"content-type": "application/json"})
    assert problem(answer) == (422, kind) or (kind == "data" and problem(answer) == (422, "validation"))
    assert problem(client.get("/v1/documents/good")) == (404, "unknown_document")


def test_an_index_has_to_be_one_that_is_served(client: TestClient) -> None:
    for name in ("other", "../library", "/etc/passwd", "library/.."):
        assert problem(client.get("/v1/documents/cats", params={"index": name})) == (404, "unknown_index")
    assert client.get("/v1/documents/cats", params={"index": "library"}).status_code == 200
    assert problem(client.get("/v1/indexes/..%2Flibrary"))[0] == 404


def test_facts_of_an_index_name_no_path_of_this_machine(client: TestClient, catalogue: Catalogue) -> None:
    answer = client.get("/v1/indexes/library")
    assert answer.json()["counts"]["documents"] == len(DOCUMENTS)
    assert str(catalogue.default.engine.path.parent) not in answer.text


# -- states and errors


def test_health_readiness_and_description(client: TestClient) -> None:
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/ready").json() == {"status": "ready", "version": "0.1.0", "indexes": ["library"]}
    page = client.get("/docs")
    assert "/v1/documents" in page.text
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://json-schema.org", "")
    assert "https://" not in page.text
    document = client.get("/openapi.json").json()
    assert {"/v1/search", "/v1/documents", "/v1/documents/{document_id}", "/metrics"} <= set(
        document["paths"]
    )
    assert client.get("/").headers["location"] == "/docs"


def test_what_does_not_exist_is_said_in_json(client: TestClient) -> None:
    assert problem(client.get("/nowhere")) == (404, "not_found")
    assert problem(client.put("/v1/documents", json={})) == (405, "method_not_allowed")
    answer = client.post("/v1/documents", content="{", headers={"content-type": "application/json"})
    assert problem(answer) == (422, "validation")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (IndexLockedError("/srv/secret: process 7 (simengine add)"), (409, "locked")),
        (StorageFullError("/srv/secret"), (507, "storage_full")),
        (ModelError("/srv/secret"), (503, "model_unusable")),
        (RuntimeError("/srv/secret"), (500, "internal")),
    ],
)
def test_errors_of_this_machine_tell_clients_nothing_of_it(
    client: TestClient, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: Any
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(catalogue.default.engine, "add", fail)
    answer = client.post("/v1/documents", json={"documents": [{"id": "a", "text": "A."}]})
    assert problem(answer) == expected
    assert "secret" not in answer.text


def test_requests_keep_the_id_they_bring_if_it_is_one(client: TestClient) -> None:
    assert client.get("/health", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = client.get("/health", headers={"x-request-id": 'a"b\\n{}'}).headers["x-request-id"]
    assert len(made) == 16

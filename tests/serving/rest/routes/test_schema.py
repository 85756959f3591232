"""Requests made up from the OpenAPI document: none crashes the service, and its answers are what it promises."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from simengine.serving.catalogue import Catalogue
from simengine.serving.rest.app import create_app
from simengine.serving.rest.logs import JsonLog
from simengine.serving.settings import ServiceSettings
from tests.serving.library import build_library, word_models
from tests.serving.rest.routes.conftest import LIMITS, listening

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
requests = pytest.importorskip("requests", reason="requests is not installed")

OPERATIONS = [
    ("POST", "/v1/search"),
    ("POST", "/v1/score"),
    ("POST", "/v1/nli"),
    ("POST", "/v1/ask"),
    ("POST", "/v1/check"),
    ("POST", "/v1/recommend"),
    ("POST", "/v1/similar"),
    ("POST", "/v1/classify"),
    ("POST", "/v1/explain"),
    ("POST", "/v1/contradictions"),
    ("POST", "/v1/duplicates"),
    ("POST", "/v1/documents"),
    ("DELETE", "/v1/documents"),
    ("GET", "/v1/documents"),
    ("GET", "/v1/documents/{document_id}"),
    ("DELETE", "/v1/documents/{document_id}"),
    ("GET", "/v1/indexes"),
    ("GET", "/v1/indexes/{name}"),
    ("POST", "/v1/embeddings"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model_id}"),
    ("POST", "/v1/rerank"),
    ("POST", "/v2/rerank"),
    ("POST", "/predict"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
]
EXAMPLES = 12
FEW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """The address of a service whose index may be changed, and its OpenAPI document."""
    path = tmp_path_factory.mktemp("changed") / "library"
    with word_models():
        build_library(path).close()
        with Catalogue.open([path]) as catalogue:
            app = create_app(catalogue, ServiceSettings(limits=LIMITS), log=JsonLog(io.StringIO()))
            with listening(app) as url:
                yield url, schemathesis.openapi.from_dict(app.openapi())


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def test_the_document_names_these_routes_and_no_others(served: tuple[str, Any]) -> None:
    paths = served[1].raw_schema["paths"]
    assert sorted((method.upper(), path) for path, of in paths.items() for method in of) == sorted(OPERATIONS)


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        *((method, path, "positive") for method, path in OPERATIONS),
        # Any text is a right name in a path: there only bodies and filters can be wrong.
        *((method, path, "negative") for method, path in OPERATIONS if method == "POST"),
        ("DELETE", "/v1/documents", "negative"),
    ],
)
def test_no_request_crashes_the_service(
    served: tuple[str, Any], session: Any, method: str, path: str, mode: str
) -> None:
    url, schema = served
    operation = schema[path][method]
    known = schemathesis.checks
    checks = [
        known.not_a_server_error,
        known.status_code_conformance,
        known.content_type_conformance,
        known.response_schema_conformance,
        *([known.negative_data_rejection] if mode == "negative" else []),
    ]

    @FEW
    @given(case=operation.as_strategy(schemathesis.GenerationMode(mode)))
    def each(case: Any) -> None:
        response = case.call(base_url=url, session=session)
        if response.status_code == 400:  # the body is not even text
            assert response.json()["error"]["type"] == "request"
        case.validate_response(response, checks=checks)

    each()


EXAMPLES_OF = [path for method, path in OPERATIONS if method == "POST" and path != "/v1/documents"]


@pytest.mark.parametrize("path", EXAMPLES_OF)
def test_the_examples_of_the_document_are_right_requests(
    served: tuple[str, Any], session: Any, path: str
) -> None:
    url, schema = served
    document = schema.raw_schema
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    examples = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]["examples"]
    for example in examples:
        answer = session.post(url + path, json=example)
        # Documents and models of other places may be missing here.
        elsewhere = ("usage", "unknown_model", "unknown_document")
        assert answer.status_code == 200 or answer.json()["error"]["type"] in elsewhere


def test_operations_have_short_names(served: tuple[str, Any]) -> None:
    paths = served[1].raw_schema["paths"]
    assert {paths[path]["post"]["operationId"] for path in EXAMPLES_OF} == {
        "search",
        "score",
        "nli",
        "ask",
        "check",
        "recommend",
        "similar",
        "classify",
        "explain",
        "contradictions",
        "duplicates",
        "embeddings",
        "rerank",
        "rerank_v2",
        "predict",
    }

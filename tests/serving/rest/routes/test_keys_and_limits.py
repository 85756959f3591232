"""The routes of a service that asks for keys, and of one whose judge reads little."""

from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest
from starlette.testclient import TestClient

from simengine.serving.catalogue import Catalogue
from simengine.serving.rest.app import create_app
from simengine.serving.rest.keys import KeyFile
from simengine.serving.rest.logs import JsonLog
from simengine.serving.settings import ServiceSettings
from tests.qa.fakes import TableModel
from tests.serving.library import RULES, build_library, word_models
from tests.serving.rest.routes.conftest import listening

POSTS = [
    "/v1/search",
    "/v1/score",
    "/v1/nli",
    "/v1/ask",
    "/v1/recommend",
    "/v1/embeddings",
    "/v1/rerank",
    "/v2/rerank",
    "/predict",
]


@pytest.fixture(scope="module")
def guarded(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """The address of a service with keys, a key that reads, and one that only writes."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    keys = KeyFile(path)
    reads, writes = keys.create("reads", ["read"])[1], keys.create("writes", ["write"])[1]
    app = create_app(catalogue, ServiceSettings(keys_file=path), log=JsonLog(io.StringIO()))
    with listening(app) as url:
        yield url, reads, writes


@pytest.mark.parametrize("path", POSTS)
def test_each_route_asks_for_a_key_that_reads(guarded: tuple[str, str, str], path: str) -> None:
    url, reads, writes = guarded
    with httpx.Client(base_url=url, trust_env=False) as client:
        answers = [
            client.post(path, json={}, headers=headers)
            for headers in (
                {},
                {"authorization": "Bearer wrong"},
                {"authorization": f"Bearer {writes}"},
                {"authorization": f"Bearer {reads}"},
            )
        ]
    assert [each.status_code for each in answers] == [401, 401, 403, 422]


def test_the_official_clients_bring_their_key(guarded: tuple[str, str, str]) -> None:
    openai = pytest.importorskip("openai", reason="the client of OpenAI is not installed")
    cohere = pytest.importorskip("cohere", reason="the client of Cohere is not installed")
    url, reads, _ = guarded
    known = openai.OpenAI(base_url=f"{url}/v1", api_key=reads, max_retries=0)
    model = next(iter(known.models.list())).id
    assert len(known.embeddings.create(input="a", model=model).data) == 1
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{url}/v1", api_key="wrong", max_retries=0).models.list()
    reranked = cohere.ClientV2(base_url=url, api_key=reads).rerank(
        query="a", documents=["b"], model="minilm-relevance"
    )
    assert len(reranked.results) == 1
    with pytest.raises(cohere.UnauthorizedError):
        cohere.ClientV2(base_url=url, api_key="wrong").rerank(
            query="a", documents=["b"], model="minilm-relevance"
        )


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service whose judge reads 20 words of a pair."""
    path = tmp_path_factory.mktemp("narrow") / "library"
    with word_models(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "simengine.engine.loaded.load_cross_encoder",
            lambda *_, **__: TableModel(*RULES, max_tokens=20),
        )
        build_library(path).close()
        with Catalogue.open([path]) as catalogue:
            app = create_app(catalogue, log=JsonLog(io.StringIO()))
            with TestClient(app, "http://localhost") as client:
                yield client


LONG = " ".join(["word"] * 40)


def test_predict_refuses_hypotheses_that_are_too_long_unless_they_may_be_cut(narrow: TestClient) -> None:
    refused = narrow.post("/predict", json={"inputs": [["a", "b"], ["short", LONG]]})
    assert refused.status_code == 422
    assert "second text of inputs[1]" in refused.json()["error"]["message"]
    cut = narrow.post("/predict", json={"inputs": ["short", LONG], "truncate": True})
    assert cut.status_code == 200
    whole = narrow.post("/predict", json={"inputs": [LONG, "short"]})  # premises are read in windows
    assert whole.status_code == 200


def test_nli_counts_what_of_a_hypothesis_was_not_read(narrow: TestClient) -> None:
    pairs = [{"premise": "short", "hypothesis": LONG}, {"premise": LONG, "hypothesis": "short"}]
    first, second = narrow.post("/v1/nli", json={"pairs": pairs}).json()["verdicts"]
    assert (first["n_truncated"] > 0, first["n_windows"]) == (True, 1)
    assert (second["n_truncated"], second["n_windows"] > 1) == (0, True)


def test_rerank_warns_where_a_query_was_not_read_whole(narrow: TestClient) -> None:
    meta = narrow.post("/v1/rerank", json={"query": LONG, "documents": ["a"]}).json()["meta"]
    assert "tokens of the query were too many for minilm-relevance" in meta["warnings"][0]

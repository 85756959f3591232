"""The official clients of OpenAI and Cohere, pointed at the service."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.engine import Engine
from tests.qa.fakes import SURE, UNSURE
from tests.serving.library import TOWER

openai = pytest.importorskip("openai", reason="the client of OpenAI is not installed")
cohere = pytest.importorskip("cohere", reason="the client of Cohere is not installed")


TEXTS = ["A man plays a guitar.", "猫喜欢睡觉。"]
DOCUMENTS = ["A market.", "It was built in 1889.", "Cats."]


@pytest.fixture(scope="module")
def open_ai(url: str):
    with openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def model(open_ai) -> str:
    name: str = next(iter(open_ai.models.list())).id
    return name


def test_openai_lists_models_and_finds_one(open_ai, model: str) -> None:
    listed = list(open_ai.models.list())
    assert [each.id for each in listed] == [model, "minilm-relevance"]
    assert {each.owned_by for each in listed} == {"simengine"}
    assert open_ai.models.retrieve(model).id == model
    with pytest.raises(openai.NotFoundError, match="gpt-9"):
        open_ai.models.retrieve("gpt-9")


@pytest.mark.parametrize("encoding", [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}])
def test_openai_reads_the_vectors_of_the_engine(
    open_ai, model: str, engine: Engine, encoding: dict[str, str]
) -> None:
    answer = open_ai.embeddings.create(input=TEXTS, model=model, user="me", **encoding)
    if encoding.get("encoding_format") == "base64":  # what was asked for by name is not decoded
        assert isinstance(answer.data[0].embedding, str)
        return
    vectors = np.array([each.embedding for each in answer.data])
    assert np.array_equal(vectors, engine.encode(TEXTS).astype(np.float64))
    assert answer.usage.total_tokens == int(engine.encoder.encode_counted(TEXTS).n_tokens.sum())


def test_openai_takes_one_text(open_ai, model: str, engine: Engine) -> None:
    answer = open_ai.embeddings.create(input=TEXTS[0], model=model, dimensions=16)
    assert answer.data[0].embedding == engine.encode(TEXTS[:1])[0].tolist()


def test_openai_is_told_why_a_request_is_refused(open_ai, model: str) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="token numbers") as caught:
        open_ai.embeddings.create(input=[1, 2, 3], model=model)
    assert caught.value.body["type"] == "validation"
    with pytest.raises(openai.UnprocessableEntityError, match="16 dimensions"):
        open_ai.embeddings.create(input="a", model=model, dimensions=3)
    with pytest.raises(openai.NotFoundError, match=model):
        open_ai.embeddings.create(input="a", model="text-embedding-3-large")


def test_cohere_reranks(url: str) -> None:
    client = cohere.Client(base_url=url, api_key="any", log_warning_experimental_features=False)
    answer = client.rerank(query=TOWER, documents=DOCUMENTS, model="minilm-relevance", return_documents=True)
    assert [each.index for each in answer.results] == [1, 0, 2]
    assert [each.relevance_score for each in answer.results] == pytest.approx([SURE, UNSURE, UNSURE])
    assert answer.results[0].document.text == DOCUMENTS[1]
    assert answer.meta.api_version.version == "1"
    objects = client.rerank(query=TOWER, documents=[{"text": each} for each in DOCUMENTS], top_n=1)
    assert [each.index for each in objects.results] == [1]


def test_coheres_second_version_reranks(url: str) -> None:
    client = cohere.ClientV2(base_url=url, api_key="any", log_warning_experimental_features=False)
    answer = client.v2.rerank(query=TOWER, documents=DOCUMENTS, model="minilm-relevance", top_n=2)
    former = client.v2.rerank(query=TOWER, documents=DOCUMENTS, model="minilm-nli", top_n=2)
    assert former.results == answer.results
    assert [each.index for each in answer.results] == [1, 0]
    assert answer.results[0].relevance_score == pytest.approx(SURE)
    assert answer.meta.billed_units.search_units == 1


def test_cohere_is_told_why_a_request_is_refused(url: str) -> None:
    client = cohere.ClientV2(base_url=url, api_key="any", log_warning_experimental_features=False)
    with pytest.raises(cohere.NotFoundError) as missing:
        client.v2.rerank(query="a", documents=["b"], model="rerank-v3.5")
    assert "minilm-relevance" in missing.value.body["error"]["message"]
    with pytest.raises(cohere.UnprocessableEntityError) as refused:
        client.v2.rerank(query=" ", documents=["b"], model="minilm-relevance")
    assert refused.value.body["error"]["type"] == "validation"

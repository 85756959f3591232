"""POST /v1/rerank, /v2/rerank and /predict against the judge."""

from __future__ import annotations

import pytest

from simengine.cross_encoders.nli import NLIModel
from simengine.rerank.judge import CrossEncoderJudge
from tests.qa.fakes import SURE, UNSURE
from tests.serving.library import TOWER, load_table_judge

DOCUMENTS = ["A market.", "It was built in 1889.", "", "Built by 1889, at last."]


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank"])
def test_documents_are_ordered_as_the_judge_says(given, path: str) -> None:
    found = given(path, model="minilm-relevance", query=TOWER, documents=DOCUMENTS)
    relevance = CrossEncoderJudge(load_table_judge(None)).judge([(TOWER, each) for each in DOCUMENTS])
    order = [1, 3, 0, 2]  # equals stay in the order in which they came
    assert [each["index"] for each in found["results"]] == order
    assert [each["relevance_score"] for each in found["results"]] == [
        float(relevance.relevance[place]) for place in order
    ]
    assert all(each["document"] is None for each in found["results"])
    assert found["meta"]["api_version"]["version"] == path[2]
    assert found["meta"]["billed_units"] == {"search_units": 1}
    assert found["meta"]["warnings"] is None
    assert found["usage"]["total_tokens"] > 0
    assert len(found["id"]) == 36


def test_the_best_are_given_with_their_documents_where_that_is_asked_for(given) -> None:
    found = given("/v1/rerank", query=TOWER, documents=DOCUMENTS, top_n=2, return_documents=True)
    assert [(each["index"], each["document"]) for each in found["results"]] == [
        (1, {"text": DOCUMENTS[1]}),
        (3, {"text": DOCUMENTS[3]}),
    ]


def test_objects_are_read_by_their_text_or_by_the_fields_that_are_named(given) -> None:
    objects = [{"text": "A market.", "year": 1889}, {"title": "1889", "text": "x", "n": None}]
    body = {"query": TOWER, "documents": objects, "return_documents": True}
    assert [each["relevance_score"] for each in given("/v1/rerank", **body)["results"]] == [
        pytest.approx(UNSURE)
    ] * 2
    named = given("/v1/rerank", **body, rank_fields=["title", "text"])["results"]
    assert named[0]["index"] == 1
    assert named[0]["relevance_score"] == pytest.approx(SURE)
    assert named[0]["document"] == objects[1]


def test_what_changes_nothing_here_is_named_in_warnings(given) -> None:
    found = given("/v2/rerank", query="a", documents=["b"], max_tokens_per_doc=10, priority=3)
    assert found["meta"]["warnings"] == [
        "max_tokens_per_doc is ignored: documents are read whole, in windows where they are long"
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"documents": ["a"]}, "query"),
        ({"query": " ", "documents": ["a"]}, "pattern"),
        ({"query": "a", "documents": []}, "at least 1 item"),
        ({"query": "a", "documents": "b"}, "valid list"),
        ({"query": "a", "documents": [1]}, "documents.0"),
        ({"query": "a", "documents": ["a", {"title": "b"}]}, "documents[1] has no text in 'text'"),
        ({"query": "a", "documents": [{"text": 1}]}, "documents[0] has no text"),
        ({"query": "a", "documents": ["b"], "top_n": 0}, "greater than or equal to 1"),
        ({"query": "a", "documents": ["b"] * 51}, "at most 50"),
        ({"query": "a" * 1_001, "documents": ["b"]}, "1,001 characters"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(refused, body: dict[str, object], says: str) -> None:
    assert says in refused(422, "/v1/rerank", body)["message"]


def test_an_unknown_judge_is_not_found(refused) -> None:
    error = refused(404, "/v1/rerank", query="a", documents=["b"], model="rerank-v3.5")
    assert "minilm-relevance" in error["message"]


def test_a_pair_gets_its_classes_the_most_probable_first(given) -> None:
    pair = ["A man plays a guitar.", "Nobody makes a sound."]
    verdict = NLIModel(load_table_judge(None)).verdict(*pair)
    found = given("/predict", inputs=pair)
    assert found[0] == {"label": "contradiction", "score": verdict.probabilities["contradiction"]}
    assert {each["label"]: each["score"] for each in found} == verdict.probabilities
    assert given("/predict", inputs=[pair, ["a", "b"]])[0] == found
    assert given("/predict", inputs=[pair]) == [found]
    assert given("/predict", inputs=pair, truncate=None, raw_scores=False, more=1) == found


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"inputs": "one text"}, "judges pairs"),
        ({"inputs": ["one text"]}, "judges pairs"),
        ({"inputs": [["one text"]]}, "judges pairs"),
        ({"inputs": ["a", "b", "c"]}, "inputs"),
        ({"inputs": []}, "inputs"),
        ({"inputs": [["a", ""]]}, "inputs"),
        ({"inputs": ["a", "b"], "raw_scores": True}, "raw_scores"),
        ({"inputs": [["a", "b"]] * 51}, "at most 50"),
    ],
)
def test_predict_tells_what_is_wrong(refused, body: dict[str, object], says: str) -> None:
    assert says in refused(422, "/predict", body)["message"]

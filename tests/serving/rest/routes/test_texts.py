"""POST /v1/score and /v1/nli against the engine and the judge."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.cross_encoders.nli import NLIModel
from simengine.engine import Engine
from simengine.engine.models import Models
from simengine.requests.pairs import ClassifyRequest, ExplainRequest
from simengine.results.records import classification_record, explained_record
from simengine.serving.catalogue import Catalogue
from simengine.serving.results import VerdictResult
from simengine.serving.settings import ServingSettings
from tests.serving.library import build_library, graded_model, load_table_judge, word_models
from tests.serving.rest.support import served

PAIRS = [
    ("A man plays a guitar.", "Somebody makes music."),
    ("A man plays a guitar. It rains. He laughs.", "Nobody makes a sound."),
    ("猫喜欢睡觉。", "A cat sleeps."),
    ("same", "same"),
]


def test_cosines_are_those_of_the_engine(given, engine: Engine) -> None:
    found = given("/v1/score", pairs=[{"text1": a, "text2": b} for a, b in PAIRS])
    assert found["index"] == "library"
    assert [each["cosine"] for each in found["scores"]] == [
        round(engine.score(a, b).score, 6) for a, b in PAIRS
    ]
    assert [each["n_truncated"] for each in found["scores"]] == [0, 0, 0, 0]
    assert [each["similarity"] for each in found["scores"]] == [None] * 4


def test_a_served_cross_encoder_for_similarity_scores_besides(tmp_path, monkeypatch) -> None:
    with word_models():
        graded_model(monkeypatch.setattr)
        engine = build_library(tmp_path / "library")
        settings = ServingSettings(Models(similarity="graded"))
        with Catalogue.of([engine], settings) as catalogue, served(catalogue) as client:
            body = {"pairs": [{"text1": "score 0", "text2": "a"}, {"text1": "a", "text2": "b"}]}
            found = client.post("/v1/score", json=body).json()["scores"]
    assert [each["similarity"] for each in found] == pytest.approx([0.5, 1 / (1 + np.exp(3))], abs=1e-6)


def test_what_the_encoder_could_not_read_is_counted(given) -> None:
    pair = {"text1": " ".join(["word"] * 30), "text2": " ".join(["word"] * 23)}  # it reads 22
    assert given("/v1/score", pairs=[pair])["scores"][0]["n_truncated"] == 9


def test_verdicts_are_those_of_the_judge(given) -> None:
    found = given("/v1/nli", pairs=[{"premise": a, "hypothesis": b} for a, b in PAIRS])
    expected = NLIModel(load_table_judge(None)).verdicts(PAIRS)
    assert found["verdicts"] == [
        VerdictResult.of(verdict, a).model_dump(mode="json")
        for verdict, (a, _) in zip(expected, PAIRS, strict=True)
    ]
    assert [each["label"] for each in found["verdicts"]] == [
        "entailment",
        "contradiction",
        "neutral",
        "neutral",
    ]
    assert found["verdicts"][1]["evidence"]["text"].strip() == "A man plays a guitar."
    assert found["verdicts"][2]["evidence"] is None
    assert found["model"] == "minilm-nli"


def test_verdicts_without_evidence_are_the_same(given) -> None:
    pairs = [{"premise": a, "hypothesis": b} for a, b in PAIRS]
    whole, bare = given("/v1/nli", pairs=pairs), given("/v1/nli", pairs=pairs, evidence=False)
    assert [each["probabilities"] for each in bare["verdicts"]] == [
        each["probabilities"] for each in whole["verdicts"]
    ]
    assert {each["evidence"] for each in bare["verdicts"]} == {None}


def test_labels_are_those_of_the_classifier(given, engine: Engine) -> None:
    texts, labels = ["A film of blood.", "Nothing."], ["violent", "other"]
    body = {"descriptions": {"violent": "The film is violent."}, "multi_label": True, "threshold": 0.6}
    found = given("/v1/classify", texts=texts, labels=labels, **body)
    request = ClassifyRequest(
        tuple(texts),
        tuple(labels),
        descriptions=(("violent", "The film is violent."),),
        multi_label=True,
        threshold=0.6,
    )
    with word_models():
        expected = engine.run(request)
    assert found["classifications"] == [classification_record(each) for each in expected]
    assert [each["predicted"] for each in found["classifications"]] == [["violent"], []]
    assert (found["model"], found["notes"]) == ("minilm-nli", [])


def test_words_that_bring_texts_near_are_those_of_the_engine(given, engine: Engine) -> None:
    found = given("/v1/explain", text1="cats purr", text2="cats bark", roles=["query", "passage"])
    expected = engine.run(ExplainRequest("cats purr", "cats bark", ("query", "passage")))
    assert found["first"] == explained_record(expected.first)
    assert found["second"] == explained_record(expected.second)
    assert found["cosine"] == round(expected.cosine, 6)
    assert [word["text"] for word in found["first"]["words"]] == ["cats", "purr"]


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/v1/classify", {"texts": ["a"], "labels": ["b"]}, "at least two labels"),
        ("/v1/classify", {"texts": ["a"], "labels": ["b", "c"], "calibration": "/etc"}, "Extra"),
        ("/v1/classify", {"texts": ["a"] * 51, "labels": ["b", "c"]}, "at most 50"),
        ("/v1/classify", {"texts": ["a"], "labels": ["b"] * 101}, "at most 100"),
        ("/v1/classify", {"texts": ["a"] * 50, "labels": ["b"] * 11}, "550 pairs; at most 500"),
        ("/v1/explain", {"text1": "a" * 1_001, "text2": "b"}, "1,001 characters"),
        ("/v1/explain", {"text1": "a", "text2": "b", "draws": 33}, "less than or equal to 32"),
        ("/v1/score", {"pairs": []}, "at least 1 item"),
        ("/v1/score", {"pairs": [["a", "b"]]}, "pairs.0"),
        ("/v1/score", {"pairs": [{"text1": "a"}]}, "text2"),
        ("/v1/score", {"pairs": [{"text1": "a", "text2": ""}]}, "at least 1 character"),
        ("/v1/score", {"pairs": [{"text1": "a", "text2": "b", "more": 1}]}, "Extra"),
        ("/v1/score", {"pairs": [{"text1": "a", "text2": "b"}] * 51}, "at most 50"),
        ("/v1/score", {"pairs": [{"text1": "a", "text2": "b" * 20_001}]}, "20,001 characters"),
        ("/v1/nli", {"pairs": [{"premise": "a", "hypothesis": None}]}, "valid string"),
        ("/v1/nli", {"pairs": [{"premise": "a", "hypothesis": "b" * 1_001}]}, "1,001 characters"),
        ("/v1/nli", {"pairs": {"premise": "a", "hypothesis": "b"}}, "valid list"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    refused, path: str, body: dict[str, object], says: str
) -> None:
    assert says in refused(422, path, body)["message"]

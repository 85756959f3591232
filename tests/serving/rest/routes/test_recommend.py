"""POST /v1/recommend against the recommender of the engine."""

from __future__ import annotations

import pytest

from simengine.engine import Engine
from simengine.recommend import ListOptions, Taste, Veto
from simengine.serving.catalogue import Catalogue
from simengine.serving.results import RecommendationResult
from tests.serving.library import word_models


def test_items_are_those_of_the_recommender(given, engine: Engine) -> None:
    found = given("/v1/recommend", liked=["cats"], disliked=["rates"], k=20)
    with word_models():
        recommender = engine.recommender()
        taste = Taste(["cats"], ["rates"])
        ids, scores = recommender.recommend(taste, 20, options=ListOptions(collapse_cosine=0.98))
    assert [each["id"] for each in found["recommendations"]] == ids.tolist()
    assert [each["score"] for each in found["recommendations"]] == [
        round(float(score), 6) for score in scores
    ]
    assert [each["rank"] for each in found["recommendations"]] == list(range(1, len(ids) + 1))
    assert not {"cats", "rates"} & set(ids)
    assert found["index"] == "library"


def test_refused_statements_leave_documents_out(given, engine: Engine, catalogue: Catalogue) -> None:
    refuse = ["The film is violent."]
    found = given("/v1/recommend", liked=["cats"], refuse=refuse, k=20, where='kind == "film"')
    assert [each["id"] for each in found["recommendations"]] == ["quiet"]
    with word_models():
        veto = Veto(catalogue.default.models.nli(), engine, refuse=refuse)
        ids, _ = engine.recommender().recommend(
            Taste(["cats"]), 20, items=engine.matching_ids('kind == "film"'), veto=veto
        )
    assert ids.tolist() == ["quiet"]


def test_reasons_stand_where_they_say(given, engine: Engine) -> None:
    found = given("/v1/recommend", liked=["cats"], reasons=True, k=3)
    expected = engine.recommend(["cats"], reasons=True, k=3)
    assert found["recommendations"] == [
        RecommendationResult.of(each).model_dump(mode="json") for each in expected
    ]
    for each in found["recommendations"]:
        assert each["liked_id"] == "cats"
        document = engine.get(each["id"])
        assert document is not None
        reason = each["reason"]
        assert reason["text"] == document.text[reason["start"] : reason["end"]]


def test_the_former_name_of_k_works(given) -> None:
    assert given("/v1/recommend", liked=["cats"], n=2) == given("/v1/recommend", liked=["cats"], k=2)
    assert given("/v1/recommend", liked=["cats"], n=1, k=2) == given("/v1/recommend", liked=["cats"], k=2)


def test_a_text_is_taste_enough(given, engine: Engine) -> None:
    found = given("/v1/recommend", liked_texts=["cats who purr"], disliked_texts=["war"], k=2)
    expected = engine.recommend(liked_texts=["cats who purr"], disliked_texts=["war"], k=2)
    assert [each["id"] for each in found["recommendations"]] == [each.id for each in expected]
    assert all(each["liked_id"] is None for each in found["recommendations"])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "nothing is liked"),
        ({"liked": []}, "nothing is liked"),
        ({"liked": "cats"}, "valid list"),
        ({"liked": [1]}, "valid string"),
        ({"liked": ["nobody"]}, "nobody"),
        ({"liked": ["cats"], "disliked": ["cats"]}, "both liked and disliked"),
        ({"liked": ["cats"], "k": 0}, "greater than or equal to 1"),
        ({"liked": ["cats"], "k": 101}, "100"),
        ({"liked": ["cats"], "diversity": 2}, "less than or equal to 1"),
        ({"liked": ["cats"], "refuse": ["a"], "require": ["a"]}, "both refused and required"),
        ({"liked": ["cats"], "where": "nope =="}, "filter"),
        ({"liked": ["cats"], "user": "u"}, "Extra"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(refused, body: dict[str, object], says: str) -> None:
    assert says in refused(422, "/v1/recommend", body)["message"]

"""POST /v1/ask against the engine itself."""

from __future__ import annotations

import pytest

from simengine.engine import Engine
from simengine.requests.ask import AnswerOptions
from simengine.serving.results import AnswerResult
from simengine.types import Answer
from tests.serving.library import TOWER, word_models


def as_json(answer: Answer) -> dict[str, object]:
    return AnswerResult.of(answer).model_dump(mode="json")


def test_an_answer_is_that_of_the_engine(given, engine: Engine) -> None:
    found = given("/v1/ask", question=TOWER)
    with word_models():
        expected = engine.ask(TOWER)
    assert found == {**as_json(expected), "index": "library"}
    assert (found["verdict"], found["answer"]) == ("answer", "The tower was built in 1889.")
    assert found["evidence"]["text"].strip() == "The tower was built in 1889."
    assert found["span"]["start"] == 0


def test_a_follow_up_keeps_the_subject(given, engine: Engine) -> None:
    history, question = ["How high is the tower?"], "And when was it built?"
    found = given("/v1/ask", question=question, history=history)
    with word_models():
        expected = engine.ask(question, history)
    assert found == {**as_json(expected), "index": "library"}
    assert "tower" in found["question"]
    assert found["asked"] == question


def test_what_is_not_there_is_not_found_with_the_nearest_passages(given) -> None:
    found = given("/v1/ask", question="Who painted the ceiling?", n_nearest=2)
    assert (found["verdict"], found["answer"], found["evidence"], found["span"]) == (
        "not found",
        "",
        None,
        None,
    )
    assert len(found["nearest"]) == 2
    assert all(0 <= hit["judgement"]["relevance"] <= 1 for hit in found["nearest"])


def test_a_filter_and_a_threshold_are_kept(given, engine: Engine) -> None:
    found = given("/v1/ask", question=TOWER, where="year > 1900")
    assert found["verdict"] == "not found"
    assert "tower" not in {hit["id"] for hit in found["nearest"]}
    strict = given("/v1/ask", question=TOWER, threshold=1.0)
    assert strict == {
        **as_json(engine.ask(TOWER, options=AnswerOptions(threshold=1.0))),
        "index": "library",
    }
    assert (strict["verdict"], strict["threshold"]) == ("not found", 1.0)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "question"),
        ({"question": "  "}, "pattern"),
        ({"question": "a" * 1_001}, "1,001 characters"),
        ({"question": "a?", "history": "b?"}, "valid list"),
        ({"question": "a?", "history": [""]}, "at least 1 character"),
        ({"question": "a?", "history": ["b?"] * 51}, "at most 50"),
        ({"question": "a?", "threshold": 1.5}, "less than or equal to 1"),
        ({"question": "a?", "where": "((("}, "filter"),
        ({"question": "a?", "stream": True}, "Extra"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(refused, body: dict[str, object], says: str) -> None:
    assert says in refused(422, "/v1/ask", body)["message"]

"""POST /v1/check against the engine itself."""

from __future__ import annotations

from simengine.engine import Engine
from simengine.results.records import check_record
from tests.serving.library import word_models

TEXT = "The tower was built in 1889. The tower was built in 1920."


def test_claims_are_those_of_the_engine(given, engine: Engine) -> None:
    found = given("/v1/check", text=TEXT)
    with word_models():
        expected = check_record(engine.check(TEXT))
    assert found == {**expected, "index": "library", "notes": []}
    assert [claim["verdict"] for claim in found["claims"]] == ["supported", "contradicted"]


def test_texts_may_stand_in_for_the_index(given, engine: Engine) -> None:
    source = ["Cats purr.", "The tower was built in 1889."]
    found = given("/v1/check", text=TEXT, source=source)
    with word_models():
        expected = check_record(engine.check(TEXT, source=source))
    assert found["claims"] == expected["claims"]
    assert found["claims"][0]["evidence"]["document_id"] == "2"


def test_it_tells_what_is_wrong(refused) -> None:
    assert "text" in refused(422, "/v1/check", text=" ")["message"]
    assert "certainty" in refused(422, "/v1/check", text=TEXT, certainty=0.2)["message"]
    assert "not both" in refused(422, "/v1/check", text=TEXT, source=["a text"], where="year > 1")["message"]
    assert "at most 50" in refused(422, "/v1/check", text=TEXT, source=["a text"] * 60)["message"]

"""What users should know of a request: which models can hardly read its texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simengine.engine import Engine
from simengine.requests.ask import AskRequest
from simengine.requests.hits import RerankRequest
from simengine.requests.pairs import ClassifyRequest, ExplainRequest, NLIRequest, ScoreRequest
from simengine.requests.recommend import RecommendRequest
from simengine.requests.rerank import Rerank
from simengine.requests.search import SearchRequest, SimilarRequest
from simengine.types import Document
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import WordEncoder
from tests.qa.fakes import TableModel
from tests.serving.library import word_models

CHINESE = "猫喜欢什么"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    documents = [Document("cat", "Cats purr."), Document("zh", CHINESE)]
    with word_models(), Engine.build(documents, tmp_path_factory.mktemp("notes") / "index") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _ascii_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """All models know ASCII alone."""
    monkeypatch.setattr(WordEncoder, "readings", ascii_readings)
    monkeypatch.setattr(TableModel, "readings", ascii_readings)


@pytest.mark.parametrize(
    ("request_", "sources"),
    [
        (SearchRequest(queries=(CHINESE,)), ["encoder"]),
        (SearchRequest(queries=("cats", CHINESE)), ["encoder"]),
        (SearchRequest(queries=(CHINESE,), mode="lexical"), []),
        (SearchRequest(queries=(CHINESE,), rerank=Rerank()), ["encoder", "order"]),
        (SearchRequest(queries=(CHINESE,), mode="lexical", rerank=Rerank()), ["order"]),
        (SearchRequest(queries=(CHINESE,), mode="lexical", rerank=Rerank(weight=0.5)), ["reranker"]),
        (SearchRequest(queries=("cats",), rerank=Rerank()), ["order"]),
        (SearchRequest(queries=("What do cats like?",), rerank=Rerank()), []),
        (RerankRequest((CHINESE,), [[]]), ["reranker"]),
        (AskRequest(questions=(CHINESE,)), ["encoder", "nli"]),
        (SimilarRequest("zh"), ["encoder"]),
        (SimilarRequest("cat"), []),
        (RecommendRequest(liked=("zh",)), ["encoder"]),
        (RecommendRequest(liked=("cat",), refuse=(CHINESE,)), ["nli"]),
        (RecommendRequest(liked_texts=(CHINESE,)), ["encoder"]),
        (ScoreRequest((("a", CHINESE),)), ["encoder"]),
        (NLIRequest(((CHINESE, "a"),)), ["nli"]),
        (ClassifyRequest(("a",), ("b", CHINESE)), ["nli"]),
        (ExplainRequest("a", CHINESE), ["encoder"]),
    ],
    ids=lambda each: type(each).__name__ if not isinstance(each, list) else " ".join(each),
)
def test_a_note_names_the_text_and_its_source_the_model(
    engine: Engine, request_: Any, sources: list[str]
) -> None:
    notes = engine.notes(request_)
    assert [note.source for note in notes] == sources
    told = [note for note in notes if note.source != "order"]
    assert all("does not know" in note and CHINESE in note for note in told)


def test_what_reads_nothing_has_no_notes(engine: Engine) -> None:
    assert engine.notes(object()) == []


def test_facts_are_of_the_index_as_it_was_read_and_do_not_change_with_the_caller(
    engine: Engine, tmp_path: Path
) -> None:
    facts = engine.index.facts()
    assert (facts["counts"]["documents"], facts["state"]) == (2, "complete")
    facts["counts"].clear()
    assert engine.index.facts()["counts"]["documents"] == 2
    engine.index.check_on_disk()
    with word_models(), Engine.build(["One."], tmp_path / "own") as own:
        own.add([Document("two", "Two.")])
        assert own.index.facts()["counts"]["documents"] == 2

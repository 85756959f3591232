"""An engine's models, and the operations that use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine import Document, Engine, Models, NLIModel, Rerank, TextEngine
from simengine.errors import FingerprintMismatchError, ModelNotFoundError, UnknownDocumentError, UsageError
from tests.faults.encoder import WordEncoder
from tests.qa.fakes import TableModel
from tests.serving.library import DOCUMENTS, RULES, TOWER, word_models


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with word_models(), Engine.build(DOCUMENTS, tmp_path / "index", models=Models(offline=True)) as opened:
        yield opened


def test_every_verb_answers(engine: Engine) -> None:
    assert [v.label for v in engine.nli([("built in 1889", "The tower was built in 1920.")])] == [
        "contradiction"
    ]
    assert engine.ask(TOWER).verdict == "answer"
    hits = engine.similar("cats", k=2)
    assert [hit.rank for hit in hits] == [1, 2]
    assert hits[0].id == "dogs"
    assert "cats" not in {hit.id for hit in engine.similar("cats", k=100)}
    assert [each.id for each in engine.recommend(liked=["cats"], k=1)] == ["dogs"]
    films = engine.recommend(["cats"], where='kind == "film"')
    assert {each.id for each in films} == {"quiet", "violent"}
    refused = engine.recommend(["quiet"], refuse=["The film is violent."], k=100)
    assert "violent" not in {each.id for each in refused}
    assert "violent" in {each.id for each in engine.recommend(["quiet"], k=100)}
    assert engine.classify(["blood and war"], ["a", "b"])[0].label in ("a", "b")


def test_similar_refuses_an_unknown_document(engine: Engine) -> None:
    with pytest.raises(UnknownDocumentError, match="no document 'nothing'"):
        engine.similar("nothing")


def test_an_explanation_names_the_parts_of_the_score_and_the_words(engine: Engine) -> None:
    (hit,) = engine.search("cats purr", k=1, explain=True)
    assert hit.text == "Cats purr when they are content."
    for name, shown in (("dense", "meaning"), ("lexical", "words")):
        assert f"{shown} {hit.scores[name]:.2f}" in hit.explanation
    assert "near by" in hit.explanation
    assert "purr" in hit.explanation.partition("near by")[2]
    assert engine.search("cats purr", k=1)[0].explanation == ""
    lexical = engine.search("cats purr", k=1, mode="lexical", explain=True)[0]
    assert lexical.explanation == f"words {lexical.scores['lexical']:.2f}"


def test_invalid_rerank_options_are_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="depth"):
        Rerank(depth=0)
    with pytest.raises(UsageError, match="apply to all stages"):
        Rerank(first=Rerank(claim=True))
    with pytest.raises(UsageError, match=r"Rerank\('minilm-nli'\)"):
        engine.search("cats", rerank="minilm-nli")  # type: ignore[arg-type]


def test_models_are_given_as_one_value_or_one_by_one(tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(UsageError, match="models was given together with"):
        Engine.open(engine.path, models=Models(), threads=2)
    with pytest.raises(UsageError, match="models"):
        Engine.open(engine.path, models="all-MiniLM-L6-v2")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="nli"):
        Models(nli=3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="models is int 3"):
        TextEngine(3)  # type: ignore[arg-type]


def test_the_constructors_error_says_how_an_index_is_opened(engine: Engine) -> None:
    with pytest.raises(UsageError, match=r"Engine\.open\('films'\)"):
        Engine("films")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="the query is None; expected a string"):
        engine.search(None)  # type: ignore[call-overload]


def test_the_callers_models_are_used_and_stay_open(tmp_path: Path) -> None:
    closed: list[str] = []

    class Encoder(WordEncoder):
        def close(self) -> None:
            closed.append("encoder")

    class Judge(TableModel):
        def close(self) -> None:
            closed.append("nli")

    encoder, judge = Encoder(), Judge(*RULES)
    models = Models(encoder=encoder, nli=NLIModel(judge))
    with Engine.build(DOCUMENTS, tmp_path / "index", models=models) as engine:
        assert engine.encoder is encoder
        assert engine.search("cats purr", k=1)[0].id == "cats"
        engine.add([Document("new", "Walrus on the ice.")])
        assert engine.search("walrus", k=1)[0].id == "new"
        assert engine.nli([("1889", "The tower was built in 1920.")])[0].label == "contradiction"
    with Engine.open(tmp_path / "index", models=models) as engine:
        assert engine.search("cats purr", k=1)[0].id == "cats"
    assert closed == []
    with (
        Engine.open(tmp_path / "index", offline=True) as engine,
        pytest.raises(ModelNotFoundError, match=r"pass the same model again, as in Models\(encoder=model\)"),
    ):
        engine.search("cats")


def test_a_bi_encoder_that_did_not_build_the_index_is_refused(tmp_path: Path) -> None:
    from simengine.models.fingerprint import Fingerprint

    class Other(WordEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.fingerprint = Fingerprint("0" * 64, {"weights": "other"})

    Engine.build(DOCUMENTS, tmp_path / "index", models=Models(encoder=WordEncoder())).close()
    with (
        Engine.open(tmp_path / "index", models=Models(encoder=Other())) as engine,
        pytest.raises(FingerprintMismatchError),
    ):
        engine.search("cats")

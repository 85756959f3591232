"""All kinds of input to an engine are accepted, or refused with what to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine import Document, Engine, Rerank, TextEngine
from simengine.errors import DataError, SimengineError, UsageError
from simengine.requests.ask import AnswerOptions
from simengine.requests.search import SearchOptions
from tests.serving.library import word_models

ODD: dict[str, Any] = {
    "none": None,
    "int": 3,
    "float": 2.5,
    "nan": float("nan"),
    "bytes": b"x",
    "half a character": "a\ud83d",
    "nul": "a\0b",
    "path": Path("x"),
    "nested": [["cats"]],
    "numbers": [1.5],
    "half in a list": ["a\ud800"],
    "mapping": {"a": "b"},
    "array of no dimension": np.array("x"),
    "array": np.ones((2, 3)),
    "objects": np.array([object()]),
    "type": str,
    "object": object(),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    documents = ["Cats purr when they are content.", "The bank raised interest rates.", "Bees make honey."]
    with word_models(), Engine.build(documents, tmp_path_factory.mktemp("inputs") / "index") as opened:
        yield opened


def test_a_table_is_indexed_by_its_rows(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"id": ["a", "b"], "text": ["cats purr", "stocks fell"], "year": [2001, None]})
    with word_models(), Engine.build(table, tmp_path / "index") as engine:
        assert [hit.id for hit in engine.search("cats", k=1)] == ["a"]
        assert engine.get("a") == Document("a", "cats purr", "", {"year": 2001.0})
        assert engine.matching_ids("year > 2000") == ["a"]
        engine.add(table.assign(id=[3, 4]))
        assert engine.delete(table["id"]).deleted == 2
        assert engine.get(3) is not None  # type: ignore[arg-type]


def test_iterables_that_can_be_read_once_are_read_once(engine: Engine) -> None:
    texts = ["cats", "interest rates"]
    np.testing.assert_array_equal(engine.encode(text for text in texts), engine.encode(texts))  # type: ignore[arg-type]
    wanted = [[hit.id for hit in hits] for hits in engine.search(texts, k=2)]
    for given in ((text for text in texts), np.array(texts), tuple(texts)):
        assert [[hit.id for hit in hits] for hits in engine.search(given, k=2)] == wanted  # type: ignore[call-overload]
    arrays = engine.search_arrays((text for text in texts), SearchOptions(k=2))  # type: ignore[arg-type]
    assert [list(ids) for ids in arrays.ids] == wanted


def test_score_takes_two_texts_or_two_lists(engine: Engine) -> None:
    first, second = ["cats purr", "a market"], ["dogs bark", "cats purr"]
    scores = engine.score(first, (text for text in second))
    vectors, others = engine.encode(first), engine.encode(second)
    assert [(each.text1, each.text2) for each in scores] == list(zip(first, second, strict=True))
    np.testing.assert_allclose([each.score for each in scores], (vectors * others).sum(axis=1), atol=1e-6)
    assert engine.score(first[0], second[0]).score == pytest.approx(scores[0].score, abs=1e-6)
    assert engine.score([], []) == []
    for wrong in ((first, second[:1]), (first, "one"), ("one", second), ("one", None)):
        with pytest.raises(UsageError):
            engine.score(*wrong)  # type: ignore[call-overload]


def test_blank_texts_are_encoded_and_not_searched(engine: Engine) -> None:
    assert np.isfinite(engine.encode(["", " \n", "a"])).all()
    assert np.isfinite(engine.score("", " ").score)
    for blank in ("", " \n\t"):
        with pytest.raises(UsageError, match="the query is empty"):
            engine.search(blank)


def test_reranks_error_says_how_a_model_is_named(engine: Engine) -> None:
    for name in ("my-model", Path("my-model")):
        with pytest.raises(UsageError, match=r"Rerank\('my-model'\)"):
            engine.search("cats", rerank=name)  # type: ignore[call-overload]
    with pytest.raises(UsageError, match=r"rerank is 1; expected True or False, or Rerank"):
        engine.search("cats", rerank=1)  # type: ignore[call-overload]
    with pytest.raises(UsageError, match=r"first is str 'a'; expected Rerank"):
        Rerank(first="a")  # type: ignore[arg-type]


Call = Callable[[Engine, Any], object]
CALLS: dict[str, tuple[Call, set[str]]] = {
    "search": (lambda engine, odd: engine.search(odd), set()),
    "k": (lambda engine, odd: engine.search("cats", k=odd), {"int"}),
    "mode": (lambda engine, odd: engine.search("cats", mode=odd), set()),
    "where": (lambda engine, odd: engine.search("cats", where=odd), {"none"}),
    "exact": (lambda engine, odd: engine.search("cats", exact=odd), set()),
    "collapse": (lambda engine, odd: engine.search("cats", collapse=odd), set()),
    "rerank": (lambda engine, odd: engine.search("cats", rerank=odd), set()),
    "run": (lambda engine, odd: engine.run(odd), set()),
    "reranking": (lambda engine, odd: engine.rerank(["cats"], [[]], odd), {"none"}),
    "hits": (lambda engine, odd: engine.rerank(["cats"], odd), set()),
    "vectors": (lambda engine, odd: engine.search_vectors(odd), set()),
    "encode": (lambda engine, odd: engine.encode(odd), set()),
    "role": (lambda engine, odd: engine.encode(["a"], role=odd), set()),
    "score": (lambda engine, odd: engine.score(odd, odd), set()),
    "get": (lambda engine, odd: engine.get(odd), {"int"}),
    "ids": (lambda engine, odd: engine.delete(odd), set()),
    "filter": (lambda engine, odd: engine.matching_ids(odd), set()),
    "add": (lambda engine, odd: engine.add(odd), set()),
    "question": (lambda engine, odd: engine.ask(odd), set()),
    "history": (lambda engine, odd: engine.ask("Why?", odd), set()),
    "answers": (lambda engine, odd: engine.ask("Why?", (), odd), {"none"}),
    "checked": (lambda engine, odd: engine.check(odd), set()),
    "check options": (lambda engine, odd: engine.check("Cats purr.", options=odd), {"none"}),
    "contradictions": (lambda engine, odd: engine.contradictions(options=odd), {"none"}),
    "duplicates": (lambda engine, odd: engine.duplicates(options=odd), {"none"}),
    "similar": (lambda engine, odd: engine.similar(odd), {"int"}),
    "liked": (lambda engine, odd: engine.recommend(odd), set()),
    "nli": (lambda engine, odd: engine.nli(odd), set()),
    "texts": (lambda engine, odd: engine.classify(odd, ["a", "b"]), set()),
    "classes": (lambda engine, odd: engine.classify(["a text"], odd), set()),
    "explain": (lambda engine, odd: engine.explain("a text", odd), set()),
    "arrays": (lambda engine, odd: engine.search_arrays(["cats"], odd), set()),
    "labelled": (lambda engine, odd: engine.fit_answers(odd), set()),
    "qrels": (lambda engine, odd: engine.fit_rerank({"1": "cats"}, odd), set()),
    "queries": (lambda engine, odd: engine.fit_rerank(odd, {}), set()),
    "pairs": (lambda engine, odd: engine.calibrate(odd), set()),
    "no index": (lambda _, odd: TextEngine(odd), {"none"}),
    "open": (lambda _, odd: Engine.open(odd), set()),
    "threads": (lambda engine, odd: Engine.open(engine.path, threads=odd), {"none", "int"}),
    "labels": (lambda _, odd: Rerank(labels=odd), {"none"}),
    "threshold": (lambda _, odd: AnswerOptions(threshold=odd), {"none"}),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_type_is_a_simengine_error_everywhere(engine: Engine, name: str) -> None:
    call, accepted = CALLS[name]
    for kind, odd in ODD.items():
        if kind not in accepted:
            with pytest.raises(SimengineError):
                print(f"{name} took {kind}: {call(engine, odd)!r:.40}")


def test_a_model_may_be_named_by_a_path(engine: Engine) -> None:
    assert Rerank(Path("folder")).model == "folder"  # type: ignore[arg-type]
    with Engine.open(engine.path, threads=np.int64(1)) as again:  # type: ignore[arg-type]
        assert len(again) == len(engine)


def test_a_deep_or_broken_document_adds_nothing(engine: Engine) -> None:
    before = len(engine)
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    for bad in (
        {"id": "x", "text": "t", "m": deep},
        {"id": "x", "text": "half \ud83d"},
        {"id": "x\udfff", "text": "t"},
    ):
        with pytest.raises(DataError, match="documents:2: "):
            engine.add([{"id": "good", "text": "fine"}, bad])

    def broken() -> Iterator[str]:
        yield "a text"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        engine.add(broken())
    assert len(engine) == before
    assert engine.get("good") is None


def test_metadata_of_the_greatest_depth_is_returned(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(99):
        deep = [deep]
    with word_models(), Engine.build([{"id": "a", "text": "t", "m": deep}], tmp_path / "index") as engine:
        assert engine.get("a") == Document("a", "t", "", {"m": deep})
        with pytest.raises(DataError, match="nested more than 100 deep"):
            engine.update([{"id": "a", "text": "t", "m": [deep]}])

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from simengine.assembly import judging

from simengine.calibration.calibration import Calibration
from simengine.engine import Engine
from simengine.engine.fitting import store_calibration
from simengine.engine.loaded import (
    Fitted,
    JudgeChoice,
    JudgeOptions,
    Judges,
    chosen,
    fit_index_blend,
    fitted_of,
    open_judge,
    store_blend,
)
from simengine.engine.pipeline import rerank_search
from simengine.errors import DamagedIndexError, IndexNotFoundError, UsageError
from simengine.requests.search import SearchOptions
from simengine.rerank.fit import BlendFit
from simengine.rerank.options import DEFAULT_DEPTH, DEFAULT_WEIGHT
from simengine.results.search import SearchResult
from simengine.store.writer import IndexWriter
from simengine.types import Document, FloatMatrix, Hit
from tests.cross_encoders.fakes import WordModel
from tests.faults.encoder import load_word_encoder
from tests.rerank.fakes import TableJudge, hit, ids

N = 60


class TableRetriever:
    """Finds the documents d00 to d59 in this order for every query, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], SearchOptions]] = []

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        self.asked.append((list(queries), options))
        hits = [hit(f"d{n:02}", 1.0 - n / 100) for n in range(N)][: options.k]
        return SearchResult([list(hits) for _ in queries], {"dense": 1.0, "total": 2.0})

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        raise NotImplementedError

    def encode(self, texts: Sequence[str], *, role: str = "text") -> FloatMatrix:
        raise NotImplementedError

    def get(self, document_id: str) -> Document | None:
        raise NotImplementedError


JUDGE = TableJudge({f"d{n:02}": n / 100 for n in range(N)})
"""Likes the last documents best."""


@pytest.fixture
def judges(monkeypatch: pytest.MonkeyPatch) -> Judges:
    monkeypatch.setattr(judging, "open_judge", lambda choice, options: JUDGE)
    return Judges()


def fit(weight: float, **changes: object) -> BlendFit:
    values: dict[str, object] = {
        "judge": "table", "kind": "nli", "weight": weight, "depth": 30, "measure": "nDCG@10", "before": 0.4,
        "after": 0.5, "standard_error": 0.01, "by_weight": {"0": 0.4}, "n": 50, "fitted_on": "x", "date": "2026-01-01",
    }  # fmt: skip
    return BlendFit(**{**values, **changes})  # type: ignore[arg-type]


def test_depth_and_weight_are_those_given_then_those_fitted_then_the_defaults() -> None:
    fitted = Fitted({"table": fit(0.7)})
    assert chosen(JudgeChoice(), JUDGE, Fitted()) == (DEFAULT_DEPTH, DEFAULT_WEIGHT)
    assert chosen(JudgeChoice(), JUDGE, fitted) == (30, 0.7)
    assert chosen(JudgeChoice(weight=0.1), JUDGE, fitted) == (30, 0.1)
    assert chosen(JudgeChoice(depth=5), JUDGE, fitted) == (5, 0.7)


def test_what_was_fitted_for_another_judge_or_another_reading_of_it_is_not_used() -> None:
    for fitted in (Fitted({"other": fit(0.7)}), Fitted({"table": fit(0.7, kind="relevance")})):
        assert chosen(JudgeChoice(), JUDGE, fitted) == (DEFAULT_DEPTH, DEFAULT_WEIGHT)


def test_candidates_down_to_the_depth_are_judged_and_k_come_out(judges: Judges) -> None:
    retriever = TableRetriever()
    options = JudgeOptions((JudgeChoice(depth=20, weight=1.0),))
    result = rerank_search(retriever, judges, ["a", "b"], SearchOptions(k=3, mode="dense"), options)
    ((_, asked),) = retriever.asked
    assert (asked.k, asked.mode) == (20, "dense")
    assert [ids(found) for found in result.hits] == [["d19", "d18", "d17"]] * 2
    assert result.timings_ms["total"] == pytest.approx(2.0 + result.timings_ms["rerank"])
    assert result.timings_ms["dense"] == 1.0


def test_more_hits_than_the_depth_can_be_wanted(judges: Judges) -> None:
    options = JudgeOptions((JudgeChoice(depth=2, weight=1.0),))
    result = rerank_search(TableRetriever(), judges, ["a"], SearchOptions(k=5), options)
    assert ids(result.hits[0]) == ["d01", "d00", "d02", "d03", "d04"]


def test_where_the_order_is_left_alone_only_the_hits_wanted_are_searched_and_judged(judges: Judges) -> None:
    retriever = TableRetriever()
    result = rerank_search(
        retriever, judges, ["a"], SearchOptions(k=4), JudgeOptions(), Fitted({"table": fit(0.0)})
    )
    assert retriever.asked[0][1].k == 4
    assert result.counts[0][0].n_judged == 4
    assert [(each.id, each.score) for each in result.hits[0]] == [(f"d{n:02}", 1 - n / 100) for n in range(4)]
    assert all(each.judgement is not None for each in result.hits[0])


def test_a_judge_is_loaded_once_for_each_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[TableJudge] = []

    def load(choice: JudgeChoice, options: JudgeOptions) -> TableJudge:
        loaded.append(TableJudge({}))
        return loaded[-1]

    monkeypatch.setattr(judging, "open_judge", load)
    judges, options = Judges(), JudgeOptions()
    threads = [threading.Thread(target=judges.get, args=(JudgeChoice("a"), options)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 1
    assert judges.get(JudgeChoice("a", depth=3, weight=0.5), options) is loaded[0]
    assert judges.get(JudgeChoice("b"), options) is not loaded[0]
    assert judges.get(JudgeChoice("a", kind="nli"), options) is not loaded[0]
    judges.close()
    assert all(each.closed for each in loaded)


def test_labels_are_given_in_the_order_of_the_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    model = WordModel(("A", "B", "C"), (0.0, 0.0, 5.0))
    monkeypatch.setattr(judging, "load_cross_encoder", lambda name, **options: model)
    judge = open_judge(JudgeChoice("m", labels=("contradiction", "entailment", "neutral")), JudgeOptions())
    assert judge.judge([("q", "yes 0,4,0")], claim=True).stances == ["supports"]
    assert judge.name == "m"
    with pytest.raises(UsageError, match="2 labels are given; the model has 3: A, B, C"):
        open_judge(JudgeChoice("m", labels=("entailment", "neutral")), JudgeOptions())


def test_a_model_that_cannot_judge_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    model = WordModel(("A", "B"), (0.0, 0.0))
    closed: list[bool] = []
    monkeypatch.setattr(model, "close", lambda: closed.append(True))
    monkeypatch.setattr(judging, "load_cross_encoder", lambda name, **options: model)
    with pytest.raises(UsageError, match="no NLI model"):
        open_judge(JudgeChoice(), JudgeOptions())
    assert closed == [True]


@pytest.mark.parametrize("values", [{"depth": 0}, {"weight": 1.5}, {"weight": float("nan")}])
def test_choices_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="is"):
        JudgeChoice(**values)  # type: ignore[arg-type]


def test_a_blend_is_fitted_on_the_candidates_that_search_finds() -> None:
    retriever = TableRetriever()
    queries = {f"q{n}": f"text {n}" for n in range(25)} | {"unjudged": "x", "none": "y"}
    qrels = {f"q{n}": {"d40": 1} for n in range(25)} | {"none": {"d01": 0}}
    options = SearchOptions(k=1, mode="lexical")
    found = fit_index_blend(retriever, JUDGE, queries, qrels, options, depth=41, fitted_on="made up")
    ((asked, search),) = retriever.asked
    assert asked == [f"text {n}" for n in range(25)]
    assert (search.k, search.mode) == (42, "lexical")  # one more, for a document with the query's own id
    assert (found.before, found.weight > 0, found.after) == (0.0, True, pytest.approx(1.0))
    with pytest.raises(UsageError, match="'lost'"):
        fit_index_blend(retriever, JUDGE, queries, {**qrels, "lost": {"d01": 1}}, options)


def test_a_fit_leaves_out_the_document_with_the_querys_id() -> None:
    names = [f"d{n:02}" for n in range(25)]
    queries, qrels = dict.fromkeys(names, "text"), {name: {name: 1} for name in names}
    options = SearchOptions(mode="lexical")
    left_out = fit_index_blend(TableRetriever(), JUDGE, queries, qrels, options, depth=41)
    kept = fit_index_blend(TableRetriever(), JUDGE, queries, qrels, options, depth=41, keep_self=True)
    assert (left_out.before, left_out.after) == (0.0, 0.0)
    assert kept.before > 0


def test_a_blend_is_kept_with_the_index_and_others_stay(
    tmp_path: Path, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    path = tmp_path / "index"
    Engine.build(documents, path).close()
    assert fitted_of(path) == Fitted()
    store_blend(path, fit(0.3))
    store_blend(path, fit(0.6, judge="other"))
    store_blend(path, fit(0.0))
    assert fitted_of(path).blends == {"table": fit(0.0), "other": fit(0.6, judge="other")}
    with Engine.open(path) as engine:
        assert len(engine.search("cats purr", k=3)) == 3
    with pytest.raises(IndexNotFoundError):
        fitted_of(tmp_path / "nowhere")


def test_calibrations_of_relevance_are_found_by_the_judges_fingerprint(
    tmp_path: Path, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    path = tmp_path / "index"
    Engine.build(documents, path).close()
    known = Calibration(
        "platt", "table", "relevance", "probability", {"slope": 2.0, "intercept": -1.0}, 100, "", "2026-01-01",
        0.2, 0.1, 0.5,
    )  # fmt: skip
    store_calibration(path, known)
    store_calibration(path, replace(known, task="entailment", model="other"))
    assert fitted_of(path).calibrations == {"table": known}


def test_a_stored_blend_that_cannot_be_read_says_which_index_is_damaged(
    tmp_path: Path, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    path = tmp_path / "index"
    Engine.build(documents, path).close()
    with IndexWriter.open(path) as writer:
        writer.set_derived(judging.BLENDS, {"table": {"weight": 2}})
    with pytest.raises(DamagedIndexError, match="weight for reranking"):
        fitted_of(path)

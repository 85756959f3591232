"""Cross-encoders loaded once, the pipeline over them, and the fits stored with an index."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from simengine import Models, Rerank
from simengine.calibration.calibration import Calibration
from simengine.engine import Engine
from simengine.engine.fitted import BLENDS, Fitted, store_blend, store_calibration
from simengine.engine.fitting import fit_rerank
from simengine.engine.loaded import LoadedModels, depth_and_weight
from simengine.engine.parts import Parts
from simengine.engine.pipeline import run_search
from simengine.errors import DamagedIndexError, UsageError
from simengine.models.packaged import packaged_file
from simengine.requests.search import SearchOptions, SearchRequest
from simengine.rerank.fit import BlendFit
from simengine.rerank.judge import CrossEncoderJudge
from simengine.rerank.options import DEFAULT_DEPTH, DEFAULT_WEIGHT
from simengine.results.search import SearchResult
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter
from simengine.types import Document
from tests.cross_encoders.fakes import WordModel
from tests.faults.encoder import WordEncoder
from tests.rerank.fakes import TableJudge, hit, ids

N = 60


class TableRetriever:
    """Finds the documents d00 to d59 in this order for every query, and records its calls."""

    def __init__(self, known: Fitted | None = None) -> None:
        self.asked: list[tuple[list[str], SearchOptions]] = []
        self.known = known or Fitted()

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        self.asked.append((list(queries), options))
        hits = [hit(f"d{n:02}", 1.0 - n / 100) for n in range(N)][: options.k]
        return SearchResult([list(hits) for _ in queries], {"dense": 1.0, "total": 2.0})

    def lease(self) -> Any:
        return nullcontext(self)

    @property
    def fitted(self) -> Fitted:
        return self.known


JUDGE = TableJudge({f"d{n:02}": n / 100 for n in range(N)})
"""Scores later documents higher."""


def parts(retriever: TableRetriever) -> Parts:
    models = LoadedModels(Models(reranker=JUDGE))
    return Parts(cast("Any", retriever), cast("Any", retriever), models, cast("Any", None), print)


def search(retriever: TableRetriever, *queries: str, rerank: Rerank, **options: Any) -> SearchResult:
    return run_search(parts(retriever), SearchRequest(queries=queries, rerank=rerank, **options))


def fit(weight: float, **changes: object) -> BlendFit:
    values: dict[str, object] = {
        "judge": "table", "kind": "nli", "weight": weight, "depth": 30, "measure": "nDCG@10", "before": 0.4,
        "after": 0.5, "standard_error": 0.01, "by_weight": {"0": 0.4}, "n": 50, "fitted_on": "x", "date": "2026-01-01",
    }  # fmt: skip
    return BlendFit(**{**values, **changes})  # type: ignore[arg-type]


def test_depth_and_weight_are_those_given_then_those_fitted_then_the_defaults() -> None:
    fitted = Fitted({"table": fit(0.7)})
    assert depth_and_weight(Rerank(), JUDGE, None) == (DEFAULT_DEPTH, DEFAULT_WEIGHT)
    assert depth_and_weight(Rerank(), JUDGE, fitted) == (30, 0.7)
    assert depth_and_weight(Rerank(weight=0.1), JUDGE, fitted) == (30, 0.1)
    assert depth_and_weight(Rerank(depth=5), JUDGE, fitted) == (5, 0.7)


def test_fits_for_another_model_or_kind_are_not_used() -> None:
    for fitted in (Fitted({"other": fit(0.7)}), Fitted({"table": fit(0.7, kind="relevance")})):
        assert depth_and_weight(Rerank(), JUDGE, fitted) == (DEFAULT_DEPTH, DEFAULT_WEIGHT)


def test_candidates_down_to_the_depth_are_judged_and_k_are_returned() -> None:
    retriever = TableRetriever()
    result = search(retriever, "a", "b", k=3, mode="dense", rerank=Rerank(depth=20, weight=1.0))
    ((_, asked),) = retriever.asked
    assert (asked.k, asked.mode) == (20, "dense")
    assert [ids(found) for found in result.hits] == [["d19", "d18", "d17"]] * 2
    assert result.timings_ms["total"] == pytest.approx(2.0 + result.timings_ms["rerank"])
    assert result.timings_ms["dense"] == 1.0


def test_k_may_be_larger_than_the_depth() -> None:
    result = search(TableRetriever(), "a", k=5, rerank=Rerank(depth=2, weight=1.0))
    assert ids(result.hits[0]) == ["d01", "d00", "d02", "d03", "d04"]


def test_if_the_order_is_kept_only_k_hits_are_searched_and_judged() -> None:
    retriever = TableRetriever(Fitted({"table": fit(0.0)}))
    result = search(retriever, "a", k=4, rerank=Rerank())
    assert retriever.asked[0][1].k == 4
    assert result.counts[0][0].n_judged == 4
    assert [(each.id, each.score) for each in result.hits[0]] == [(f"d{n:02}", 1 - n / 100) for n in range(4)]
    assert all(each.judgement is not None for each in result.hits[0])


def test_a_first_reranker_reads_twice_as_many_candidates() -> None:
    stages = Rerank(model="big", depth=7, first=Rerank(model="small")).stages()
    assert [(stage.model, stage.depth) for stage in stages] == [("small", 14), ("big", 7)]


def test_a_model_is_loaded_once_for_all_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[tuple[str, WordModel]] = []
    closed: list[str] = []

    def load(name: str, **options: object) -> WordModel:
        model = WordModel(("entailment", "neutral", "contradiction"), (0.0, 0.0, 0.0))
        monkeypatch.setattr(model, "close", lambda: closed.append(name))
        loaded.append((name, model))
        return model

    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", load)
    models = LoadedModels(Models(nli="a"))
    threads = [threading.Thread(target=models.judge, args=(Rerank("a"),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert models.judge(Rerank("a", depth=3, weight=0.5)) is models.judge(Rerank("a"))
    assert models.judge() is not None
    assert models.nli().model is loaded[0][1]
    assert [name for name, _ in loaded] == ["a"]
    models.judge(Rerank("b"))
    models.judge(Rerank("a", precision="f32"))
    assert [name for name, _ in loaded] == ["a", "b", "a"]
    models.close()
    assert sorted(closed) == ["a", "a", "b"]


def test_every_loaded_model_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    model = WordModel(("entailment", "neutral", "contradiction"), (0.0, 0.0, 0.0))
    other = WordModel(("entailment", "neutral", "contradiction"), (0.0, 0.0, 0.0))
    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", lambda name, **options: model)
    assert LoadedModels(wrap=lambda given: other if given is model else given).nli().model is other


def test_labels_are_given_in_the_order_of_the_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    model = WordModel(("A", "B", "C"), (0.0, 0.0, 5.0))
    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", lambda name, **options: model)
    turned = ("contradiction", "entailment", "neutral")
    judge = LoadedModels().judge(Rerank("m", labels=turned))
    assert judge.judge([("q", "yes 0,4,0")], claim=True).stances == ["supports"]
    assert judge.name == "m"
    nli = LoadedModels(Models(nli="m", nli_labels=turned)).nli()
    assert nli.verdict("yes 0,4,0", "q").label == "entailment"
    with pytest.raises(UsageError, match="2 labels are given; the model has 3: A, B, C"):
        LoadedModels().judge(Rerank("m", labels=("entailment", "neutral")))


def test_a_reranker_that_is_not_an_nli_model_gives_no_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = WordModel(("score",), (0.0,))
    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", lambda name, **options: model)
    with pytest.raises(UsageError, match="expected an NLI model"):
        LoadedModels().nli(Rerank("m"))


@pytest.mark.parametrize("values", [{"depth": 0}, {"weight": 1.5}, {"weight": float("nan")}])
def test_choices_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="is"):
        Rerank(**values)  # type: ignore[arg-type]


def test_a_blend_is_fitted_on_the_candidates_that_search_finds() -> None:
    retriever = TableRetriever()
    queries = {f"q{n}": f"text {n}" for n in range(25)} | {"unjudged": "x", "none": "y"}
    qrels = {f"q{n}": {"d40": 1} for n in range(25)} | {"none": {"d01": 0}}
    options = SearchOptions(k=1, mode="lexical")
    found = fit_rerank(
        parts(retriever), queries, qrels, Rerank(depth=41), search=options, fitted_on="made up"
    )
    ((asked, chosen),) = retriever.asked
    assert asked == [f"text {n}" for n in range(25)]
    assert (chosen.k, chosen.mode) == (42, "lexical")  # one more, for a document with the query's own id
    assert (found.before, found.weight > 0, found.after) == (0.0, True, pytest.approx(1.0))
    with pytest.raises(UsageError, match="'lost'"):
        fit_rerank(parts(retriever), queries, {**qrels, "lost": {"d01": 1}})
    with pytest.raises(UsageError, match="one reranker"):
        fit_rerank(parts(retriever), queries, qrels, Rerank(first=Rerank()))


def test_a_fit_leaves_out_the_document_with_the_querys_id() -> None:
    names = [f"d{n:02}" for n in range(25)]
    queries, qrels = dict.fromkeys(names, "text"), {name: {name: 1} for name in names}
    rerank = Rerank(depth=41)
    left_out = fit_rerank(parts(TableRetriever()), queries, qrels, rerank)
    kept = fit_rerank(parts(TableRetriever()), queries, qrels, rerank, keep_self=True)
    assert (left_out.before, left_out.after) == (0.0, 0.0)
    assert kept.before > 0


@pytest.fixture
def index(tmp_path: Path, documents: list[Document]) -> Path:
    path = tmp_path / "index"
    Engine.build(documents, path, models=Models(WordEncoder())).close()
    return path


def fitted_of(path: Path) -> Fitted:
    with Snapshot.open(path) as snapshot:
        return Fitted.of(snapshot)


def test_a_blend_is_stored_with_the_index_and_others_stay(index: Path) -> None:
    assert fitted_of(index) == Fitted()
    assert not store_blend(index, fit(0.3))
    assert not store_blend(index, fit(0.6, judge="other"))
    assert store_blend(index, fit(0.0))
    assert fitted_of(index).blends == {"table": fit(0.0), "other": fit(0.6, judge="other")}
    with Engine.open(index, models=Models(WordEncoder())) as engine:
        assert len(engine.search("cats purr", k=3)) == 3


def test_calibrations_of_relevance_are_found_by_the_models_fingerprint(index: Path) -> None:
    known = Calibration(
        "platt", "table", "relevance", "probability", {"slope": 2.0, "intercept": -1.0}, 100, "", "2026-01-01",
        0.2, 0.1, 0.5,
    )  # fmt: skip
    store_calibration(index, known)
    store_calibration(index, replace(known, task="entailment", model="other"))
    assert fitted_of(index).relevance == {"table": known}


def test_an_unreadable_stored_blend_names_the_damaged_index(index: Path) -> None:
    with IndexWriter.open(index) as writer:
        writer.set_derived(BLENDS, {"table": {"weight": 2}})
    with pytest.raises(DamagedIndexError, match="weight for reranking"):
        fitted_of(index)


@pytest.mark.skipif(packaged_file() is None, reason="needs the multilingual base")
def test_claims_in_chinese_get_stances_from_the_model_that_reads_them() -> None:
    models = LoadedModels(Models(offline=True))
    judge = models.judge(Rerank(claim=True))
    assert isinstance(judge, CrossEncoderJudge)
    assert not judge.readings(["博物馆星期一开放。"])[0].unreadable
    assert judge.judge([("博物馆星期一开放。", "博物馆星期一闭馆。")], claim=True).stances == ["contradicts"]
    models.close()

"""Which model ranks, and which one gives verdicts."""

from __future__ import annotations

import pytest

from simengine import Models, Rerank
from simengine.cross_encoders.contract import CrossEncoder
from simengine.cross_encoders.load import DEFAULT_NLI_MODEL, DEFAULT_RELEVANCE_MODEL
from simengine.cross_encoders.nli import NLIModel
from simengine.engine.fitted import Fitted
from simengine.engine.loaded import LoadedModels
from simengine.models.resolve import bundled_names
from simengine.rerank.fit import BlendFit
from simengine.rerank.options import DEFAULT_WEIGHT
from tests.cross_encoders.fakes import WordModel
from tests.rerank.fakes import TableJudge

LABELS = ("entailment", "neutral", "contradiction")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the models that were loaded."""
    names: list[str] = []

    def load(name: str, **_: object) -> CrossEncoder:
        names.append(name)
        return WordModel(LABELS, (0.0, 0.0, 0.0))

    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", load)
    return names


def test_both_are_bundled() -> None:
    assert {DEFAULT_NLI_MODEL, DEFAULT_RELEVANCE_MODEL} <= set(bundled_names())


def test_by_default_one_model_ranks_and_another_one_judges_claims(loads: list[str]) -> None:
    models = LoadedModels()
    assert models.judge().name == models.relevance().name == DEFAULT_RELEVANCE_MODEL
    assert models.judge(Rerank(claim=True)).name == DEFAULT_NLI_MODEL
    models.nli()
    assert loads == [DEFAULT_RELEVANCE_MODEL, DEFAULT_NLI_MODEL]
    assert models.relevance() is models.relevance()
    assert models.reranker_name == DEFAULT_RELEVANCE_MODEL
    assert models.nli_name == DEFAULT_NLI_MODEL


def test_the_callers_nli_model_also_ranks(loads: list[str]) -> None:
    for models in (
        LoadedModels(Models(nli="own/nli")),
        LoadedModels(Models(nli=NLIModel(WordModel(LABELS, (0.0, 0.0, 0.0))))),
    ):
        assert models.judge().name == models.relevance().name == models.judge(Rerank(claim=True)).name
        assert DEFAULT_RELEVANCE_MODEL not in (*loads, models.reranker_name)


def test_a_named_reranker_ranks_and_leaves_the_relevance_model_to_others(loads: list[str]) -> None:
    models = LoadedModels(Models(reranker="own/reranker"))
    assert models.judge().name == "reranker"
    assert models.judge(Rerank("own/other")).name == "other"
    assert models.relevance().name == DEFAULT_RELEVANCE_MODEL
    given = LoadedModels(Models(reranker=TableJudge({})))
    assert given.judge().name == "table"
    assert given.relevance().name == DEFAULT_RELEVANCE_MODEL


def routed(models: LoadedModels, asked: Rerank, fitted: Fitted | None = None) -> list[tuple[float, bool]]:
    return [(stage.weight, stage.questions_only) for stage in models.reranker(asked, fitted).stages]


@pytest.mark.usefixtures("loads")
def test_by_default_questions_are_reranked_and_claims_only_get_stances() -> None:
    models = LoadedModels()
    assert routed(models, Rerank()) == [(DEFAULT_WEIGHT, True)]
    assert routed(models, Rerank(depth=50)) == [(DEFAULT_WEIGHT, True)]
    assert routed(models, Rerank(claim=True)) == [(0.0, False)]
    assert routed(models, Rerank(weight=0.5)) == [(0.5, False)]
    assert routed(models, Rerank(claim=True, weight=0.5)) == [(0.5, False)]


@pytest.mark.usefixtures("loads")
def test_what_was_named_or_fitted_reranks_every_query() -> None:
    named = LoadedModels(Models(reranker="own/reranker"))
    assert routed(named, Rerank()) == [(DEFAULT_WEIGHT, False)]
    assert routed(LoadedModels(Models(nli="own/nli")), Rerank()) == [(DEFAULT_WEIGHT, False)]
    models = LoadedModels()
    assert routed(models, Rerank("own/other")) == [(DEFAULT_WEIGHT, False)]
    fit = BlendFit(
        judge=models.judge().fingerprint, kind="nli", weight=0.4, depth=20, measure="nDCG@10", before=0.4, after=0.5,
        standard_error=0.01, by_weight={"0": 0.4}, n=50, fitted_on="x", date="2026-01-01",
    )  # fmt: skip
    assert routed(models, Rerank(), Fitted({fit.judge: fit})) == [(0.4, False)]

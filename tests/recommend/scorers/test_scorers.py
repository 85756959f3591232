"""Scorers against their formulas on dense matrices."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from simengine.errors import MissingExtraError, UsageError
from simengine.recommend import (
    AlsScorer,
    EaseScorer,
    Interactions,
    ItemKNNScorer,
    ItemVectors,
    PopularityScorer,
    PreferenceOptions,
    Training,
)
from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.learning import make_training
from simengine.recommend.scorers.contract import Scorer, ScoringBatch

N_ITEMS, N_USERS = 12, 9
RNG = np.random.default_rng(3)
CHOSEN = RNG.random((N_USERS, N_ITEMS)) < 0.4
CHOSEN[:, 0] = [True] + [False] * (N_USERS - 1)
CHOSEN[:, 11] = False
DAY = 86_400.0


def world() -> tuple[Training, ItemCatalogue]:
    users, rows = np.nonzero(CHOSEN)
    catalogue = ItemCatalogue.of(ItemVectors.from_vectors(range(N_ITEMS), np.eye(N_ITEMS, dtype=np.float32)))
    interactions = Interactions.from_arrays(users, rows, times=(rows * DAY).tolist())
    return make_training(interactions, catalogue, PreferenceOptions())[0], catalogue


def batch(training: Training, rows: np.ndarray, users: np.ndarray | None = None) -> ScoringBatch:
    asked = np.arange(N_USERS) if users is None else users
    return ScoringBatch(
        training.user_ids[asked],
        asked,
        np.append(training.item_ids, "new"),
        rows,
        training.histories.take(asked),
        np.zeros((len(asked), 1, N_ITEMS), np.float32),
        np.zeros((len(rows), N_ITEMS), np.float32),
    )


ALL = np.arange(N_ITEMS)


def test_popularity_counts_on_a_logarithmic_scale_and_knows_no_new_item() -> None:
    training, _ = world()
    scorer = PopularityScorer()
    scorer.fit(training)
    counts = CHOSEN.sum(axis=0)
    found = scorer.score(batch(training, np.arange(N_ITEMS + 1)))
    np.testing.assert_allclose(found[2, :-1], np.log1p(counts) / np.log1p(counts.max()), atol=1e-6)
    assert found[:, -1].tolist() == [0.0] * N_USERS


def test_popularity_fades() -> None:
    training, _ = world()
    scorer = PopularityScorer(half_life_days=2)
    scorer.fit(training)
    counts = CHOSEN.sum(axis=0) * 0.5 ** ((10 - np.arange(N_ITEMS)) / 2)
    np.testing.assert_allclose(
        scorer.score(batch(training, ALL))[0], np.log1p(counts) / np.log1p(counts.max()), atol=1e-6
    )


@pytest.mark.parametrize("neighbours", [2, 50])
def test_item_knn_adds_shrunk_cosines_of_the_nearest(neighbours: int) -> None:
    training, _ = world()
    scorer = ItemKNNScorer(neighbours=neighbours, shrinkage=3)
    scorer.fit(training)
    x = CHOSEN.astype(float)
    lengths = np.sqrt(x.sum(axis=0))
    near = (x.T @ x) / (np.outer(lengths, lengths) + 3)
    np.fill_diagonal(near, 0)
    for row in near:
        order = np.argsort(-row, kind="stable")
        row[order[neighbours:]] = 0
    expected = x @ near.T / np.sqrt(np.maximum(x.sum(axis=1), 1))[:, None]
    np.testing.assert_allclose(scorer.score(batch(training, ALL)), expected, atol=1e-6)
    some = np.array([1, 4, 12])
    np.testing.assert_allclose(scorer.score(batch(training, some))[:, :2], expected[:, [1, 4]], atol=1e-6)
    assert not scorer.score(batch(training, some))[:, 2].any()


def test_ease_is_the_ridge_regression_without_diagonal() -> None:
    training, _ = world()
    scorer = EaseScorer(regularisation=2)
    scorer.fit(training)
    x = CHOSEN.astype(float)
    expected = np.zeros((N_ITEMS, N_ITEMS))
    for item in range(N_ITEMS):  # each item from the others, one by one
        others = [at for at in range(N_ITEMS) if at != item]
        gram = x[:, others].T @ x[:, others] + 2 * np.eye(len(others))
        expected[others, item] = np.linalg.solve(gram, x[:, others].T @ x[:, item])
    scores = x @ expected / np.sqrt(np.maximum(x.sum(axis=1), 1))[:, None]
    np.testing.assert_allclose(scorer.score(batch(training, ALL)), scores, atol=1e-5)


def test_a_taste_is_scored_by_its_history() -> None:
    training, _ = world()
    for scorer in (ItemKNNScorer(), EaseScorer()):
        scorer.fit(training)
        known = scorer.score(batch(training, ALL))
        asked = batch(training, ALL)
        unknown = ScoringBatch(
            asked.user_ids,
            np.full(N_USERS, -1),
            asked.item_ids,
            asked.rows,
            asked.histories,
            asked.profiles,
            asked.vectors,
        )
        np.testing.assert_allclose(scorer.score(unknown), known)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ItemKNNScorer(neighbours=0),
        lambda: ItemKNNScorer(shrinkage=-1),
        lambda: ItemKNNScorer(use="some"),  # type: ignore[arg-type]
        lambda: EaseScorer(regularisation=0),
        lambda: PopularityScorer(half_life_days=0),
        lambda: PopularityScorer(count="none"),  # type: ignore[arg-type]
    ],
)
def test_settings_out_of_range_are_refused(make: object) -> None:
    with pytest.raises(UsageError):
        make()  # type: ignore[operator]


def test_ease_refuses_a_catalogue_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    training, _ = world()
    monkeypatch.setattr("simengine.recommend.scorers.ease.MAX_ITEMS", 5)
    with pytest.raises(UsageError, match="item-knn or als"):
        EaseScorer().fit(training)


def test_als_without_implicit_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)
    with pytest.raises(MissingExtraError, match=r"simengine-search\[recommend\]"):
        AlsScorer()


def test_als_factors_rebuild_what_was_chosen_and_a_taste_gets_the_same() -> None:
    pytest.importorskip("implicit")
    training, _ = world()
    scorer = AlsScorer(factors=6, regularisation=0.01, alpha=10, iterations=30)
    scorer.fit(training)
    found = scorer.score(batch(training, np.arange(N_ITEMS + 1)))
    assert found[:, :N_ITEMS][CHOSEN].mean() > found[:, :N_ITEMS][~CHOSEN].mean() + 0.5
    assert not found[:, N_ITEMS].any()
    asked = batch(training, ALL)
    unknown = ScoringBatch(
        asked.user_ids,
        np.full(N_USERS, -1),
        asked.item_ids,
        asked.rows,
        asked.histories,
        asked.profiles,
        asked.vectors,
    )
    np.testing.assert_allclose(scorer.score(unknown), found[:, :N_ITEMS], atol=0.1)


def test_all_scorers_are_scorers() -> None:
    assert all(isinstance(each, Scorer) for each in (PopularityScorer(), ItemKNNScorer(), EaseScorer()))

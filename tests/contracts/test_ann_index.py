"""Every recipe against exact search: what any ANN index must do."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.index.build import BuiltIndex, build_index, load_index
from simengine.index.exact import exact_search
from simengine.index.recipe import IndexRecipe, list_recipes, load_recipe
from simengine.types import FloatMatrix

DIM = 48
N = 5_000
RECIPES = [recipe.name for recipe in list_recipes()]


def unit(vectors: np.ndarray) -> FloatMatrix:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def clustered(n: int, seed: int) -> FloatMatrix:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((60, DIM))
    return unit(centres[rng.integers(0, 60, n)] + 0.7 * rng.standard_normal((n, DIM)))


VECTORS = clustered(N, 1)
QUERIES = clustered(64, 2)
SEGMENTS = [(0, VECTORS[:1_700]), (1_700, VECTORS[1_700:1_710]), (1_710, VECTORS[1_710:])]
TRUE = VECTORS.astype(np.float64) @ QUERIES.astype(np.float64).T


@pytest.fixture(scope="module", params=RECIPES)
def recipe(request: pytest.FixtureRequest) -> IndexRecipe:
    return load_recipe(request.param)


@pytest.fixture(scope="module")
def index(recipe: IndexRecipe) -> BuiltIndex:
    return build_index(SEGMENTS, N, DIM, recipe, threads=1)


def test_the_recipe_itself_is_built_and_not_a_stand_in(index: BuiltIndex, recipe: IndexRecipe) -> None:
    assert index.notes == () or "lists" in index.notes[0]
    assert (index.factory == "Flat") == recipe.exact
    assert (index.n_rows, index.dimension) == (N, DIM)


def test_recall_at_10_is_at_least_0_9(index: BuiltIndex) -> None:
    _, rows = index.search(QUERIES, 10)
    exact = np.argsort(-TRUE.T, axis=1)[:, :10]
    found = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(rows, exact, strict=True)])
    assert found >= (1.0 if index.factory == "Flat" else 0.9)


def test_scores_are_cosines_and_fall_and_ties_go_to_the_lower_row(index: BuiltIndex) -> None:
    scores, rows = index.search(QUERIES, 20)
    assert scores.dtype == np.float32
    assert rows.dtype == np.int64
    np.testing.assert_allclose(scores, TRUE[rows, np.arange(64)[:, None]], rtol=0, atol=1e-7)
    assert (np.diff(scores, axis=1) <= 0).all()
    assert all(len(set(row)) == 20 for row in rows)


def test_scores_equal_those_of_exact_search_bit_for_bit(index: BuiltIndex) -> None:
    scores, rows = index.search(QUERIES, 10)
    exact_scores, exact_rows = exact_search(SEGMENTS, QUERIES, 200)
    for q in range(len(QUERIES)):
        known = dict(zip(exact_rows[q], exact_scores[q], strict=True))
        assert all(known[row] == score for row, score in zip(rows[q], scores[q], strict=True) if row in known)


def test_batch_equals_single(index: BuiltIndex) -> None:
    scores, rows = index.search(QUERIES, 10)
    for q in range(len(QUERIES)):
        one_scores, one_rows = index.search(QUERIES[q : q + 1], 10)
        np.testing.assert_array_equal(one_rows[0], rows[q])
        np.testing.assert_array_equal(one_scores[0], scores[q])


def test_no_queries_give_shape_0_k(index: BuiltIndex) -> None:
    scores, rows = index.search(np.empty((0, DIM), np.float32), 7)
    assert scores.shape == rows.shape == (0, 7)


def test_k_beyond_n_rows_gives_every_row_and_padding(index: BuiltIndex) -> None:
    scores, rows = index.search(QUERIES[:2], N + 3)
    assert (np.sort(rows[:, :N], axis=1) == np.arange(N)).all()
    assert (rows[:, N:] == -1).all()
    assert np.isneginf(scores[:, N:]).all()


def test_the_same_search_gives_the_same_result(index: BuiltIndex) -> None:
    first, second = index.search(QUERIES, 10), index.search(QUERIES, 10)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_threads_that_search_at_once_get_what_one_gets(index: BuiltIndex) -> None:
    expected = index.search(QUERIES, 10)
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(5):
            scores, rows = index.search(QUERIES[number::4], 10)
            if not (
                np.array_equal(rows, expected[1][number::4])
                and np.array_equal(scores, expected[0][number::4])
            ):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_saved_index_answers_as_the_built_one(
    index: BuiltIndex, recipe: IndexRecipe, tmp_path: Path
) -> None:
    path = tmp_path / "ann.faiss"
    index.save(path)
    assert [found.name for found in tmp_path.iterdir()] == ["ann.faiss"]
    longer = [*SEGMENTS, (N, VECTORS[:5])]
    loaded = load_index(path, recipe, expected_rows=N, expected_dim=DIM, segments=longer)
    for built, opened in zip(index.search(QUERIES, 10), loaded.search(QUERIES, 10), strict=True):
        np.testing.assert_array_equal(built, opened)
    again = tmp_path / "again.faiss"
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_indexes_answer_exactly(recipe: IndexRecipe, n: int, tmp_path: Path) -> None:
    tiny = build_index([(0, VECTORS[:n])], n, DIM, recipe)
    tiny.save(tmp_path / "ann")
    loaded = load_index(
        tmp_path / "ann", recipe, expected_rows=n, expected_dim=DIM, segments=[(0, VECTORS[:n])] if n else []
    )
    for candidate in (tiny, loaded):
        scores, rows = candidate.search(QUERIES[:3], 4)
        assert (np.sort(rows[:, :n], axis=1) == np.arange(n)).all()
        assert (rows[:, n:] == -1).all()
        assert np.isneginf(scores[:, n:]).all()


def test_duplicates_all_get_the_same_score(recipe: IndexRecipe) -> None:
    copies = VECTORS[:2_000].copy()
    places = [3, 500, 999, 1_000, 1_998]
    copies[places] = QUERIES[0]
    index = build_index([(0, copies[:997]), (997, copies[997:])], 2_000, DIM, recipe, threads=1)
    scores, rows = index.search(QUERIES[:1], 5)
    assert rows.tolist() == [places]
    assert len(set(scores[0].tolist())) == 1


def test_queries_of_another_dimension_are_refused(index: BuiltIndex) -> None:
    with pytest.raises(UsageError, match=r"expected \(q, 48\)"):
        index.search(np.zeros((1, DIM + 1), np.float32), 3)
    with pytest.raises(UsageError, match="k is 0"):
        index.search(QUERIES, 0)

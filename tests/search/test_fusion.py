"""Fusion: what each side is worth, and how the index measures it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.search.fusion import BASE_WEIGHT, MAX_WEIGHT, MIN_WEIGHT, Fusion, rrf, weight_for
from simengine.search.trust import MIN_PASSAGES, measure_trust
from simengine.store.snapshot import Snapshot
from simengine.types import Document

from .conftest import DIMENSION, Bench, WordEncoder, random_documents

NONE = -np.inf


def matrix(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_fused_score_is_cosine_plus_weighted_coverage() -> None:
    fused = Fusion(0.5).fuse(
        matrix([0.8, 0.2, NONE]), matrix([2.0, 4.0, 0.0]), np.array([8.0], dtype=np.float32)
    )
    np.testing.assert_allclose(fused, [[0.8 + 0.125, 0.2 + 0.25, NONE]])


def test_query_without_a_known_word_is_ranked_by_meaning() -> None:
    fused = Fusion().fuse(matrix([0.8, 0.2]), matrix([0.0, 0.0]), np.array([0.0], dtype=np.float32))
    np.testing.assert_allclose(fused, [[0.8, 0.2]])


@given(st.floats(0.01, 20), st.floats(0.01, 20))
def test_worse_reading_never_means_less_lexical_weight(one: float, other: float) -> None:
    worse, better = sorted([one, other])
    assert MIN_WEIGHT <= weight_for(better) <= weight_for(worse) <= MAX_WEIGHT


def test_weight_follows_the_reading() -> None:
    assert weight_for(5.0) == pytest.approx(1.0)
    assert weight_for(7.0) == pytest.approx((5 / 7) ** 4)
    assert weight_for(100.0) == MIN_WEIGHT
    assert weight_for(1.2) == weight_for(0.0) == weight_for(-1.0) == MAX_WEIGHT


@pytest.mark.parametrize("stored", [None, {}, {"reading": None}, {"reading": "x"}])
def test_without_a_measurement_the_base_weight_is_used(stored: dict[str, object] | None) -> None:
    assert Fusion.of(stored) == Fusion(BASE_WEIGHT)  # type: ignore[arg-type]


def test_stored_measurement_sets_the_weight() -> None:
    assert Fusion.of({"reading": 4.0, "version": 1}).lexical_weight == pytest.approx(weight_for(4.0))


def test_rrf_adds_reciprocal_ranks() -> None:
    first, second = np.array([[7, 3, -1], [1, -1, -1]]), np.array([[3, 9, 7], [-1, -1, -1]])
    rows = np.array([[3, 7, 9, 11], [1, 2, -1, -1]])
    expected = [[1 / 62 + 1 / 61, 1 / 61 + 1 / 63, 1 / 62, 0], [1 / 61, 0, NONE, NONE]]
    np.testing.assert_allclose(rrf([first, second], rows), expected, rtol=1e-6)


class BlindEncoder(WordEncoder):
    """A model that cannot read: vectors of passages have nothing to do with their words."""

    def encode(self, texts: list[str], *, role: str = "text") -> np.ndarray:  # type: ignore[override]
        vectors = np.random.default_rng(len(texts)).normal(size=(len(texts), DIMENSION))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def distinct_documents(n: int) -> list[Document]:
    return [Document(f"d{i}", f"word{i} thing{i} part{i} other{i}") for i in range(n)]


def test_model_that_reads_the_corpus_is_told_from_one_that_does_not(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    bench.commit(distinct_documents(120))
    with Snapshot.open(bench.path) as snapshot:
        good = measure_trust(snapshot, bench.encoder)  # type: ignore[arg-type]
        again = measure_trust(snapshot, bench.encoder)  # type: ignore[arg-type]
        bad = measure_trust(snapshot, BlindEncoder())  # type: ignore[arg-type]
    assert good is not None
    assert bad is not None
    assert good == again
    assert float(str(good["reading"])) > 2.5
    assert abs(float(str(bad["reading"]))) < 0.6


def test_small_corpora_are_not_measured(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    bench.commit(distinct_documents(MIN_PASSAGES - 1))
    with Snapshot.open(bench.path) as snapshot:
        assert measure_trust(snapshot, bench.encoder) is None  # type: ignore[arg-type]


def test_deleted_passages_are_not_asked_for(make_bench: Callable[[], Bench]) -> None:
    one, other = make_bench(), make_bench()
    documents = distinct_documents(80)
    one.commit([*documents, *random_documents(40)])
    one.commit([], remove=[d.id for d in random_documents(40)])
    other.commit(documents)
    with Snapshot.open(one.path) as first, Snapshot.open(other.path) as second:
        assert measure_trust(first, one.encoder) == measure_trust(second, other.encoder)  # type: ignore[arg-type]

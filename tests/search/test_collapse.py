from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.search.collapse import collapse_near
from simengine.types import Hit, Passage


def hits(n: int) -> list[Hit]:
    return [
        Hit(f"d{i}", 1.0 - i / 100, i + 1, "", Passage(0, 2, f"p{i}"), {}, {"dense": 0.5}) for i in range(n)
    ]


def angles(*degrees: float) -> np.ndarray:
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def shown(found: Sequence[Hit]) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(hit.id, hit.rank, hit.duplicates) for hit in found]


def test_near_passages_fold_into_the_best() -> None:
    found = collapse_near(hits(4), angles(0, 5, 90, 8), min_cosine=0.99)
    assert shown(found) == [("d0", 1, ("d1", "d3")), ("d2", 2, ())]


def test_a_folded_hit_attracts_no_other() -> None:
    found = collapse_near(hits(3), angles(0, 10, 20), min_cosine=float(np.cos(np.radians(12))))
    assert shown(found) == [("d0", 1, ("d1",)), ("d2", 2, ())]


def test_the_guard_is_asked_once_about_near_pairs_and_decides() -> None:
    calls: list[Sequence[tuple[str, str]]] = []

    def guard(pairs: Sequence[tuple[str, str]]) -> list[bool]:
        calls.append(pairs)
        return [pair != ("p0", "p1") for pair in pairs]

    found = collapse_near(hits(4), angles(0, 1, 90, 2), min_cosine=0.99, guard=guard)
    assert calls == [[("p0", "p1"), ("p0", "p3"), ("p1", "p3")]]
    assert shown(found) == [("d0", 1, ("d3",)), ("d1", 2, ()), ("d2", 3, ())]


def test_the_guard_is_not_asked_where_nothing_is_near() -> None:
    def guard(pairs: Sequence[tuple[str, str]]) -> list[bool]:
        raise AssertionError

    assert len(collapse_near(hits(2), angles(0, 90), guard=guard)) == 2


def test_what_was_folded_before_is_kept() -> None:
    once = collapse_near(hits(4), angles(0, 40, 40, 90), min_cosine=0.99)
    again = collapse_near(once, angles(0, 0, 90), min_cosine=0.99)
    assert shown(again) == [("d0", 1, ("d1", "d2")), ("d3", 2, ())]


def test_no_hits_collapse_to_none() -> None:
    assert collapse_near([], np.empty((0, 2), np.float32)) == []


def test_wrong_vectors_thresholds_and_guards_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="row for each of 2"):
        collapse_near(hits(2), angles(0))
    with pytest.raises(UsageError, match="min_cosine"):
        collapse_near(hits(1), angles(0), min_cosine=1.5)
    with pytest.raises(UsageError, match="L2"):
        collapse_near(hits(1), angles(0) * 3)
    with pytest.raises(UsageError, match="0 answers for 1"):
        collapse_near(hits(2), angles(0, 0), guard=lambda pairs: [])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 3), max_size=12))
def test_no_id_is_lost_or_doubled(groups: list[int]) -> None:
    found = collapse_near(hits(len(groups)), angles(*[50 * g for g in groups]), min_cosine=0.99)
    assert len(found) == len(set(groups))
    ids = [id_ for hit in found for id_ in (hit.id, *hit.duplicates)]
    assert sorted(ids) == sorted(f"d{i}" for i in range(len(groups)))
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))

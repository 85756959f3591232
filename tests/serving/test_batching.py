"""Batching: what is joined, in what order, and who gets which error."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.serving.batching import Batcher, OverloadedError, WaitTimeoutError, text_tokens
from simengine.serving.settings import BatchSettings

WAIT_S = 30


class Held:
    """Doubles numbers; while it is held, the turn that runs waits. Remembers every turn."""

    def __init__(self, **settings: float) -> None:
        self.turns: list[tuple[str, list[int]]] = []
        self.go, self.begun = threading.Event(), threading.Event()
        chosen = BatchSettings(**{"max_tokens": 10, "max_wait_ms": 0, **settings})  # type: ignore[arg-type]
        self.batcher: Batcher[str, int, int] = Batcher(self._run, lambda _: 1, chosen, "double")

    def _run(self, key: str, items: Sequence[int]) -> list[int]:
        self.turns.append((key, list(items)))
        self.begun.set()
        assert self.go.wait(WAIT_S)
        if any(item < 0 for item in items):
            raise ValueError(f"negative: {min(items)}")
        return [2 * item for item in items]

    def occupy(self) -> Future[list[int]]:
        """Begin a turn of one caller that waits for `go`."""
        first = self.batcher.submit("a", [0])
        assert self.begun.wait(WAIT_S)
        return first


def test_callers_that_wait_are_joined_and_each_gets_its_own() -> None:
    held = Held()
    first = held.occupy()
    others = [held.batcher.submit("a", [n, 10 * n]) for n in (1, 2, 3)]
    held.go.set()
    assert [each.result(WAIT_S) for each in (first, *others)] == [[0], [2, 20], [4, 40], [6, 60]]
    assert held.turns == [("a", [0]), ("a", [1, 10, 2, 20, 3, 30])]
    held.batcher.close()
    assert (held.batcher.counts.batches, held.batcher.counts.callers, held.batcher.counts.items) == (2, 4, 7)


def test_only_items_of_one_key_are_joined_and_the_oldest_goes_first() -> None:
    held = Held()
    held.occupy()
    results = [held.batcher.submit(key, [n]) for n, key in enumerate("bcb", 1)]
    held.go.set()
    assert [each.result(WAIT_S) for each in results] == [[2], [4], [6]]
    assert held.turns[1:] == [("b", [1, 3]), ("c", [2])]
    held.batcher.close()


def test_much_work_is_done_in_turns_between_which_others_come() -> None:
    held = Held(max_tokens=4)
    held.occupy()
    long = held.batcher.submit("a", list(range(10)))
    short = held.batcher.submit("a", [100])
    held.go.set()
    assert long.result(WAIT_S) == [2 * n for n in range(10)]
    assert short.result(WAIT_S) == [200]
    assert [items for _, items in held.turns[1:]] == [[0, 1, 2, 3], [100, 4, 5, 6], [7, 8, 9]]
    held.batcher.close()


def test_an_item_above_the_budget_goes_alone() -> None:
    turns: list[list[int]] = []

    def run(_: None, items: Sequence[int]) -> Sequence[int]:
        turns.append(list(items))
        return items

    batcher: Batcher[None, int, int] = Batcher(
        run, lambda item: item, BatchSettings(max_tokens=5, max_wait_ms=0), "n"
    )
    assert batcher.call(None, [9, 2, 2, 2], WAIT_S) == [9, 2, 2, 2]
    assert turns == [[9], [2, 2], [2]]
    batcher.close()


def test_an_error_reaches_only_the_caller_who_caused_it() -> None:
    held = Held()
    held.occupy()
    good, bad, also_good = (held.batcher.submit("a", [n]) for n in (1, -1, 2))
    held.go.set()
    assert (good.result(WAIT_S), also_good.result(WAIT_S)) == ([2], [4])
    with pytest.raises(ValueError, match="negative: -1"):
        bad.result(WAIT_S)
    assert held.batcher.call("a", [5], WAIT_S) == [10]
    held.batcher.close()


def test_one_caller_too_many_is_refused_and_told_when_to_come_back() -> None:
    held = Held(max_queued=2)
    first = held.occupy()
    waiting = [held.batcher.submit("a", [n]) for n in (1, 2)]
    with pytest.raises(OverloadedError) as refused:
        held.batcher.submit("a", [3])
    assert refused.value.retry_after_s >= 1
    assert held.batcher.counts.refused == 1
    held.go.set()
    assert [each.result(WAIT_S) for each in (first, *waiting)] == [[0], [2], [4]]
    held.batcher.close()


def test_who_waits_too_long_is_told_and_what_was_not_begun_is_dropped() -> None:
    held = Held()
    first = held.occupy()
    with pytest.raises(WaitTimeoutError, match=r"double: no result within 0\.01 s"):
        held.batcher.call("a", [7], 0.01)
    cancelled = held.batcher.submit("a", [8])
    assert cancelled.cancel()
    held.go.set()
    first.result(WAIT_S)
    assert held.batcher.call("a", [9], WAIT_S) == [18]
    assert 7 not in [item for _, items in held.turns for item in items]
    assert 8 not in [item for _, items in held.turns for item in items]
    held.batcher.close()


def test_closing_finishes_what_waits_and_takes_nothing_more() -> None:
    held = Held()
    first = held.occupy()
    second = held.batcher.submit("a", [1])
    held.go.set()
    held.batcher.close()
    assert (first.result(0), second.result(0)) == ([0], [2])
    with pytest.raises(UsageError, match="closed"):
        held.batcher.submit("a", [1])


def test_nothing_to_do_is_done_at_once() -> None:
    held = Held()
    assert held.batcher.call("a", [], 0) == []
    assert held.turns == []


def test_an_outcome_too_few_is_an_error_not_a_mix_up() -> None:
    batcher: Batcher[None, int, int] = Batcher(
        lambda _, items: items[1:], lambda _: 1, BatchSettings(), "bad"
    )
    with pytest.raises(RuntimeError, match="1 outcomes for 2 items"):
        batcher.call(None, [1, 2], WAIT_S)
    batcher.close()


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 1000), max_size=12)),
        max_size=20,
    ),
    st.integers(1, 9),
    st.integers(1, 3),
)
def test_everyone_gets_the_doubles_of_what_he_gave(
    calls: list[tuple[str, list[int]]], max_tokens: int, workers: int
) -> None:
    chosen = BatchSettings(max_tokens=max_tokens, max_wait_ms=0, workers=workers)
    batcher: Batcher[str, int, int] = Batcher(
        lambda key, items: [2 * item + ord(key) for item in items],
        lambda item: 1 + item % 3,
        chosen,
        "double",
    )
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda call: batcher.call(call[0], call[1], WAIT_S), calls))
    batcher.close()
    assert results == [[2 * item + ord(key) for item in items] for key, items in calls]


@pytest.mark.parametrize("text", ["", "cat", "一只猫", "\ud800"])
def test_every_text_counts_some_tokens(text: str) -> None:
    assert text_tokens(text) >= 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": 0},
        {"max_queued": 0},
        {"workers": 0},
        {"max_wait_ms": -1},
        {"max_wait_ms": float("nan")},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        BatchSettings(**wrong)  # type: ignore[arg-type]

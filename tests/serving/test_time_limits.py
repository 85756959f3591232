"""One caller must not stop the others: slow filters, and much work that nobody waits for any more."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from simengine.search.dense import DenseSide
from simengine.search.factors import Factors
from simengine.search.masks import Selection, Selections
from simengine.serving.batching import WaitTimeoutError
from simengine.serving.catalogue import Catalogue
from simengine.serving.served import ServedIndex, pair_batchers
from simengine.serving.settings import BatchSettings, ServingSettings
from simengine.time_limit import TimeLimitError
from tests.serving.library import build_library, word_models

WAIT_S = 60


def test_a_slow_filter_holds_up_no_other_search_and_stops_when_its_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, plain_dense = Selections.select, DenseSide.search
    began, go, went_on = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)
    searched: list[int] = []

    def select(self: Selections, expression: str) -> Selection:
        if "1900" in expression:
            began.release()
            assert go.wait(WAIT_S)
            try:
                return plain(self, expression)
            finally:
                went_on.release()
        return plain(self, expression)

    def dense(self: DenseSide, *arguments: Any, **named: Any) -> Any:
        searched.append(1)
        return plain_dense(self, *arguments, **named)

    monkeypatch.setattr(Selections, "select", select)
    monkeypatch.setattr(DenseSide, "search", dense)
    with word_models(), ThreadPoolExecutor(1) as pool:
        served = ServedIndex("slow", build_library(tmp_path / "slow"), ServingSettings(timeout_s=1.0))
        try:
            slow = pool.submit(served.engine.search, "cats purr", where="year > 1900")
            assert began.acquire(timeout=WAIT_S)
            assert served.engine.search("cats purr", k=1)[0].id == "cats"
            assert served.engine.search("cats purr", k=1, where="year = 2002")[0].id == "dogs"
            assert served.engine.similar("cats", 1, where="year = 2002")[0].id == "dogs"
            with pytest.raises(WaitTimeoutError, match="1 s"):
                slow.result(WAIT_S)
            n_before = len(searched)
            go.set()
            assert went_on.acquire(timeout=WAIT_S)
            assert served.engine.search("cats purr", k=1, where="year = 2001")[0].id == "cats"
            assert len(searched) == n_before + 1  # the slow one did not go on to search
        finally:
            go.set()
            served.close()


def test_filters_outside_of_searches_wait_for_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go = threading.Semaphore(0), threading.Event()
    with word_models(), ThreadPoolExecutor(2) as pool:
        served = ServedIndex("slow", build_library(tmp_path / "slow"), ServingSettings(timeout_s=0.2))
        plain = served.engine.index.matching_ids

        def held(where: str) -> list[str]:
            began.release()
            assert go.wait(WAIT_S)
            return plain(where)

        monkeypatch.setattr(served.engine.index, "matching_ids", held)
        try:
            held_up = [pool.submit(served.engine.recommend, ["cats"], where="year > 1900") for _ in range(2)]
            for _ in held_up:
                assert began.acquire(timeout=WAIT_S)
            with pytest.raises(WaitTimeoutError, match="filter"):
                served.engine.recommend(["cats"], where="year > 1900")
            assert [each.id for each in served.engine.recommend(["cats"], k=1)]
            go.set()
            assert all(each.result(WAIT_S) for each in held_up)
        finally:
            go.set()
            served.close()


def test_the_service_answers_a_slow_search_with_504_and_the_others_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    from tests.serving.rest.support import problem, served

    plain, go = Selections.select, threading.Event()

    def select(self: Selections, expression: str) -> Selection:
        if "1900" in expression:
            assert go.wait(WAIT_S)
        return plain(self, expression)

    monkeypatch.setattr(Selections, "select", select)
    slow = {"query": "cats purr", "where": "year > 1900"}
    try:
        with (
            word_models(),
            Catalogue.of([build_library(tmp_path / "library")]) as catalogue,
            ThreadPoolExecutor(8) as pool,
            served(catalogue, timeout_s=0.5) as client,
        ):
            waiting = [pool.submit(client.post, "/v1/search", json=slow) for _ in range(8)]
            found = client.post("/v1/search", json={"query": "cats purr", "k": 1}).json()
            assert found["hits"][0]["id"] == "cats"
            assert all(problem(each.result(WAIT_S)) == (504, "timeout") for each in waiting)
            go.set()
    finally:
        go.set()


def test_slow_requests_leave_places_for_quick_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    from tests.serving.rest.support import problem, served

    plain, began, go = Selections.select, threading.Semaphore(0), threading.Event()

    def select(self: Selections, expression: str) -> Selection:
        began.release()
        assert go.wait(WAIT_S)
        return plain(self, expression)

    monkeypatch.setattr(Selections, "select", select)
    slow = {"query": "cats purr", "where": "year > 1900", "k": 1}
    with (
        word_models(),
        Catalogue.of([build_library(tmp_path / "library")]) as catalogue,
        ThreadPoolExecutor(2) as pool,
        served(catalogue, max_requests=1) as client,
    ):
        try:
            service = client.app.state.service  # type: ignore[attr-defined]
            waiting = [pool.submit(client.post, "/v1/search", json=slow) for _ in range(2)]
            assert began.acquire(timeout=WAIT_S)
            while service.lifecycle.n_accepted < 2:
                time.sleep(0.01)
            time.sleep(0.05)  # from being accepted to its place
            assert problem(client.post("/v1/search", json=slow)) == (429, "overloaded")
            found = client.post("/v1/search", json={"query": "cats purr", "k": 1}).json()
            assert found["hits"][0]["id"] == "cats"
            assert client.get("/v1/documents/dogs").json()["id"] == "dogs"
            assert client.delete("/v1/documents/rates").json()["deleted"] == 1
            go.set()
            assert [each.result(WAIT_S).status_code for each in waiting] == [200, 200]
            assert client.post("/v1/search", json=slow).status_code == 200
        finally:
            go.set()


def test_deleting_by_a_filter_has_a_time_limit_and_deletes_nothing_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Factors.keep

    def slow(self: Factors, step: Any) -> Any:
        time.sleep(0.3)
        return plain(self, step)

    monkeypatch.setattr(Factors, "keep", slow)
    with word_models():
        served = ServedIndex("slow", build_library(tmp_path / "slow"), ServingSettings(timeout_s=0.2))
        try:
            with pytest.raises(TimeLimitError):
                served.delete(where="year > 1900 and year < 2100")
            assert served.document("cats").id == "cats"
            assert served.delete(["cats"]).deleted == 1
        finally:
            served.close()


def test_judging_that_nobody_waits_for_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    from tests.qa.fakes import TableModel
    from tests.serving.rest.support import problem, served

    plain = TableModel.predict_counted
    judged: list[int] = []

    def slow(self: TableModel, pairs: Any) -> Any:
        judged.append(len(pairs))
        time.sleep(0.05)
        return plain(self, pairs)

    settings = ServingSettings(batching=BatchSettings(max_tokens=20))
    with (
        word_models(),
        Catalogue.of([build_library(tmp_path / "library")], settings) as catalogue,
        served(catalogue, timeout_s=0.5) as client,
    ):
        monkeypatch.setattr(TableModel, "predict_counted", slow)
        documents = [f"Cats purr {number} times." for number in range(500)]
        asked = client.post("/v1/rerank", json={"query": "do cats purr", "documents": documents})
        assert problem(asked) == (504, "timeout")
        (batcher,) = pair_batchers(catalogue.default.models)
        end = time.monotonic() + WAIT_S
        while batcher.queued and time.monotonic() < end:
            time.sleep(0.01)
        assert batcher.queued == 0
        assert sum(judged) < 100

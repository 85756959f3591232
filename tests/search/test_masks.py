"""Selections: ids, titles and fields inside lists of objects, over a real snapshot, with and without deletions."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.errors import FilterError
from simengine.requests.search import SearchOptions
from simengine.search.filters import Filter
from simengine.search.masks import Selections
from simengine.store.snapshot import Snapshot
from simengine.types import Document
from tests.search.conftest import Bench, close_bench, new_bench

RECORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "a": (
        "On gas",
        {"authors": [{"name": "Lee", "age": 30}, {"name": "Ng", "org": {"city": "Ulm"}}], "n": 1},
    ),
    "b": ("On heat", {"authors": [{"name": "Roe", "age": 50}], "n": 2}),
    "c": ("", {"authors": {"name": "Leeds", "age": 40}}),
    "d": ("Gas again", {"authors": [[{"name": "Lee"}], [[{"name": None, "tags": ["x", "y"]}]]]}),
    "e": ("", {"authors": []}),
    "f": ("Nothing", {"authors": [{"age": "old"}, "a text", 3]}),
    "g": ("gone", {"draft": True, "title": "of its own", "_id": "a"}),
}


def filled(
    path: Path, records: dict[str, tuple[str, dict[str, Any]]] = RECORDS, *, remove: str = "g"
) -> Bench:
    bench = new_bench(path)
    bench.commit([Document(id_, "gas flow", title, meta) for id_, (title, meta) in records.items()])
    if remove:
        bench.commit([], remove=list(remove))
    return bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = filled(tmp_path_factory.mktemp("masks") / "index")
    yield made
    close_bench(made)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('authors.name == "Lee"', "ad"),
        ('authors.name contains "Lee"', "acd"),
        ('authors.name starts with "R"', "b"),
        ('authors.name in ("Roe", "Ng")', "ab"),
        ('authors.name != "Lee"', "bc"),
        ('authors.name not in ("Lee", "Roe")', "c"),
        ('authors.name not contains "Lee"', "b"),
        ('not authors.name == "Lee"', "bcef"),
        ("authors.name is null", "ef"),
        ("authors.name is not null", "abcd"),
        ("authors.age > 30", "bc"),
        ('authors.age == 30 and authors.name == "Ng"', "a"),
        ("authors.age in (30, 'old')", "af"),
        ('authors.org.city == "Ulm"', "a"),
        ('authors.tags contains "y"', "d"),
        ('_id in ("b", "zz", "a")', "ab"),
        ('_id == "c"', "c"),
        ('"b" <= _id and _id < "d"', "bc"),
        ('_id not in ("a", "b", "c")', "def"),
        ('_id starts with "a" or _id contains "f"', "af"),
        ("_id is null", ""),
        ('_id == "g"', ""),
        ('title contains "On"', "ab"),
        ('title == "Gas again"', "d"),
        ("title is null", "ce"),
        ('title != "Nothing"', "abd"),
        ('not title contains "On"', "cdef"),
    ],
)
def test_documents_are_kept(bench: Bench, expression: str, expected: str) -> None:
    with Snapshot.open(bench.path) as snapshot:
        selection = Selections(snapshot).select(expression)
        assert "".join(snapshot.document_ids(np.flatnonzero(selection.documents))) == expected
        assert selection.n_documents == selection.n_rows == len(expected)
    searcher = bench.searcher()
    hits = searcher.search(["gas"], SearchOptions(k=10, mode="lexical", where=expression)).hits[0]
    assert sorted(hit.id for hit in hits) == sorted(expected)
    assert "".join(searcher.matching_ids(expression)) == expected
    searcher.close()


def test_a_field_of_the_corpus_comes_before_the_documents_own(tmp_path: Path) -> None:
    records = {"a": ("T1", {"title": "own", "_id": "x"}), "b": ("T2", {"id": "y"})}
    bench = filled(tmp_path / "index", records, remove="")
    with Snapshot.open(bench.path) as snapshot:
        found = {
            where: snapshot.document_ids(np.flatnonzero(Selections(snapshot).select(where).documents))
            for where in ('title == "own"', "title is null", '_id == "x"', '_id != "x"', 'id == "y"')
        }
    close_bench(bench)
    assert found == {
        'title == "own"': ["a"],
        "title is null": ["b"],
        '_id == "x"': ["a"],
        '_id != "x"': [],
        'id == "y"': ["b"],
    }


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('id == "a"', "did you mean _id"),
        ('titel contains "x"', "did you mean title"),
        ("zzzzzzzz = 1", "there are: _id, authors, authors.age, authors.name"),
        ("draft = true", "no document has a field 'draft'"),
        ("authors.name > 3", "authors.name has text in every document"),
        ("_id = 3", 'write "3"'),
    ],
)
def test_the_message_says_what_is_possible(bench: Bench, expression: str, message: str) -> None:
    with Snapshot.open(bench.path) as snapshot:
        selections = Selections(snapshot)
        for _ in range(2):  # the names of all fields are not known, then known
            with pytest.raises(FilterError) as caught:
                selections.select(expression)
            assert message in caught.value.reason


def test_a_list_of_objects_names_the_fields_inside(tmp_path: Path) -> None:
    bench = filled(tmp_path / "index", {"a": ("", {"authors": [{"name": "Lee", "age": 3}]})}, remove="")
    with (
        Snapshot.open(bench.path) as snapshot,
        pytest.raises(FilterError, match=r"authors contains objects; .*: authors\.age, authors\.name"),
    ):
        Selections(snapshot).select('authors contains "Lee"')
    close_bench(bench)


def test_the_fields_of_an_index_name_those_inside_lists(bench: Bench) -> None:
    with Snapshot.open(bench.path) as snapshot:
        fields = snapshot.fields()
    assert fields["authors.name"].count == 4
    assert fields["authors.name"].types == ("null", "str")
    assert fields["authors.name"].examples == ("Lee", "Ng", "Roe", "Leeds")
    assert fields["authors.org.city"].count == 1


def test_unknown_fields_read_the_metadata_once_only(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with Snapshot.open(bench.path) as snapshot:
        selections = Selections(snapshot)
        loaded: list[str] = []
        columns = snapshot.columns
        monkeypatch.setattr(snapshot, "columns", lambda names: loaded.extend(names) or columns(names))
        for number in range(5):
            with pytest.raises(FilterError, match="no document has"):
                selections.select(f"unknown{number}.{'a.' * 20}a = 1 and n = 1")
        assert len(loaded) == 2
        assert selections.select("n = 1").n_documents == 1


def test_where_everything_is_deleted_nothing_is_kept(tmp_path: Path) -> None:
    bench = filled(tmp_path / "index", remove="abcdefg")
    with Snapshot.open(bench.path) as snapshot:
        assert Selections(snapshot).select("n = 1").n_documents == 0
    close_bench(bench)


def test_keys_that_hold_dots_and_deep_objects_are_found_in_bounded_steps(tmp_path: Path) -> None:
    def tree(depth: int) -> Any:
        # Every level can be entered by "a" and by "a.a": as many ways down as there are nodes, none of them to "b".
        return {"a": tree(depth - 1), "a.a": tree(depth - 2)} if depth > 1 else {"a": 1}

    records: dict[str, Any] = {"a": ("", tree(14)), "b": ("", {"a.a.b": 2, "a": {"a": {"b": 3}}})}
    bench = filled(tmp_path / "index", records, remove="")
    with Snapshot.open(bench.path) as snapshot:
        selections = Selections(snapshot)
        assert selections.select("a.a.b = 2").n_documents == 1
        with pytest.raises(FilterError):
            selections.select(f"{'a.' * 31}b = 1")
    close_bench(bench)


def test_a_slow_filter_does_not_hold_up_another_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    started, go_on = threading.Event(), threading.Event()
    evaluate = Filter.evaluate

    def slow(self: Filter, *arguments: Any) -> Any:
        if "slow" in self.expression:
            started.set()
            assert go_on.wait(30)
        return evaluate(self, *arguments)

    monkeypatch.setattr(Filter, "evaluate", slow)
    with Snapshot.open(bench.path) as snapshot, ThreadPoolExecutor(1) as pool:
        selections = Selections(snapshot)
        waiting = pool.submit(selections.select, 'n = 1 or title = "slow"')
        assert started.wait(30)
        assert selections.select("n = 2").n_documents == 1
        assert not waiting.done()
        go_on.set()
        assert waiting.result().n_documents == 1

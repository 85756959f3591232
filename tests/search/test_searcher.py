"""Searching a snapshot: against brute force, in every mode, with filters, deletions and rows to come."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from simengine.errors import FilterError, StoreError, UsageError
from simengine.requests.search import SearchOptions
from simengine.search.searcher import Searcher
from simengine.store.snapshot import Snapshot
from simengine.types import Document

from .conftest import DIMENSION, Bench, fill_bench, random_documents

QUERIES = ["gas flow", "北京 python", "wing wing heat", "plate", "jet shock layer gas"]
MODES = ["dense", "lexical", "hybrid"]


def oracle(
    searcher: Searcher, query: str, k: int, mode: str, keep: Callable[[Document], bool]
) -> list[tuple[str, float]]:
    """Brute force: every live passage scored, the best of each document, ties by id."""
    snapshot = searcher._snapshot
    live = snapshot.live_rows()
    rows = np.arange(snapshot.n_rows) if live is None else np.flatnonzero(live)
    if mode == "dense":
        scores = snapshot.vectors(rows).astype(np.float64) @ searcher._encoder().encode([query])[0].astype(
            np.float64
        )
        scores = scores.astype(np.float32)
    else:
        scores = searcher._lexical.scores([query], rows[None])[0]
    best: dict[str, float] = {}
    for passage, score in zip(snapshot.passages(rows), scores.tolist(), strict=True):
        stored = snapshot.documents([passage.doc_key])[passage.doc_key]
        if keep(Document(stored.id, stored.text, stored.title, stored.metadata)) and (
            mode == "dense" or score > 0
        ):
            best[stored.id] = max(best.get(stored.id, -9.0), score)
    return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


@pytest.mark.parametrize("mode", ["dense", "lexical"])
@pytest.mark.parametrize("n_covered", [None, 60])
@pytest.mark.parametrize("k", [1, 3, 10, 500])
def test_search_equals_brute_force(bench: Bench, mode: str, n_covered: int | None, k: int) -> None:
    searcher = bench.searcher(n_covered=n_covered)
    for where, keep in [
        (None, lambda d: True),
        ("year >= 2003 and kind = 'a'", lambda d: d.metadata["year"] >= 2003 and d.metadata["kind"] == "a"),
        ("year = 2000", lambda d: d.metadata["year"] == 2000),
        ("year = 1900", lambda d: False),
    ]:
        result = searcher.search(QUERIES, SearchOptions(k=k, mode=mode, where=where))  # type: ignore[arg-type]
        for query, hits in zip(QUERIES, result.hits, strict=True):
            expected = oracle(searcher, query, k, mode, keep)
            assert [hit.id for hit in hits] == [id_ for id_, _ in expected]
            np.testing.assert_allclose(
                [hit.score for hit in hits], [s for _, s in expected], rtol=1e-4, atol=1e-6
            )
            assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


@pytest.mark.parametrize("fusion", ["auto", "rrf"])
def test_hybrid_returns_k_distinct_live_documents_with_both_scores(bench: Bench, fusion: str) -> None:
    searcher = bench.searcher()
    deleted = {d.id for d in random_documents(120)[10:20]}
    for candidates in (1, 5, 100):
        options = SearchOptions(k=30, candidates=candidates, fusion=fusion)  # type: ignore[arg-type]
        for query, hits in zip(QUERIES, searcher.search(QUERIES, options).hits, strict=True):
            ids = [hit.id for hit in hits]
            assert len(ids) == len(set(ids)) == 30
            assert not deleted & set(ids)
            scores = [hit.score for hit in hits]
            assert scores == sorted(scores, reverse=True)
            assert np.isfinite(scores).all()
            dense = dict(oracle(searcher, query, 500, "dense", lambda d: True))
            for hit in hits:
                assert "dense" in hit.scores
                if "lexical" in hit.scores:
                    assert hit.scores["lexical"] > 0
                assert hit.scores["dense"] <= dense[hit.id] + 1e-6


def test_hybrid_under_a_filter_finds_exactly_the_kept_documents(bench: Bench) -> None:
    searcher = bench.searcher()
    options = SearchOptions(k=500, where="year in (2001, 2004)", candidates=3)
    expected = set(searcher.matching_ids("year in (2001, 2004)"))
    assert expected
    for hits in searcher.search(QUERIES, options).hits:
        assert {hit.id for hit in hits} == expected
        assert all(hit.metadata["year"] in (2001, 2004) for hit in hits)


@pytest.mark.parametrize("mode", MODES)
def test_batch_equals_single_for_any_split(bench: Bench, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    searcher = bench.searcher(n_covered=50)
    options = SearchOptions(k=7, mode=mode)  # type: ignore[arg-type]
    whole = searcher.search(QUERIES, options).hits
    for block in (1, 2, 3):
        monkeypatch.setattr("simengine.search.searcher.QUERIES_PER_BLOCK", block)
        assert searcher.search(QUERIES, options).hits == whole
    assert [searcher.search([q], options).hits[0] for q in QUERIES] == whole


@pytest.mark.parametrize("mode", MODES)
def test_equal_documents_stand_in_order_of_id(make_bench: Callable[[], Bench], mode: str) -> None:
    bench = make_bench()
    ids = [f"x{i:02}" for i in np.random.default_rng(1).permutation(60)]
    bench.commit(
        [Document(id_, "gas flow") for id_ in ids] + [Document("a", "wing heat"), Document("b", "plate")]
    )
    for k in (1, 5, 59, 61):
        hits = bench.searcher().search(["gas flow"], SearchOptions(k=k, mode=mode)).hits[0]  # type: ignore[arg-type]
        assert [hit.id for hit in hits][:60] == sorted(ids)[:k]


def test_best_passage_is_shown_with_its_offsets(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    text = "heat heat heat heat gas flow gas flow wing wing wing wing"
    bench.commit([Document("long", text, "a title", {"year": 1}), Document("short", "plate plate")])
    for mode in MODES:
        hit = bench.searcher().search(["gas flow"], SearchOptions(k=1, mode=mode)).hits[0][0]  # type: ignore[arg-type]
        assert (hit.id, hit.title, dict(hit.metadata)) == ("long", "a title", {"year": 1})
        assert hit.passage.text == text[hit.passage.start : hit.passage.end] == "gas flow gas flow"


def test_documents_of_many_passages_do_not_crowd_out_others(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    long = [Document(f"long{i}", " ".join(["gas flow"] * 200)) for i in range(3)]
    bench.commit(
        [*long, *(Document(f"s{i}", f"gas plate {w}") for i, w in enumerate(["jet", "wing", "heat"]))]
    )
    for mode in MODES:
        hits = bench.searcher().search(["gas flow"], SearchOptions(k=6, mode=mode, candidates=1)).hits[0]  # type: ignore[arg-type]
        assert len({hit.id for hit in hits}) == 6
        assert {hit.id for hit in hits[:3]} == {"long0", "long1", "long2"}


def test_rows_committed_after_the_snapshot_are_invisible(make_bench: Callable[[], Bench]) -> None:
    bench = fill_bench(make_bench())
    searcher = bench.searcher()
    before = searcher.search(QUERIES, SearchOptions(k=200)).hits
    bench.commit([Document("new", "gas flow gas flow", metadata={"year": 2003, "kind": "a"})])
    late = Searcher(searcher._snapshot, searcher._encoder, None, bench.searcher()._lexical)
    for mode in ("lexical", "dense", "hybrid"):
        for hits in late.search(QUERIES, SearchOptions(k=200, mode=mode)).hits:  # type: ignore[arg-type]
            assert "new" not in {hit.id for hit in hits}
    assert searcher.search(QUERIES, SearchOptions(k=200)).hits == before
    assert "new" in {hit.id for hit in bench.searcher().search(["gas flow"]).hits[0]}


def test_lexical_search_never_asks_for_a_model(bench: Bench) -> None:
    def no_model() -> None:
        raise AssertionError("the model was loaded")

    searcher = Searcher(Snapshot.open(bench.path), no_model, None, bench.searcher()._lexical)  # type: ignore[arg-type]
    assert searcher.search(["gas"], SearchOptions(mode="lexical")).hits[0]


def test_ann_index_that_gives_too_few_rows_is_not_relied_on(bench: Bench) -> None:
    options = SearchOptions(k=40, mode="dense")
    expected = bench.searcher().search(QUERIES, options).hits
    assert bench.searcher(n_covered=100, limit=5).search(QUERIES, options).hits == expected


def test_exact_and_filtered_searches_bypass_the_ann_index(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    bench.commit(random_documents(60))
    searcher = bench.searcher(n_covered=60)
    candidates = searcher._dense._candidates
    searcher.search(QUERIES, SearchOptions(mode="dense", exact=True))
    searcher.search(QUERIES, SearchOptions(mode="dense", where="kind = 'a'"))
    assert candidates.n_calls == 0  # type: ignore[union-attr]
    searcher.search(QUERIES, SearchOptions(mode="dense"))
    assert candidates.n_calls > 0  # type: ignore[union-attr]


def test_vectors_give_the_hits_of_their_texts(bench: Bench) -> None:
    searcher = bench.searcher()
    options = SearchOptions(k=9, mode="dense")
    vectors = bench.encoder.encode(QUERIES)
    for found, expected in zip(
        searcher.search_vectors(vectors * 7, options), searcher.search(QUERIES, options).hits, strict=True
    ):
        assert [hit.id for hit in found] == [hit.id for hit in expected]
        np.testing.assert_allclose([h.score for h in found], [h.score for h in expected], rtol=1e-6)
    assert searcher.search_vectors(np.empty((0, DIMENSION), np.float32), options) == []
    with pytest.raises(UsageError, match="mode"):
        searcher.search_vectors(vectors, SearchOptions(mode="hybrid"))
    with pytest.raises(UsageError, match="shape"):
        searcher.search_vectors(vectors[:, :3], options)
    with pytest.raises(UsageError, match="finite"):
        searcher.search_vectors(vectors * np.nan, options)


@pytest.mark.parametrize("mode", MODES)
def test_arrays_hold_the_same_as_hits(bench: Bench, mode: str) -> None:
    searcher = bench.searcher()
    options = SearchOptions(k=130, mode=mode)  # type: ignore[arg-type]
    arrays = searcher.search_arrays(QUERIES, options)
    assert arrays.scores.shape == arrays.rows.shape == arrays.doc_keys.shape == (5, 130)
    for i, hits in enumerate(searcher.search(QUERIES, options).hits):
        n = len(hits)
        assert list(arrays.ids[i]) == [hit.id for hit in hits] + [""] * (130 - n)
        assert arrays.scores[i, :n].tolist() == [hit.score for hit in hits]
        assert np.isneginf(arrays.scores[i, n:]).all()
        assert (arrays.rows[i, n:] == -1).all()


def test_deleted_then_never_added_are_the_same_to_dense_search(make_bench: Callable[[], Bench]) -> None:
    documents = random_documents(60)
    one, other = make_bench(), make_bench()
    one.commit(documents)
    one.commit([], remove=[d.id for d in documents[:30]])
    other.commit(documents[30:])
    options = SearchOptions(k=12, mode="dense")
    assert one.searcher().search(QUERIES, options).hits == other.searcher().search(QUERIES, options).hits


def test_empty_index_gives_no_hits(make_bench: Callable[[], Bench]) -> None:
    searcher = make_bench().searcher()
    for mode in MODES:
        assert searcher.search(["gas"], SearchOptions(mode=mode)).hits == [[]]  # type: ignore[arg-type]
        assert searcher.search_arrays(["gas"], SearchOptions(mode=mode, k=2)).ids == [["", ""]]  # type: ignore[arg-type]


def test_everything_deleted_gives_no_hits(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    bench.commit([Document("a", "gas"), Document("b", "flow")])
    bench.commit([], remove=["a", "b"])
    for mode in MODES:
        assert bench.searcher().search(["gas"], SearchOptions(mode=mode)).hits == [[]]  # type: ignore[arg-type]


def test_no_queries_give_no_lists(bench: Bench) -> None:
    assert bench.searcher().search([]).hits == []


def test_wrong_arguments_are_refused(bench: Bench) -> None:
    searcher = bench.searcher()
    for queries in (["gas", " \n"], [""]):
        with pytest.raises(UsageError, match="empty"):
            searcher.search(queries)
    with pytest.raises(UsageError, match="put it in a list"):
        searcher.search("gas")
    with pytest.raises(FilterError, match="did you mean year"):
        searcher.search(["gas"], SearchOptions(where="yaer = 3"))
    for wrong in ({"k": 0}, {"k": 1.5}, {"mode": "fuzzy"}, {"fusion": "sum"}, {"candidates": 0}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            SearchOptions(**wrong)  # type: ignore[arg-type]


def test_missing_lexical_side_is_said(bench: Bench) -> None:
    searcher = Searcher(Snapshot.open(bench.path), lambda: bench.encoder, None, None)  # type: ignore[arg-type,return-value]
    assert searcher.search(["gas"], SearchOptions(mode="dense")).hits[0]
    with pytest.raises(StoreError, match="lexical"):
        searcher.search(["gas"])


def test_threads_search_at_once(bench: Bench) -> None:
    searcher = bench.searcher(n_covered=60)
    cases = [(mode, where) for mode in MODES for where in (None, "year > 2002", "kind = 'b'")]
    expected = [searcher.search(QUERIES, SearchOptions(mode=m, where=w)).hits for m, w in cases]  # type: ignore[arg-type]
    fresh = bench.searcher(n_covered=60)
    failures: list[object] = []

    def work(offset: int) -> None:
        for i in range(len(cases)):
            mode, where = cases[(i + offset) % len(cases)]
            if (
                fresh.search(QUERIES, SearchOptions(mode=mode, where=where)).hits
                != expected[(i + offset) % len(cases)]
            ):  # type: ignore[arg-type]
                failures.append((mode, where))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_timings_name_the_stages(bench: Bench) -> None:
    timings = bench.searcher().search(["gas"], SearchOptions(where="year > 2000")).timings_ms
    assert set(timings) == {"filter", "encode", "dense", "lexical", "fuse", "fetch", "total"}
    assert timings["total"] >= max(v for name, v in timings.items() if name != "total")

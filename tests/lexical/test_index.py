"""The lexical index: exact BM25 ranking, filters, ties, faults."""

from __future__ import annotations

import math
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.errors import IndexLockedError, IndexNotFoundError, UsageError
from simengine.lexical import LexicalIndex
from simengine.lexical import query as query_module
from tests.lexical.samples import WORDS, build, random_texts


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return random_texts(400)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> LexicalIndex:
    return build(tmp_path_factory.mktemp("lexical") / "index", texts)


def bm25_oracle(texts: list[str], query: str) -> np.ndarray:
    """BM25 (Robertson and Zaragoza 2009) with tantivy's idf; it stores lengths below 40 exactly."""
    documents = [t.split() for t in texts]
    mean = sum(map(len, documents)) / len(documents)
    scores = np.zeros(len(texts))
    for term in query.split():
        df = sum(term in d for d in documents)
        idf = math.log(1 + (len(texts) - df + 0.5) / (df + 0.5))
        for i, d in enumerate(documents):
            tf = d.count(term)
            scores[i] += idf * 2.2 * tf / (tf + 1.2 * (0.25 + 0.75 * len(d) / mean))
    return scores


def test_scores_are_bm25(tmp_path: Path) -> None:
    texts = [t for t in random_texts(120, seed=3) if "北" not in t and "上" not in t]
    index = build(tmp_path / "i", texts)
    for query in ["gas", "gas python jet", "jet jet plate"]:
        expected = bm25_oracle(
            [t.replace("boundary", "boundari").replace("laminar", "laminar") for t in texts], query
        )
        scores, rows = index.search([query], len(texts), n_rows=len(texts))
        found = {int(r): float(s) for s, r in zip(scores[0], rows[0], strict=True) if r >= 0}
        assert set(found) == set(np.flatnonzero(expected > 0).tolist())
        for row, score in found.items():
            assert score == pytest.approx(expected[row], rel=1e-3)


def test_empty_index_and_unknown_words_give_padding(tmp_path: Path, index: LexicalIndex) -> None:
    empty = LexicalIndex.open(tmp_path / "empty", create=True)
    for searched, n_rows in ((empty, 0), (index, 400)):
        scores, rows = searched.search(["zebra", "", "\x00 !?"], 3, n_rows=n_rows)
        assert scores.shape == rows.shape == (3, 3)
        assert scores.dtype == np.float32
        assert rows.dtype == np.int64
        assert np.isneginf(scores).all()
        assert (rows == -1).all()
    assert empty.n_rows == 0


def test_no_queries_gives_shape_0_k(index: LexicalIndex) -> None:
    scores, rows = index.search([], 4, n_rows=400)
    assert scores.shape == rows.shape == (0, 4)


def test_batch_equals_single(index: LexicalIndex) -> None:
    queries = ["gas flow", "北京", "python wing", "zebra", "heat heat shock"]
    scores, rows = index.search(queries, 20, n_rows=400)
    for i, query in enumerate(queries):
        one_scores, one_rows = index.search([query], 20, n_rows=400)
        np.testing.assert_array_equal(scores[i], one_scores[0])
        np.testing.assert_array_equal(rows[i], one_rows[0])


def test_k_beyond_the_corpus_is_padded(index: LexicalIndex, texts: list[str]) -> None:
    scores, rows = index.search(["gas"], 1000, n_rows=400)
    matching = {i for i, t in enumerate(texts) if "gas" in t.split()}
    assert set(rows[0][rows[0] >= 0].tolist()) == matching
    assert np.isneginf(scores[0][len(matching) :]).all()


def test_smaller_k_is_a_prefix_of_larger_k(index: LexicalIndex) -> None:
    _, all_rows = index.search(["gas flow jet"], 400, n_rows=400)
    for k in (1, 2, 7, 50, 399):
        _, rows = index.search(["gas flow jet"], k, n_rows=400)
        np.testing.assert_array_equal(rows[0], all_rows[0][:k])


def test_equal_scores_stand_in_row_order(tmp_path: Path) -> None:
    index = build(tmp_path / "i", ["same words here"] * 300 + ["other"], commit_every=20)
    for k in (1, 5, 150):
        scores, rows = index.search(["same words"], k, n_rows=301)
        assert rows[0].tolist() == list(range(k))
        assert len(set(scores[0].tolist())) == 1
    keep = np.zeros(301, dtype=bool)
    keep[[250, 7, 91]] = True
    assert index.search(["same words"], 2, n_rows=301, keep=keep)[1][0].tolist() == [7, 91]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join),
    k=st.integers(1, 60),
    share=st.sampled_from([0.0, 0.003, 0.02, 0.1, 0.5, 0.95, 1.0]),
    n_rows=st.integers(0, 400),
    seed=st.integers(0, 2**16),
    set_cost=st.sampled_from([0, 12, 10**9]),
)
def test_filtered_search_equals_filtering_the_whole_ranking(
    index: LexicalIndex,
    query: str,
    k: int,
    share: float,
    n_rows: int,
    seed: int,
    set_cost: int,
) -> None:
    keep = np.random.default_rng(seed).random(n_rows) < share
    all_scores, all_rows = index.search([query], 400, n_rows=400)
    visible = (all_rows[0] >= 0) & (all_rows[0] < n_rows)
    visible[visible] = keep[all_rows[0][visible]]
    previous, query_module._SET_COST = query_module._SET_COST, set_cost
    try:
        scores, rows = index.search([query], k, n_rows=n_rows, keep=keep)
    finally:
        query_module._SET_COST = previous
    expected = all_rows[0][visible][:k]
    np.testing.assert_array_equal(rows[0][: len(expected)], expected)
    assert (rows[0][len(expected) :] == -1).all()
    np.testing.assert_allclose(scores[0][: len(expected)], all_scores[0][visible][:k], rtol=1e-5)


def test_query_text_is_never_syntax(index: LexicalIndex) -> None:
    for query in [
        'foo:bar AND "(',
        "gas OR",
        "row:3",
        "*",
        "gas^1000 -flow",
        "[a TO b]",
        "\\",
        'te"xt',
        "+gas",
    ]:
        index.search([query], 3, n_rows=400)
    plain = index.search(["gas flow"], 50, n_rows=400)[1]
    np.testing.assert_array_equal(index.search(["+gas -flow:"], 50, n_rows=400)[1], plain)


def test_very_long_query_keeps_its_rarest_terms(tmp_path: Path) -> None:
    index = build(tmp_path / "i", [f"common w{i}" for i in range(300)])
    query = "common " * 3 + " ".join(f"w{i}" for i in range(299, -1, -1)) + " filler" * 100_000
    scores, rows = index.search([query], 300, n_rows=300)
    assert (rows[0] >= 0).sum() == query_module.MAX_TERMS
    assert np.isfinite(scores[0][: query_module.MAX_TERMS]).all()


def test_attainable_bounds_every_score(index: LexicalIndex) -> None:
    queries = ["gas flow", "北京 jet jet", "zebra"]
    scores, _ = index.search(queries, 1, n_rows=400)
    bounds = index.attainable(queries)
    assert (bounds[:2] >= scores[:2, 0]).all()
    assert bounds[2] == 0


def test_titles_are_searched(tmp_path: Path) -> None:
    index = LexicalIndex.open(tmp_path / "i", create=True)
    index.add([0, 1], ["Turbines", ""], ["about wings", "about wings"])
    index.commit()
    assert index.search(["turbine"], 2, n_rows=2)[1][0].tolist() == [0, -1]


def test_uncommitted_rows_are_invisible_and_lost_on_close(tmp_path: Path) -> None:
    index = build(tmp_path / "i", ["gas"])
    index.add([1], [""], ["gas"])
    assert index.n_rows == 1
    assert index.search(["gas"], 2, n_rows=2)[1][0].tolist() == [0, -1]
    index.close()
    with LexicalIndex.open(tmp_path / "i") as again:
        assert again.n_rows == 1


def test_truncate_drops_orphans_and_rows_can_be_written_again(tmp_path: Path) -> None:
    index = build(tmp_path / "i", [f"gas w{i}" for i in range(30)], commit_every=10)
    index.truncate(12)
    assert index.n_rows == 12
    assert index.search(["gas"], 40, n_rows=40)[1][0][:13].tolist() == [*range(12), -1]
    index.add([12, 20], ["", ""], ["gas new", "gas new"])
    index.commit()
    assert index.n_rows == 21
    assert index.search(["new"], 3, n_rows=21)[1][0].tolist() == [12, 20, -1]
    index.truncate(50)
    assert index.n_rows == 21
    index.truncate(0)
    assert index.n_rows == 0
    index.close()


def test_rows_must_rise(tmp_path: Path) -> None:
    index = build(tmp_path / "i", ["gas", "flow"])
    with pytest.raises(UsageError, match="must ascend"):
        index.add([1], [""], ["jet"])
    with pytest.raises(UsageError, match="number"):
        index.add([2], [], ["jet"])
    with pytest.raises(UsageError):
        index.search(["x"], 0, n_rows=2)


def test_second_writer_is_refused_and_readers_are_not(tmp_path: Path) -> None:
    index = build(tmp_path / "i", ["gas"])
    other = LexicalIndex.open(tmp_path / "i")
    assert other.search(["gas"], 1, n_rows=1)[1][0].tolist() == [0]
    with pytest.raises(IndexLockedError):
        other.add([1], [""], ["flow"])
    index.close()
    other.add([1], [""], ["flow"])
    other.commit()
    assert other.n_rows == 2
    other.close()


def test_writer_sees_what_another_committed_after_it_was_opened(tmp_path: Path) -> None:
    first, second = build(tmp_path / "i", ["gas"]), LexicalIndex.open(tmp_path / "i")
    first.add([1], [""], ["flow"])
    first.commit()
    first.close()
    with pytest.raises(UsageError, match="must ascend"):
        second.add([1], [""], ["jet"])
    second.close()


def test_searches_run_while_a_writer_works(tmp_path: Path) -> None:
    index = build(tmp_path / "i", ["gas flow"] * 100)
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert index.search(["gas"], 5, n_rows=100)[1][0].tolist() == [0, 1, 2, 3, 4]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for start in range(100, 1000, 50):
        index.add(range(start, start + 50), [""] * 50, ["gas flow"] * 50)
        index.commit()
    done.set()
    for thread in threads:
        thread.join()
    index.close()
    assert not failures


def test_missing_folder_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError):
        LexicalIndex.open(tmp_path / "none")


def test_read_only_folder_can_be_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "i", ["gas", "flow"]).close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with LexicalIndex.open(tmp_path / "i") as index:
        assert index.search(["flow"], 2, n_rows=2)[1][0].tolist() == [1, -1]


def test_odd_texts_are_indexed(tmp_path: Path) -> None:
    odd = ["\ud800 lone surrogate", "\x00nul", "a" * 100_000, "", "🙂 emoji", "\u202eright to left"]
    index = build(tmp_path / "i", odd)
    assert index.n_rows == len(odd)
    assert index.search(["surrogate", "nul", "a" * 100_000, "emoji"], 1, n_rows=6)[1][:, 0].tolist() == [
        0,
        1,
        2,
        4,
    ]
    assert index.search(["\udfff surrogate"], 1, n_rows=6)[1][0].tolist() == [0]


def test_rebuild_without_the_last_rows_still_says_how_many_there_are(tmp_path: Path) -> None:
    with LexicalIndex.rebuild(tmp_path / "i", [([0, 2], ["", ""], ["gas", "gas"])], n_rows=6) as index:
        assert index.n_rows == 6
        assert index.search(["gas"], 9, n_rows=6)[1][0].tolist()[:3] == [0, 2, -1]


def test_scores_of_given_rows_are_those_of_the_ranking(index: LexicalIndex) -> None:
    queries = ["gas flow", "北京 jet", "zebra"]
    scores, rows = index.search(queries, 400, n_rows=400)
    asked = np.random.default_rng(0).integers(-1, 400, size=(3, 60))
    given_scores = index.scores(queries, asked)
    for i in range(3):
        known = dict(zip(rows[i].tolist(), scores[i].tolist(), strict=True))
        expected = [known.get(row, 0.0) if row >= 0 else 0.0 for row in asked[i].tolist()]
        np.testing.assert_allclose(given_scores[i], expected, rtol=1e-5)

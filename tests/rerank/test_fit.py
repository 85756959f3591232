from __future__ import annotations

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.rerank.fit import (
    MIN_QUERIES,
    WEIGHTS,
    BlendFit,
    choose_weight,
    fit_blend,
    reordered,
    weight_table,
)
from simengine.rerank.options import Stage
from simengine.rerank.reranker import Reranker
from simengine.types import Hit
from tests.rerank.fakes import TableJudge, hit, ids

N = 40


def collection(
    right: float, *, seed: int = 0
) -> tuple[dict[str, str], dict[str, dict[str, int]], dict[str, list[Hit]], TableJudge]:
    """Queries with one relevant document among ten, which the judge finds with the probability `right`."""
    rng = np.random.default_rng(seed)
    queries, qrels, hits, table = {}, {}, {}, {}
    for q in range(N):
        place, wrong = rng.choice(10, 2, replace=False)
        chosen = int(place) if rng.random() < right else int(wrong)
        queries[f"q{q}"], qrels[f"q{q}"] = f"text {q}", {f"{q}-{place}": 1}
        hits[f"q{q}"] = [hit(f"{q}-{n}", 1.0 - n / 10) for n in range(10)]
        table |= {f"{q}-{n}": 0.9 if n == chosen else 0.1 for n in range(10)}
    return queries, qrels, hits, TableJudge(table)


def test_a_judge_that_is_right_gets_a_weight_and_the_gain_that_was_seen_on_queries_left_out() -> None:
    queries, qrels, hits, judge = collection(1.0)
    fit = fit_blend(queries, qrels, hits, judge, depth=10, fitted_on="made up")
    assert fit.weight > 0
    assert fit.after == pytest.approx(1.0)
    assert fit.before == pytest.approx(fit.by_weight["0"])
    assert fit.after > fit.before
    assert (fit.judge, fit.kind, fit.depth, fit.n, fit.fitted_on) == ("table", "nli", 10, N, "made up")


def test_a_judge_that_misleads_is_left_alone() -> None:
    queries, qrels, hits, judge = collection(0.0)
    assert fit_blend(queries, qrels, hits, judge, depth=10).weight == 0.0


def test_a_judge_that_says_the_same_of_all_is_left_alone() -> None:
    queries, qrels, hits, _ = collection(1.0)
    same = TableJudge({each.id: 0.5 for found in hits.values() for each in found})
    fit = fit_blend(queries, qrels, hits, same, depth=10)
    assert (fit.weight, fit.standard_error) == (0.0, 0.0)
    assert fit.before == fit.after


def test_the_weights_by_query_are_those_of_reranking() -> None:
    queries, qrels, hits, judge = collection(0.6)
    fit = fit_blend(queries, qrels, hits, judge, depth=5)
    reranked = Reranker([Stage(judge, 5, 0.4)]).rerank(list(queries.values()), list(hits.values())).hits
    rank = [ids(found).index(next(iter(qrels[name]))) for name, found in zip(queries, reranked, strict=True)]
    expected = np.mean([1 / np.log2(place + 2) for place in rank])
    assert fit.by_weight["0.4"] == pytest.approx(expected)


def test_each_candidate_within_the_depth_is_judged_once() -> None:
    queries, qrels, hits, judge = collection(1.0)
    fit_blend(queries, qrels, hits, judge, depth=3)
    assert len(judge.calls) == 1
    assert len(judge.calls[0]) == len(set(judge.calls[0])) == 3 * N


def test_reordered_keeps_what_was_not_judged_behind() -> None:
    hits = [hit("a", 3.0), hit("b", 2.0), hit("c", 1.0)]
    assert reordered(hits, np.array([0.1, 0.9]), 1.0) == ["b", "a", "c"]
    assert reordered(hits, np.array([0.1, 0.9]), 0.0) == ["a", "b", "c"]


def test_a_table_has_a_row_for_each_query_and_a_column_for_each_weight() -> None:
    hits = [[hit("a", 2.0), hit("b", 1.0)], [hit("c", 1.0)]]
    table = weight_table(
        {"1": {"b": 1}, "2": {"c": 1}}, hits, [np.array([0.0, 1.0]), np.array([0.5])], (0.0, 1.0), "MRR@10"
    )
    np.testing.assert_allclose(table, [[0.5, 1.0], [1.0, 1.0]])


def test_the_smallest_of_equally_good_weights_is_chosen() -> None:
    table = np.tile([0.2, 0.6, 0.6], (50, 1))
    weight, differences = choose_weight(table, (0.0, 0.3, 0.9))
    assert weight == 0.3
    np.testing.assert_allclose(differences, 0.4)


def test_noise_is_no_reason_to_rerank() -> None:
    rng = np.random.default_rng(5)
    chosen = [choose_weight(rng.random((60, len(WEIGHTS))), WEIGHTS, seed=n)[0] for n in range(40)]
    assert chosen.count(0.0) >= 28  # one standard error: about one in six lets noise pass


def test_a_fit_survives_being_stored() -> None:
    import json

    queries, qrels, hits, judge = collection(1.0)
    fit = fit_blend(queries, qrels, hits, judge, depth=10)
    assert BlendFit.from_dict(json.loads(json.dumps(fit.to_dict()))) == fit


def test_a_stored_fit_that_is_damaged_is_refused() -> None:
    queries, qrels, hits, judge = collection(1.0)
    table = fit_blend(queries, qrels, hits, judge, depth=10).to_dict()
    with pytest.raises(UsageError, match="weight"):
        BlendFit.from_dict({name: value for name, value in table.items() if name != "weight"})
    with pytest.raises(UsageError, match="is 7; expected a number between 0 and 1"):
        BlendFit.from_dict({**table, "weight": 7})


def test_too_few_queries_are_refused() -> None:
    queries, qrels, hits, judge = collection(1.0)
    few = dict(list(qrels.items())[: MIN_QUERIES - 1])
    with pytest.raises(UsageError, match=f"at least {MIN_QUERIES}"):
        fit_blend(queries, {**few, "q39": {"x": 0}}, hits, judge)


def test_judged_queries_need_text_and_candidates() -> None:
    queries, qrels, hits, judge = collection(1.0)
    with pytest.raises(UsageError, match="'lost'"):
        fit_blend(queries, {**qrels, "lost": {"d": 1}}, hits, judge)

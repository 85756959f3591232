"""Ranking measures, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.evaluation.ranking import evaluate_answer_selection, evaluate_ranking


def test_two_queries_worked_by_hand() -> None:
    qrels = {"a": {"d1": 2, "d2": 1, "d9": 0}, "b": {"d3": 1}}
    run = {"a": ["d9", "d1", "d2"], "b": ["d1", "d2", "d4", "d3"]}
    result = evaluate_ranking(qrels, run, measures=("nDCG@10", "MRR@10", "Recall@2", "MAP", "P@1"))
    ndcg_a = (2 / math.log2(3) + 1 / math.log2(4)) / (2 + 1 / math.log2(3))
    assert result.per_query["a"] == pytest.approx(
        {"nDCG@10": ndcg_a, "MRR@10": 0.5, "Recall@2": 0.5, "MAP": (1 / 2 + 2 / 3) / 2, "P@1": 0.0}
    )
    assert result.per_query["b"] == pytest.approx(
        {"nDCG@10": 1 / math.log2(5), "MRR@10": 0.25, "Recall@2": 0.0, "MAP": 0.25, "P@1": 0.0}
    )
    assert result.metrics["MRR@10"] == pytest.approx(0.375)
    assert result.n_queries == 2


def test_documents_below_the_cutoff_do_not_count() -> None:
    run = {"a": [str(number) for number in range(11)]}
    result = evaluate_ranking({"a": {"10": 1}}, run, measures=("MRR@10", "nDCG@10", "MAP"))
    assert result.metrics == pytest.approx({"MRR@10": 0.0, "nDCG@10": 0.0, "MAP": 1 / 11})


def test_the_order_given_counts_and_not_the_ids() -> None:
    for order in (["x", "b"], ["b", "x"]):
        result = evaluate_ranking({"q": {"x": 1}}, {"q": order}, measures=("MRR@10",))
        assert result.metrics["MRR@10"] == 1 / (order.index("x") + 1)


def test_a_query_without_results_counts_zero_and_one_without_relevant_documents_is_left_out() -> None:
    qrels = {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 0}}
    result = evaluate_ranking(qrels, {"a": ["x"], "c": ["x"], "unjudged": ["x"]}, measures=("MAP",))
    assert result.per_query == {"a": {"MAP": 1.0}, "b": {"MAP": 0.0}}
    assert (result.metrics["MAP"], result.n_queries, result.n_without_relevant) == (0.5, 2, 1)


def test_units_measure_what_the_result_says() -> None:
    result = evaluate_ranking({"a": {"x": 1}, "b": {"y": 1}}, {"a": ["y", "x"], "b": ["y"]})
    assert result.units("nDCG@10").measure_all() == pytest.approx(dict(result.metrics))


@pytest.mark.parametrize(
    ("qrels", "run", "measures", "message"),
    [
        ({"a": {"x": 0}}, {}, ("MAP",), "none of the 1 queries"),
        ({}, {}, ("MAP",), "none of the 0 queries"),
        ({"a": {"x": 1}}, {"a": ["x", "x"]}, ("MAP",), "twice in the ranking for query 'a'"),
        ({"a": {"x": 1}}, {"a": ["x"]}, ("nDGC@10",), "unknown measure 'nDGC@10'"),
        ({"a": {"x": 1}}, {"a": ["x"]}, ("nDCG@",), "unknown measure 'nDCG@'"),
        ({"a": {"x": 1}}, {"a": ["x"]}, (), "no measure"),
    ],
)
def test_what_cannot_be_measured_is_refused(qrels, run, measures, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate_ranking(qrels, run, measures=measures)


def test_answer_selection_worked_by_hand() -> None:
    questions = ["q"] * 4 + ["r"] * 2
    relevant = [False, True, False, True, True, False]
    scores = [0.9, 0.8, 0.1, 0.3, -1.0, -2.0]
    result = evaluate_answer_selection(questions, relevant, scores)
    # q: wrong, right, right, wrong. r: right first.
    assert result.per_query["q"]["MAP"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert result.per_query["q"]["MRR"] == 0.5
    assert result.metrics["MAP"] == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1) / 2)
    assert result.metrics["MRR"] == 0.75
    assert result.metrics["P@1"] == 0.5


def test_questions_without_a_right_answer_are_left_out_and_those_with_only_right_ones_stay() -> None:
    result = evaluate_answer_selection(["a", "b", "c", "c"], [False, True, True, False], [1, 1, 2, 1])
    assert (result.n_queries, result.n_without_relevant, result.n_without_irrelevant) == (2, 1, 1)
    assert result.metrics["MAP"] == 1.0


def test_one_score_for_all_candidates_ranks_the_wrong_ones_first() -> None:
    for relevant in ([True, False, False], [False, False, True]):
        result = evaluate_answer_selection(["q"] * 3, relevant, [0.5] * 3)
        assert result.metrics["MRR"] == pytest.approx(1 / 3)


candidates = st.lists(
    st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(-5, 5)), min_size=1, max_size=30
).filter(lambda rows: any(right for _, right, _ in rows))


@given(candidates)
def test_answer_selection_agrees_with_the_definition(rows: list[tuple[str, bool, float]]) -> None:
    result = evaluate_answer_selection(*([row[place] for row in rows] for place in range(3)))
    expected_map, expected_mrr = [], []
    for question in sorted({q for q, _, _ in rows}):
        ranked = [right for _, right in sorted((-score, right) for q, right, score in rows if q == question)]
        ranks = [rank for rank, right in enumerate(ranked, 1) if right]
        if ranks:
            expected_map.append(np.mean([number / rank for number, rank in enumerate(ranks, 1)]))
            expected_mrr.append(1 / ranks[0])
    assert result.metrics["MAP"] == pytest.approx(np.mean(expected_map))
    assert result.metrics["MRR"] == pytest.approx(np.mean(expected_mrr))


def test_scores_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="2 candidates, 2 judgements and 1 scores"):
        evaluate_answer_selection(["a", "a"], [True, False], [1.0])
    with pytest.raises(UsageError, match="not a number"):
        evaluate_answer_selection(["a"], [True], [math.nan])

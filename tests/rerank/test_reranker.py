from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.calibration.calibration import Calibration
from simengine.errors import UsageError
from simengine.rerank.options import RerankOptions, Stage
from simengine.rerank.reranker import Reranker
from simengine.results.search import left_alone_note
from simengine.types import Hit, Span
from tests.cross_encoders.fakes import AsciiTokenizer
from tests.rerank.fakes import Clock, TableJudge, hit, ids

HITS = [hit("a", 9.0), hit("b", 5.0), hit("c", 4.0), hit("d", 1.0)]
TABLE = {"a": 0.1, "b": 0.2, "c": 0.9, "d": 0.6}


def reranker(depth: int, weight: float, **options: object) -> Reranker:
    return Reranker([Stage(TableJudge(TABLE), depth, weight)], **options)  # type: ignore[arg-type]


def test_judged_hits_stand_in_the_order_of_the_blend() -> None:
    got = reranker(4, 0.5).rerank(["q"], [HITS]).hits[0]
    retriever = np.array([9.0, 5.0, 4.0, 1.0])
    odds = np.log([1 / 9, 1 / 4, 9.0, 1.5])
    joined = (retriever - retriever.mean()) / retriever.std() + (odds - odds.mean()) / odds.std()
    expected = dict(zip("abcd", 1 / (1 + np.exp(-0.5 * joined)), strict=True))
    assert ids(got) == sorted(expected, key=lambda name: -expected[name])
    assert [each.score for each in got] == pytest.approx([expected[each.id] for each in got], abs=1e-6)
    assert [each.rank for each in got] == [1, 2, 3, 4]


def test_hits_say_what_their_score_was_made_of() -> None:
    got = {each.id: each for each in reranker(3, 0.5).rerank(["q"], [HITS]).hits[0]}
    assert got["a"].scores == pytest.approx({"dense": 9.0, "retriever": 9.0, "judge": 0.1})
    assert got["d"].scores == {"dense": 1.0, "retriever": 1.0}
    assert got["c"].judgement is not None
    assert got["c"].judgement.relevance == pytest.approx(0.9)
    assert (got["c"].judgement.calibrated, got["c"].judgement.stance) == (False, None)
    assert got["d"].judgement is None


def test_hits_beyond_the_depth_follow_in_their_order_with_scores_below_0() -> None:
    got = reranker(2, 1.0).rerank(["q"], [HITS]).hits[0]
    assert ids(got) == ["b", "a", "c", "d"]
    assert [each.score for each in got][2:] == [-0.5, -1.0]


def test_weight_0_leaves_order_and_scores_and_still_judges() -> None:
    got = reranker(3, 0.0).rerank(["q"], [HITS]).hits[0]
    assert [(each.id, each.score, each.rank) for each in got] == [
        (each.id, each.score, rank) for rank, each in enumerate(HITS, 1)
    ]
    assert [each.judgement is not None for each in got] == [True, True, True, False]


def test_k_cuts_after_the_order_is_made() -> None:
    assert ids(reranker(4, 1.0).rerank(["q"], [HITS], k=2).hits[0]) == ["c", "d"]


def test_equal_scores_stand_in_the_order_of_their_ids() -> None:
    hits = [hit("b", 1.0, "x"), hit("c", 1.0, "x"), hit("a", 1.0, "x")]
    got = Reranker([Stage(TableJudge({"x": 0.5}), 3, 0.5)]).rerank(["q"], [hits]).hits[0]
    assert ids(got) == ["a", "b", "c"]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=6), min_size=1, max_size=4),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.3, 1.0]),
)
def test_batches_give_what_single_queries_give(
    found: list[list[tuple[float, float]]], depth: int, weight: float
) -> None:
    table = {
        f"{q}.{n}": float(np.float32(said))
        for q, line in enumerate(found)
        for n, (_, said) in enumerate(line)
    }
    hits = [
        sorted((hit(f"{q}.{n}", score) for n, (score, _) in enumerate(line)), key=lambda each: -each.score)
        for q, line in enumerate(found)
    ]
    queries = [f"q{q}" for q in range(len(found))]
    made = Reranker([Stage(TableJudge(table), depth, weight)])
    together = made.rerank(queries, hits).hits
    assert together == [
        made.rerank([query], [line]).hits[0] for query, line in zip(queries, hits, strict=True)
    ]
    unlimited = Reranker([Stage(TableJudge(table), depth, weight)], RerankOptions(budget_ms=1e9))
    assert unlimited.rerank(queries, hits).hits == together
    for before, after in zip(hits, together, strict=True):
        assert sorted(ids(before)) == sorted(ids(after))
        scores = [each.score for each in after]
        assert scores == sorted(scores, reverse=True)


def test_no_queries_and_no_hits_give_nothing() -> None:
    assert reranker(4, 0.5).rerank([], []).hits == []
    result = reranker(4, 0.5).rerank(["q"], [[]])
    assert result.hits == [[]]
    assert result.counts[0][0].n_wanted == 0
    assert Reranker([Stage(TableJudge({}))], RerankOptions(budget_ms=5)).rerank(["q"], [[]]).hits == [[]]


def test_a_second_stage_judges_what_the_first_one_put_in_front() -> None:
    first, second = TableJudge(TABLE), TableJudge({"c": 0.2, "d": 0.8})
    got = Reranker([Stage(first, 4, 1.0), Stage(second, 2, 1.0)]).rerank(["q"], [HITS])
    assert [[text for _, text in call] for call in second.calls] == [["c", "d"]]
    assert ids(got.hits[0]) == ["d", "c", "b", "a"]
    best = got.hits[0][0]
    assert best.scores == pytest.approx({"dense": 1.0, "retriever": 1.0, "judge1": 0.6, "judge2": 0.8})
    assert best.judgement is not None
    assert best.judgement.relevance == pytest.approx(0.8)
    assert [count.n_judged for count in got.counts[0]] == [4, 2]


def test_a_stage_that_reads_more_than_the_one_before_it_is_refused() -> None:
    judge = TableJudge(TABLE)
    with pytest.raises(UsageError, match=r"read 2, 4 candidates.*--first-depth is at least --depth"):
        Reranker([Stage(judge, 2, 1.0), Stage(judge, 4, 1.0)])


def test_a_judge_reads_title_and_passage() -> None:
    hits = [
        hit("1", 4.0, "body", title="Title"),
        hit("2", 3.0, "Title of it", title="Title"),
        hit("3", 2.0, "", title="Title"),
        hit("4", 1.0, "body"),
    ]
    judge = TableJudge({"Title\n\nbody": 0.1, "Title of it": 0.2, "Title": 0.3, "body": 0.4})
    got = Reranker([Stage(judge, 4, 1.0)]).rerank(["q"], [hits]).hits[0]
    assert ids(got) == ["4", "3", "2", "1"]


def test_evidence_is_given_in_characters_of_the_document() -> None:
    document = "Before. Cats sleep all day."
    hits = [hit("1", 2.0, document[8:], title="Cats", start=8), hit("2", 1.0, "Cats rarely sleep.")]
    judge = TableJudge(
        {
            "Cats\n\nCats sleep all day.": (0.9, 0.05, 0.05),
            document[8:]: (0.9, 0.05, 0.05),
            "Cats rarely sleep.": (0.0, 0.1, 0.9),
        }
    )
    got = (
        Reranker([Stage(judge, 2, 1.0)], RerankOptions(claim=True))
        .rerank(["Cats sleep a lot."], [hits])
        .hits[0]
    )
    by_id = {each.id: each.judgement for each in got}
    assert by_id["1"] is not None
    assert by_id["2"] is not None
    assert by_id["1"].evidence == Span(8, len(document))
    assert document[8:] == "Cats sleep all day."
    assert (by_id["1"].stance, by_id["2"].stance) == ("supports", "contradicts")
    assert dict(by_id["1"].probabilities or {}) == {"entailment": 0.9, "neutral": 0.05, "contradiction": 0.05}
    assert by_id["1"].relevance == pytest.approx(0.95)


def test_a_stage_for_questions_leaves_other_queries_and_other_languages_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge = TableJudge(TABLE)
    monkeypatch.setattr(judge, "readings", AsciiTokenizer().readings, raising=False)
    queries = ["who is it", "some keywords", "她是谁", "这是一句话。"]
    made = Reranker([Stage(judge, 4, 1.0, questions_only=True)])
    result = made.rerank(queries, [HITS] * 4)
    assert [query for query, _ in judge.calls[0]] == ["who is it"] * 4
    assert ids(result.hits[0]) != ids(HITS)
    assert [ids(found) for found in result.hits[1:]] == [ids(HITS)] * 3
    assert [each.score for each in result.hits[1]] == [each.score for each in HITS]
    assert all(each.judgement is None for found in result.hits[1:] for each in found)
    reasons = ["", "no question", "unreadable", "unreadable"]
    assert [count.left_alone for (count,) in result.counts] == made.left_alone(queries) == reasons
    assert [count.weight for (count,) in result.counts] == [1.0, 0.0, 0.0, 0.0]
    within = Reranker([Stage(judge, 4, 1.0, questions_only=True)], RerankOptions(budget_ms=1e9))
    assert within.rerank(queries, [HITS] * 4).hits == result.hits


def test_the_note_says_how_many_queries_keep_their_order_and_why() -> None:
    assert left_alone_note(["", ""]) == ""
    assert left_alone_note(["no question"]).startswith(
        "the query keeps the order of the search: the default reranker ranks answers to questions; "
    )
    assert "cannot read it;" in left_alone_note(["unreadable"])
    said = left_alone_note(["no question", "", "unreadable"])
    assert said.startswith("2 of 3 queries keep the order of the search")
    assert "ranks answers to questions and cannot read some" in said


def test_a_text_far_from_the_claim_does_not_contradict_it() -> None:
    judge = TableJudge({"near": (0.0, 0.1, 0.9), "far": (0.0, 0.1, 0.9)})
    got = Reranker([Stage(judge, 2, 1.0)], RerankOptions(claim=True)).rerank(
        ["near and far"], [[hit("near", 0.6), hit("far", 0.1)]]
    )
    assert [(each.id, each.judgement.stance) for each in got.hits[0] if each.judgement] == [
        ("near", "contradicts"),
        ("far", "neutral"),
    ]


def test_evidence_that_is_all_of_the_title_is_none() -> None:
    hits = [hit("1", 2.0, "", title="Cats sleep")]
    judge = TableJudge({"Cats sleep": (0.9, 0.05, 0.05)})
    got = (
        Reranker([Stage(judge, 1, 1.0)], RerankOptions(claim=True))
        .rerank(["A cat sleeps"], [hits])
        .hits[0][0]
    )
    assert got.judgement is not None
    assert (got.judgement.stance, got.judgement.evidence) == ("supports", None)


def calibration(**changes: object) -> Calibration:
    values: dict[str, object] = {
        "kind": "platt", "model": "table", "task": "relevance", "scale": "probability",
        "parameters": {"slope": 2.0, "intercept": -1.0}, "n": 100, "fitted_on": "", "date": "2026-01-01",
        "ece_before": 0.2, "ece_after": 0.1, "base_rate": 0.5,
    }  # fmt: skip
    return Calibration(**{**values, **changes})  # type: ignore[arg-type]


def test_a_calibration_changes_the_relevance_that_is_told_and_not_the_order() -> None:
    fitted = calibration()
    plain = reranker(4, 0.5).rerank(["q"], [HITS]).hits[0]
    got = reranker(4, 0.5, calibrations={"table": fitted}).rerank(["q"], [HITS]).hits[0]
    assert [(each.id, each.score) for each in got] == [(each.id, each.score) for each in plain]
    for each in got:
        assert each.judgement is not None
        assert each.judgement.calibrated
        said = np.array([TABLE[each.id]], np.float32)
        assert each.judgement.relevance == pytest.approx(float(fitted.apply(said)[0]))


@pytest.mark.parametrize(("key", "changes"), [("other model", {}), ("table", {"task": "nli"})])
def test_a_calibration_of_another_model_or_task_is_not_used(key: str, changes: dict[str, object]) -> None:
    got = reranker(4, 0.5, calibrations={key: calibration(**changes)}).rerank(["q"], [HITS]).hits[0][0]
    assert got.judgement is not None
    assert not got.judgement.calibrated


def budgeted(
    budget_ms: float, texts: list[str], *, s_per_token: float = 0.001
) -> tuple[Reranker, TableJudge, list[Hit]]:
    clock = Clock()
    judge = TableJudge(
        {text: 0.1 + 0.01 * n for n, text in enumerate(texts)}, clock=clock, s_per_token=s_per_token
    )
    hits = [hit(f"{n:02}", 100.0 - n, text) for n, text in enumerate(texts)]
    return Reranker([Stage(judge, 50, 1.0)], RerankOptions(budget_ms=budget_ms), clock=clock), judge, hits


TEXTS = [f"text {n} " + "word " * 198 for n in range(10)]


def test_judging_ends_with_the_budget_and_the_rest_keeps_its_order_below() -> None:
    made, judge, hits = budgeted(1_050, TEXTS)
    result = made.rerank(["q"], [hits])
    # 200 tokens take 200 ms: the first block holds 2 texts (512 tokens), 650 ms then leave room for 3 more.
    assert [len(call) for call in judge.calls] == [2, 3]
    assert ids(result.hits[0]) == ["04", "03", "02", "01", "00", "05", "06", "07", "08", "09"]
    count = result.counts[0][0]
    assert (count.n_wanted, count.n_judged, count.complete, result.n_incomplete) == (10, 5, False, 1)
    assert [each.judgement is not None for each in result.hits[0]] == [True] * 5 + [False] * 5
    assert result.timings_ms["judge"] <= 1_050


def test_a_budget_that_is_enough_judges_all() -> None:
    made, _, hits = budgeted(5_000, TEXTS)
    result = made.rerank(["q", "r"], [hits, hits])
    assert result.n_incomplete == 0
    assert ids(result.hits[0]) == ids(result.hits[1]) == [f"{n:02}" for n in range(9, -1, -1)]


def test_a_tiny_budget_judges_one_block_and_a_first_text_of_any_length() -> None:
    made, judge, hits = budgeted(0.001, ["word " * 900, "b", "c"])
    result = made.rerank(["q"], [hits])
    assert [len(call) for call in judge.calls] == [1]
    assert ids(result.hits[0]) == ["00", "01", "02"]


def test_a_budget_that_the_first_stage_spends_leaves_the_second_nothing() -> None:
    clock = Clock()
    first = TableJudge(TABLE, clock=clock, s_per_token=0.1)
    second = TableJudge({"c": 0.2, "d": 0.8})
    made = Reranker([Stage(first, 4, 1.0), Stage(second, 2, 1.0)], RerankOptions(budget_ms=400), clock=clock)
    result = made.rerank(["q"], [HITS])
    assert second.calls == []
    assert ids(result.hits[0]) == ["c", "d", "b", "a"]
    assert [count.n_judged for count in result.counts[0]] == [4, 0]


def test_claims_are_judged_the_same_within_a_budget() -> None:
    table = {name: (0.7, 0.2, 0.1) if name in "ac" else (0.1, 0.1, 0.8) for name in "abcd"}
    runs = [
        Reranker([Stage(TableJudge(table), 4, 0.5)], RerankOptions(claim=True, budget_ms=budget)).rerank(
            ["b c d"], [HITS]
        )
        for budget in (None, 1e9)
    ]
    assert runs[0].hits == runs[1].hits
    assert {each.id: each.judgement.stance for each in runs[0].hits[0] if each.judgement} == {
        "a": "neutral", "b": "contradicts", "c": "supports", "d": "contradicts",
    }  # fmt: skip


def test_queries_that_the_judge_could_not_read_to_the_end_are_counted() -> None:
    result = reranker(3, 0.5).rerank(["long q", "q"], [HITS, HITS])
    assert [counts[0].n_truncated for counts in result.counts] == [3, 0]
    judgement = result.hits[0][0].judgement
    assert judgement is not None
    assert judgement.n_truncated == 1


@pytest.mark.parametrize("query", ["", "  ", None, 3])
def test_a_query_must_be_a_text(query: object) -> None:
    with pytest.raises(UsageError, match="query 2"):
        reranker(3, 0.5).rerank(["q", query], [HITS, HITS])  # type: ignore[list-item]


def test_calls_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="put it in a list"):
        reranker(3, 0.5).rerank("query", [HITS])
    with pytest.raises(UsageError, match="1 queries, 2 lists"):
        reranker(3, 0.5).rerank(["q"], [HITS, HITS])
    with pytest.raises(UsageError, match="k is 0"):
        reranker(3, 0.5).rerank(["q"], [HITS], k=0)


def test_stages_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="no stages"):
        Reranker([])
    with pytest.raises(UsageError, match="10, 20"):
        Reranker([Stage(TableJudge({}), 10), Stage(TableJudge({}), 20)])
    with pytest.raises(UsageError, match="NLI model"):
        Reranker([Stage(TableJudge({}, kind="relevance"))], RerankOptions(claim=True))


@pytest.mark.parametrize(
    ("depth", "weight"), [(0, 0.5), (True, 0.5), (2.0, 0.5), (5, -0.1), (5, 1.1), (5, True), (5, "1")]
)
def test_depths_and_weights_out_of_range_are_refused(depth: object, weight: object) -> None:
    with pytest.raises(UsageError, match="is"):
        Stage(TableJudge({}), depth, weight)  # type: ignore[arg-type]


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf"), True, "5"])
def test_budgets_out_of_range_are_refused(budget: object) -> None:
    with pytest.raises(UsageError, match="budget_ms"):
        RerankOptions(budget_ms=budget)  # type: ignore[arg-type]


def test_close_closes_the_judges() -> None:
    judge = TableJudge({})
    Reranker([Stage(judge)]).close()
    assert judge.closed

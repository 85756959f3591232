from __future__ import annotations

import numpy as np
import pytest

from simengine.calibration.calibration import Calibration
from simengine.errors import UsageError
from simengine.reasoning.contradictions import find_contradictions
from simengine.requests.conflicts import ContradictionOptions
from simengine.types import Document
from tests.reasoning.judges import CONTRADICTS, TableJudge, documents, encode

OPEN, CLOSED, BREAD = "The shop is open today.", "The shop is shuttered today.", "The shop sells bread today."
CORPUS = (f"{OPEN} Bees collect pollen from flowers.", f"Is it raining? {CLOSED}", BREAD)


def found(judge: TableJudge, *texts: str, against: list[Document] | None = None, **options: object):
    return find_contradictions(
        documents(*texts),
        encode=encode,
        judge=judge,
        options=ContradictionOptions(
            **{"min_cosine": 0.3, "min_probability": 0.5, "rule": "both", **options}
        ),  # type: ignore[arg-type]
        against=against,
    )


def test_a_pair_contradicting_in_both_directions_is_a_conflict_with_its_places() -> None:
    result = found(TableJudge().both(OPEN, CLOSED, CONTRADICTS), *CORPUS)
    (conflict,) = result.conflicts
    assert (conflict.claim1.document_id, conflict.claim1.text) == ("d0", OPEN)
    assert (conflict.claim2.document_id, conflict.claim2.text) == ("d1", CLOSED)
    assert CORPUS[1][conflict.claim2.span.start : conflict.claim2.span.end] == CLOSED
    assert conflict.probability == pytest.approx(0.94)
    assert conflict.cosine == pytest.approx(float(encode([OPEN])[0] @ encode([CLOSED])[0]), abs=1e-6)
    assert (conflict.found_by, conflict.difference, conflict.cluster) == (("nli",), None, 1)
    assert not conflict.calibrated
    assert (result.n_documents, result.n_claims, result.n_clusters) == (3, 4, 1)
    assert result.skipped == {"short": 0, "question": 1, "heading": 0}


@pytest.mark.parametrize(
    ("rule", "threshold", "conflicts"),
    [
        ("both", 0.5, 0),
        ("both", 0.2, 1),
        ("mean", 0.5, 1),
        ("mean", 0.6, 0),
        ("either", 0.8, 1),
        ("either", 0.85, 0),
    ],
)
def test_the_rule_joins_both_directions(rule: str, threshold: float, conflicts: int) -> None:
    judge = TableJudge({(OPEN, CLOSED): (0.1, 0.1, 0.8), (CLOSED, OPEN): (0.5, 0.3, 0.2)})
    result = found(judge, OPEN, CLOSED, rule=rule, min_probability=threshold)
    assert len(result.conflicts) == conflicts
    if conflicts:
        conflict = result.conflicts[0]
        expected = {"both": 0.2, "mean": 0.5, "either": 0.8}[rule]
        assert conflict.probability == pytest.approx(expected)
        assert conflict.forward["contradiction"] == pytest.approx(0.8)
        assert conflict.backward["contradiction"] == pytest.approx(0.2)


def test_a_rule_finds_what_the_model_misses_and_says_so() -> None:
    texts = ("The rent is 900 euros.", "The rent is 950 euros.")
    (conflict,) = found(TableJudge(), *texts).conflicts
    assert (conflict.found_by, conflict.difference) == (("measure",), ("900 euros", "950 euros"))
    assert conflict.probability == pytest.approx(0.1)
    assert found(TableJudge(), *texts, rules=False).conflicts == ()
    (both,) = found(TableJudge().both(*texts, CONTRADICTS), *texts).conflicts
    assert both.found_by == ("nli", "measure")


def test_the_same_wording_is_judged_once_and_all_its_places_are_listed() -> None:
    judge = TableJudge().both(OPEN, CLOSED, CONTRADICTS)
    result = found(judge, OPEN, CLOSED, OPEN.upper(), f"{BREAD} {CLOSED}")
    (conflict,) = result.conflicts
    assert [e.document_id for e in conflict.also1] == ["d2"]
    assert [e.document_id for e in conflict.also2] == ["d3"]
    assert judge.asked.count((OPEN, CLOSED)) == judge.asked.count((CLOSED, OPEN)) == 1
    assert (result.n_claims, result.n_statements) == (5, 3)


def test_across_documents_leaves_out_pairs_within_one() -> None:
    judge = TableJudge().both(OPEN, CLOSED, CONTRADICTS)
    assert len(found(judge, f"{OPEN} {CLOSED}").conflicts) == 1
    assert found(judge, f"{OPEN} {CLOSED}", BREAD, across_documents=True).conflicts == ()
    (conflict,) = found(judge, f"{OPEN} {CLOSED}", CLOSED, across_documents=True).conflicts
    assert (conflict.claim1.document_id, conflict.claim2.document_id) == ("d0", "d1")
    assert [e.document_id for e in conflict.also2] == ["d0"]


def test_two_corpora_are_compared_with_each_other_only() -> None:
    judge = TableJudge().both(OPEN, CLOSED, CONTRADICTS).both(OPEN, BREAD, CONTRADICTS)
    other = [Document("x", BREAD), Document("y", OPEN)]
    result = found(judge, OPEN, CLOSED, against=other)
    pairs = [(c.claim1.document_id, c.claim2.document_id) for c in result.conflicts]
    assert sorted(pairs) == [("d0", "x"), ("d1", "y")]
    assert {c.claim1.text for c in result.conflicts} == {OPEN, CLOSED}
    assert result.n_documents == 4


def test_the_budget_keeps_the_most_suspicious_pairs_and_reports_the_rest() -> None:
    judge = TableJudge().both(OPEN, CLOSED, CONTRADICTS)
    whole = found(judge, OPEN, BREAD, CLOSED)
    assert (whole.n_candidates, whole.n_judged, whole.n_left_out) == (3, 3, 0)
    part = found(judge, OPEN, BREAD, CLOSED, max_pairs=1)
    assert (part.n_candidates, part.n_judged, part.n_left_out) == (3, 1, 2)
    assert len(part.conflicts) == 1


def test_conflicts_that_share_claims_are_one_cluster_in_a_fixed_order() -> None:
    texts = [OPEN, CLOSED, BREAD, "Bees collect pollen.", "Bees collect stones."]
    judge = TableJudge().both(OPEN, CLOSED, (0.1, 0.2, 0.7)).both(CLOSED, BREAD, (0.1, 0.3, 0.6))
    judge.both(texts[3], texts[4], CONTRADICTS)
    results = [found(judge, *texts, neighbours=k) for k in (10, 10, 4)]
    assert results[0] == results[1]
    assert [(c.claim1.document_id, c.claim2.document_id, c.cluster) for c in results[0].conflicts] == [
        ("d3", "d4", 1),
        ("d0", "d1", 2),
        ("d1", "d2", 2),
    ]
    assert results[0].n_clusters == 2


@pytest.mark.parametrize("texts", [(), ("",), ("  \n ",), ("Why?",), ("One claim stands here.",)])
def test_nothing_to_compare_gives_an_empty_result(texts: tuple[str, ...]) -> None:
    judge = TableJudge()
    result = found(judge, *texts)
    assert (result.conflicts, result.n_judged, judge.asked) == ((), 0, [])
    assert found(judge, *texts, against=[]).conflicts == ()


def test_chinese_claims_are_compared() -> None:
    one, other = "承租人可以养宠物。", "承租人禁止养宠物。"
    (conflict,) = found(
        TableJudge().both(one, other, CONTRADICTS), f"第一条 宠物\n{one}", f"说明\n{other}租期为三年。"
    ).conflicts
    assert (conflict.claim1.text, conflict.claim2.text) == (one, other)


def calibration(task: str, **parameters: float) -> Calibration:
    return Calibration(
        kind="temperature",
        model="m",
        task=task,
        scale="probability",
        parameters={"temperature": 2.0, **parameters},
        n=300,
        fitted_on="",
        date="2026-01-01",
        ece_before=0.1,
        ece_after=0.05,
        base_rate=0.3,
    )


def test_a_calibration_of_nli_makes_probabilities_calibrated() -> None:
    fitted = calibration("nli", classes=3)
    result = find_contradictions(
        documents(OPEN, CLOSED),
        encode=encode,
        judge=TableJudge().both(OPEN, CLOSED, CONTRADICTS),
        options=ContradictionOptions(min_cosine=0.0, min_probability=0.1, rule="either"),
        calibration=fitted,
    )
    root = np.sqrt(np.asarray(CONTRADICTS))
    assert result.calibrated
    assert result.conflicts[0].probability == pytest.approx(root[2] / root.sum(), abs=1e-5)
    assert result.conflicts[0].calibrated


def test_what_was_fitted_on_the_models_own_probabilities_leaves_a_calibration_out() -> None:
    judge = TableJudge().both(OPEN, CLOSED, CONTRADICTS)
    options = ContradictionOptions(min_probability=0.0)
    fitted = calibration("nli", classes=3)
    plain, other = (
        find_contradictions(
            documents(OPEN, CLOSED), encode=encode, judge=judge, options=options, calibration=given
        )
        for given in (None, fitted)
    )
    assert plain == other
    assert not other.calibrated


def test_by_default_a_conflict_on_one_subject_is_found_and_unrelated_sentences_are_none() -> None:
    judge = TableJudge().both(OPEN, CLOSED, CONTRADICTS).both(OPEN, "Bees eat pollen.", (0.05, 0.8, 0.15))
    result = find_contradictions(
        documents(OPEN, "Bees eat pollen.", CLOSED, "Trains leave hourly."), encode=encode, judge=judge
    )
    (conflict,) = result.conflicts
    assert (conflict.claim1.text, conflict.claim2.text, conflict.found_by) == (OPEN, CLOSED, ("nli",))
    assert conflict.probability >= result.threshold
    assert (result.n_pairs, result.n_judged, result.n_not_judged) == (6, 6, 0)


def test_a_number_that_a_rule_finds_is_reported_whatever_the_fitted_threshold() -> None:
    texts = ("Invoices are paid within 30 days.", "Invoices must be paid within 14 days.")
    same = ("The deposit is 900 euros.", "The deposit is 1,200 euros.")
    assert find_contradictions(documents(*texts), encode=encode, judge=TableJudge()).conflicts == ()
    (conflict,) = find_contradictions(documents(*same), encode=encode, judge=TableJudge()).conflicts
    assert conflict.found_by == ("measure",)
    options = ContradictionOptions(rules=False)
    assert not find_contradictions(
        documents(*same), encode=encode, judge=TableJudge(), options=options
    ).conflicts


@pytest.mark.parametrize(
    ("dates", "newer", "undated"),
    [
        (("2021", 2024), "claim2", 0),
        (("2024-05-02", "2024-05-01T08:00:00Z"), "claim1", 0),
        (("2024年3月", "2024年2月28日"), "claim1", 0),
        (("2024", "2024-05"), None, 1),
        (("2024", None), None, 1),
        (("soon", "2024"), None, 1),
    ],
)
def test_the_newer_of_two_statements_is_named_where_the_dates_tell(
    dates: tuple[object, ...], newer: str | None, undated: int
) -> None:
    corpus = [
        Document(name, text, metadata={"date": date} if date is not None else {"kind": "note"})
        for name, text, date in zip("ab", (OPEN, CLOSED), dates, strict=True)
    ]
    judge, options = TableJudge().both(OPEN, CLOSED, CONTRADICTS), ContradictionOptions(by="date")
    result = find_contradictions(corpus, encode=encode, judge=judge, options=options)
    (conflict,) = result.conflicts
    assert (conflict.newer, result.n_undated) == (newer, undated)
    assert (conflict.date1, conflict.date2) == (str(dates[0]), str(dates[1] or ""))


def test_the_date_of_a_statement_is_that_of_its_latest_document() -> None:
    corpus = [
        Document("old", OPEN, metadata={"year": 2001}),
        Document("now", CLOSED, metadata={"year": 2010}),
        Document("again", OPEN, metadata={"year": 2020}),
    ]
    judge, options = TableJudge().both(OPEN, CLOSED, CONTRADICTS), ContradictionOptions(by="year")
    (conflict,) = find_contradictions(corpus, encode=encode, judge=judge, options=options).conflicts
    assert (conflict.newer, conflict.date1, conflict.date2) == ("claim1", "2020", "2010")
    undated = find_contradictions(corpus, encode=encode, judge=judge)
    assert undated.conflicts[0].newer is None
    assert undated.n_undated == 0


def test_a_field_that_no_document_has_is_a_usage_error() -> None:
    corpus = [Document("a", OPEN, metadata={"year": 2001})]
    with pytest.raises(
        UsageError, match="no document has the metadata field 'date' for a date; they have year"
    ):
        find_contradictions(
            corpus, encode=encode, judge=TableJudge(), options=ContradictionOptions(by="date")
        )


@pytest.mark.parametrize(
    "wrong", [calibration("relevance"), calibration("nli"), calibration("answer", classes=3)]
)
def test_a_calibration_of_another_task_is_refused(wrong: Calibration) -> None:
    with pytest.raises(UsageError, match="task 'nli'"):
        find_contradictions([], encode=encode, judge=TableJudge(), calibration=wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("neighbours", 0),
        ("max_pairs", -1),
        ("min_cosine", 1.5),
        ("min_probability", float("nan")),
        ("rule", "all"),
        ("min_words", 0),
    ],
)
def test_options_out_of_range_are_usage_errors(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=name):
        ContradictionOptions(**{name: value})  # type: ignore[arg-type]


def test_an_encoder_without_normalised_rows_is_refused() -> None:
    with pytest.raises(UsageError, match="L2"):
        find_contradictions(
            documents(OPEN, CLOSED), encode=lambda texts: encode(texts) * 2, judge=TableJudge()
        )

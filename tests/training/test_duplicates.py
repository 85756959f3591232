"""What a set says twice."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.corpus.examples import LabelledPair
from simengine.errors import UsageError
from simengine.requests.training import RepeatOptions
from simengine.training.duplicates import DuplicateReport, find_duplicates, rows_to_keep
from simengine.training.leakage.normalise import compared_tokens
from simengine.types import FloatMatrix


def pair(text1: str, text2: str, label: str | None = None, score: float | None = None) -> LabelledPair:
    return LabelledPair(text1, text2, label, score)


def find(rows: Sequence[LabelledPair], **options: object) -> DuplicateReport:
    return find_duplicates(rows, RepeatOptions(**options))  # type: ignore[arg-type]


NEAR = ("a b c d e f g h i j k", "a b c d e f g h i k")  # Jaccard 20 / 24


def test_repeats_are_counted_by_how_they_are_like_the_first_row() -> None:
    rows = [
        pair(NEAR[0], "x"),
        pair("y", "z"),
        pair(NEAR[0], "x"),
        pair(NEAR[1], "X."),
        pair("Y", "z"),
        pair("q", "z"),
    ]
    report = find(rows)
    assert report.n_repeats == {"exact": 1, "normalised": 1, "near": 1, "embedding": 0}
    assert (report.n_rows, report.n_distinct, report.repeated_share) == (6, 3, 0.5)
    first, second = report.clusters
    assert [(r.row, r.kind, r.similarity) for r in first.repeats] == [
        (2, "exact", 1.0),
        (3, "near", pytest.approx(20 / 24)),
    ]
    assert (first.rows, second.rows) == ((0, 2, 3), (1, 4))
    assert rows_to_keep(rows, report).tolist() == [0, 1, 5]


def test_the_effective_number_is_the_exponential_of_the_entropy_of_the_clusters() -> None:
    assert find([pair(f"t{n}", "x") for n in range(7)]).n_effective == pytest.approx(7)
    assert find([pair(f"t{n % 3}", "x") for n in range(12)]).n_effective == pytest.approx(3)
    assert find([pair("t", "x")] * 9).n_effective == pytest.approx(1)
    report = find([pair("t", "x")] * 3 + [pair("u", "x")])
    assert report.n_effective == pytest.approx(math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25)))


def test_likeness_is_not_passed_on() -> None:
    texts = [" ".join("abcdefghijklmnop"[start : start + 12]) for start in range(3)]
    rows = [pair(text, "x") for text in texts]
    report = find(rows, jaccard=0.7)
    # The second text is near both others, which are not near each other.
    assert [cluster.rows for cluster in report.clusters] == [(0, 1)]
    assert [cluster.rows for cluster in find([rows[1], rows[0], rows[2]], jaccard=0.7).clusters] == [
        (0, 1, 2)
    ]


def test_a_row_joins_the_first_row_that_it_is_most_like() -> None:
    far, close = "a b c d e f g h i j", "a b c d e f g h i x y z"
    rows = [pair(far, "x"), pair(close, "x"), pair("a b c d e f g h i x y", "x")]
    assert [cluster.rows for cluster in find(rows, jaccard=0.65).clusters] == [(1, 2)]


def test_texts_alone_can_be_compared() -> None:
    rows = [
        pair("p", "h", "neutral"),
        pair("P.", "h", "entailment"),
        pair("p", "other", "neutral"),
        pair("q", "r"),
    ]
    assert [cluster.rows for cluster in find(rows, by="text1").clusters] == [(0, 1, 2)]
    assert [cluster.rows for cluster in find(rows, by="text2").clusters] == [(0, 1)]
    report = find(rows, by="text1")
    assert (report.n_conflicts, report.n_conflict_rows, report.n_certain_conflicts) == (None, None, None)
    assert rows_to_keep(rows, report).tolist() == [0, 3]


def test_swapped_pairs_repeat_each_other_where_order_does_not_matter() -> None:
    rows = [pair("a b", "c"), pair("c", "a b"), pair("C", "a b"), pair(NEAR[0], "c"), pair("c", NEAR[1])]
    assert [cluster.rows for cluster in find(rows).clusters] == [(1, 2)]
    report = find(rows, symmetric=True)
    assert [cluster.rows for cluster in report.clusters] == [(0, 1, 2), (3, 4)]
    assert [repeat.kind for cluster in report.clusters for repeat in cluster.repeats] == [
        "exact",
        "normalised",
        "near",
    ]


def test_other_labels_in_a_cluster_are_a_conflict_and_one_row_of_each_label_is_kept() -> None:
    rows = [
        pair("a", "b", "neutral"),
        pair("A", "b", "entailment"),
        pair("a", "b.", "neutral"),
        pair(NEAR[0], "x", "neutral"),
        pair(NEAR[1], "x", "contradiction"),
        pair("c", "d", "neutral"),
        pair("c", "d", "neutral"),
        pair("e", "f", None),
        pair("e", "f", "neutral"),
    ]
    report = find(rows)
    assert [cluster.conflict for cluster in report.clusters] == [True, True, False, False]
    assert (report.n_conflicts, report.n_conflict_rows, report.n_certain_conflicts) == (2, 5, 1)
    assert rows_to_keep(rows, report).tolist() == [0, 1, 3, 4, 5, 7, 8]


def test_scores_that_lie_far_apart_are_a_conflict() -> None:
    rows = [
        pair("a", "b", score=0.0),
        pair("a", "b", score=1.2),
        pair("c", "d", score=5.0),
        pair("c", "d", score=3.75),
    ]
    report = find(rows)
    assert [cluster.conflict for cluster in report.clusters] == [False, True]
    assert report.n_certain_conflicts == 1
    assert rows_to_keep(rows, report).tolist() == [0, 2]


class Angles:
    """A text is an angle in degrees; its vector lies there on the unit circle."""

    runtime = "angles"

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).reshape(-1, 2)


def test_meaning_is_compared_where_an_encoder_is_given() -> None:
    rows = [pair("10", "100"), pair("50", "100"), pair("12", "101"), pair("10.", "100")]
    report = find_duplicates(rows, RepeatOptions(cosine=0.99), encoder=Angles())
    assert [[(r.row, r.kind) for r in cluster.repeats] for cluster in report.clusters] == [
        [(2, "embedding"), (3, "normalised")]
    ]
    assert report.encoder == "angles"
    assert find_duplicates(rows).n_distinct == 3


def test_the_report_is_json() -> None:
    report = find([pair("a", "b", "x"), pair("a", "b", "y"), pair("c", "d")])
    record = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert (record["rows"], record["distinct"], record["clusters"], record["largest_cluster"]) == (3, 2, 1, 2)
    assert record["repeats"] == {"exact": 1, "normalised": 0, "near": 0, "embedding": 0}
    assert (record["conflicting_clusters"], record["conflicting_rows"], record["certain_conflicts"]) == (
        1,
        2,
        1,
    )
    assert record["options"]["by"] == "pair"


def test_an_empty_set_and_a_single_row_repeat_nothing() -> None:
    for rows in ([], [pair("a", "b")]):
        report = find(rows)
        assert (report.n_rows, report.n_distinct, report.repeated_share) == (len(rows), len(rows), 0.0)
        assert report.n_effective == pytest.approx(len(rows))
        assert rows_to_keep(rows, report).tolist() == list(range(len(rows)))


def test_a_report_of_another_set_is_refused() -> None:
    with pytest.raises(UsageError, match="the report is of 1 rows, and 2 were given"):
        rows_to_keep([pair("a", "b")] * 2, find([pair("a", "b")]))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("by", "both", "pair, text1, text2"),
        ("jaccard", 0, "above 0"),
        ("cosine", 2, "between -1 and 1"),
        ("score_gap", 0, "above 0"),
    ],
)
def test_options_out_of_range_are_refused(name: str, value: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RepeatOptions(**{name: value})  # type: ignore[arg-type]


def shingles(text: str) -> set[object]:
    words = compared_tokens(text)
    return {*words, *zip([None, *words], [*words, None], strict=True)}


def likeness(one: LabelledPair, other: LabelledPair, threshold: float) -> tuple[int, float] | None:
    """Kind and similarity of two pairs by comparing everything, or None."""
    found = []
    for a, b in ((one.text1, other.text1), (one.text2, other.text2)):
        if "".join(compared_tokens(a)) == "".join(compared_tokens(b)):
            found.append((3, 1.0))
            continue
        jaccard = len(shingles(a) & shingles(b)) / len(shingles(a) | shingles(b))
        if jaccard < threshold:
            return None
        found.append((2, jaccard))
    return (4, 1.0) if (one.text1, one.text2) == (other.text1, other.text2) else min(found)


TEXTS = st.lists(st.sampled_from(["a", "B", "c.", "b", "d"]), min_size=1, max_size=5).map(" ".join)
ROWS = st.lists(st.builds(pair, TEXTS, TEXTS, st.sampled_from(["x", "y"])), max_size=15)


@given(ROWS, st.sampled_from([0.4, 0.7]))
def test_clusters_are_those_that_comparing_all_rows_in_order_gives(
    rows: list[LabelledPair], threshold: float
) -> None:
    expected: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        # A pair that says the same as an earlier one goes where that one went.
        same = [n for n in range(number) if (likeness(row, rows[n], threshold) or (0,))[0] >= 3]
        if same:
            place = next(first for first, members in expected.items() if same[0] in members)
            expected[place].append(number)
            continue
        likes = [(likeness(row, rows[first], threshold), -first) for first in expected]
        best = max(((like, place) for like, place in likes if like is not None), default=None)
        expected.setdefault(number if best is None else -best[1], []).append(number)
    found = {cluster.first: list(cluster.rows) for cluster in find(rows, jaccard=threshold).clusters}
    assert found == {first: members for first, members in expected.items() if len(members) > 1}


@given(ROWS)
def test_what_is_kept_repeats_nothing_of_its_own_label(rows: list[LabelledPair]) -> None:
    kept = [rows[row] for row in rows_to_keep(rows, find(rows)).tolist()]
    assert all(
        one.label != other.label or likeness(one, other, 0.8) is None
        for number, one in enumerate(kept)
        for other in kept[:number]
    )

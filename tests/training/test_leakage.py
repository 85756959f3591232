"""The leakage guard."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.corpus.examples import LabelledPair, ReadingExample, TaggedSentence, Triplet
from simengine.errors import DataError, LeakageError, UsageError
from simengine.models.fingerprint import Fingerprint
from simengine.training.leakage import Example, LeakageOptions, LeakageReport, check_leakage, guard_examples
from simengine.training.leakage.normalise import compared_tokens, text_key
from simengine.training.leakage.report import SCOPES, STRONGEST_FIRST
from simengine.types import FloatMatrix

LONG = "the committee said on monday that it would publish the full report before the end of the year"
QUESTION = "who published the report that the committee spoke about"


def pair(text1: str, text2: str, label: str | None = None, line: int = 1) -> LabelledPair:
    return LabelledPair(text1, text2, label, None, "train.jsonl", line)


def counts(report: LeakageReport, scope: str, name: str = "dev") -> dict[str, tuple[int, int]]:
    (found,) = [one for one in report.sets if one.name == name]
    by_kind = found.counts[scope]  # type: ignore[index]
    return {kind: (one.held_out, one.train) for kind, one in by_kind.items() if one.held_out or one.train}


def check(train: Sequence[Example], dev: Sequence[Example], **options: object) -> LeakageReport:
    return check_leakage(train, {"dev": dev}, LeakageOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("train", "dev", "kind", "similarity"),
    [
        (("A man sat.", "He sat."), ("A man sat.", "He sat."), "exact", 1.0),
        (("A man sat.", "He sat."), ("a man sat", "He  sat."), "normalised", 1.0),
        (("a b c d e f g h i k", "He sat."), ("a b c d e f g h i j k", "he sat"), "near", 20 / 24),
        ((f"so {LONG} and then it did not", "He sat."), (LONG, "he sat"), "ngram", 1.0),
        ((LONG, f"x {QUESTION} y z a b c d e f g"), (LONG, QUESTION), "ngram", 1.0),
    ],
)
def test_a_pair_that_stands_on_both_sides_is_found(
    train: tuple[str, str], dev: tuple[str, str], kind: str, similarity: float
) -> None:
    others = [pair("something else", "He sat."), pair(train[0], "something other")]
    report = check(
        [*others, pair(*train)], [pair("quite different", "from these"), pair(*dev)], kinds=(kind,)
    )
    assert counts(report, "pair") == {kind: (1, 1)}
    assert report.leaked_rows.tolist() == [2]
    found = report.sets[0].counts["pair"][kind]  # type: ignore[index]
    assert (found.held_out_share, found.train_share) == (1 / 2, 1 / 3)
    (example,) = [one for one in report.sets[0].examples if one.scope == "pair"]
    assert (example.kind, example.similarity, example.swapped) == (kind, pytest.approx(similarity), False)
    assert (example.held_out.texts, example.train.texts) == (dev, train)


def test_a_pair_is_as_alike_as_the_less_alike_of_its_texts() -> None:
    report = check([pair(LONG, "A b.")], [pair(f"x {LONG}", "a b")])
    assert counts(report, "pair") == {"near": (1, 1)}
    report = check([pair(LONG, "a b")], [pair(LONG, "a c")])
    assert counts(report, "pair") == {}


def test_chinese_is_compared_by_characters() -> None:
    train = [pair("一个戴着安全帽的男人在跳舞。", "他在跳舞")]
    assert counts(check(train, [pair("一个戴着安全帽的男人在跳舞", "他在 跳舞！")]), "pair") == {
        "normalised": (1, 1)
    }
    assert counts(check(train, [pair("一个戴着安全帽的人在跳舞", "他在跳舞")]), "pair") == {"near": (1, 1)}
    longer = pair("昨天晚上一个戴着安全帽的男人在跳舞而且大家都看见他了", "他在跳舞")
    assert counts(check([longer], [pair("一个戴着安全帽的男人在跳舞", "他在跳舞")]), "pair") == {
        "ngram": (1, 1)
    }


def test_short_texts_are_not_looked_for_inside_others() -> None:
    assert counts(check([pair("yes a man sat down there", "b")], [pair("a man sat", "b")]), "pair") == {}


def test_a_phrase_of_many_training_texts_is_no_copy() -> None:
    train = [pair(f"{number} {LONG} {number} x y z {number} u v w", "b") for number in range(4)]
    assert counts(check(train, [pair(LONG, "b")], max_ngram_texts=4), "pair") == {"ngram": (1, 4)}
    report = check(train, [pair(LONG, "b")], max_ngram_texts=3)
    assert counts(report, "pair") == {}
    assert report.common_ngrams == len(LONG.split()) - 12


def test_texts_are_counted_by_where_they_stand_in_the_held_out_rows() -> None:
    train = [pair("premise one", "hypothesis one"), pair("hypothesis two", "x"), pair("y", "z")]
    dev = [pair("Premise one.", "new"), pair("other", "hypothesis two"), pair("further", "new too")]
    report = check(train, dev, scope="text1", kinds=("normalised",))
    assert counts(report, "pair") == {}
    assert counts(report, "text1") == {"normalised": (1, 1)}
    assert counts(report, "text2") == {"exact": (1, 1)}
    assert counts(report, "text") == {"exact": (1, 1), "normalised": (1, 1)}
    assert report.leaked_rows.tolist() == [0]
    assert check(train, dev, scope="text").leaked_rows.tolist() == [0, 1]
    shown = {(one.scope, one.held_out.texts, one.train.texts) for one in report.sets[0].examples}
    assert ("text2", ("other", "hypothesis two"), ("hypothesis two", "x")) in shown


def test_a_swapped_pair_is_counted_and_leaks_where_order_does_not_matter() -> None:
    train, dev = [pair("a b", "c d"), pair("e", "f")], [pair("C d", "a b"), pair("e", "f")]
    report = check(train, dev)
    assert (counts(report, "pair"), report.sets[0].swapped) == ({"exact": (1, 1)}, 1)
    report = check(train, dev, symmetric=True)
    assert counts(report, "pair") == {"exact": (1, 1), "normalised": (1, 1)}
    assert report.leaked_rows.tolist() == [0, 1]
    assert [one.swapped for one in report.sets[0].examples if one.scope == "pair"] == [False, True]


def test_the_same_pair_with_another_label_is_a_conflict() -> None:
    train = [pair("a", "b", "neutral"), pair("c", "d", "neutral"), pair("e", "f")]
    report = check(
        train, [pair("A", "b", "entailment"), pair("c", "d", "neutral"), pair("e", "f", "neutral")]
    )
    assert report.sets[0].label_conflicts == 1


def test_other_kinds_of_examples_are_compared_too() -> None:
    train: list[Example] = [
        Triplet("anchor", "positive", "negative"),
        ReadingExample("1", "", "some context", "a question", (), False, "t.json"),
        TaggedSentence(("New", "York", "."), ("B", "I", "O")),
    ]
    dev = [pair("anchor", "negative"), pair("a question", "some context"), pair("new york", "new york")]
    assert counts(check(train, dev), "pair") == {"exact": (2, 2), "normalised": (1, 1)}
    report = check(dev, train)
    assert counts(report, "pair") == {"exact": (2, 2), "normalised": (1, 1)}
    places = {one.held_out.place for one in report.sets[0].examples}
    assert "t.json#1" in places
    with pytest.raises(UsageError, match="expected examples"):
        check(["text"], dev)  # type: ignore[list-item]


class Angles:
    """A text is an angle in degrees; its vector lies there on the unit circle."""

    runtime = "angles"
    fingerprint = Fingerprint("0123456789abcdef", {})

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).reshape(-1, 2)


def test_meaning_is_compared_where_an_encoder_is_given() -> None:
    train, dev = [pair("10", "100"), pair("50", "100")], [pair("11", "102"), pair("30", "101")]
    options = LeakageOptions(kinds=("embedding",), cosine=0.99)
    report = check_leakage(train, {"dev": dev}, options, encoder=Angles())
    assert counts(report, "pair") == {"embedding": (1, 1)}
    assert report.leaked_rows.tolist() == [0]
    assert report.encoder == "angles 0123456789ab"
    assert report.sets[0].examples[0].similarity == pytest.approx(np.cos(np.radians(2)), abs=1e-6)
    with pytest.raises(UsageError, match="no encoder"):
        check_leakage(train, {"dev": dev}, options)


def test_refuse_raises_drop_leaves_out_and_report_keeps() -> None:
    train = [pair("a", "b", line=3), pair("c", "d", line=4), pair("a", "b", line=5)]
    dev = {"dev": [pair("a", "b")], "test": [pair("x", "y")]}
    with pytest.raises(
        LeakageError, match=r"2 of 3 training examples.*leakage\.action=drop drops them"
    ) as caught:
        guard_examples(train, dev)
    assert isinstance(caught.value, DataError)
    assert (caught.value.exit_code, caught.value.source, caught.value.line) == (4, "train.jsonl", 3)
    kept, report = guard_examples(train, dev, LeakageOptions(action="drop"))
    assert (kept, report.n_leaked, report.leaked_rows.tolist()) == ([train[1]], 2, [0, 2])
    kept, report = guard_examples(train, dev, LeakageOptions(action="report"))
    assert (kept, report.n_leaked) == (train, 2)
    kept, report = guard_examples(train[1:2], dev)
    assert (kept, report.n_leaked) == (train[1:2], 0)


def test_only_the_asked_kinds_and_scope_are_acted_on() -> None:
    train, dev = [pair("a b", "c"), pair("A b", "C"), pair("a b", "x")], [pair("a b", "c")]
    assert check(train, dev).leaked_rows.tolist() == [0, 1]
    assert check(train, dev, kinds=("exact",)).leaked_rows.tolist() == [0]
    assert check(train, dev, scope="text1").leaked_rows.tolist() == [0, 1, 2]
    assert check(train, dev, scope="text2").leaked_rows.tolist() == [0, 1]


def test_the_report_is_json_and_says_the_same_for_people() -> None:
    train, dev = [pair("a" * 400, "b", "neutral", 7)], [pair("a" * 400, "b", "entailment", 2)]
    report = check(train, dev)
    record = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert (record["train_rows"], record["leaked_train_rows"], record["leaked_train_share"]) == (1, 1, 1.0)
    assert record["options"]["kinds"] == ["exact", "normalised"]
    (one,) = record["sets"]
    assert one["counts"]["pair"]["exact"] == {
        "held_out": 1,
        "held_out_share": 1.0,
        "train": 1,
        "train_share": 1.0,
    }
    assert one["examples"][0]["train"] == {
        "source": "train.jsonl",
        "line": 7,
        "texts": ["a" * 300 + "…", "b"],
        "label": "neutral",
    }
    lines = report.lines()
    assert lines[0] == "dev: 1 of 1 pairs (100.0%) overlap with the training data: 1 exact"
    assert lines[1] == "  1 of them with another label"
    assert lines[2].startswith("  train.jsonl:2 and train.jsonl:7, exact: ")


def test_no_more_examples_are_shown_than_asked_for() -> None:
    rows = [pair(f"text {number}", "b") for number in range(9)]
    shown = check(rows, rows, max_examples=2).sets[0].examples
    assert [one.scope for one in shown] == [
        "pair",
        "pair",
        "text1",
        "text1",
        "text2",
        "text2",
        "text",
        "text",
    ]


@pytest.mark.parametrize(("n_train", "n_dev"), [(0, 0), (0, 1), (1, 0)])
def test_nothing_leaks_from_or_into_an_empty_set(n_train: int, n_dev: int) -> None:
    report = check([pair("a", "b")] * n_train, [pair("a", "b")] * n_dev)
    assert all(counts(report, scope) == {} for scope in SCOPES)
    assert (report.n_train, report.n_leaked, report.sets[0].n_rows) == (n_train, 0, n_dev)
    assert check_leakage([pair("a", "b")], {}).sets == ()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("action", "ignore", "refuse, drop, report"),
        ("scope", "both", "pair, text1, text2, text"),
        ("kinds", ("same",), "exact, normalised"),
        ("jaccard", 0.0, "above 0"),
        ("cosine", 1.5, "at most 1"),
        ("ngram_words", 0, "at least 1"),
    ],
)
def test_options_out_of_range_are_refused(name: str, value: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LeakageOptions(**{name: value})  # type: ignore[arg-type]


WORDS = st.lists(st.sampled_from(["a", "B", "c.", "b"]), min_size=1, max_size=4).map(" ".join)
ROWS = st.lists(st.builds(pair, WORDS, WORDS), max_size=12)


@given(ROWS, ROWS, st.booleans())
def test_exact_and_normalised_pairs_are_those_that_comparing_all_rows_finds(
    train: list[LabelledPair], dev: list[LabelledPair], symmetric: bool
) -> None:
    def key(row: LabelledPair) -> tuple[str, str]:
        return text_key(compared_tokens(row.text1)), text_key(compared_tokens(row.text2))

    def same(one: LabelledPair, other: LabelledPair) -> bool:
        return key(one) == key(other) or (symmetric and key(one) == key(other)[::-1])

    def exact(one: LabelledPair, other: LabelledPair) -> bool:
        pairs = (other.text1, other.text2), (other.text2, other.text1)
        return (one.text1, one.text2) in pairs[: 1 + symmetric]

    report = check(train, dev, symmetric=symmetric)
    found = report.sets[0].counts["pair"]
    assert report.leaked_rows.tolist() == [i for i, row in enumerate(train) if any(same(row, d) for d in dev)]
    assert found["exact"].held_out == sum(any(exact(row, t) for t in train) for row in dev)
    assert report.sets[0].held_out_rows("pair", ("exact", "normalised")) == sum(
        any(same(row, t) for t in train) for row in dev
    )


@given(ROWS, ROWS)
def test_every_row_is_counted_once_a_scope_and_the_same_input_gives_the_same_report(
    train: list[LabelledPair], dev: list[LabelledPair]
) -> None:
    report = check(train, dev)
    for scope in SCOPES:
        assert sum(report.sets[0].counts[scope][kind].held_out for kind in STRONGEST_FIRST) <= len(dev)
    assert report.sets[0].held_out_rows("text") >= report.sets[0].held_out_rows("pair")
    assert check(train, dev).to_dict() == report.to_dict()

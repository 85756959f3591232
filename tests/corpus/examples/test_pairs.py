"""Labelled pairs from files of every format."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.corpus.examples import (
    LabelledPair,
    ReadCount,
    canonical_label,
    example_record,
    read_any_pairs,
    read_nli,
    read_pair_records,
    read_relevance,
    read_scored_pairs,
)
from simengine.errors import DataError, UsageError

Write = Callable[[str, "str | bytes"], Path]


def rows(*records: dict[str, object]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("premise", "hypothesis", "label"),
        ("sentence1", "sentence2", "gold_label"),
        ("text1", "text2", "label"),
    ],
)
def test_nli_pairs_of_the_usual_names_in_every_format(
    write: Write, first: str, second: str, third: str
) -> None:
    jsonl = rows(
        {first: "a b", second: "c", third: "neutral"}, {third: "Entailment", second: "e", first: "d"}
    )
    expected = [("a b", "c", "neutral", 1), ("d", "e", "entailment", 2)]
    gz = write("p.jsonl.gz", gzip.compress(jsonl.encode()))
    for path, shift in [
        (write("p.jsonl", jsonl), 0),
        (gz, 0),
        (write("p.csv", f"{first},{third},{second}\na b,neutral,c\nd,ENTAILMENT,e\n"), 1),
        (write("p.tsv", f"{first}\t{second}\t{third}\na b\tc\tneutral\nd\te\tentailment\n"), 1),
        (write("bare.tsv", "a b\tc\tneutral\nd\te\tentailment\n"), 0),
    ]:
        found = list(read_nli(path))
        assert [(p.text1, p.text2, p.label, p.line - shift) for p in found] == expected
        assert {p.source for p in found} == {str(path)}
        assert [p.score for p in found] == [None, None]


def test_nli_pairs_from_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "p.parquet"
    table = pyarrow.table({"premise": ["a", "b"], "hypothesis": ["c", "d"], "label": ["neutral", None]})
    parquet.write_table(table, path)
    assert list(read_nli(path)) == [LabelledPair("a", "c", "neutral", None, str(path), 1)]


def test_pairs_without_a_gold_label_are_left_out_and_counted(write: Write) -> None:
    pair = {"sentence1": "a", "sentence2": "b"}
    path = write(
        "p.jsonl",
        rows(*({**pair, "gold_label": label} for label in ("-", "neutral", "", None))),
    )
    count = ReadCount()
    assert [pair.line for pair in read_nli(path, count=count)] == [2]
    assert (count.records, count.accepted, count.rejected) == (4, 1, 3)
    assert count.reasons == {"no gold label": 3}
    assert count.examples[0].line == 1


def test_a_file_without_any_gold_label_is_an_error(write: Write) -> None:
    path = write("p.jsonl", rows({"premise": "a", "hypothesis": "b", "label": "-"}))
    with pytest.raises(DataError, match="none of the 1 pairs has a gold label"):
        list(read_nli(path))


def test_extra_keeps_other_fields_but_not_the_same_pair_twice(write: Write) -> None:
    record = {"premise": "a", "hypothesis": "b", "label": "neutral", "score": 3.5, "id": "4"}
    path = write(
        "p.jsonl", rows({**record, "text1": "a", "text2": "b"}, {**record, "text1": "a", "text2": "z"})
    )
    same, other = read_nli(path)
    assert same == LabelledPair("a", "b", "neutral", 3.5, str(path), 1, {"id": "4"})
    assert other.extra == {"id": "4", "text1": "a", "text2": "z"}


def test_graded_pairs_keep_a_label_of_text_beside_their_score(write: Write) -> None:
    record = {"premise": "a", "hypothesis": "b", "label": "neutral", "score": 3}
    path = write("p.jsonl", rows(record))
    assert list(read_scored_pairs(path)) == [LabelledPair("a", "b", "neutral", 3.0, str(path), 1)]


def test_a_score_is_found_under_its_usual_names_or_the_one_given(write: Write) -> None:
    pair = {"text1": "a", "text2": "b"}
    path = write(
        "p.jsonl",
        rows({**pair, "score": 4.75, "x": 1}, {**pair, "similarity": 0, "x": 2}, {**pair, "label": 1}),
    )
    assert [p.score for p in read_scored_pairs(path)] == [4.75, 0.0, 1.0]
    path = write("q.csv", "text1,text2,score,x\na,b,1,0.25\na,b,2,\n")
    count = ReadCount()
    found = list(read_scored_pairs(path, fields=("text1", "text2", "x"), count=count))
    assert [(p.score, p.extra) for p in found] == [(0.25, {"score": 1})]
    assert count.reasons == {"no gold label": 1}


def test_relevance_is_a_label_and_a_score_and_keeps_the_query_id(write: Write) -> None:
    pair = {"text1": "q", "text2": "p", "qid": "7"}
    path = write("p.jsonl", rows({**pair, "label": 1}, {**pair, "label": 0}, {**pair, "label": False}))
    assert [(p.label, p.score, p.extra) for p in read_relevance(path)] == [
        ("1", 1.0, {"qid": "7"}),
        ("0", 0.0, {"qid": "7"}),
        ("0", 0.0, {"qid": "7"}),
    ]
    path = write("p.csv", "qid,question,passage,label\n7,q,p,1\n")
    (pair_,) = read_relevance(path)
    assert (pair_.text1, pair_.text2, pair_.label, pair_.extra) == ("q", "p", "1", {"qid": 7})


@pytest.mark.parametrize(
    ("record", "line", "message"),
    [
        ({"label": "maybe"}, 2, "'maybe'; known labels are entailment, neutral, contradiction"),
        ({"label": 0}, 2, "what a number stands for"),
        ({"label": ["neutral"]}, 2, "unknown label"),
        ({"label": "neutral", "premise": " "}, 2, "'premise' is blank"),
        ({"label": "neutral", "premise": 5}, 2, "expected a string"),
        ({"label": "neutral", "premise": "\0"}, 2, "NUL byte"),
        ({"label": "neutral", "premise": "\ud800"}, 2, "surrogate"),
        ({}, 2, "expected the field gold_label, label"),
    ],
)
def test_a_bad_nli_pair_names_file_and_line(
    write: Write, record: dict[str, object], line: int, message: str
) -> None:
    good = {"premise": "a", "hypothesis": "b"}
    path = write("p.jsonl", rows({**good, "label": "neutral"}, {**good, **record}))
    with pytest.raises(DataError, match=message) as caught:
        list(read_nli(path))
    assert (caught.value.source, caught.value.line) == (str(path), line)


@pytest.mark.parametrize(
    ("reader", "content", "message"),
    [
        (read_nli, "text1,text2,label\na,b,0\n", "what a number stands for"),
        (read_nli, "text1,text2,label\na,b\n", "2 fields"),
        (read_scored_pairs, "text1,text2,score\na,b,high\n", "expected a number"),
        (read_relevance, "text1,text2,label\na,b,2\n", r"expected 1 \(relevant\) or 0"),
        (read_relevance, "text1,text2,label\na,b,yes\n", "expected a number"),
    ],
)
def test_a_bad_row_of_a_table_names_file_and_line(
    write: Write, reader: Callable[[Path], object], content: str, message: str
) -> None:
    path = write("p.csv", content)
    with pytest.raises(DataError, match=message) as caught:
        list(reader(path))  # type: ignore[call-overload]
    assert (caught.value.source, caught.value.line) == (str(path), 2)


@pytest.mark.parametrize(
    ("spelled", "label"),
    [
        ("contradictory", "contradiction"),
        ("Contradicts", "contradiction"),
        ("CONTRADICT ", "contradiction"),
        (" c", "contradiction"),
        ("矛盾", "contradiction"),
        ("entails", "entailment"),
        ("entail", "entailment"),
        ("Entailed", "entailment"),
        ("蕴含", "entailment"),
        ("neutrality", "neutral"),
        ("N", "neutral"),
        ("中立", "neutral"),
    ],
)
def test_nli_labels_are_known_in_the_spellings_that_models_use(
    write: Write, spelled: str, label: str
) -> None:
    path = write("p.jsonl", rows({"premise": "a", "hypothesis": "b", "label": spelled}))
    assert [p.label for p in read_nli(path)] == [label] == [canonical_label(spelled)]


@pytest.mark.parametrize("spelled", ["not_entailment", "2", "positive", "no contradiction", "LABEL_0"])
def test_what_is_no_spelling_of_a_label_is_refused(write: Write, spelled: str) -> None:
    path = write("p.jsonl", rows({"premise": "a", "hypothesis": "b", "label": spelled}))
    with pytest.raises(DataError, match="known labels are entailment, neutral, contradiction"):
        list(read_nli(path))


def test_a_wrong_number_of_field_names_is_refused(write: Write) -> None:
    path = write("p.jsonl", rows({"text1": "a", "text2": "b", "label": "neutral"}))
    with pytest.raises(UsageError, match="expected 2 or 3 different names"):
        list(read_nli(path, fields=("text1",)))


def test_files_that_hold_no_pairs_are_refused(write: Write) -> None:
    with pytest.raises(DataError, match="the file holds no records"):
        list(read_nli(write("p.jsonl", "\n")))
    with pytest.raises(DataError, match="a text file holds no pairs"):
        list(read_nli(write("p.txt", "a b c\n")))


def test_reading_is_streamed(write: Write) -> None:
    good = json.dumps({"text1": "a", "text2": "b", "label": "neutral"})
    first = next(read_nli(write("p.jsonl", f"{good}\nbroken\n")))
    assert first.line == 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    lambda text: not text.isspace()
)


@given(TEXTS, TEXTS, st.sampled_from(["entailment", "neutral"]), st.none() | st.floats(0, 5))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, text1: str, text2: str, label: str, score: float | None
) -> None:
    path = tmp_path_factory.mktemp("pairs") / "p.jsonl"
    pair = LabelledPair(text1, text2, label, score, str(path), 1, {"x": [1, None]})
    path.write_text(json.dumps(example_record(pair)) + "\n")
    assert list(read_nli(path)) == [pair]


def test_a_relevance_pair_that_is_written_is_read_back(write: Write) -> None:
    path = write("p.jsonl", rows({"text1": "q", "text2": "p", "label": 1, "qid": "7"}))
    (pair,) = read_relevance(path)
    assert example_record(pair) == {"text1": "q", "text2": "p", "label": 1, "qid": "7"}


def test_pairs_of_any_task_keep_what_label_and_score_they_have(write: Write) -> None:
    path = write(
        "p.jsonl",
        rows(
            {"premise": "a", "hypothesis": "b", "label": "-"},
            {"question": "a", "answer": "b", "label": 1, "qid": "7"},
            {"text1": "a", "text2": "b", "score": 4, "label": "neutral"},
            {"anchor": "a", "positive": "b"},
            {"sentence1": "a", "sentence2": "b", "gold_label": "maybe", "label": 2.0},
        ),
    )
    found = list(read_any_pairs(path))
    assert [(p.text1, p.text2, p.line) for p in found] == [("a", "b", line) for line in range(1, 6)]
    assert [(p.label, p.score) for p in found] == [
        (None, None),
        ("1", None),
        ("neutral", 4.0),
        (None, None),
        ("maybe", None),
    ]
    assert [p.extra for p in found] == [{}, {"qid": "7"}, {}, {}, {"label": 2.0}]


def test_records_of_pairs_keep_their_own_names_and_their_texts_as_text(write: Write) -> None:
    path = write("p.csv", "question,answer,label\nwhen,2012,1\nwho,she,0\n")
    assert list(read_pair_records(path)) == [
        (2, {"question": "when", "answer": "2012", "label": 1}),
        (3, {"question": "who", "answer": "she", "label": 0}),
    ]

"""A first row that may be a header of unknown names is refused; data beyond doubt is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.examples import read_nli, read_relevance, read_scored_pairs, read_triplets
from simengine.corpus.pairs import Pair, read_pairs
from simengine.corpus.queries import Query, read_queries
from simengine.errors import DataError
from simengine.recommend.interaction_files import read_interactions

Write = Callable[[str, "str | bytes"], Path]


@pytest.mark.parametrize(
    ("read", "header", "row"),
    [
        (read_pairs, "id,question_a,question_b", "1,how are you?,what is up?"),
        (read_pairs, "left,right", "how are you?,what is up?"),
        (read_pairs, "Sentence A,Sentence B", "how are you?,what is up?"),
        (read_pairs, "问题一,问题二", "猫喜欢睡觉,狗喜欢睡觉"),
        (read_pairs, "1,how are you?,what is up?", "2,a,b"),
        (read_pairs, "how are you?,what is up?,other text", "a,b,c"),
        (read_pairs, "a b?,c d?,0.5,x", "a,b,1,y"),
        (read_nli, "prem,hyp,gold", "It rains.,It is wet.,neutral"),
        (read_scored_pairs, "s_a,s_b,gold", "It rains.,It is wet.,3"),
        (read_relevance, "ask,reply,good", "It rains?,It is wet.,1"),
        (read_triplets, "base,near,far", "It rains.,It is wet.,Cats purr."),
        (read_queries, "key,phrase", "q1,how are you"),
        (read_interactions, "customer,product,stars_given", "u1,i1,5"),
        (read_interactions, "customer,product", "u1,i1"),
    ],
)
def test_an_unknown_header_is_refused_with_its_columns(
    write: Write, read: Callable[[Path], object], header: str, row: str
) -> None:
    path = write("t.csv", f"{header}\n{row}\n")
    with pytest.raises(DataError, match="unknown header: the first row is ") as caught:
        list(read(path))  # type: ignore[call-overload]
    assert (caught.value.source, caught.value.line) == (str(path), 1)
    assert all(repr(name) in caught.value.reason for name in header.split(","))
    assert "If that row is data, put a header such as" in caught.value.reason


@pytest.mark.parametrize(
    ("content", "pairs"),
    [
        ("How are you?,Fine.\n", [Pair("How are you?", "Fine.")]),
        ("a long text of many words,b\n", [Pair("a long text of many words", "b")]),
        ("猫喜欢在阳光下睡觉,狗\n", [Pair("猫喜欢在阳光下睡觉", "狗")]),
        ("cats,dogs,0.25\n", [Pair("cats", "dogs", {"score": 0.25})]),
    ],
)
def test_a_table_without_a_header_is_read_where_its_first_row_is_data(
    write: Write, content: str, pairs: list[Pair]
) -> None:
    assert list(read_pairs(write("p.csv", content))) == pairs


def test_short_ids_and_labels_are_data(write: Write) -> None:
    assert list(read_queries(write("q.tsv", "q1\tcats\n"))) == [Query("q1", "cats")]
    assert read_interactions(write("i.csv", "u1,i1\nu2,00501\n")).item_ids.tolist() == ["i1", "00501"]
    (pair,) = read_nli(write("n.tsv", "cats\tdogs\tNeutral\n"))
    assert (pair.text1, pair.text2, pair.label) == ("cats", "dogs", "neutral")


def test_two_names_leave_the_label_to_the_usual_ones(write: Write) -> None:
    path = write("n.csv", "p,h,gold_label,g\na,b,neutral,entailment\n")
    assert [pair.label for pair in read_nli(path, fields=("p", "h"))] == ["neutral"]
    assert [pair.label for pair in read_nli(path, fields=("p", "h", "g"))] == ["entailment"]
    path = write("r.csv", "q,d,score\na,b,1\n")
    assert [pair.score for pair in read_relevance(path, fields=("q", "d"))] == [1.0]


def test_other_columns_of_pairs_have_one_type_and_row_numbers_are_left_out(write: Write) -> None:
    path = write("p.csv", ",text1,text2,code,n\n0,1,2,00501,1\n1,3,4,7,2.5\n")
    assert list(read_pairs(path)) == [
        Pair("1", "2", {"code": "00501", "n": 1}),
        Pair("3", "4", {"code": "7", "n": 2.5}),
    ]


@pytest.mark.parametrize("cell", ["0.50", "+1", ".5", "1e0"])
def test_a_score_may_be_spelled_in_any_usual_way(write: Write, cell: str) -> None:
    (pair,) = read_scored_pairs(write("s.csv", f"text1,text2,score\na,b,{cell}\n"))
    assert pair.score == float(cell)

"""Pairs from files of every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.pairs import Pair, read_pairs
from simengine.errors import DataError, UsageError

Write = Callable[[str, "str | bytes"], Path]
PAIRS = [Pair("a b", "c", {"score": 0.5}), Pair("d", "e", {"score": 1})]


@pytest.mark.parametrize(
    "names", ["text1 text2", "sentence1 sentence2", "premise hypothesis", "query passage"]
)
def test_pairs_of_the_usual_names(write: Write, names: str) -> None:
    first, second = names.split()
    lines = f'{{"{first}": "a b", "{second}": "c", "score": 0.5}}\n{{"score": 1, "{second}": "e", "{first}": "d"}}'
    assert list(read_pairs(write("p.jsonl", lines))) == PAIRS
    assert list(read_pairs(write("p.csv", f"{first},score,{second}\na b,0.5,c\nd,1,e\n"))) == PAIRS
    assert list(read_pairs(write("p.tsv", f"{first}\t{second}\tscore\na b\tc\t0.5\nd\te\t1\n"))) == PAIRS


def test_tables_without_a_header_are_text_text_score(write: Write) -> None:
    assert list(read_pairs(write("p.tsv", "a b\tc\t0.5\nd\te\t1\n"))) == PAIRS
    assert list(read_pairs(write("q.csv", "a b.,b\nc,d\n"))) == [Pair("a b.", "b"), Pair("c", "d")]


def test_other_field_names_can_be_given(write: Write) -> None:
    path = write("p.csv", "x,y,text1,text2\na,b,c,d\n")
    assert list(read_pairs(path, fields=("x", "y"))) == [Pair("a", "b", {"text1": "c", "text2": "d"})]
    with pytest.raises(UsageError, match="both texts"):
        list(read_pairs(path, fields=("x", "x")))


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("p.jsonl", '{"text1": "a", "text2": "b"}\n{"text1": "a"}', 2, "expected the fields"),
        ("p.jsonl", '{"text1": "a", "text2": " "}', 1, "'text2' is blank"),
        ("p.jsonl", '{"text1": "a", "text2": 5}', 1, "expected a string"),
        ("p.jsonl", '{"text1": "a", "text2": "\\u0000"}', 1, "NUL byte"),
        ("p.jsonl", '{"text1": "a", "text2": "\\ud800"}', 1, "unpaired surrogate"),
        ("p.csv", "text1,text2\na,b\na\n", 3, "1 fields"),
        ("p.csv", "only one\n", 1, "unknown header: the first row is 'only one'"),
        ("p.csv", "text1,text2\n", None, "no pairs"),
        ("p.txt", "a b\n", None, "has no pairs"),
    ],
)
def test_bad_pairs_name_file_and_line(
    write: Write, name: str, content: str, line: int | None, message: str
) -> None:
    path = write(name, content)
    with pytest.raises(DataError, match=message) as caught:
        list(read_pairs(path))
    assert (caught.value.source, caught.value.line) == (str(path), line)

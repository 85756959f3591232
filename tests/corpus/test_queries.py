"""Queries from files of every format."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.queries import Query, read_queries
from simengine.errors import DataError

Write = Callable[[str, "str | bytes"], Path]
QUERIES = [Query("q1", "what is it"), Query("q2", "中文")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("q.jsonl", '{"_id": "q1", "text": "what is it", "n": 1}\n{"_id": "q2", "text": "中文"}\n'),
        ("q.jsonl", '{"qid": "q1", "query": "what is it"}\n{"query_id": "q2", "question": "中文"}\n'),
        ("q.tsv", "q1\twhat is it\nq2\t中文\n"),
        ("q.tsv", "qid\ttext\nq1\twhat is it\nq2\t中文\n"),
        ("q.csv", "query,id\nwhat is it,q1\n中文,q2\n"),
    ],
)
def test_queries_of_every_format(write: Write, name: str, content: str) -> None:
    assert list(read_queries(write(name, content))) == QUERIES
    assert list(read_queries(write(name + ".gz", gzip.compress(content.encode())))) == QUERIES


def test_plain_text_queries_are_named_by_their_line(write: Write) -> None:
    assert list(read_queries(write("q.txt", "one\n\ntwo"))) == [Query("1", "one"), Query("3", "two")]


def test_standard_input_holds_a_query_per_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(DataError, match=r"^<stdin>: no queries"):
        list(read_queries("-"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    assert list(read_queries("-")) == [Query("1", "one"), Query("2", "two")]


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("q.jsonl", '{"_id": "a", "text": "x"}\nbroken', 2, "broken JSON"),
        ("q.jsonl", '{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}', 2, "first given at line 1"),
        ("q.jsonl", '{"_id": "a", "text": " "}', 1, "empty text"),
        ("q.jsonl", '{"_id": "a", "title": "T", "text": ""}', 1, "empty text"),
        ("q.jsonl", '{"_id": "a", "tekst": "y"}', 1, "did you mean 'tekst'"),
        ("q.tsv", "q1\ta\nq2\n", 2, "1 fields"),
        ("q.txt", b"ok\n\xff\n", 2, "wrong encoding"),
        ("q.txt", "\n", None, "no queries"),
    ],
)
def test_bad_queries_name_file_and_line(
    write: Write, name: str, content: str | bytes, line: int | None, message: str
) -> None:
    path = write(name, content)
    with pytest.raises(DataError, match=message) as caught:
        list(read_queries(path))
    assert (caught.value.source, caught.value.line) == (str(path), line)

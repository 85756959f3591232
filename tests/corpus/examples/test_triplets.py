"""Triplets from files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.examples import Triplet, example_record, read_triplets
from simengine.errors import DataError

Write = Callable[[str, "str | bytes"], Path]


def test_triplets_of_the_usual_names(write: Write) -> None:
    path = write(
        "t.jsonl", '{"anchor": "a", "positive": "b", "negative": "c"}\n{"query": "d", "pos": "e", "neg": "f"}'
    )
    triplets = [Triplet("a", "b", "c", str(path), 1), Triplet("d", "e", "f", str(path), 2)]
    assert list(read_triplets(path)) == triplets
    path = write("t.tsv", "a.\tb\tc\nd\te\tf\n")
    assert [(t.anchor, t.positive, t.negative) for t in read_triplets(path)] == [
        ("a.", "b", "c"),
        ("d", "e", "f"),
    ]
    path = write("t.csv", "x,y,z\na,b,c\n")
    assert list(read_triplets(path, fields=("z", "y", "x"))) == [Triplet("c", "b", "a", str(path), 2)]


def test_a_broken_triplet_names_file_and_line(write: Write) -> None:
    path = write("t.jsonl", '{"anchor": "a", "positive": "b", "negative": ""}\n')
    with pytest.raises(DataError, match="'negative' is blank") as caught:
        list(read_triplets(path))
    assert (caught.value.source, caught.value.line) == (str(path), 1)
    with pytest.raises(DataError, match="expected the fields anchor/positive/negative"):
        list(read_triplets(write("t.tsv", "a.\tb\n")))


def test_a_triplet_that_is_written_is_read_back(write: Write) -> None:
    record = example_record(Triplet("a", "b", "c"))
    (found,) = read_triplets(write("t.jsonl", json.dumps(record)))
    assert (found.anchor, found.positive, found.negative) == ("a", "b", "c")

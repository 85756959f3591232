"""Tagged sentences from JSON Lines and CoNLL."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.examples import ReadCount, TaggedSentence, read_tagging
from simengine.errors import DataError

Write = Callable[[str, "str | bytes"], Path]


def test_jsonl_holds_tokens_and_tags(write: Write) -> None:
    path = write(
        "t.jsonl",
        '{"tokens": ["New", "York"], "tags": ["B-loc", "I-loc"]}\n\n{"tokens": ["."], "ner_tags": ["O"]}',
    )
    assert list(read_tagging(path)) == [
        TaggedSentence(("New", "York"), ("B-loc", "I-loc"), str(path), 1),
        TaggedSentence((".",), ("O",), str(path), 3),
    ]


@pytest.mark.parametrize("name", ["t.conll", "t.txt", "t.tsv", "t.conll.gz"])
def test_conll_has_a_token_a_line_and_blank_lines_between_sentences(write: Write, name: str) -> None:
    text = "-DOCSTART-\tO\n\n# a comment\nNew\tB-loc\nYork\tI-loc\n \n\n#\tO\n"
    content = gzip.compress(text.encode()) if name.endswith(".gz") else text
    path = write(name, content)
    count = ReadCount()
    assert list(read_tagging(path, count=count)) == [
        TaggedSentence(("New", "York"), ("B-loc", "I-loc"), str(path), 4),
        TaggedSentence(("#",), ("O",), str(path), 8),
    ]
    assert count.accepted == 2


def test_conll_takes_the_first_and_the_last_of_its_columns(write: Write) -> None:
    path = write("t.conll", "EU NNP B-NP B-ORG\r\nrejects VBZ B-VP O\r\n")
    assert list(read_tagging(path)) == [TaggedSentence(("EU", "rejects"), ("B-ORG", "O"), str(path), 1)]


def test_a_hash_is_a_token_where_columns_are_separated_by_spaces(write: Write) -> None:
    path = write("t.conll", "a O\n# O\n")
    assert [s.tokens for s in read_tagging(path)] == [("a", "#")]


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("t.jsonl", '{"tokens": ["a"], "tags": []}', 1, "an empty list"),
        ("t.jsonl", '{"tokens": ["a"], "tags": ["O", "O"]}', 1, "1 tokens and 2 tags"),
        ("t.jsonl", '{"tokens": ["a", " "], "tags": ["O", "O"]}', 1, "at position 2"),
        ("t.jsonl", '{"tokens": "a", "tags": ["O"]}', 1, "expected a list"),
        ("t.jsonl", '{"words": ["a"]}', 1, "expected the fields tokens/tags"),
        ("t.conll", "a O\nb\n", 2, "expected a token and its tag"),
        ("t.conll", "a O\nb X O\n", 2, "3 columns, the rows before have 2"),
        ("t.conll", "a\t\n", 1, "token or tag is blank"),
        ("t.conll", b"a O\n\xff O\n", 2, "not valid utf-8"),
        ("t.conll", "\n\n", None, "no records"),
    ],
)
def test_a_broken_sentence_names_file_and_line(
    write: Write, name: str, content: str | bytes, line: int | None, message: str
) -> None:
    path = write(name, content)
    with pytest.raises(DataError, match=message) as caught:
        list(read_tagging(path))
    assert (caught.value.source, caught.value.line) == (str(path), line)

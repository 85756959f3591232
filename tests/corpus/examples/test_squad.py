"""Reading comprehension in the form of SQuAD."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.examples import ReadCount, ReadingExample, read_squad
from simengine.corpus.examples.squad import ABSENT_ANSWER, EMPTY_ANSWER, MOVED_ANSWER, REPEATED_ID
from simengine.errors import DataError

Write = Callable[[str, "str | bytes"], Path]
CONTEXT = "The cat sat. The dog sat, too."


def squad(*questions: object, title: str | None = "Animals", context: object = CONTEXT) -> str:
    article = {"paragraphs": [{"context": context, "qas": list(questions)}]}
    return json.dumps(
        {"version": "v2.0", "data": [article if title is None else {"title": title, **article}]}
    )


def ask(identity: object, *answers: tuple[int, str], **more: object) -> dict[str, object]:
    marked = [{"text": text, "answer_start": start} for start, text in answers]
    return {"id": identity, "question": "Who sat?", "answers": marked, **more}


@pytest.mark.parametrize("name", ["s.json", "s.json.gz"])
def test_questions_keep_their_answers_and_whether_there_is_one(write: Write, name: str) -> None:
    text = squad(
        ask("1", (4, "cat"), (4, "cat"), is_impossible=False), ask("2", is_impossible=True), ask("3")
    )
    path = write(name, gzip.compress(text.encode()) if name.endswith("gz") else text)
    both = ((4, "cat"), (4, "cat"))
    assert list(read_squad(path)) == [
        ReadingExample("1", "Animals", CONTEXT, "Who sat?", both, False, str(path)),
        ReadingExample("2", "Animals", CONTEXT, "Who sat?", (), True, str(path)),
        ReadingExample("3", "Animals", CONTEXT, "Who sat?", (), False, str(path)),
    ]


def test_an_answer_beside_its_offset_is_moved_to_the_nearest_place(write: Write) -> None:
    count = ReadCount()
    path = write(
        "s.json", squad(ask("1", (7, "sat")), ask("2", (30, "sat")), ask("3", (-1, "cat")), title=None)
    )
    found = list(read_squad(path, count=count))
    assert [example.answers for example in found] == [((8, "sat"),), ((21, "sat"),), ((4, "cat"),)]
    assert [example.title for example in found] == ["", "", ""]
    assert count.mended == {MOVED_ANSWER: 3}


def test_an_answer_that_stands_nowhere_keeps_its_text(write: Write) -> None:
    count = ReadCount()
    (example,) = read_squad(write("s.json", squad(ask("1", (4, "bird"), (0, " ")))), count=count)
    assert example.answers == ((-1, "bird"),)
    assert count.mended == {ABSENT_ANSWER: 1, EMPTY_ANSWER: 1}


def test_repeated_ids_are_made_unique(write: Write) -> None:
    count = ReadCount()
    path = write("s.json", squad(ask("a#2"), ask("a"), ask("a"), ask("a"), ask(7)))
    assert [example.id for example in read_squad(path, count=count)] == ["a#2", "a", "a#3", "a#4", "7"]
    assert count.mended == {REPEATED_ID: 2}


def test_a_question_without_text_is_left_out_and_counted(write: Write) -> None:
    count = ReadCount()
    path = write("s.json", squad({**ask("1"), "question": " "}, ask("2")))
    assert [example.id for example in read_squad(path, count=count)] == ["2"]
    assert (count.accepted, count.rejected, count.reasons) == (1, 1, {"blank question": 1})
    assert count.examples[0].reason.endswith("data[0].paragraphs[0].qas[0]")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ('{"data":\n [,]}', 2, "broken JSON"),
        ("[]", None, "expected an object, got list"),
        ('{"version": 1}', None, "no 'data'"),
        ('{"data": []}', None, "no questions"),
        ('{"data": [{"title": "x"}]}', None, r"data\[0\]: no 'paragraphs'"),
        (squad(ask("1"), context=5), None, r"paragraphs\[0\]: 'context' is int"),
        (squad(ask("1"), context=" "), None, "'context' is blank"),
        (squad(ask("1"), ask(None)), None, r"qas\[1\]: 'id' is NoneType"),
        (squad(ask("1", is_impossible="no")), None, "'is_impossible' is str"),
        (squad(ask("1", (4, "cat"), is_impossible=True)), None, "there are 1 answers"),
        (
            squad({**ask("1"), "answers": [{"text": "cat", "answer_start": True}]}),
            None,
            "'answer_start' is bool",
        ),
        (squad({**ask("1"), "question": "\ud800"}), None, "surrogate"),
        (squad(ask("\ud800")), None, r"qas\[0\]: 'id' contains half of a surrogate pair"),
        (squad(ask("1"), title="\ud800"), None, r"data\[0\]: 'title' contains half of a surrogate pair"),
        (squad(ask("1", (0, "\ud800"))), None, r"answers\[0\]: 'text' contains half of a surrogate pair"),
        ('{"data": ' + "[" * 100_000, None, "nested more than 100 deep"),
        (b"\xff", None, "not valid utf-8"),
    ],
)
def test_a_broken_file_names_the_part(
    write: Write, content: str | bytes, line: int | None, message: str
) -> None:
    path = write("s.json", content)
    with pytest.raises(DataError, match=message) as caught:
        list(read_squad(path))
    assert (caught.value.source, caught.value.line) == (str(path), line)

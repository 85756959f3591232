"""Reading comprehension in the JSON of SQuAD 1.1 and 2.0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

from simengine.corpus.examples.kinds import ReadCount, ReadingExample
from simengine.corpus.lines import decode, read_chunks
from simengine.corpus.report import RecordFault
from simengine.corpus.sources import expand_sources, shown_name
from simengine.errors import DataError
from simengine.text.checks import parse_json

T = TypeVar("T")
BLANK_QUESTION = "blank question"
MOVED_ANSWER = "answer moved to where it stands"
ABSENT_ANSWER = "answer not in its context"
EMPTY_ANSWER = "empty answer left out"
REPEATED_ID = "repeated id made unique"


def read_squad(path: str | Path, *, count: ReadCount | None = None) -> Iterator[ReadingExample]:
    """Yield the questions of a SQuAD file (1.1, 2.0 and sets in their form) in order.

    The file is one JSON value and is read whole. What published files get wrong is put right and counted in
    `count.mended`: an answer that does not stand at its offset is moved to the nearest place where it does, or
    gets the start -1 where there is none; answers without text are left out; a repeated id gets "#2", "#3", ...
    Questions without text are left out and counted in `count.reasons`.

    Args:
        path: a file of JSON, also with .gz or .zst; "-" is standard input.
        count: filled as questions are taken.

    Raises:
        DataError: the file cannot be used, or a part of it is not what SQuAD has there; names the file and the
            part ("data[3].paragraphs[0].qas[2]").
    """
    count = ReadCount() if count is None else count
    before = count.accepted
    for file in expand_sources([path], "txt-file", count):
        root = _parse(b"".join(read_chunks(file, count)), file.name)
        reader = _Reader(file.name, count)
        for number, article in enumerate(reader.member(root, "", "data", list)):
            yield from reader.article(article, f"data[{number}]")
    if count.accepted == before:
        raise DataError("no questions: the file holds none", shown_name(path))


def _parse(content: bytes, name: str) -> object:
    try:
        return parse_json(decode(content, "utf-8", 0).removeprefix("\ufeff"))
    except RecordFault as fault:
        raise DataError(fault.reason, name) from fault
    except json.JSONDecodeError as error:
        raise DataError(f"broken JSON: {error.msg} at column {error.colno}", name, error.lineno) from error
    except ValueError as error:
        raise DataError(f"broken JSON: {error}", name) from error


class _Reader:
    """Walks one file and knows where it is."""

    def __init__(self, name: str, count: ReadCount) -> None:
        self._name, self._count = name, count
        self._times: dict[str, int] = {}
        self._n_questions = 0

    def fail(self, where: str, what: str) -> NoReturn:
        raise DataError(f"{where or 'the file'}: {what}", self._name)

    def member(self, value: object, where: str, key: str, kind: type[T]) -> T:
        """A required member of an object, of the type that SQuAD has there."""
        if not isinstance(value, dict):
            self.fail(where, f"expected an object, got {type(value).__name__}")
        if key not in value:
            shown = ", ".join(repr(name) for name in value)
            self.fail(where, f"no {key!r}, as SQuAD has there; the object has {shown or 'nothing'}")
        found = value[key]
        if not isinstance(found, kind) or isinstance(found, bool) is not (kind is bool):
            self.fail(where, f"{key!r} is {type(found).__name__} {found!r:.40}; expected {kind.__name__}")
        if isinstance(found, str):
            self._encodable(found, where, key)
        return found

    def _encodable(self, text: str, where: str, key: str) -> str:
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail(where, f"{key!r} holds half of a surrogate pair, which is no character")
        return text

    def article(self, article: object, where: str) -> Iterator[ReadingExample]:
        paragraphs = self.member(article, where, "paragraphs", list)
        title = str(article.get("title") or "") if isinstance(article, dict) else ""
        self._encodable(title, where, "title")
        for number, paragraph in enumerate(paragraphs):
            place = f"{where}.paragraphs[{number}]"
            context = self._text(paragraph, place, "context")
            for position, question in enumerate(self.member(paragraph, place, "qas", list)):
                example = self._question(question, f"{place}.qas[{position}]", title, context)
                if example is not None:
                    yield example

    def _text(self, value: object, where: str, key: str) -> str:
        text = self.member(value, where, key, str)
        if not text.strip():
            self.fail(where, f"{key!r} is blank")
        return text

    def _question(self, value: object, where: str, title: str, context: str) -> ReadingExample | None:
        self._n_questions += 1
        text = self.member(value, where, "question", str)
        if not text.strip():
            fault = RecordFault(BLANK_QUESTION, where)
            self._count.reject(self._name, self._n_questions, fault)
            return None
        self._text(value, where, "question")
        impossible = isinstance(value, dict) and "is_impossible" in value
        impossible = impossible and self.member(value, where, "is_impossible", bool)
        answers = self._answers(value, where, context)
        if impossible and answers:
            self.fail(where, f"'is_impossible' is true, and there are {len(answers)} answers")
        self._count.accept()
        return ReadingExample(
            self._id(value, where), title, context, text, answers, impossible, source=self._name
        )

    def _id(self, value: object, where: str) -> str:
        found = value.get("id") if isinstance(value, dict) else None
        if isinstance(found, bool) or not isinstance(found, (str, int)) or found == "":
            self.fail(where, f"'id' is {type(found).__name__} {found!r:.40}; expected a string or an integer")
        identity = self._encodable(str(found), where, "id")
        times = self._times[identity] = self._times.get(identity, 0) + 1
        if times == 1:
            return identity
        self._count.mended[REPEATED_ID] += 1
        while (made := f"{identity}#{times}") in self._times:
            times += 1
        self._times[identity], self._times[made] = times, 1
        return made

    def _answers(self, value: object, where: str, context: str) -> tuple[tuple[int, str], ...]:
        found: list[tuple[int, str]] = []
        for number, answer in enumerate(self.member(value, where, "answers", list)):
            place = f"{where}.answers[{number}]"
            text = self.member(answer, place, "text", str)
            start = self.member(answer, place, "answer_start", int)
            if not text.strip():
                self._count.mended[EMPTY_ANSWER] += 1
                continue
            if start < 0 or not context.startswith(text, start):
                start = _nearest(context, text, start)
                self._count.mended[ABSENT_ANSWER if start < 0 else MOVED_ANSWER] += 1
            found.append((start, text))
        return tuple(found)


def _nearest(context: str, text: str, start: int) -> int:
    """Where a text stands in its context, nearest to where it was said to stand; -1 for nowhere."""
    best, found = -1, context.find(text)
    while found >= 0:
        if best < 0 or abs(found - start) < abs(best - start):
            best = found
        found = context.find(text, found + 1)
    return best

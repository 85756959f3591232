"""Labelled questions from files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from simengine.corpus.examples import read_squad
from simengine.corpus.formats import read_items
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import expand_sources, shown_name
from simengine.errors import DataError
from simengine.qa.fitting import LabelledQuestion

MAX_LINE_BYTES = 4 << 20


def read_labelled_questions(path: str | Path) -> Iterator[LabelledQuestion]:
    """Questions with their right answers: JSON Lines, or a file of SQuAD (.json).

    A line has `question` (or `query`, `text`), and `answers` (a list) or `answer`, or `document_ids` (or
    `document_id`): documents that answer. Without any of these, or with empty ones, the index does not answer it.
    `group` may name questions that belong together.

    Args:
        path: a file, also with .gz or .zst; "-" is JSON Lines on standard input.

    Raises:
        DataError: the file cannot be used, or a record is no question; names file and line.
    """
    plain = str(path).removesuffix(".gz").removesuffix(".zst")
    if plain.endswith(".json"):
        for example in read_squad(path):
            answers = tuple(dict.fromkeys(text for _, text in example.answers))
            yield LabelledQuestion(example.question, answers, group=example.title)
        return
    report = ReadReport()
    for file in expand_sources([path], "jsonl" if str(path) == "-" else None, report):
        for line, record, _ in read_items(file, MAX_LINE_BYTES, "utf-8", report):
            try:
                if isinstance(record, RecordFault):
                    raise record
                question = _labelled(record)
            except RecordFault as fault:
                raise DataError(fault.reason, file.name, line) from fault
            report.accept()
            yield question
    if not report.records:
        raise DataError("no questions: the file holds no records", shown_name(path))


def _labelled(record: Mapping[str, object]) -> LabelledQuestion:
    text = next((record[name] for name in ("question", "query", "text") if name in record), None)
    if not isinstance(text, str) or not text.strip():
        raise RecordFault("no question", f"the question is {text!r:.40}; expected a text under 'question'")
    return LabelledQuestion(
        text,
        _texts(record, "answers", "answer"),
        _texts(record, "document_ids", "document_id"),
        str(record.get("group", "")),
    )


def _texts(record: Mapping[str, object], several: str, one: str) -> tuple[str, ...]:
    value = record.get(several, record.get(one))
    found = [] if value is None or value == "" else value if isinstance(value, list) else [value]
    if not all(isinstance(each, (str, int)) and not isinstance(each, bool) for each in found):
        raise RecordFault("no answer", f"{several!r} is {value!r:.60}; expected a list of texts")
    return tuple(str(each) for each in found if str(each).strip())

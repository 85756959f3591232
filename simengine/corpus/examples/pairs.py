"""Labelled pairs: natural language inference, graded similarity, relevance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from simengine.corpus.columns import any_number
from simengine.corpus.csv_tables import Headerless
from simengine.corpus.examples.kinds import NLI_LABELS, LabelledPair, ReadCount, canonical_label
from simengine.corpus.examples.records import (
    NO_GOLD,
    check_fields,
    choose,
    number,
    read_records,
    take_texts,
)
from simengine.corpus.fields import missing_field
from simengine.corpus.report import Record, RecordFault
from simengine.types import Json

TEXT_FIELDS = (
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("text1", "text2"),
    ("question1", "question2"),
)
RELEVANCE_TEXT_FIELDS = (
    ("query", "passage"),
    ("question", "passage"),
    ("question", "answer"),
    ("question", "sentence"),
    ("query", "document"),
    ("query", "text"),
    *TEXT_FIELDS,
)
ANY_TEXT_FIELDS = (*TEXT_FIELDS, *RELEVANCE_TEXT_FIELDS[:6], ("anchor", "positive"))
LABEL_FIELDS = (("gold_label",), ("label",))
SCORE_FIELDS = (("score",), ("similarity",), ("label",))
RELEVANCE_FIELDS = (("label",), ("relevance",), ("score",))
NO_LABELS = ("", "-")
RELEVANCES = {0: "0", 1: "1"}


def read_nli(
    path: str | Path, *, fields: tuple[str, ...] | None = None, count: ReadCount | None = None
) -> Iterator[LabelledPair]:
    """Yield the labelled pairs of a .jsonl, .csv, .tsv or .parquet file in order, streamed.

    Pairs whose label is null, "" or "-" (annotators did not agree) are left out and counted. A table
    whose first row holds none of the known names has no header: its columns are text1, text2 and label.

    Args:
        path: text formats also with .gz or .zst; "-" is standard input (JSON Lines).
        fields: names of premise, hypothesis and label, or of the first two; for what is not named the first of
            TEXT_FIELDS and of LABEL_FIELDS is taken that a record has.
        count: filled as pairs are taken; `count.reasons["no gold label"]` are those left out.

    Raises:
        DataError: the file cannot be used, a pair is broken, or its label is one that `canonical_label` does not
            know; names file and line.
        UsageError: `fields` cannot be used.
    """
    check_fields(fields, ("premise", "hypothesis", "label"), least=2)
    yield from read_records(
        path,
        partial(_nli_pair, fields=fields),
        noun="pairs",
        table=_headerless(fields, TEXT_FIELDS, LABEL_FIELDS, "label", labels=NLI_LABELS),
        count=count,
        texts=_text_columns(fields, TEXT_FIELDS, LABEL_FIELDS),
    )


def read_scored_pairs(
    path: str | Path, *, fields: tuple[str, ...] | None = None, count: ReadCount | None = None
) -> Iterator[LabelledPair]:
    """Yield pairs with a graded score, in the file's own range.

    A label of text beside the score is kept as `label`. Pairs whose score is null or "" are left out and
    counted.

    Args:
        path: as for `read_nli`.
        fields: names of both texts and of the score, or of the texts; for what is not named the first of
            TEXT_FIELDS and of SCORE_FIELDS is taken that a record has.
        count: filled as pairs are taken.

    Raises:
        DataError: the file cannot be used, a pair is broken, or its score is no number; names file and line.
        UsageError: `fields` cannot be used.
    """
    check_fields(fields, ("text1", "text2", "score"), least=2)
    yield from read_records(
        path,
        partial(_scored_pair, fields=fields),
        noun="pairs",
        table=_headerless(fields, TEXT_FIELDS, SCORE_FIELDS, "score", numbers=True),
        count=count,
        texts=_text_columns(fields, TEXT_FIELDS, SCORE_FIELDS),
    )


def read_relevance(
    path: str | Path, *, fields: tuple[str, ...] | None = None, count: ReadCount | None = None
) -> Iterator[LabelledPair]:
    """Yield (question or query, passage) pairs that are judged relevant, 1, or not, 0.

    The judgement is both `label` ("1", "0") and `score` (1.0, 0.0). `extra` keeps other fields, such as "qid".
    Pairs whose judgement is null or "" are left out and counted.

    Args:
        path: as for `read_nli`.
        fields: names of query, passage and judgement, or of the first two; for what is not named the first of
            RELEVANCE_TEXT_FIELDS and of RELEVANCE_FIELDS is taken that a record has.
        count: filled as pairs are taken.

    Raises:
        DataError: the file cannot be used, a pair is broken, or its judgement is neither 0 nor 1; names
            file and line.
        UsageError: `fields` cannot be used.
    """
    check_fields(fields, ("query", "passage", "label"), least=2)
    yield from read_records(
        path,
        partial(_relevance_pair, fields=fields),
        noun="pairs",
        table=_headerless(fields, RELEVANCE_TEXT_FIELDS, RELEVANCE_FIELDS, "label", numbers=True),
        count=count,
        texts=_text_columns(fields, RELEVANCE_TEXT_FIELDS, RELEVANCE_FIELDS),
    )


def read_any_pairs(
    path: str | Path,
    *,
    fields: tuple[str, str] | None = None,
    encoding: str = "utf-8",
    file_format: str | None = None,
) -> Iterator[LabelledPair]:
    """Yield the pairs of a file of any task, with the label and the score that they have, if any.

    Nothing is left out: where there is no gold label, `label` is None. A label that is a number becomes text.

    Args:
        path: as for `read_nli`.
        fields: names of both texts; None takes the first of ANY_TEXT_FIELDS that a record has.
        encoding: of the file.
        file_format: None goes by suffix; else "jsonl", "csv", "tsv" or "parquet".

    Raises:
        DataError: the file cannot be used, or a pair is broken; names file and line.
        UsageError: `fields` cannot be used.
    """
    check_fields(fields, ("text1", "text2"))
    yield from read_records(
        path,
        partial(_any_pair, fields=fields),
        noun="pairs",
        table=_any_table(fields),
        encoding=encoding,
        file_format=file_format,
        texts=_text_columns(fields, ANY_TEXT_FIELDS, ()),
    )


def read_pair_records(
    path: str | Path,
    *,
    fields: tuple[str, str] | None = None,
    encoding: str = "utf-8",
    file_format: str | None = None,
) -> Iterator[tuple[int, dict[str, Json]]]:
    """Yield the records that `read_any_pairs` makes pairs of, each with its line, under their own field names.

    Args:
        path, fields, encoding, file_format: as for `read_any_pairs`.

    Raises:
        DataError: the file cannot be used; names file and line.
    """

    def keep(record: Record, _: str, line: int) -> tuple[int, dict[str, Json]]:
        texts = {name: record[name] for name in fields or choose(record, ANY_TEXT_FIELDS, "fields")}
        return line, cast("dict[str, Json]", {**record, **texts})

    yield from read_records(
        path,
        keep,
        noun="pairs",
        table=_any_table(fields),
        encoding=encoding,
        file_format=file_format,
        texts=_text_columns(fields, ANY_TEXT_FIELDS, ()),
    )


def _any_table(fields: tuple[str, str] | None) -> Headerless | None:
    third = (*LABEL_FIELDS, *SCORE_FIELDS)
    return _headerless(fields, ANY_TEXT_FIELDS, third, "label", labels=NLI_LABELS)


def _any_pair(record: Record, source: str, line: int, *, fields: tuple[str, str] | None) -> LabelledPair:
    names = choose(record, ANY_TEXT_FIELDS, "fields") if fields is None else fields
    text1, text2 = take_texts(record, names)
    extra = cast("dict[str, Json]", record)
    label = extra.pop("gold_label", None) if "gold_label" in extra else extra.pop("label", None)
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if label is not None and not isinstance(label, str):
        label = str(label)
    label = None if label is None or label.strip() in NO_LABELS else label
    name = "score" if "score" in extra else "similarity"
    return LabelledPair(text1, text2, label, _take_score(extra, name), source, line, extra)


def _headerless(
    fields: tuple[str, ...] | None,
    texts: Sequence[tuple[str, ...]],
    third: Sequence[tuple[str, ...]],
    name: str,
    *,
    numbers: bool = False,
    labels: Iterable[str] = (),
) -> Headerless | None:
    if fields is not None:
        return None
    known = frozenset(name for names in (*texts, *third) for name in names)
    return Headerless(
        known,
        ("text1", "text2", name),
        texts=frozenset(("text1", "text2")),
        numbers=frozenset((name,)) if numbers else frozenset(),
        labels=frozenset(label.lower() for label in labels),
        advice="name the columns of the texts, and of the label or score, as in --fields A,B,LABEL",
    )


def _text_columns(
    fields: tuple[str, ...] | None, texts: Sequence[tuple[str, ...]], third: Sequence[tuple[str, ...]]
) -> frozenset[str]:
    """Columns that are read as they stand: the texts, and what is known about them."""
    if fields is None:
        return frozenset(name for names in (*texts, *third) for name in names)
    return frozenset(fields) | (
        frozenset(name for names in third for name in names) if len(fields) == 2 else set()
    )


def _take_score(extra: dict[str, Json], name: str) -> float | None:
    """Take a score out of the other fields; one that is no number stays there."""
    value = extra.get(name)
    if isinstance(value, str):
        value = any_number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    del extra[name]
    return float(value)


def _take_pair(
    record: Record,
    fields: tuple[str, ...] | None,
    texts: Sequence[tuple[str, ...]],
    third: Sequence[tuple[str, ...]],
) -> tuple[str, str, object, str]:
    """Both texts, the value of the third field, and its name, taken out of a record."""
    names = choose(record, texts, "fields") if fields is None else fields[:2]
    name = fields[2] if fields is not None and len(fields) == 3 else choose(record, third, "field")[0]
    if name not in record:
        raise missing_field(name, "label", record)
    value = record.pop(name)
    text1, text2 = take_texts(record, names)
    for other1, other2 in texts:
        # Some files give the same pair under two pairs of names.
        if record.get(other1) == text1 and record.get(other2) == text2:
            del record[other1], record[other2]
    return text1, text2, value, name


def _nli_pair(record: Record, source: str, line: int, *, fields: tuple[str, ...] | None) -> LabelledPair:
    text1, text2, value, name = _take_pair(record, fields, TEXT_FIELDS, LABEL_FIELDS)
    if value is None or (isinstance(value, str) and value.strip() in NO_LABELS):
        raise RecordFault(NO_GOLD, f"field {name!r} holds {value!r}")
    label = canonical_label(value) if isinstance(value, str) else None
    if label is None:
        hint = ""
        if not isinstance(value, str) or value.strip().isdecimal():
            hint = "; what a number stands for differs between data sets: write names"
        detail = f"field {name!r} holds {value!r:.40}; known labels are {', '.join(NLI_LABELS)}{hint}"
        raise RecordFault("unknown label", detail)
    extra = cast("dict[str, Json]", record)
    return LabelledPair(text1, text2, label, _take_score(extra, "score"), source, line, extra)


def _scored_pair(record: Record, source: str, line: int, *, fields: tuple[str, ...] | None) -> LabelledPair:
    text1, text2, value, name = _take_pair(record, fields, TEXT_FIELDS, SCORE_FIELDS)
    score = number(value, name)
    if score is None:
        raise RecordFault(NO_GOLD, f"field {name!r} holds {value!r}")
    extra = cast("dict[str, Json]", record)
    label = extra.get("label")
    if not isinstance(label, str):
        return LabelledPair(text1, text2, None, score, source, line, extra)
    del extra["label"]
    return LabelledPair(text1, text2, label, score, source, line, extra)


def _relevance_pair(
    record: Record, source: str, line: int, *, fields: tuple[str, ...] | None
) -> LabelledPair:
    text1, text2, value, name = _take_pair(record, fields, RELEVANCE_TEXT_FIELDS, RELEVANCE_FIELDS)
    score = float(value) if isinstance(value, bool) else number(value, name)
    if score is None:
        raise RecordFault(NO_GOLD, f"field {name!r} holds {value!r}")
    if score not in RELEVANCES:
        detail = f"field {name!r} holds {value!r:.40}; expected 1 (relevant) or 0"
        raise RecordFault("unknown label", detail)
    extra = cast("dict[str, Json]", record)
    return LabelledPair(text1, text2, RELEVANCES[int(score)], score, source, line, extra)

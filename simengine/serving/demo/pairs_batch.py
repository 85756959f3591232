"""Many pairs from a file: its columns, its rows with every bad one named, scores in blocks, and a CSV file of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from simengine.corpus.columns import TABLE_FORMATS
from simengine.corpus.csv_tables import Headerless, first_row
from simengine.corpus.fields import as_text
from simengine.corpus.formats import read_items
from simengine.corpus.lines import read_chunks, read_lines
from simengine.corpus.pairs import MAX_LINE_BYTES, NAMES, PAIR_FIELDS
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import expand_sources
from simengine.errors import DataError, SimengineError, UsageError
from simengine.requests.pairs import NLIRequest
from simengine.serving.demo.cards import shortened
from simengine.serving.demo.export import csv_text
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.pairs import PAIRS
from simengine.types import Verdict

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

SUFFIXES = (".csv", ".tsv", ".jsonl", ".json")
MAX_PAIRS = 20_000
BLOCK_PAIRS = 64
SHOWN_PAIRS = 10
SHOWN_BAD = 20
SHOWN_CHARS = 120
TEXTS = ("text1", "text2")
_MAX_COLUMNS = 200
_LABELS = {"entailment": PAIRS.entailment, "neutral": PAIRS.neutral, "contradiction": PAIRS.contradiction}
_COLUMNS = (
    "row", "text1", "text2", "cosine", "entailment", "neutral", "contradiction", "label", "unread_tokens", "problem",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file.

    Attributes:
        names: in their order; empty where the file cannot be read.
        texts: the two with the texts, or None where no name is known.
    """

    names: tuple[str, ...] = ()
    texts: tuple[str, str] | None = None


def columns_of(path: str | Path) -> Columns:
    """The columns of a .csv, .tsv, .json or .jsonl file, by its header or first record."""
    try:
        row = _first_row(path)
    except SimengineError:  # reading the pairs says what is wrong with it
        return Columns()
    known = next((pair for pair in PAIR_FIELDS if set(pair) <= set(row)), None)
    if Path(path).suffix.lower() in (".csv", ".tsv"):
        table = pair_table((), len(row))
        names = None if table.is_header(row) else table.columns_of(row)
        if names is not None:
            return Columns(tuple(names), TEXTS)
    return Columns(tuple(row[:_MAX_COLUMNS]), known)


def picked(columns: str | Sequence[str | None]) -> tuple[str, str] | None:
    """The two columns that were picked, or typed with a comma between; None for the usual ones.

    Raises:
        UsageError: there is only one, or twice the same.
    """
    given = columns.replace("\uff0c", ",").split(",") if isinstance(columns, str) else columns
    names = [(name or "").strip() for name in given]
    if not any(names):
        return None
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        shown = ", ".join(names)
        raise UsageError(f"the columns are {shown!r:.60}; expected two different names")
    return names[0], names[1]


def pair_table(fields: Sequence[str], width: int) -> Headerless:
    """How a table of that many columns is read: by its header, or text1, text2 and numbers where it has none."""
    others = tuple(f"column {number}" for number in range(3, width + 1))
    return Headerless(
        NAMES | {name.lower() for name in fields},
        (*TEXTS, *others),
        texts=frozenset(TEXTS),
        numbers=frozenset(others),
        advice="pick the two columns with the texts",
    )


def width_of(path: str | Path) -> int:
    """How many columns the first row of a file has; 2 where it cannot be read."""
    try:
        return len(_first_row(path)) or 2
    except SimengineError:
        return 2


def _first_row(path: str | Path) -> list[str]:
    """The cells of the first row of a table, or the names of the first record."""
    for file in expand_sources([path], None, ReadReport()):
        if file.format in TABLE_FORMATS:
            lines = read_lines(read_chunks(file, ReadReport()), file, MAX_LINE_BYTES, "utf-8")
            return [cell.strip() for cell in first_row(lines, "utf-8", file, MAX_LINE_BYTES)]
        for _, record, _ in read_items(file, MAX_LINE_BYTES, "utf-8", ReadReport()):
            if not isinstance(record, RecordFault):
                return list(record)
    return []


@dataclass(frozen=True, slots=True)
class PairRow:
    """A row of the file, and what became of it.

    Attributes:
        line: its line (row) in the file, from 1.
        text1, text2: "" in a row that cannot be used.
        cosine: None until it is scored, and in a row that cannot be used.
        verdict: on the second text if the first is true; None without inference.
        unread_tokens: tokens of both texts that a model did not read.
        problem: why the row cannot be used, "" for a good one.
    """

    line: int
    text1: str = ""
    text2: str = ""
    cosine: float | None = None
    verdict: Verdict | None = None
    unread_tokens: int = 0
    problem: str = ""


def read_rows(
    path: str | Path, columns: str | Sequence[str | None] = "", *, name: str | None = None
) -> list[PairRow]:
    """The rows of a .csv, .tsv, .jsonl or .json file, good and bad ones, in their order.

    Args:
        path: the file.
        columns: the two columns with the texts, or their names with a comma between; blank for the names that
            `simengine score --pairs` knows. A table without a header, whose first row must show that it is data by a
            cell that cannot be a name, has text1, text2 and numbers.
        name: of the file, for messages; its own by default.

    Raises:
        DataError: the file as a whole cannot be read, or has no rows or more than MAX_PAIRS.
        UsageError: an unsupported kind of file, or not two different names.
    """
    path = Path(path)
    shown = name or path.name
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"{shown} is not a {', '.join(SUFFIXES)} file; save the pairs in one of these formats"
        )
    fields = picked(columns)
    table = pair_table(fields or (), width_of(path))
    rows: list[PairRow] = []
    try:
        for file in expand_sources([path], None, ReadReport()):
            for line, record, _ in read_items(file, MAX_LINE_BYTES, "utf-8", ReadReport(), table):
                if len(rows) == MAX_PAIRS:
                    raise DataError(
                        f"more than {MAX_PAIRS:,} rows; use simengine score --pairs for such a file", shown
                    )
                rows.append(_row(line, record, fields))
    except DataError as error:
        raise DataError(error.reason, shown, error.line) from error
    if not rows:
        raise DataError("the file has no rows", shown)
    return rows


def score_rows(
    served: ServedIndex, rows: Sequence[PairRow], *, inference: bool
) -> Iterator[tuple[int, list[PairRow]]]:
    """Score the good rows in blocks.

    Args:
        served: the index.
        rows: as `read_rows` gave them.
        inference: run the NLI model, too.

    Yields:
        How many good rows are done, and all rows so far, in order.
    """
    done: list[PairRow] = []
    n_good = 0
    for start in range(0, len(rows), BLOCK_PAIRS):
        block = list(rows[start : start + BLOCK_PAIRS])
        good = [place for place, row in enumerate(block) if not row.problem]
        for place, row in zip(good, _scored(served, [block[at] for at in good], inference), strict=True):
            block[place] = row
        done += block
        n_good += len(good)
        yield n_good, done


def as_csv(rows: Sequence[PairRow]) -> str:
    """CSV with a line for every row of the file; texts that a spreadsheet would run as formulas are neutralised."""
    with_inference = any(row.verdict is not None for row in rows)
    names = [name for name in _COLUMNS if with_inference or name not in (*_LABELS, "label")]
    records = map(_record, rows)
    return csv_text([names, *([record[name] for name in names] for record in records)])


def progress_html(done: int, n: int, language: Language) -> Markup:
    """A progress bar with its words."""
    return render("progress", language, {"done": done, "n": n})


def summary_html(rows: Sequence[PairRow], seconds: float, language: Language) -> Markup:
    """What was scored, the first of it, and the rows that could not be used."""
    good = [row for row in rows if not row.problem]
    values = {
        "n_good": len(good),
        "good": [_cells(row, language) for row in good[:SHOWN_PAIRS]],
        "with_inference": any(row.verdict for row in good),
        "bad": [(row.line, row.problem) for row in rows if row.problem],
        "most": SHOWN_BAD,
        "ms": 1000 * seconds,
    }
    return render("batch", language, values)


def _cells(row: PairRow, language: Language) -> list[str]:
    cells = [str(row.line), shortened(row.text1, SHOWN_CHARS), shortened(row.text2, SHOWN_CHARS)]
    cells.append(f"{row.cosine or 0.0:.3f}")
    if row.verdict is not None:
        shown = _LABELS[row.verdict.label] if row.verdict.sure else PAIRS.not_sure
        cells.append(f"{shown.of(language)} {row.verdict.probabilities[row.verdict.label]:.2f}")
    return cells


def _row(line: int, record: dict[str, object] | RecordFault, fields: tuple[str, str] | None) -> PairRow:
    try:
        if isinstance(record, RecordFault):
            raise record
        texts = []
        for name in fields or _known(record):
            if name not in record:
                held = ", ".join(map(str, record)) or "nothing"
                raise RecordFault("missing column", f"{name!r} is missing; the row has {held:.120}")
            text = as_text(record[name], name)
            if not text or text.isspace():
                raise RecordFault("empty text", f"the column {name!r} is blank")
            texts.append(text)
        return PairRow(line, texts[0], texts[1])
    except RecordFault as fault:
        return PairRow(line, problem=fault.reason)


def _known(record: dict[str, object]) -> tuple[str, str]:
    for pair in PAIR_FIELDS:
        if pair[0] in record and pair[1] in record:
            return pair
    held = ", ".join(map(str, record)) or "nothing"
    raise RecordFault(
        "missing column", f"expected text1 and text2, or other known names; the row has {held:.120}"
    )


def _scored(served: ServedIndex, rows: list[PairRow], inference: bool) -> list[PairRow]:
    if not rows:
        return []
    places: dict[str, int] = {}
    for row in rows:
        for text in (row.text1, row.text2):
            places.setdefault(text, len(places))
    encoded = served.retriever.encode_counted(list(places))
    done = []
    for row in rows:
        one, two = places[row.text1], places[row.text2]
        cosine = float(np.clip(encoded.vectors[one] @ encoded.vectors[two], -1.0, 1.0))
        unread = int(encoded.n_truncated[one] + encoded.n_truncated[two])
        done.append(replace(row, cosine=cosine, unread_tokens=unread))
    if inference:
        pairs = tuple((row.text1, row.text2) for row in rows)
        verdicts = served.engine.run(NLIRequest(pairs, evidence=False))
        done = [
            replace(row, verdict=verdict, unread_tokens=row.unread_tokens + verdict.n_truncated)
            for row, verdict in zip(done, verdicts, strict=True)
        ]
    return done


def _record(row: PairRow) -> dict[str, object]:
    known = None if row.verdict is None else row.verdict.probabilities
    record: dict[str, object] = {
        "row": row.line,
        "text1": row.text1,
        "text2": row.text2,
        "cosine": None if row.cosine is None else round(row.cosine, 6),
        "label": None if row.verdict is None else row.verdict.shown,
        "unread_tokens": None if row.problem else row.unread_tokens,
        "problem": row.problem,
    }
    for name in _LABELS:
        record[name] = None if known is None else round(known[name], 6)
    return record

"""Which columns a file of pairs has, and which two of them hold the texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simengine.corpus.columns import TABLE_FORMATS
from simengine.corpus.csv_tables import Headerless, first_row
from simengine.corpus.formats import read_items
from simengine.corpus.lines import read_chunks, read_lines
from simengine.corpus.pairs import MAX_LINE_BYTES, NAMES, PAIR_FIELDS
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import expand_sources
from simengine.errors import SimengineError, UsageError

TEXTS = ("text1", "text2")
_MAX_COLUMNS = 200


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

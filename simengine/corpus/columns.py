"""One type for each column of a table, chosen so that every cell is written again as it stands."""

from __future__ import annotations

import math
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from simengine.corpus.csv_tables import ANY_NUMBER, Nameless
from simengine.corpus.lines import opened
from simengine.corpus.report import Item, Record, RecordFault
from simengine.corpus.sources import Source
from simengine.errors import DataError, UsageError
from simengine.types import Json

TABLE_FORMATS = ("csv", "tsv")
COLUMN_TYPES = ("str", "int", "float", "bool")
NUMBER = "number"
"""The type of a column of integers and decimals that all keep their spelling."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:e[+-][0-9]{2,3})?|e[+-][0-9]{2,3})\Z")
_ANY_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*\Z")
_INTEGERS = range(-(1 << 63), 1 << 63)
_LONGEST_INTEGER = 18
"""Digits; longer ones may not fit 64 bits, and as decimals they would become other numbers."""
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}

Convert = Callable[[str], Json]


def exact_number(cell: str) -> int | float | None:
    """The number that is written again as this cell in JSON, or None where there is none.

    "12" and "0.5" are such cells, and "1e-07"; "007", "1.10", "+1", "-0", "1e5" and integers of more than
    18 digits are not.
    """
    if _INTEGER.match(cell):
        return None if cell == "-0" else int(cell)
    if _DECIMAL.match(cell) and repr(number := float(cell)) == cell:
        return number
    return None


def any_number(cell: str) -> float | None:
    """The finite number that a cell spells in any usual way ("+1", ".5", "1e5", " 2 "), or None."""
    if not ANY_NUMBER.match(cell) or not math.isfinite(number := float(cell)):
        return None
    return number


def parse_types(given: str) -> dict[str, str]:
    """The types in "field=str,year=int".

    Raises:
        UsageError: it reads otherwise, a type is unknown, or a field is given twice.
    """
    types: dict[str, str] = {}
    for part in given.split(","):
        name, sign, kind = (piece.strip() for piece in part.rpartition("="))
        if not sign or not name or kind not in COLUMN_TYPES:
            raise UsageError(
                f"types: {part.strip()!r}; expected FIELD=TYPE with one of {', '.join(COLUMN_TYPES)}, "
                "as in zip=str,year=int"
            )
        if types.setdefault(name, kind) != kind:
            raise UsageError(f"types: the field {name!r} is given as {types[name]} and as {kind}")
    return types


@dataclass(frozen=True)
class ColumnTypes:
    """How the cells of tables become metadata.

    Attributes:
        converts: column → what makes a value of a cell that is not empty.
        left_out: columns without a name that hold nothing but row numbers, or nothing at all.
    """

    converts: Mapping[str, Convert] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()

    def apply(self, record: Record) -> None:
        """Replace the cells of a record (strings) by values; an empty cell is null.

        Raises:
            RecordFault: a cell does not fit the type of its column.
        """
        for name in self.left_out:
            record.pop(name, None)
        for name, cell in record.items():
            if not cell:
                record[name] = None
            elif (convert := self.converts.get(name)) is not None:
                record[name] = convert(cast(str, cell))


@dataclass
class _Column:
    """What the cells of a column have in common; settled when it is neither `numeric` nor `boolean` any more."""

    name: str
    is_first: bool
    filled: bool = False
    exact: bool = True
    numeric: bool = True
    boolean: bool = True
    integers: bool = True
    long: bool = False
    inexact: tuple[str, str, int] = ("", "", 0)
    unlike_boolean: tuple[str, str, int] = ("", "", 0)

    def look(self, cell: str, source: str, line: int) -> None:
        self.filled = True
        if self.numeric:
            number = exact_number(cell) if self.exact else None
            is_integer = type(number) is int
            if number is None:
                if self.exact:
                    self.exact, self.inexact = False, (cell, source, line)
                self.numeric = any_number(cell) is not None
                is_integer = _ANY_INTEGER.match(cell) is not None
                self.long = self.long or (is_integer and len(cell.strip()) > _LONGEST_INTEGER)
            self.integers = self.integers and is_integer
        if self.boolean and cell.lower() not in ("true", "false"):
            self.boolean, self.unlike_boolean = False, (cell, source, line)


def survey(
    sources: Iterable[Source],
    read: Callable[[Source], Iterator[Item]],
    own: Callable[[Record], frozenset[str]],
    *,
    types: Mapping[str, str],
    known: Mapping[str, str],
    notes: list[str],
    text_columns: list[str] | None = None,
) -> ColumnTypes:
    """Read tables once to give each column one type over all of them; memory does not grow with the rows.

    A column of numbers that all keep their spelling becomes numbers, every other one stays text.

    Args:
        sources: tables that can be read again.
        read: gives the rows of one.
        own: the columns of a row that stay text whatever they hold, such as the document's id.
        types: column → one of COLUMN_TYPES, which is taken instead.
        known: column → the type ("str", "bool" or NUMBER) that it has where the rows will be added.
        notes: gets a line for whatever a person should know.
        text_columns: gets a line for each column of numbers that stays text, with the type that makes numbers of it.

    Raises:
        DataError: a column of `known` has another type here.
        UsageError: no table has a column of `types`, or it is one of `own`.
    """
    columns: dict[str, _Column] = {}
    headers: dict[str, None] = {}
    texts: set[str] = set()
    for source in sources:
        _look_through(source, read(source), own, types, columns, headers, texts)
    if headers:
        _check_named(types, headers, texts)
    converts = {name: _declared(name, kind) for name, kind in types.items()}
    left_out = set()
    for name, column in columns.items():
        if isinstance(name, Nameless) and _is_left_out(column, notes):
            left_out.add(name)
            continue
        if (convert := _chosen(column, known.get(name))) is not None:
            converts[name] = convert
        elif text_columns is not None and column.filled and column.numeric and known.get(name) is None:
            text_columns.append(_stays_text(column))
    return ColumnTypes(converts, frozenset(left_out))


def _look_through(
    source: Source,
    items: Iterator[Item],
    own: Callable[[Record], frozenset[str]],
    types: Mapping[str, str],
    columns: dict[str, _Column],
    headers: dict[str, None],
    texts: set[str],
) -> None:
    todo: list[_Column] | None = None
    for line, record, _ in items:
        if isinstance(record, RecordFault):
            continue
        if todo is None:
            headers.update(dict.fromkeys(record))
            kept = own(record)
            texts |= kept
            todo = [
                columns.setdefault(name, _Column(name, position == 0))
                for position, name in enumerate(record)
                if name not in kept and name not in types
            ]
            todo = [column for column in todo if column.numeric or column.boolean]
        n_settled = 0
        for column in todo:
            if cell := record[column.name]:
                column.look(cast(str, cell), source.name, line)
                n_settled += not column.numeric and not column.boolean
        if n_settled:
            todo = [column for column in todo if column.numeric or column.boolean]
        if not todo:
            return


def _check_named(types: Mapping[str, str], headers: Mapping[str, None], texts: set[str]) -> None:
    for name, kind in types.items():
        if name not in headers:
            near = get_close_matches(name, headers, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"types: no column {name!r}; there are {', '.join(map(repr, headers))}{hint}")
        if name in texts and kind != "str":
            raise UsageError(f"types: the column {name!r} is an id, a title or a text, which is always str")


def _is_left_out(column: _Column, notes: list[str]) -> bool:
    if not column.filled:
        notes.append(f"{column.name} has no name and is empty: left out")
        return True
    if column.is_first and column.exact and column.integers:
        notes.append(
            "the first column has no name and holds row numbers: left out; give it a name to keep it"
        )
        return True
    notes.append(f"{column.name} has no name: kept as the field {str(column.name)!r}")
    return False


def _stays_text(column: _Column) -> str:
    cell, source, line = column.inexact
    place = f"{cell!r:.40} ({source}, line {line})"
    kind = _number_kind(column)
    if kind is None:
        return f"column {column.name!r} stays text: it holds numbers of more than {_LONGEST_INTEGER} digits"
    return (
        f"column {column.name!r} stays text, so that {place} keeps its spelling; to filter it as numbers, give "
        f"--types {column.name}={kind}"
    )


def _chosen(column: _Column, known: str | None) -> Convert | None:
    """What converts the cells of a column; None leaves them text."""
    name = column.name
    if not column.filled or known == "str":
        return None
    if known == "bool":
        if not column.boolean:
            raise _conflict(column, "true or false", column.unlike_boolean)
        return _declared(name, "bool")
    if column.exact:
        return _number_of(name)
    if known == NUMBER:
        raise _conflict(column, "a number", column.inexact)
    return None


def _conflict(column: _Column, expected: str, place: tuple[str, str, int]) -> DataError:
    cell, source, line = place
    kind = _number_kind(column) if expected == "a number" else None
    if kind is not None:
        advice = f"Give --types {column.name}={kind} to store numbers, in their usual spelling"
    else:
        advice = (
            "Build the index anew with `simengine index --overwrite`, or add the column as text all the same with "
            f"--types {column.name}=str"
        )
    reason = (
        f"the field {column.name!r} is {expected} in the index, and the cell {cell!r:.40} would not be written back as "
        f"it stands; a filter on a field of two types misses one of them. {advice}"
    )
    return DataError(reason, source, line)


def _number_kind(column: _Column) -> str | None:
    """The type that makes numbers of every cell of a column, or None."""
    if not column.numeric or column.long:
        return None
    return "int" if column.integers else "float"


def _number_of(name: str) -> Convert:
    def convert(cell: str) -> Json:
        number = exact_number(cell)
        if number is None:
            detail = f"column {name!r} held only numbers before and holds {cell!r:.40} now"
            raise RecordFault("file changed", detail)
        return number

    return convert


def _declared(name: str, kind: str) -> Convert:
    """What converts the cells of a column whose type was given."""

    def fault(cell: str, expected: str) -> RecordFault:
        detail = f"column {name!r} holds {cell!r:.40}, its type is {kind}: expected {expected}"
        return RecordFault("wrong type", detail)

    def integer(cell: str) -> Json:
        if not _ANY_INTEGER.match(cell):
            raise fault(cell, "a whole number")
        # Python converts at most a few thousand digits, and says so by a ValueError.
        if len(cell.strip()) > 40 or int(cell) not in _INTEGERS:
            raise fault(cell, "at most 64 bits (str keeps every digit)")
        return int(cell)

    def decimal(cell: str) -> Json:
        number = any_number(cell)
        if number is None:
            raise fault(cell, "a finite number, as in 1.5 or 2e-3")
        return number

    def boolean(cell: str) -> Json:
        value = _BOOLEANS.get(cell.strip().lower())
        if value is None:
            raise fault(cell, f"one of {', '.join(_BOOLEANS)}")
        return value

    def text(cell: str) -> Json:
        return cell

    return {"str": text, "int": integer, "float": decimal, "bool": boolean}[kind]


def replayable(source: Source, stack: ExitStack) -> Source:
    """A source that can be read several times: a regular file as it is, of a stream a temporary copy.

    Args:
        source: to read.
        stack: removes the copy when it is closed.

    Raises:
        DataError: the stream cannot be read or there is no room for the copy.
    """
    if source.path is not None and stat.S_ISREG(source.path.stat().st_mode):
        return source
    handle, name = tempfile.mkstemp(prefix="simengine-table-")
    stack.callback(Path(name).unlink, missing_ok=True)
    try:
        with os.fdopen(handle, "wb") as copy, opened(source) as stream:
            shutil.copyfileobj(stream, copy, 1 << 18)
    except OSError as error:
        reason = f"cannot be copied to {tempfile.gettempdir()}: {error.strerror or error}"
        raise DataError(reason, source.name) from error
    return replace(source, path=Path(name))

"""Records from CSV and TSV files: delimiters, quoting, and what the first row is."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simengine.corpus.lines import Line, decode
from simengine.corpus.report import Item, Record, RecordFault
from simengine.corpus.sources import Source
from simengine.errors import DataError, UsageError
from simengine.text.scripts import count_chinese

if TYPE_CHECKING:
    from _csv import Reader

_OTHER_DELIMITERS = {"csv": ";\t|", "tsv": ";|,"}
_DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_NAME = re.compile(r"[^\W\d]\w*(?:[ ._/-]\w+){0,2}\Z")
_NAME_CHARS = 40
_HAN_NAME_CHARS = 4
ANY_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*\Z")
_SHOWN_COLUMNS = 12


class Nameless(str):
    """The name that a column without one gets: "column 3" for the third."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Headerless:
    """How a table without a header is told from one with an unknown header, and read.

    A first row that holds a known name is the header. Any other is data only where it cannot be a header:
    one whose cells all look like names is refused, and so is one that does not fit `columns`.

    Attributes:
        known: names (lower case) that make a first row a header.
        columns: the names of the columns otherwise.
        texts: those of `columns` that hold texts; a plain number there means that the columns are others.
        numbers: those of `columns` that hold numbers.
        labels: what the last of `columns` may hold (lower case); a row that ends in one is data.
        ids: the cells themselves may be short, such as user ids, so that "u17" and "a" are taken for data, and
            only words without a digit for a header.
        advice: how the columns can be named, for the message.
    """

    known: frozenset[str]
    columns: tuple[str, ...]
    texts: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    ids: bool = False
    advice: str = ""

    def is_header(self, row: list[str]) -> bool:
        """Whether a first row holds a known name."""
        return any(name.strip().lower() in self.known for name in row)

    def columns_of(self, row: list[str]) -> list[str] | None:
        """The names of the columns when the first row is data beyond doubt, else None."""
        names = list(self.columns[: max(len(row), 2)])
        if len(row) > len(names):
            return None
        ends_in_label = len(row) == len(self.columns) and row[-1].strip().lower() in self.labels
        if not ends_in_label and all(self._is_name(cell.strip()) for cell in row):
            return None
        for name, cell in zip(names, row, strict=False):
            is_number = ANY_NUMBER.match(cell) is not None
            if (name in self.texts and is_number) or (name in self.numbers and cell and not is_number):
                return None
        return names

    def refusal(self, row: list[str]) -> str:
        """The message for a first row that is neither a known header nor data beyond doubt."""
        advice = self.advice or "rename the columns"
        return (
            f"unknown header: the first row is {_shown(row)}, and none of these is a known column name; {advice}. "
            f"If that row is data, put a header such as {','.join(self.columns[: max(len(row), 2)])} above it"
        )

    def _is_name(self, cell: str) -> bool:
        if not _NAME.match(cell) or len(cell) > _NAME_CHARS or count_chinese(cell) > _HAN_NAME_CHARS:
            return False
        return not self.ids or (len(cell) > 1 and not any(char.isdigit() for char in cell))


def usable_delimiter(delimiter: str) -> str:
    """The character that a delimiter means: itself, or one of tab, comma, semicolon, pipe and space.

    Raises:
        UsageError: it is neither a name nor one character that can separate fields.
    """
    sign = _DELIMITER_NAMES.get(delimiter.lower(), delimiter)
    if len(sign) != 1 or sign in '"\r\n\0' or sign.isalnum():
        names = ", ".join(name for name in _DELIMITER_NAMES if name.isalpha())
        raise UsageError(f"the delimiter is {delimiter!r}; expected one character, or one of {names}")
    return sign


class _PhysicalLines:
    """Feeds decoded lines to a csv reader and remembers what was wrong with one of them."""

    def __init__(self, lines: Iterator[Line], encoding: str) -> None:
        self._lines, self._encoding = lines, encoding
        self.fault: RecordFault | None = None
        self.raw: bytes = b""

    def __iter__(self) -> Iterator[str]:
        for _, offset, content, raw in self._lines:
            text = ""
            try:
                if isinstance(content, RecordFault):
                    raise content
                text = decode(content, self._encoding, offset)
            except RecordFault as fault:
                self.fault, self.raw = self.fault or fault, self.raw or raw
            yield text + "\n"

    def take_fault(self) -> tuple[RecordFault, bytes] | None:
        if self.fault is None:
            return None
        taken = self.fault, self.raw
        self.fault, self.raw = None, b""
        return taken


def table_items(
    lines: Iterator[Line],
    encoding: str,
    source: Source,
    max_bytes: int,
    headerless: Headerless | None,
    delimiter: str | None,
) -> Iterator[Item]:
    """Yield the rows of a CSV (RFC 4180 quoting) or TSV (no quoting: a tab or a line end always separates).

    Columns without a name get one that is `Nameless`.

    Args:
        lines: of the file.
        encoding: of the lines.
        source: the file.
        max_bytes: longest field.
        headerless: None when the table must begin with a header.
        delimiter: one character, or None for that of the format.

    Raises:
        DataError: the header cannot be used.
    """
    physical = _PhysicalLines(lines, encoding)
    reader = _reader(physical, source, delimiter)
    header: list[str] | None = None
    while True:
        start = reader.line_num + 1
        try:
            row = _next_row(reader, max_bytes)
        except StopIteration:
            return
        except csv.Error as error:
            fault = RecordFault("broken table row", _csv_detail(error, start, reader.line_num))
            yield start, *(physical.take_fault() or (fault, b""))
            continue
        if wrong := physical.take_fault():
            if header is None:
                raise DataError(f"the header cannot be read: {wrong[0].reason}", source.name, start)
            yield start, *wrong
            continue
        if row and header is None:
            if delimiter is None:
                _check_delimiter(row, source, start, headerless is None)
            header, is_data = _header(row, source, start, headerless)
            if not is_data:
                continue
        if row and header is not None:
            yield start, _table_record(row, header), row


def first_row(lines: Iterator[Line], encoding: str, source: Source, max_bytes: int) -> list[str]:
    """The cells of the first row of a table, whatever it is; empty where there is none that can be read."""
    reader = _reader(_PhysicalLines(lines, encoding), source, None)
    try:
        while not (row := _next_row(reader, max_bytes)):
            pass
    except (csv.Error, StopIteration):
        return []
    return row


def _reader(physical: _PhysicalLines, source: Source, delimiter: str | None) -> Reader:
    if source.format == "csv":
        return csv.reader(iter(physical), delimiter=delimiter or ",", strict=True)
    return csv.reader(iter(physical), delimiter=delimiter or "\t", quoting=csv.QUOTE_NONE, strict=True)


def _csv_detail(error: csv.Error, first: int, last: int) -> str:
    if str(error) == "unexpected end of data":
        return "a quoted field is still open at the end of the file"
    if "new-line character" in str(error):
        return (
            "a carriage return stands where no line ends: lines end in LF or CRLF, and a line break within a field "
            "needs quotes around the field; convert the line ends of an old Mac file with tr '\\r' '\\n'"
        )
    return f"{error}" if first == last else f"{error} (the row reaches to line {last})"


def _next_row(reader: Iterator[list[str]], max_bytes: int) -> list[str]:
    """The next row, with the process-wide field limit of the csv module lifted for just that long."""
    previous = csv.field_size_limit(max_bytes)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(previous)


def _check_delimiter(row: list[str], source: Source, line: int, is_header: bool) -> None:
    """Refuse a first row of one field that another delimiter would make several fields of."""
    if len(row) != 1:
        return
    for other in _OTHER_DELIMITERS[source.format]:
        # A comma within a text says nothing, within a header it does.
        if other in row[0] and (is_header or other != ","):
            wanted = "','" if source.format == "csv" else "a tab"
            shown = "a tab" if other == "\t" else repr(other)
            option = "tab" if other == "\t" else repr(other)
            raise DataError(
                f"wrong delimiter: the first row is one field, {row[0]!r:.80}, and holds {shown}; fields "
                f"of {source.format} are separated by {wanted}: give the delimiter {option} (--delimiter, where "
                "the command has it), or convert the file",
                source.name,
                line,
            )


def _header(
    row: list[str], source: Source, line: int, headerless: Headerless | None
) -> tuple[list[str], bool]:
    """The names of the columns, and whether the first row is a record itself."""
    if headerless is None or headerless.is_header(row):
        return _checked_header(row, source, line), False
    columns = headerless.columns_of(row)
    if columns is None:
        raise DataError(headerless.refusal(row), source.name, line)
    return columns, True


def _checked_header(row: list[str], source: Source, line: int) -> list[str]:
    header = [name.strip() for name in row]
    if not any(header):
        raise DataError("no column of the header has a name", source.name, line)
    header = [name or Nameless(f"column {number}") for number, name in enumerate(header, 1)]
    for name in header:
        if header.count(name) > 1:
            raise DataError(f"the column {name!r} stands twice in the header", source.name, line)
    return header


def _table_record(row: list[str], header: list[str]) -> Record | RecordFault:
    if len(row) != len(header):
        detail = f"the row has {len(row)} fields, the header has {len(header)}"
        return RecordFault("wrong number of fields", detail)
    return dict(zip(header, row, strict=True))


def _shown(row: list[str]) -> str:
    cells = ", ".join(f"{cell!r:.60}" for cell in row[:_SHOWN_COLUMNS])
    return cells + (", ..." if len(row) > _SHOWN_COLUMNS else "")

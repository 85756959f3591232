"""Records from the bytes of each file format."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from simengine.corpus.lines import Line, as_line_encoding, decode, read_chunks, read_lines, usable_encoding
from simengine.corpus.report import Raw, ReadReport, RecordFault
from simengine.corpus.sources import Source
from simengine.errors import DataError, MissingExtraError
from simengine.text.checks import TOO_DEEP, is_nested_deeper

Record: TypeAlias = "dict[str, object]"
Item: TypeAlias = "tuple[int, Record | RecordFault, Raw]"
"""(1-based line or row, the record or what is wrong with it, what to show of it in a rejects file)."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:e[+-][0-9]{2,3})?|e[+-][0-9]{2,3})\Z")
"""Plain decimals, and the exponents that Python, pandas and most C programs write: 0.5, 1e-07, 2.5e+16."""
_OTHER_DELIMITERS = {"csv": ";\t|", "tsv": ";|,"}
PARQUET_BATCH_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Headerless:
    """How a table without a header is recognised and read.

    Attributes:
        known: a first row that holds one of these names (lower case) is a header.
        columns: the names of the columns otherwise, as many as the first row has.
    """

    known: frozenset[str]
    columns: tuple[str, ...]


def read_items(
    source: Source,
    max_line_bytes: int,
    encoding: str,
    report: ReadReport,
    headerless: Headerless | None = None,
) -> Iterator[Item]:
    """Yield the records of one file with their lines; faulty ones as RecordFault.

    Args:
        source: the file.
        max_line_bytes: longest line, or longest text file, that is read.
        encoding: of text formats.
        report: its `bytes_read` is kept up.
        headerless: None when a table must begin with a header.

    Raises:
        DataError: the file as a whole cannot be used.
    """
    if source.format == "parquet":
        yield from _parquet_items(source, report)
        return
    encoding = usable_encoding(encoding)
    chunks, encoding = as_line_encoding(read_chunks(source, report), encoding, source)
    lines = read_lines(chunks, source, max_line_bytes, encoding)
    if source.format == "jsonl":
        yield from _jsonl_items(lines, encoding)
    elif source.format == "txt-lines":
        yield from _text_line_items(lines, encoding)
    elif source.format == "txt-file":
        yield from _text_file_items(lines, encoding, max_line_bytes)
    else:
        yield from _table_items(lines, encoding, source, max_line_bytes, headerless)


def _jsonl_items(lines: Iterator[Line], encoding: str) -> Iterator[Item]:
    """One JSON object per line; blank lines are no records."""
    parse = _strict_decoder().raw_decode
    for number, offset, content, raw in lines:
        if isinstance(content, RecordFault):
            yield number, content, raw
            continue
        try:
            text = decode(content, encoding, offset).strip(" \t\r\n")
            if not text:
                continue
            if is_nested_deeper(text):
                raise RecordFault("broken JSON", TOO_DEEP)
            record, end = parse(text)
            if end != len(text):
                raise RecordFault("broken JSON", f"more text after the record, at column {end + 1}")
        except RecordFault as fault:
            yield number, fault, raw
            continue
        except json.JSONDecodeError as error:
            detail = f"{error.msg} at column {error.colno}"
            if text == "[":
                detail += "; this looks like one JSON array, expected one JSON object per line"
            yield number, RecordFault("broken JSON", detail), raw
            continue
        except RecursionError:
            yield number, RecordFault("broken JSON", TOO_DEEP), raw
            continue
        except ValueError as error:
            yield number, RecordFault("broken JSON", str(error)), raw
            continue
        if type(record) is not dict:
            detail = f"expected a JSON object per line, got {_json_kind(record)}"
            yield number, RecordFault("not an object", detail), raw
        else:
            yield number, record, raw


def _strict_decoder() -> json.JSONDecoder:
    """JSON as its standard has it: no NaN, no Infinity (nor 1e999), no key twice in an object."""

    def refuse(constant: str) -> object:
        raise RecordFault("not a JSON number", f"{constant} has no place in JSON; use null")

    def number(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            raise RecordFault("not a JSON number", f"{digits} is beyond the range of a double")
        return value

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(items)
        if len(found) != len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            raise RecordFault("repeated key", f"the key {twice!r} stands twice in one object")
        return found

    return json.JSONDecoder(object_pairs_hook=pairs, parse_float=number, parse_constant=refuse)


def _json_kind(value: object) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def _text_line_items(lines: Iterator[Line], encoding: str) -> Iterator[Item]:
    """One document per line that is not blank."""
    for number, offset, content, raw in lines:
        if isinstance(content, RecordFault):
            yield number, content, raw
            continue
        try:
            text = decode(content, encoding, offset)
        except RecordFault as fault:
            yield number, fault, raw
            continue
        if text and not text.isspace():
            yield number, {"text": text}, raw


def _text_file_items(lines: Iterator[Line], encoding: str, max_bytes: int) -> Iterator[Item]:
    """The whole file as one document, line ends as LF."""
    parts: list[str] = []
    size, fault, head = 0, None, b""
    for _, offset, content, raw in lines:
        head = head or raw
        if isinstance(content, RecordFault):
            size += content.raw_bytes or 0
            fault = fault or content
            continue
        size += len(content) + 1
        try:
            if fault is None:
                parts.append(decode(content, encoding, offset))
        except RecordFault as wrong:
            fault = wrong
        if size > max_bytes:
            parts.clear()
            fault = fault or RecordFault("file too long", "")
    if fault is not None and fault.kind in ("file too long", "line too long"):
        detail = f"{size:,} bytes, at most {max_bytes:,} are read as one document (max_line_bytes)"
        fault = RecordFault("file too long", detail, raw_bytes=size)
    yield 1, fault or {"text": "\n".join(parts)}, "\n".join(parts) if fault is None else head


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


def _table_items(
    lines: Iterator[Line], encoding: str, source: Source, max_bytes: int, headerless: Headerless | None
) -> Iterator[Item]:
    """CSV (RFC 4180 quoting) or TSV (no quoting: a tab or a line end always separates), header first."""
    physical = _PhysicalLines(lines, encoding)
    if source.format == "csv":
        reader = csv.reader(iter(physical), strict=True)
    else:
        reader = csv.reader(iter(physical), delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
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
            _check_delimiter(row, source, start, headerless is None)
            if headerless is None or any(name.strip().lower() in headerless.known for name in row):
                header = _checked_header(row, source, start)
                continue
            header = list(headerless.columns[: max(len(row), 2)])
        if row and header is not None:
            yield start, _table_record(row, header), row


def _csv_detail(error: csv.Error, first: int, last: int) -> str:
    if str(error) == "unexpected end of data":
        return "a quoted field is still open at the end of the file"
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
            reason = (
                f"wrong delimiter: the first row is one field, {row[0]!r:.80}, and holds {shown}; fields "
                f"of {source.format} are separated by {wanted}: convert the file"
            )
            if other == "\t":
                reason += ", or give the format tsv"
            elif other == ",":
                reason += ", or give the format csv"
            raise DataError(reason, source.name, line)


def _checked_header(row: list[str], source: Source, line: int) -> list[str]:
    header = [name.strip() for name in row]
    for name in header:
        if not name:
            raise DataError("a column of the header has no name", source.name, line)
        if header.count(name) > 1:
            raise DataError(f"the column {name!r} stands twice in the header", source.name, line)
    return header


def _table_record(row: list[str], header: list[str]) -> Record | RecordFault:
    if len(row) != len(header):
        detail = f"the row has {len(row)} fields, the header has {len(header)}"
        return RecordFault("wrong number of fields", detail)
    return dict(zip(header, row, strict=True))


def typed_cell(cell: str) -> int | float | str | None:
    """A table cell as metadata: "" is null, plain integers and decimals are numbers, the rest is text.

    A number has no sign but "-" and no leading zeros: "007", "1.2.3", "+1", ".5" and "1e5" stay text.
    Integers have at most 18 digits, longer ones stay text. Decimals have digits on both sides of the
    point, any number of them (the nearest float is taken), and may have an exponent of a sign and two or
    three digits ("1e-07"); those beyond the range of a float stay text.
    """
    if not cell:
        return None
    if _INTEGER.match(cell):
        return int(cell)
    if _DECIMAL.match(cell) and math.isfinite(number := float(cell)):
        return number
    return cell


def _parquet_items(source: Source, report: ReadReport) -> Iterator[Item]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "files", "reading .parquet files") from error
    if source.path is None:
        raise DataError("parquet cannot be read from standard input: give a file", source.name)
    number = 0
    try:
        with parquet.ParquetFile(source.path, memory_map=False, pre_buffer=False) as file:
            total, size = file.metadata.num_rows, source.path.stat().st_size
            for batch in file.iter_batches(batch_size=PARQUET_BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield number, _parquet_record(row), row
                report.bytes_read = report.bytes_read + size * batch.num_rows // max(total, 1)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"the parquet file cannot be read: {error}", source.name, number + 1) from error


def _parquet_record(row: dict[str, object]) -> Record | RecordFault:
    try:
        return {name: _json_value(value, name) for name, value in row.items()}
    except RecordFault as fault:
        return fault


def _json_value(value: object, name: str) -> object:
    """A parquet value as JSON: times as ISO 8601, durations in seconds, decimals as numbers."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RecordFault("not a JSON number", f"field {name!r} holds {value}; use null")
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_json_value(part, name) for part in value]
    if isinstance(value, dict):
        return {str(key): _json_value(part, name) for key, part in value.items()}
    detail = f"field {name!r} holds {type(value).__name__}, which is no JSON value: leave the column out"
    raise RecordFault("not a JSON value", detail)

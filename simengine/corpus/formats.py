"""Records from the bytes of each file format."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from simengine.corpus.csv_tables import Headerless, table_items
from simengine.corpus.json_items import begins_array, json_items, jsonl_items
from simengine.corpus.lines import Line, as_line_encoding, decode, read_chunks, read_lines, usable_encoding
from simengine.corpus.report import Item, ReadReport, Record, RecordFault
from simengine.corpus.sources import Source
from simengine.errors import DataError
from simengine.extras import needing

PARQUET_BATCH_ROWS = 1024


def read_items(
    source: Source,
    max_line_bytes: int,
    encoding: str,
    report: ReadReport,
    headerless: Headerless | None = None,
    delimiter: str | None = None,
) -> Iterator[Item]:
    """Yield the records of one file with their lines; faulty ones as RecordFault.

    Args:
        source: the file.
        max_line_bytes: longest line, or longest text file, that is read.
        encoding: of text formats.
        report: its `bytes_read` is kept up.
        headerless: None when a table must begin with a header.
        delimiter: between the fields of a table; None for that of the format.

    Raises:
        DataError: the file as a whole cannot be used.
    """
    if source.format == "parquet":
        yield from _parquet_items(source, report)
        return
    encoding = usable_encoding(encoding)
    chunks, encoding = as_line_encoding(read_chunks(source, report), encoding, source)
    is_array = source.format == "json"
    if source.format == "jsonl":
        is_array, chunks = begins_array(chunks)
    if is_array:
        yield from json_items(chunks, encoding, source, max_line_bytes)
        return
    lines = read_lines(chunks, source, max_line_bytes, encoding)
    if source.format == "jsonl":
        yield from jsonl_items(lines, encoding)
    elif source.format == "txt-lines":
        yield from _text_line_items(lines, encoding)
    elif source.format == "txt-file":
        yield from _text_file_items(lines, encoding, max_line_bytes)
    else:
        yield from table_items(lines, encoding, source, max_line_bytes, headerless, delimiter)


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
        detail = f"{size:,} bytes, at most {max_bytes:,} are read as one document"
        fault = RecordFault("file too long", detail, raw_bytes=size)
    yield 1, fault or {"text": "\n".join(parts)}, "\n".join(parts) if fault is None else head


def _parquet_items(source: Source, report: ReadReport) -> Iterator[Item]:
    with needing("files", "reading .parquet files"):
        import pyarrow
        from pyarrow import parquet
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

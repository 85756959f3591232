"""Records of a stream, as they arrive."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from simengine.corpus.fields import (
    ID_FIELDS,
    TEXT_FIELDS,
    as_text,
    check_encodable,
    missing_field,
)
from simengine.corpus.formats import read_items
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import expand_sources
from simengine.errors import DataError
from simengine.requests.monitor import StreamText

MAX_LINE_BYTES = 32 << 20
TIME_FIELDS = ("time", "timestamp", "date", "created_at", "created")


@dataclass(frozen=True, slots=True)
class StreamFields:
    """The fields of a record.

    Attributes:
        text: None takes the first of TEXT_FIELDS that exists.
        time: seconds since 1970 or an ISO 8601 date and time (UTC without a zone). None takes the first
            of TIME_FIELDS that exists; "" reads no times, only the order counts.
    """

    text: str | None = None
    time: str | None = None


def read_stream(
    source: str | Path,
    *,
    fields: StreamFields | None = None,
    skip_invalid: bool = False,
    needs_time: bool = False,
    report: ReadReport | None = None,
) -> Iterator[StreamText]:
    """Yield the texts of a stream in order, each as soon as its line arrives.

    Args:
        source: "-" for JSON Lines on standard input; else a file (.jsonl .csv .tsv .parquet, also .gz or .zst).
        fields: names of fields.
        skip_invalid: leave out records that cannot be used, and count them in `report`.
        needs_time: a record without a time cannot be used.
        report: filled as texts are taken.

    Raises:
        DataError: a record cannot be used, or the file as a whole; names file and line.
    """
    fields = fields or StreamFields()
    report = ReadReport() if report is None else report
    for name, line, record in _records(source, report):
        try:
            if isinstance(record, RecordFault):
                raise record
            text = _stream_text(record, fields, needs_time)
        except RecordFault as fault:
            if not skip_invalid:
                raise DataError(f"{fault.reason} (--skip-invalid leaves such out)", name, line) from fault
            report.reject(name, line, fault)
            continue
        report.accept()
        yield text


def seconds_of(value: object, name: str) -> float:
    """A record's time in seconds.

    Args:
        value: a number, or ISO 8601.
        name: of the field.

    Raises:
        RecordFault: anything else.
    """
    seconds = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    elif isinstance(value, str):
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(value.strip())
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if math.isnan(seconds):  # tables have numbers as text
            with suppress(ValueError):
                seconds = float(value)
    if math.isfinite(seconds):
        return seconds
    detail = f"field {name!r} holds {value!r:.40}; expected seconds since 1970 or ISO 8601, as in 2026-11-22T10:00:00Z"
    raise RecordFault("not a time", detail)


def _records(
    source: str | Path, report: ReadReport
) -> Iterator[tuple[str, int, dict[str, object] | RecordFault]]:
    for file in expand_sources([source], None, report):
        if file.format.startswith("txt"):
            raise DataError("expected records (.jsonl .csv .tsv .parquet), not plain text", file.name)
        for line, record, _ in read_items(file, MAX_LINE_BYTES, "utf-8", report):
            yield file.name, line, record


def _stream_text(record: dict[str, object], fields: StreamFields, needs_time: bool) -> StreamText:
    name = fields.text or next((each for each in TEXT_FIELDS if each in record), TEXT_FIELDS[0])
    if name not in record:
        raise missing_field(name, "text", record)
    text = as_text(record[name], name)
    if not text or text.isspace():
        raise RecordFault("empty text", f"the field {name!r} is blank")
    id_ = next((str(record[each]) for each in ID_FIELDS if record.get(each) is not None), "")
    check_encodable(id_, "", text, {})
    timed = fields.time
    if timed is None:
        timed = next((each for each in TIME_FIELDS if record.get(each) is not None), "")
    if not timed:
        if needs_time:
            raise RecordFault(
                "no time", f"expected one of the fields {', '.join(TIME_FIELDS)} (or --time-field)"
            )
        return StreamText(text, id=id_)
    if timed not in record:
        raise missing_field(timed, "time", record)
    value = record[timed]
    return StreamText(text, seconds_of(value, timed), cast("str | float", value), id_)

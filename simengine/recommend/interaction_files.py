"""Interactions from files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from simengine.corpus.csv_tables import Headerless
from simengine.corpus.formats import read_items
from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import InputFile, expand_sources
from simengine.errors import DataError
from simengine.recommend.interactions import Interactions
from simengine.text.checks import text_fault

MAX_LINE_BYTES = 1 << 20
USER_FIELDS = ("user", "user_id", "userid", "userId", "uid")
ITEM_FIELDS = ("item", "item_id", "itemid", "itemId", "iid", "document", "document_id", "doc_id", "movieId")
RATING_FIELDS = ("rating", "score", "stars")
WEIGHT_FIELDS = ("weight", "count", "value")
TIME_FIELDS = ("timestamp", "time", "date", "ts")
_KNOWN = (*USER_FIELDS, *ITEM_FIELDS, *RATING_FIELDS, *WEIGHT_FIELDS, *TIME_FIELDS)
_TABLE = Headerless(
    frozenset(name.lower() for name in _KNOWN),
    ("user", "item", "rating", "timestamp"),
    numbers=frozenset(("rating",)),
    ids=True,
    advice="call the columns user, item, rating (or weight) and timestamp",
)
MILLISECONDS_FROM = 1e11
"""As seconds this is the year 5138, so such a time is taken as milliseconds."""


@dataclass(slots=True)
class _Columns:
    """The records so far; `kind` is None until the first record determines it."""

    users: list[str]
    items: list[str]
    values: list[float]
    times: list[float]
    places: list[int]
    kind: str | None = None
    with_times: bool = False


def read_interactions(
    source: str | Path, *, encoding: str = "utf-8", file_format: str | None = None
) -> Interactions:
    """Read a .csv, .tsv, .jsonl or .parquet file of interactions (text formats also with .gz or .zst).

    Fields: user (user_id), item (item_id, document_id), then `rating` (score, stars: ratings), or `weight` (count,
    value: weights), or neither (weight 1); and `timestamp` (time, date): seconds since 1970, milliseconds from 1e11 on,
    or an ISO 8601 date or time (UTC without a zone). A table without a header has user, item, rating and
    timestamp.

    Raises:
        DataError: the file cannot be used, has no interaction, or a record lacks a field, has other fields than the
            first, or a value that is not a finite number; or a pair has two different ratings without times to tell
            which is later. Names file and line.
        UsageError: an unknown format or encoding.
    """
    report = ReadReport()
    columns = _Columns([], [], [], [], [])
    name = str(source)
    for file in expand_sources([source], file_format, report):
        if file.format.startswith("txt"):
            raise DataError(
                "a text file has no interactions; expected .jsonl, .csv, .tsv or .parquet", file.name
            )
        name = file.name
        for line, record in _records(file, encoding, report):
            try:
                _add(columns, record, line)
            except RecordFault as fault:
                raise DataError(fault.reason, file.name, line) from fault
    if not columns.users:
        raise DataError("no interactions: the file has no records", name)
    return _made(columns, name)


def _records(file: InputFile, encoding: str, report: ReadReport) -> Iterator[tuple[int, dict[str, object]]]:
    for line, record, _ in read_items(file, MAX_LINE_BYTES, encoding, report, _TABLE):
        if isinstance(record, RecordFault):
            raise DataError(record.reason, file.name, line) from record
        yield line, record


def _add(columns: _Columns, record: dict[str, object], line: int) -> None:
    kind = next(
        (
            kind
            for kind, names in (("rating", RATING_FIELDS), ("weight", WEIGHT_FIELDS))
            if any(name in record for name in names)
        ),
        "",
    )
    with_times = any(name in record for name in TIME_FIELDS)
    if columns.kind is None:
        columns.kind, columns.with_times = kind, with_times
    if (kind, with_times) != (columns.kind, columns.with_times):
        raise RecordFault(
            "other fields",
            "the first record has "
            + (f"a {columns.kind}" if columns.kind else "no rating or weight")
            + (" and a time" if columns.with_times else " and no time")
            + "; all must have the same",
        )
    user, item = _id(record, USER_FIELDS), _id(record, ITEM_FIELDS)
    value = 1.0
    if kind:
        value = _number(record, RATING_FIELDS if kind == "rating" else WEIGHT_FIELDS)
    if with_times:
        columns.times.append(_time(record))
    columns.users.append(user)
    columns.items.append(item)
    columns.values.append(value)
    columns.places.append(line)


def _made(columns: _Columns, name: str) -> Interactions:
    explicit = columns.kind == "rating"
    times = columns.times if columns.with_times else None
    made = Interactions.from_arrays(columns.users, columns.items, weights=columns.values, times=times)
    if explicit:
        made = Interactions(
            made.user_ids, made.item_ids, made.users, made.items, made.values, made.times, explicit=True
        )
        conflict = made.first_conflict()
        if conflict is not None:
            one, other = conflict
            raise DataError(
                f"{made.describe(one)} at line {columns.places[one]} and {made.values[other]:g} here, without times "
                "to tell which is later; add a column timestamp, or keep one rating per pair",
                name,
                columns.places[other],
            )
    return made


def _field(record: dict[str, object], names: tuple[str, ...]) -> tuple[str, object]:
    for name in names:
        if name in record:
            return name, record[name]
    shown = ", ".join(repr(name) for name in record) or "none"
    raise RecordFault("missing field", f"expected one of {', '.join(names)}; the record has {shown}")


def _id(record: dict[str, object], names: tuple[str, ...]) -> str:
    name, value = _field(record, names)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise RecordFault("wrong id", f"the field {name!r} is {value!r:.40}; expected a string or an integer")
    if not str(value).strip():
        raise RecordFault("wrong id", f"the field {name!r} is blank")
    if fault := text_fault(str(value)):
        raise RecordFault("wrong id", f"the field {name!a} {fault}")
    return str(value)


def _number(record: dict[str, object], names: tuple[str, ...]) -> float:
    name, value = _field(record, names)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise RecordFault("not a number", f"the field {name!r} is {value!r:.40}; expected a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
        if isinstance(value, str) and value.strip().lower() != "nan":
            raise RecordFault(
                "not a number", f"the field {name!r} is {value!r:.40}; expected a number"
            ) from None
    if not math.isfinite(number):
        raise RecordFault("not a number", f"the field {name!r} is {value!r:.40}; expected a finite number")
    return number


def _time(record: dict[str, object]) -> float:
    name, value = _field(record, TIME_FIELDS)
    if isinstance(value, datetime):
        return _seconds(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            try:
                return _seconds(datetime.fromisoformat(value.strip()))
            except ValueError:
                raise RecordFault(
                    "not a time",
                    f"the field {name!r} is {value!r:.40}; expected seconds since 1970 or an ISO 8601 time",
                ) from None
    number = _number({name: value}, (name,))
    return number / 1000 if abs(number) >= MILLISECONDS_FROM else number


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

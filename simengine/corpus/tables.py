"""Records from tables of pandas, polars or pyarrow, which are recognised by their methods and not imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from simengine.corpus.fields import ID_FIELDS
from simengine.corpus.report import RecordFault
from simengine.errors import UsageError
from simengine.text.checks import MAX_JSON_DEPTH, TOO_DEEP

_MISSING_TYPES = ("NAType", "NaTType")
"""Of pandas.NA and pandas.NaT."""


def table_rows(table: Any) -> Iterator[dict[str, object]]:
    """The rows of a table as dicts of its columns, in order. The index of a pandas frame is not a column.

    Args:
        table: something that `simengine.text.arguments.is_table` accepts.

    Raises:
        UsageError: two columns have the same name, the ids are the index of a pandas frame, or a lazy frame was given.
    """
    kind = type(table).__name__
    if callable(getattr(table, "collect_schema", None)) and not callable(getattr(table, "iter_rows", None)):
        raise UsageError(
            f"a {kind} was given, which is not computed yet; give its rows, as in frame.collect()"
        )
    if callable(getattr(table, "iter_rows", None)):  # polars
        return iter(table.iter_rows(named=True))
    if callable(getattr(table, "itertuples", None)):  # pandas
        names = _distinct(list(table.columns), kind)
        _refuse_id_index(table, names)
        return (dict(zip(names, row, strict=True)) for row in table.itertuples(index=False, name=None))
    _distinct(list(table.schema.names), kind)
    batches = table.to_batches() if callable(getattr(table, "to_batches", None)) else [table]  # pyarrow
    return (row for batch in batches for row in batch.to_pylist())


def _refuse_id_index(frame: Any, columns: list[Any]) -> None:
    """Refuse a frame of pandas whose ids are its index, which would be left out."""
    lost = [name for name in frame.index.names if name in ID_FIELDS]
    if lost and not any(name in ID_FIELDS for name in columns):
        raise UsageError(
            f"the index of the {type(frame).__name__} is called {lost[0]!r}, and an index is not read; make it a "
            "column, as in frame.reset_index()"
        )


def _distinct(names: list[Any], kind: str) -> list[Any]:
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"the column {name!r} appears twice in the {kind}; rename one of them")
    return names


def is_missing(value: object) -> bool:
    """Whether a cell is empty: None, NaN, pandas.NA, or NaT."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    is_scalar = isinstance(value, float) or getattr(value, "shape", None) == ()
    return is_scalar and bool(value != value)


def plain(value: object, name: str, *, cells: bool, depth: int = 2) -> object:
    """A value as JSON types, copied: numpy and pandas scalars become Python's own.

    Times become ISO 8601 text, durations seconds, decimals numbers and UUIDs text, as in parquet files. Other types
    come back unchanged, for `check_storable` to refuse.

    Args:
        value: a field of a record.
        name: the field, for the message.
        cells: it comes from a table, where missing values (NaN, NA, NaT) become None.
        depth: nesting depth of a list or object here, itself included.

    Raises:
        RecordFault: it is nested too deeply, or holds itself.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if cells and is_missing(value):
        return None
    if isinstance(value, (str, int, float)):
        return _builtin(value)
    if kind is list or kind is dict or isinstance(value, (Mapping, list)) or _is_array(value):
        if depth > MAX_JSON_DEPTH:
            raise RecordFault("not a JSON value", f"field {name!r:.60}: {TOO_DEEP}")
        return _container(value, name, cells=cells, depth=depth)
    return _scalar(value, name, cells=cells, depth=depth)


def _is_array(value: object) -> bool:
    return getattr(value, "shape", ()) != () and callable(getattr(value, "tolist", None))


def _builtin(value: str | float) -> object:
    """A value of a subclass (an enum, numpy.str_, numpy.float64) as one of str, int or float itself."""
    if isinstance(value, str):
        return str.__str__(value)
    return int(value) if isinstance(value, int) else float(value)


def _container(value: Any, name: str, *, cells: bool, depth: int) -> object:
    if isinstance(value, Mapping):
        return {
            str.__str__(key) if isinstance(key, str) else key: plain(
                part, f"{name}.{key}", cells=cells, depth=depth + 1
            )
            for key, part in value.items()
        }
    parts: Iterable[object] = value if isinstance(value, list) else value.tolist()
    return [plain(part, name, cells=cells, depth=depth + 1) for part in parts]


def _scalar(value: Any, name: str, *, cells: bool, depth: int) -> object:
    if type(value).__name__ in _MISSING_TYPES:
        return None
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, UUID):
        return str(value)
    if getattr(value, "shape", None) == () and hasattr(value, "dtype"):  # a scalar of numpy
        if value.dtype.kind == "M":
            return str(value)  # item() gives nanoseconds as a number
        item = value.item()
        return value if type(item) is type(value) else plain(item, name, cells=cells, depth=depth)
    return value

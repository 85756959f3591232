"""Annotations of request fields, and the checks derived from them."""

from __future__ import annotations

import math
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from simengine.errors import UsageError
from simengine.text.arguments import (
    as_choice,
    as_flag,
    as_ids,
    as_number,
    as_pairs,
    as_text,
    as_texts,
    as_where,
    as_whole,
    expect,
)


class Help(str):
    """A field's description, for command-line help, API schemas and tool descriptions."""

    __slots__ = ()


class Texts(str):
    """A tuple of texts; the string names one of them in messages, as in "query 2"."""

    __slots__ = ()


class Pairs(str):
    """A tuple of pairs of texts; the string names one of them in messages."""

    __slots__ = ()


class Ids:
    """A tuple of document ids; integers become strings."""


class Where:
    """A filter expression over metadata."""


MOST_WANTED = 2**31 - 1
WHERE_HELP = (
    'Only documents that match, as in `year >= 2020 and kind in ("class", "function")`; over metadata, `_id` and '
    "`title`."
)
Filter = Annotated[str | None, Where(), Help(WHERE_HELP)]
K = Annotated[int, Ge(1), Le(MOST_WANTED), Help("Number of hits.")]


@cache
def field_types(request: Any) -> dict[str, tuple[Any, bool, tuple[Any, ...]]]:
    """For each field of a request its type without None, whether None is allowed, and its annotations."""
    hints = get_type_hints(request, include_extras=True)
    return {field.name: _parts(hints[field.name]) for field in fields(request)}


def _parts(hint: Any) -> tuple[Any, bool, tuple[Any, ...]]:
    notes: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        notes = tuple(rest)
    optional = get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)
    if optional:
        left = [each for each in get_args(hint) if each is not NoneType]
        hint = left[0] if len(left) == 1 else Union[tuple(left)]  # noqa: UP007 - made at run time
        if get_origin(hint) is Annotated:
            inner, _, more = _parts(hint)
            hint, notes = inner, (*more, *notes)
    return hint, optional, notes


def values_of(kind: type, value: Any) -> dict[str, Any]:
    """The values of a dataclass's fields in an instance of it, or of a subclass."""
    return {field.name: getattr(value, field.name) for field in fields(kind)}


def check_fields(request: Any) -> None:
    """Convert every field to its declared type and check its limits; called in `__post_init__`.

    Raises:
        UsageError: a value is out of range or of the wrong type; names the field.
        DataError: a text contains half of a surrogate pair or U+0000.
    """
    for name, (kind, optional, notes) in field_types(type(request)).items():  # type: ignore[arg-type]
        value = getattr(request, name)
        if value is None and optional:
            continue
        object.__setattr__(request, name, _checked(value, name, kind, notes))


def _checked(value: Any, name: str, kind: Any, notes: tuple[Any, ...]) -> Any:
    for note in notes:
        if isinstance(note, Texts):
            return tuple(as_texts(value, str(note)))
        if isinstance(note, Pairs):
            return tuple(as_pairs(value, str(note)))
        if isinstance(note, Ids):
            return tuple(as_ids(value))
        if isinstance(note, Where):
            return as_where(value, name)
    if get_origin(kind) is Literal:
        as_choice(value, name, get_args(kind))
        return value
    if kind is bool:
        return as_flag(value, name)
    if kind in (int, float):
        return _number(value, name, kind, notes)
    if kind is str:
        return as_text(value, name)
    return expect(value, kind, name) if isinstance(kind, type) else value


def _number(value: Any, name: str, kind: type, notes: tuple[Any, ...]) -> Any:
    low, high = -math.inf, math.inf
    for note in notes:
        if isinstance(note, (Ge, Gt)):
            low = float(note.ge if isinstance(note, Ge) else note.gt)  # type: ignore[arg-type]
        elif isinstance(note, (Le, Lt)):
            high = float(note.le if isinstance(note, Le) else note.lt)  # type: ignore[arg-type]
    if kind is int:
        most = None if math.isinf(high) or high == MOST_WANTED else int(high)
        number = as_whole(value, name, int(low), most)
        return as_whole(value, name, int(low), MOST_WANTED) if number > MOST_WANTED else number
    found = as_number(value, name, low, high)
    if found == low and any(isinstance(note, Gt) for note in notes):
        raise UsageError(f"{name} is {found:g}; expected a number above {low:g}")
    if found == high and any(isinstance(note, Lt) for note in notes):
        raise UsageError(f"{name} is {found:g}; expected a number below {high:g}")
    return found

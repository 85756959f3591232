"""Arguments of library callers, checked and converted; errors say what to pass instead."""

from __future__ import annotations

import io
import math
import operator
import os
from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral, Number
from pathlib import Path
from typing import Any, TypeVar

from simengine.errors import UsageError
from simengine.text.checks import check_text

T = TypeVar("T")
MAX_PATH_CHARS = 4_096


def as_text(given: object, what: str) -> str:
    """A text as a plain `str`.

    Args:
        given: a string, also of a subclass such as numpy's.
        what: its name in messages, as in "query 2".

    Raises:
        UsageError: not a string.
        DataError: it contains half of a surrogate pair or U+0000.
    """
    if not isinstance(given, str):
        hint = (
            "; decode it first, as in text.decode('utf-8')" if isinstance(given, (bytes, bytearray)) else ""
        )
        raise UsageError(f"{what} is {shown(given)}; expected a string{hint}")
    return check_text(str.__str__(given), what)


def as_texts(given: object, what: str = "text", *, blank: bool = True) -> list[str]:
    """Several texts as a list: of a list, tuple, generator, numpy array, a column of a table; read once.

    Args:
        given: the texts.
        what: the name of one of them in messages.
        blank: whether texts without visible characters are accepted.

    Raises:
        UsageError: a single text, a table, an open file, a mapping or a set was given, or an item is not a text.
        DataError: a text contains half of a surrogate pair or U+0000.
    """
    texts = [as_text(item, f"{what} {number}") for number, item in enumerate(items_of(given, what), 1)]
    if not blank:
        for number, text in enumerate(texts, 1):
            if not text.strip():
                raise UsageError(f"{what} {number} is blank")
    return texts


def as_pairs(given: object, what: str = "pair") -> list[tuple[str, str]]:
    """Pairs of texts as a list of tuples; from sequences of two texts each, or an array of shape (n, 2).

    Raises:
        UsageError, DataError: as `as_texts`, or an item is not two texts.
    """
    pairs = []
    for number, item in enumerate(items_of(given, what, dimensions=2), 1):
        two = None if isinstance(item, (str, bytes, Mapping, set, frozenset)) else _sequence(item)
        if two is None or len(two) != 2:
            raise UsageError(f"{what} {number} is {shown(item)}; expected two texts, as in (text1, text2)")
        first, second = (
            as_text(text, f"text {place} of {what} {number}") for place, text in enumerate(two, 1)
        )
        pairs.append((first, second))
    return pairs


def as_id(given: object, what: str = "id") -> str:
    """The id of a document, user or item as a string.

    Raises:
        UsageError: it is neither a string nor an integer, or is blank.
        DataError: it contains half of a surrogate pair or U+0000.
    """
    if not isinstance(given, str):
        if isinstance(given, bool) or not isinstance(given, Integral):
            raise UsageError(f"{what} is {shown(given)}; expected a string or an integer")
        return str(int(given))
    name = as_text(given, what)
    if not name.strip():
        raise UsageError(f"{what} is blank")
    return name


def as_ids(given: object, what: str = "id") -> list[str]:
    """Several ids as a list of strings; sets are accepted, too. See `as_id` and `as_texts`."""
    items = items_of(given, what, ordered=False)
    return [as_id(item, f"{what} {number}") for number, item in enumerate(items, 1)]


def items_of(given: object, what: str, *, ordered: bool = True, dimensions: int = 1) -> Iterator[Any]:
    """Several things as given, to be iterated once.

    Args:
        given: what a caller handed over.
        what: the name of one of them in messages.
        ordered: whether sets are refused, as their order is arbitrary.
        dimensions: of an array.

    Raises:
        UsageError: a single thing, or no collection of such things.
    """
    many = f"several {what[:-1]}ies" if what.endswith("y") else f"several {what}s"
    if isinstance(given, (str, bytes, bytearray)):
        raise UsageError(f"expected {many}, got a single one, {given!r:.60}; put it in a list")
    if is_table(given):
        part = (
            'one of its columns, as in table["text"]'
            if dimensions == 1
            else "two of its columns, as in zip(table[a], table[b])"
        )
        raise UsageError(f"expected {many}, got a table ({type(given).__name__}); give {part}")
    if isinstance(given, Mapping):
        raise UsageError(f"expected {many}, got a mapping; give a list, as in list(mapping.values())")
    if ordered and isinstance(given, (set, frozenset)):
        raise UsageError(
            f"expected {many}, got a set, whose order is arbitrary; give a list, as in sorted(...)"
        )
    if is_open_file(given):
        raise UsageError(f"expected {many}, got an open file; give its lines, as in file.read().splitlines()")
    if getattr(given, "ndim", dimensions) != dimensions and isinstance(getattr(given, "shape", None), tuple):
        raise UsageError(f"expected {many}, got an array of shape {given.shape}")  # type: ignore[attr-defined]
    as_list = getattr(given, "to_pylist", None)  # pyarrow's items are not Python objects
    if callable(as_list):
        return iter(as_list())
    try:
        items: Iterator[Any] = iter(given)  # type: ignore[call-overload]
        return items
    except TypeError:
        advice = "" if given is None else "; put it in a list"
        raise UsageError(f"expected {many}, got {shown(given)}{advice}") from None


def is_one(given: object) -> bool:
    """Whether it can only be meant as one text, where one or several are taken."""
    return given is None or isinstance(given, (str, bytes, bytearray, Number))


def is_table(given: object) -> bool:
    """Whether it is a table: a frame of pandas or polars, or a table of pyarrow, recognised by its methods."""
    offers = ("itertuples", "iter_rows", "to_batches", "collect_schema")
    if isinstance(given, type):
        return False
    if callable(getattr(given, "to_pylist", None)) and hasattr(given, "schema"):
        return True
    return any(callable(getattr(given, name, None)) for name in offers)


def is_open_file(given: object) -> bool:
    """Whether it is a file, open for reading, or several as of `fileinput`."""
    return isinstance(given, io.IOBase) or callable(getattr(given, "readline", None))


def as_whole(given: object, name: str, least: int = 1, most: int | None = None) -> int:
    """A whole number as an `int`, numpy's included.

    Raises:
        UsageError: it is not a whole number, or out of range.
    """
    if (
        not isinstance(given, (bool, str))
        and getattr(given, "shape", ()) == ()
        and hasattr(given, "__index__")
    ):
        try:
            number = operator.index(given)
        except TypeError:
            number = least - 1
        if number >= least and (most is None or number <= most):
            return number
    reach = f"of at least {least}" if most is None else f"between {least} and {most:,}"
    raise UsageError(f"{name} is {given!r:.60}; expected a whole number {reach}")


def as_number(given: object, name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number within bounds, as a `float`; UsageError otherwise."""
    is_flag = type(given).__name__ in ("bool", "bool_")
    if not is_flag and not isinstance(given, (str, bytes)) and getattr(given, "shape", ()) == ():
        try:
            number = float(given)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number) and low <= number <= high:
            return number
    reach = ""
    if math.isfinite(low) and math.isfinite(high):
        reach = f" between {low:g} and {high:g}"
    elif math.isfinite(low):
        reach = f" of at least {low:g}"
    raise UsageError(f"{name} is {given!r:.60}; expected a number{reach}")


def as_flag(given: object, name: str) -> bool:
    """True or False, numpy's included; UsageError for anything else, such as "no", which is truthy in Python."""
    if isinstance(given, bool):
        return given
    if type(given).__name__ in ("bool", "bool_") and getattr(given, "shape", None) == ():
        return bool(given)
    raise UsageError(f"{name} is {given!r:.60}; expected True or False")


def as_choice(given: object, name: str, allowed: Iterable[str]) -> None:
    """Raise UsageError unless it is one of the allowed words."""
    words = tuple(allowed)
    if not isinstance(given, str) or given not in words:
        raise UsageError(f"{name} is {given!r:.60}; expected one of {', '.join(words)}")


def as_where(given: object, name: str = "where") -> str:
    """A filter expression; UsageError unless it is a string, DataError if that is not valid text."""
    if not isinstance(given, str):
        raise UsageError(f"{name} is {given!r:.60}; expected a filter expression as a string")
    return as_text(given, name)


def as_path(given: object, name: str) -> Path:
    """A path of a string or path object; UsageError for anything else. It need not be UTF-8."""
    return Path(as_path_name(given, name))


def as_path_name(given: object, name: str) -> str:
    """As `as_path`, but the string as given: "./x" may mean something other than "x"."""
    if not isinstance(given, (str, os.PathLike)) or not isinstance(path := os.fspath(given), str):
        raise UsageError(f"{name} is {shown(given)}; expected a string or a Path")
    if not path.strip() or "\0" in path or len(path) > MAX_PATH_CHARS:
        raise UsageError(f"{name} is {path!r:.60}; expected a name or a path")
    return path


def expect(given: object, kind: type[T], name: str, hint: str = "") -> T:
    """The value itself if it is an instance of `kind`; else UsageError that says what to pass."""
    if not isinstance(given, kind):
        raise UsageError(f"{name} is {shown(given)}; expected {hint or kind.__name__}")
    return given


def shown(given: object) -> str:
    """A value for messages: its type and the beginning of its repr."""
    if given is None:
        return "None"
    return f"{type(given).__name__} {' '.join(repr(given).split()):.60}"


def _sequence(item: object) -> list[object] | None:
    """The elements of a list, tuple or array; None for anything else."""
    if isinstance(item, (list, tuple)) or isinstance(getattr(item, "shape", None), tuple):
        try:
            parts: Iterator[object] = iter(item)  # type: ignore[call-overload]
        except TypeError:
            return None
        return list(parts)
    return None

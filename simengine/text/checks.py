"""The check that every text and every piece of JSON passes, whatever its origin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from simengine.errors import DataError

MAX_JSON_DEPTH = 100
"""Nesting of lists and objects, the outermost one included: of metadata, of a record in a file, of any JSON."""
TOO_DEEP = f"lists and objects are nested more than {MAX_JSON_DEPTH} deep"

# Strings are skipped as a whole: brackets in them are text.
_BRACKETS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)
_ESCAPED_BYTES = range(0xDC80, 0xDD00)
"""What Python makes of bytes in arguments and file names that are not UTF-8 (PEP 383)."""


def text_fault(text: str) -> str | None:
    """Why a text cannot be used: half of a surrogate pair, which UTF-8 cannot hold, or U+0000; None when it can."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return _surrogate(ord(text[error.start]), error.start + 1)
    if "\0" in text:
        return f"contains the character U+0000 (character {text.index(chr(0)) + 1})"
    return None


def surrogate_fault(text: str) -> str | None:
    """As `text_fault`, for half of a surrogate pair only."""
    fault = text_fault(text)
    return None if fault is None or "U+0000" in fault else fault


def _surrogate(unit: int, position: int) -> str:
    if unit in _ESCAPED_BYTES:
        return f"is not valid UTF-8: byte 0x{unit - 0xDC00:02x} (character {position})"
    return (
        f"contains half of a surrogate pair, \\u{unit:04x} (character {position}), which is not a character; "
        "the text was cut inside a character, or decoded with the wrong encoding"
    )


def check_text(text: str, place: str, line: int | None = None) -> str:
    """The text itself.

    Args:
        text: any text.
        place: where it was given, such as "query 2" or "argument TEXT1".
        line: 1-based line of `place`, where that is a file.

    Raises:
        DataError: it contains half of a surrogate pair or U+0000.
    """
    fault = text_fault(text)
    if fault is not None:
        raise DataError(fault, place, line)
    return text


def json_depth(source: str | bytes, enough: int) -> int:
    """How deep lists and objects are nested in a JSON text; counting stops above `enough`."""
    if isinstance(source, str):
        source = source.encode("utf-8", "surrogatepass")
    depth = deepest = 0
    for match in _BRACKETS.finditer(source):
        sign = match.group()
        if sign in b"[{":
            depth += 1
            if depth > deepest:
                deepest = depth
                if deepest > enough:
                    return deepest
        elif sign in b"]}":
            depth -= 1
    return deepest


def is_nested_deeper(source: str | bytes, most: int = MAX_JSON_DEPTH) -> bool:
    """Whether lists and objects are nested deeper than `most` in a JSON text."""
    few = (b"[", b"{") if isinstance(source, bytes) else ("[", "{")
    return sum(map(source.count, few)) > most and json_depth(source, most) > most  # type: ignore[arg-type]


def parse_json(source: str | bytes) -> Any:
    """A user's JSON text, parsed as by `json.loads`.

    Raises:
        ValueError: not JSON, not in UTF-8 (16, 32), or nested more than MAX_JSON_DEPTH deep.
    """
    if is_nested_deeper(source):
        raise ValueError(TOO_DEEP)
    return parse_own_json(source)


def parse_own_json(source: str | bytes) -> Any:
    """As `parse_json`, for large machine-written files: only what Python cannot parse is too deep.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(source)
    except RecursionError as error:
        raise ValueError(TOO_DEEP) from error


def first_fault(value: object, most: int = MAX_JSON_DEPTH) -> tuple[tuple[str | int, ...], str] | None:
    """The first text in a JSON value, key or value, that contains half of a surrogate pair; or where it is too deep.

    Returns:
        The keys and positions that lead there, and what is wrong; None if nothing is.
    """
    stack: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, str):
            fault = surrogate_fault(item)
            if fault is not None:
                return path, fault
        elif isinstance(item, (Mapping, list, tuple)):
            if len(path) >= most:
                return path, TOO_DEEP
            parts: Iterable[tuple[Any, Any]] = item.items() if isinstance(item, Mapping) else enumerate(item)
            found = list(parts)
            for key, _ in found:
                if isinstance(key, str) and surrogate_fault(key) is not None:
                    return path, f"the key {key!a:.60} {surrogate_fault(key)}"
            stack.extend(((*path, key), part) for key, part in reversed(found))
    return None

"""Records in JSON as its standard has it, checked for what could not be stored."""

from __future__ import annotations

import json
import math
import re

from simengine.corpus.report import RecordFault

MAX_DEPTH = 100
"""Lists and objects within each other; deeper ones are refused, as recursive code elsewhere could not take them."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def checked_record(record: object, text: str, where: str) -> dict[str, object]:
    """The record itself, when it is an object that is not nested too deeply.

    Raises:
        RecordFault: it is something else.
    """
    if type(record) is not dict:
        raise RecordFault("not an object", f"expected a JSON object {where}, got {_json_kind(record)}")
    # Counting brackets is enough for nearly all records, and quick.
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth_exceeds(record, MAX_DEPTH):
        raise too_deep()
    if _SURROGATE.search(text):
        _check_surrogates(record)
    return record


def _check_surrogates(record: dict[str, object]) -> None:
    """Refuse unpaired surrogates, which JSON escapes can spell but UTF-8 cannot store."""
    for name, value in record.items():
        try:
            json.dumps([name, value], ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            unit = ord(error.object[error.start])
            detail = f"field {name!a} holds half of a surrogate pair, \\u{unit:04x}, which is no character"
            raise RecordFault("unpaired surrogate", detail) from error


def too_deep() -> RecordFault:
    """The fault of a record that is nested too deeply."""
    return RecordFault("broken JSON", f"nested too deeply: at most {MAX_DEPTH} levels are read")


def _depth_exceeds(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)  # type: ignore[attr-defined]
            if isinstance(part, (dict, list))
        ]
        if not level:
            return False
    return True


def strict_decoder() -> json.JSONDecoder:
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

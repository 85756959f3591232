"""Records in standard JSON, checked for what could not be stored."""

from __future__ import annotations

import json
import math
import re

from simengine.corpus.report import RecordFault
from simengine.text.checks import TOO_DEEP, first_fault, is_nested_deeper

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def checked_record(record: object, text: str, where: str) -> dict[str, object]:
    """The record itself, if it is an object that is not nested too deeply.

    Raises:
        RecordFault: anything else.
    """
    if type(record) is not dict:
        raise RecordFault("not an object", f"expected a JSON object {where}, got {_json_kind(record)}")
    if is_nested_deeper(text):
        raise too_deep()
    if _SURROGATE.search(text) and (found := first_fault(record)):
        path, fault = found
        where = f"the field {'.'.join(map(str, path))!a}" if path else "the record"
        raise RecordFault("unpaired surrogate", f"{where} {fault}")
    return record


def too_deep() -> RecordFault:
    """The fault of a record that is nested too deeply."""
    return RecordFault("broken JSON", TOO_DEEP)


def strict_decoder() -> json.JSONDecoder:
    """Standard JSON: no NaN, no Infinity (nor 1e999), no repeated key in an object."""

    def refuse(constant: str) -> object:
        raise RecordFault("not a JSON number", f"{constant} is not valid JSON; use null")

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
            raise RecordFault("repeated key", f"the key {twice!r} appears twice in one object")
        return found

    return json.JSONDecoder(object_pairs_hook=pairs, parse_float=number, parse_constant=refuse)


def _json_kind(value: object) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")

"""Values and field names as a filter expression writes them; `simengine.search.filter_syntax` reads them."""

from __future__ import annotations

import re
from typing import TypeAlias

Scalar: TypeAlias = "bool | int | float | str | None"

_PLAIN = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_KEYWORDS = frozenset(["and", "or", "not", "in", "is", "contains", "starts", "with", "true", "false", "null"])


def shown_value(value: Scalar) -> str:
    """A value as it is written in an expression."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def shown_field(name: str) -> str:
    """A field's name as it is written in an expression, in backticks where that is needed."""
    plain = _PLAIN.fullmatch(name) and not _KEYWORDS.intersection(name.lower().split("."))
    return name if plain else f"`{name}`"

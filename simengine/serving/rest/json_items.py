"""How many values a request's JSON may hold: each that is of the wrong type becomes an error, which costs time."""

from __future__ import annotations

import asyncio
import re

from simengine.errors import UsageError

MAX_ITEMS = 100_000
# Strings are skipped whole: commas in them are text.
_COMMAS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|,', re.DOTALL)


async def check_items(body: bytes, most: int = MAX_ITEMS) -> None:
    """Raise UsageError (422) where a request's JSON holds more values than `most`."""
    if body.count(b",") >= most and await asyncio.to_thread(has_more_items, body, most):
        raise UsageError(f"the JSON holds more than {most:,} values; send them in several requests")


def has_more_items(body: bytes, most: int) -> bool:
    """Whether more than `most` values stand beside each other, in all lists and objects together."""
    n = 1
    for match in _COMMAS.finditer(body):
        if match.group() == b",":
            n += 1
            if n > most:
                return True
    return False

"""Labels as the command line gives them: a name, or a name and what it means."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.errors import UsageError


def parse_labels(given: Sequence[str], option: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names, and the descriptions of those that have one.

    Args:
        given: "sports", or "NUM=a number or an amount".
        option: what they were given with, for messages.

    Raises:
        UsageError: a name or a description is blank, or a name is given twice.
    """
    names, descriptions = [], {}
    for each in given:
        name, sign, words = each.partition("=")
        name, words = name.strip(), words.strip()
        if not name or (sign and not words):
            raise UsageError(f"{option} {each!r}: expected a name, or NAME=DESCRIPTION")
        if name in names:
            raise UsageError(f"{option} {name!r} is given twice")
        names.append(name)
        if sign:
            descriptions[name] = words
    return tuple(names), descriptions

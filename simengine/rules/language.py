"""The language of a text, as far as verdicts need it."""

from __future__ import annotations

from simengine.text.scripts import is_chinese


def known_language(text: str) -> str:
    """ "en", "zh" or "" for another one."""
    return "zh" if is_chinese(text) else "en"

"""Texts for comparing two ways of running a model."""

from __future__ import annotations

from typing import Final

CANARY_VERSION: Final = "1"
"""Version of the canary texts; to be incremented when one changes, because stored vectors then belong to old texts."""

_CHECK_PARAGRAPHS = 96
_TEXTS = (
    "A man is playing a guitar on the street.",
    "The committee did not approve the budget for 2024.",
    "def binary_search(items, target): return bisect_left(items, target)",
    "一只猫坐在窗台上看着外面的雨。",
    "Ünïcödé, emoji 🙂, numbers 3.14159 and CAPITALS.",
    " ",
    "The history of the lighthouse begins with fires on hills. " * 40,
)


def canary_texts() -> tuple[str, ...]:
    """English, negation, code, Chinese, mixed characters, an almost empty text, one longer than most models' limit."""
    return _TEXTS


def check_texts() -> list[str]:
    """The canary texts and paragraphs of Python's language reference, which is part of every installation."""
    from pydoc_data import topics

    found = [
        " ".join(part.split()) for _, text in sorted(topics.topics.items()) for part in text.split("\n\n")
    ]
    long_enough = [text for text in found if len(text) >= 40]
    return [*canary_texts(), *long_enough[:: max(len(long_enough) // _CHECK_PARAGRAPHS, 1)]]

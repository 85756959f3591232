"""The leakage guard: finds training data in dev or test, by exact text, spelling, words, n-grams and meaning."""

from __future__ import annotations

from simengine.training.leakage.examples import Example, ShownExample
from simengine.training.leakage.overlap import check_leakage, guard_examples
from simengine.training.leakage.report import (
    LeakageOptions,
    LeakageReport,
    OverlapCount,
    OverlapExample,
    SetOverlap,
)

__all__ = [
    "Example",
    "LeakageOptions",
    "LeakageReport",
    "OverlapCount",
    "OverlapExample",
    "SetOverlap",
    "ShownExample",
    "check_leakage",
    "guard_examples",
]

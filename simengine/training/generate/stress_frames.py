"""Sentence frames of the benchmark sets. The generator of training pairs uses none of them, nor their words."""

from __future__ import annotations

from simengine.training.generate.stress_frames_en import (
    ACT_EN,
    DENIALS_EN,
    INTERVALS_EN,
    ROLES_EN,
    STATEMENTS_EN,
)
from simengine.training.generate.stress_frames_zh import (
    ACT_ZH,
    DENIALS_ZH,
    INTERVALS_ZH,
    ROLES_ZH,
    STATEMENTS_ZH,
)

__all__ = [
    "ACT_EN",
    "ACT_ZH",
    "DENIALS_EN",
    "DENIALS_ZH",
    "INTERVALS_EN",
    "INTERVALS_ZH",
    "ROLES_EN",
    "ROLES_ZH",
    "STATEMENTS_EN",
    "STATEMENTS_ZH",
]

"""Recommendations for users of a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simengine.types import Recommendation


@dataclass(frozen=True, slots=True)
class UserRecommendations:
    """Recommendations for a user of a history.

    Attributes:
        user: as in the history.
        items: best first.
    """

    user: str
    items: Sequence[Recommendation]

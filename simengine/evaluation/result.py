"""The base of all results of this package."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import cast

from simengine.types import Json


@dataclass(frozen=True, slots=True)
class EvaluationMetrics:
    """Figures about a model."""

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return cast("dict[str, Json]", asdict(self))

"""What all results of this package offer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import cast

from simengine.types import Json


@dataclass(frozen=True, slots=True)
class Result:
    """Figures about a model."""

    def as_dict(self) -> dict[str, Json]:
        """As JSON."""
        return cast("dict[str, Json]", asdict(self))

"""How far a long run has come."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives how far a run has come."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins; `total` stays None while the size of the input is unknown."""

    def advance(self, n: int) -> None:
        """n more units of the current stage are done."""


class NoProgress:
    """Says nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Ignored."""

    def advance(self, n: int) -> None:
        """Ignored."""

    def expect(self, total: int) -> None:
        """Ignored; a bar learns here that the current stage is now thought to have `total` units."""

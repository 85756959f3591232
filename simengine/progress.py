"""Progress of a long run."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Notified of a run's progress."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins; `total` is None while the size of the input is unknown."""

    def advance(self, n: int) -> None:
        """n more units of the current stage are done."""


class NoProgress:
    """Ignores all notifications."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Ignored."""

    def advance(self, n: int) -> None:
        """Ignored."""

    def expect(self, total: int) -> None:
        """Ignored; a bar learns here that the current stage is now thought to have `total` units."""

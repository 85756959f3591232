"""Alerts of a stream's monitor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import cast

from simengine.types import Json


@dataclass(frozen=True, slots=True)
class Example:
    """An example text of an alert: its number in the stream (from 1), id, time, probability and beginning."""

    number: int
    id: str
    time: str | float | None
    probability: float
    text: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A share that has changed.

    Attributes:
        change: "rise" or "fall".
        topic, sentiment: the share is of texts with the topic, with the sentiment, or (both given) texts with
            the sentiment among those with the topic.
        share_now, n_now: in the window, and texts that it is a share of.
        share_before, n_before: in the windows before it.
        p_value: of Fisher's exact test, before correction for the number of shares.
        first, last: numbers of the window's texts in the stream, from 1.
        time_first, time_last: their times, if known.
        examples: of the texts with the topic and sentiment: of the window after a rise, from before it after a fall.
        calibrated: whether the classifier's probabilities were calibrated.
    """

    change: str
    topic: str | None
    sentiment: str | None
    share_now: float
    n_now: int
    share_before: float
    n_before: int
    p_value: float
    first: int
    last: int
    time_first: str | float | None
    time_last: str | float | None
    examples: tuple[Example, ...]
    calibrated: bool

    def as_dict(self) -> dict[str, Json]:
        """As JSON."""
        return cast("dict[str, Json]", {**asdict(self), "examples": [asdict(each) for each in self.examples]})

"""Options and alerts of a monitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from simengine.errors import UsageError
from simengine.types import Json

DEFAULT_WINDOW = 100


@dataclass(frozen=True, slots=True)
class MonitorOptions:
    """How a stream is monitored.

    Attributes:
        topics: a text has those whose probability reaches `threshold`.
        sentiments: a text has the most probable of them.
        descriptions: from a topic or a sentiment to its words in hypotheses; see `hypotheses_for`.
        window: texts that are compared with those before them.
        window_s: the window in seconds instead.
        reference: windows before the window that it is compared with.
        checks: number of checks per window's worth of texts.
        threshold: see `topics`; in [0, 1].
        multi_label: a text may have several topics; False for at most one.
        min_texts: a share of fewer texts, now or before, is not tested.
        min_change: least difference of two shares that is reported, in (0, 1].
        significance: probability of a false alarm at each check, over all shares together (Bonferroni).
        n_examples: texts in an alert.
    """

    topics: tuple[str, ...] = ()
    sentiments: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    window: int = DEFAULT_WINDOW
    window_s: float | None = None
    reference: int = 4
    checks: int = 4
    threshold: float = 0.5
    multi_label: bool = True
    min_texts: int = 20
    min_change: float = 0.1
    significance: float = 0.001
    n_examples: int = 3

    def __post_init__(self) -> None:
        if not self.topics and not self.sentiments:
            raise UsageError("nothing to monitor: give topics, sentiments, or both")
        if both := sorted({*self.topics} & {*self.sentiments}):
            raise UsageError(f"{both[0]!r} is a topic and a sentiment; give them different names")
        if len(self.sentiments) == 1 or (len(self.topics) == 1 and not self.multi_label):
            raise UsageError("one label is not a choice; give at least two")
        for name, least in (
            ("window", 2),
            ("reference", 1),
            ("checks", 1),
            ("min_texts", 1),
            ("n_examples", 0),
        ):
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}; expected at least {least}")
        if self.window_s is not None and not 0 < self.window_s < float("inf"):
            raise UsageError(f"window_s is {self.window_s}; expected seconds above 0")
        if self.window_s is None and self.min_texts > self.window:
            raise UsageError(
                f"min_texts is {self.min_texts}, the window {self.window} texts: nothing would ever be tested"
            )
        if not (0 <= self.threshold <= 1 and 0 < self.min_change <= 1 and 0 < self.significance < 1):
            raise UsageError(
                f"threshold {self.threshold}, min_change {self.min_change}, significance {self.significance}: expected "
                "shares between 0 and 1"
            )

    def to_dict(self) -> dict[str, Json]:
        """As JSON, read by `from_dict`."""
        table = asdict(self)
        return cast(
            "dict[str, Json]", {**table, "topics": list(self.topics), "sentiments": list(self.sentiments)}
        )

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> MonitorOptions:
        """The inverse of `to_dict`.

        Raises:
            UsageError: a key is missing or unknown, or a value cannot be used.
        """
        if wrong := sorted({each.name for each in fields(cls)} ^ set(table)):
            raise UsageError(f"missing or unknown: {', '.join(wrong)}")
        given = {**table, "topics": tuple(table["topics"]), "sentiments": tuple(table["sentiments"])}
        return cls(**given)


@dataclass(frozen=True, slots=True)
class StreamText:
    """A text of a stream.

    Attributes:
        text: never blank.
        time_s: seconds since 1970 (or since any other moment), None if only the order is known.
        time: as in the record.
        id: of the record, or "".
    """

    text: str
    time_s: float | None = None
    time: str | float | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A text that supports an alert: its number in the stream (from 1), id, time, probability and beginning."""

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

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return cast("dict[str, Json]", {**asdict(self), "examples": [asdict(each) for each in self.examples]})

"""Monitoring a stream of texts for topics and sentiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any, cast

from annotated_types import Ge, Gt, Le, Lt

from simengine.errors import UsageError
from simengine.requests.fields import Help, Texts, check_fields

if TYPE_CHECKING:
    from simengine.types import Json

DEFAULT_WINDOW = 100
SENTIMENTS: Mapping[str, tuple[str, ...]] = {
    "en": ("positive", "neutral", "negative"),
    "zh": ("正面", "中性", "负面"),
}
"""Sentiments by language."""


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

    topics: Annotated[tuple[str, ...], Texts("topic")] = ()
    sentiments: Annotated[tuple[str, ...], Texts("sentiment")] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    window: Annotated[int, Ge(2)] = DEFAULT_WINDOW
    window_s: Annotated[float | None, Gt(0)] = None
    reference: Annotated[
        int, Ge(1), Help("Number of windows before the latest one that it is compared with.")
    ] = 4
    checks: Annotated[int, Ge(1)] = 4
    threshold: Annotated[
        float, Ge(0), Le(1), Help("Probability from which a text counts as having a topic.")
    ] = 0.5
    multi_label: Annotated[bool, Help("Whether a text may have several topics, or one at most.")] = True
    min_texts: Annotated[int, Ge(1), Help("Do not test shares of fewer texts.")] = 20
    min_change: Annotated[float, Gt(0), Le(1), Help("Do not report smaller changes of a share.")] = 0.1
    significance: Annotated[
        float,
        Gt(0),
        Lt(1),
        Help("Probability of a false alarm at each check, over all shares (Fisher's exact test)."),
    ] = 0.001
    n_examples: Annotated[int, Ge(0), Help("Number of texts in an alert.")] = 3

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.topics and not self.sentiments:
            raise UsageError("nothing to monitor: give topics, sentiments, or both")
        if both := sorted({*self.topics} & {*self.sentiments}):
            raise UsageError(f"{both[0]!r} is a topic and a sentiment; give them different names")
        if len(self.sentiments) == 1 or (len(self.topics) == 1 and not self.multi_label):
            raise UsageError("one label is not a choice; give at least two")
        if self.window_s is None and self.min_texts > self.window:
            raise UsageError(
                f"min_texts is {self.min_texts}, the window {self.window} texts: nothing would ever be tested"
            )

    def as_table(self) -> dict[str, Json]:
        """As JSON, read by `from_table`."""
        table = asdict(self)
        return cast(
            "dict[str, Json]", {**table, "topics": list(self.topics), "sentiments": list(self.sentiments)}
        )

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> MonitorOptions:
        """The inverse of `as_table`.

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

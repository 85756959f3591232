"""A stream of texts against topics and sentiments: says when a share of them has changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from simengine.errors import FingerprintMismatchError, UsageError
from simengine.reasoning.zero_shot import ZeroShotClassifier
from simengine.requests.monitor import MonitorOptions, StreamText
from simengine.results.monitor import Alert, Example
from simengine.types import FloatMatrix, Json, Mask

VERSION = 1
EXAMPLE_CHARACTERS = 300
MOST_BEFORE = 100_000  # texts before the window that are kept; a day of a busy stream would fill the memory


@dataclass(frozen=True, slots=True)
class _Seen:
    """A text that was classified."""

    number: int
    time_s: float
    time: str | float | None
    id: str
    text: str
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Series:
    """A share that is watched: of texts with a topic, a sentiment, or a sentiment among those with a topic."""

    topic: int | None
    sentiment: int | None


class Monitor:
    """Watches shares of topics and sentiments in a window of the latest texts against the windows before it.

    Each look compares every share by Fisher's exact test. One that has changed is told once: its comparison begins
    anew with the texts after the alert. Texts are taken in the order in which they come; one that is older than the
    one before it counts as of that one's time. Texts that the model has no tokens for are left out, and counted.

    Args:
        classifier: decides topics and sentiments.
        options: what to watch for.
    """

    def __init__(self, classifier: ZeroShotClassifier, options: MonitorOptions) -> None:
        self.options = options
        self._classifier = classifier
        self._series = _series(len(options.topics), len(options.sentiments))
        self._since = [0] * len(self._series)  # only texts with a greater number are looked at
        self._before: deque[_Seen] = deque()
        self._window: deque[_Seen] = deque()
        self._next_check_s: float | None = None
        self.n_texts = 0
        self.n_late = 0
        self.n_unreadable = 0
        self.n_alerts = 0

    def add(self, texts: Sequence[StreamText]) -> list[Alert]:
        """Take the next texts, and say what has changed.

        How a stream is divided into calls does not matter.

        Args:
            texts: the next of the stream, in its order.

        Raises:
            UsageError: a text is blank, or has no time though windows are of seconds.
        """
        if self.options.window_s is not None and any(each.time_s is None for each in texts):
            raise UsageError(
                "a text has no time; windows of seconds need one for each (windows of texts do not)"
            )
        alerts = []
        readings = self._classifier.nli.readings([each.text for each in texts])
        readable = [text for text, reading in zip(texts, readings, strict=True) if not reading.unreadable]
        self.n_unreadable += len(texts) - len(readable)
        for text, row in zip(readable, self._classified([each.text for each in readable]), strict=True):
            self._take(text, row)
            if self._is_due():
                alerts += self._look()
        self.n_alerts += len(alerts)
        return alerts

    def state(self) -> dict[str, Json]:
        """All that `resumed` needs to go on, as JSON; it holds beginnings of the latest texts."""
        return {
            "version": VERSION,
            "model": self._classifier.nli.model.fingerprint.digest,
            "options": self.options.as_table(),
            "n_texts": self.n_texts,
            "n_late": self.n_late,
            "n_unreadable": self.n_unreadable,
            "n_alerts": self.n_alerts,
            "since": list(self._since),
            "next_check_s": self._next_check_s,
            "before": [_as_list(each) for each in self._before],
            "window": [_as_list(each) for each in self._window],
        }

    @classmethod
    def resumed(cls, classifier: ZeroShotClassifier, state: Mapping[str, Any]) -> Monitor:
        """A monitor that goes on where one was when its state was taken.

        Raises:
            UsageError: this is no state, or of another version.
            FingerprintMismatchError: the model is another.
        """
        model = classifier.nli.model.fingerprint.digest
        if not isinstance(state, Mapping) or state.get("version") != VERSION:
            raise UsageError(f"this is no state of a monitor of version {VERSION}")
        if state.get("model") != model:
            raise FingerprintMismatchError(
                f"the state was made with the model {str(state.get('model'))[:12]}, not with {model[:12]}: what one "
                "calls a change the other may not; begin a new state"
            )
        try:
            monitor = cls(classifier, MonitorOptions.from_table(state["options"]))
            monitor.n_texts, monitor.n_late = int(state["n_texts"]), int(state["n_late"])
            monitor.n_unreadable = int(state.get("n_unreadable", 0))
            monitor.n_alerts = int(state["n_alerts"])
            monitor._since = [int(each) for each in state["since"]]
            monitor._next_check_s = state["next_check_s"]
            monitor._before = deque(_from_list(each) for each in state["before"])
            monitor._window = deque(_from_list(each) for each in state["window"])
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"the state of the monitor cannot be used: {error}") from error
        if len(monitor._since) != len(monitor._series):
            raise UsageError("the state of the monitor cannot be used: it has another number of shares")
        return monitor

    def _classified(self, texts: Sequence[str]) -> FloatMatrix:
        options, parts = self.options, []
        if options.topics:
            parts.append(
                self._classifier.probabilities(
                    texts,
                    options.topics,
                    descriptions=_among(options.descriptions, options.topics),
                    multi_label=options.multi_label,
                )
            )
        if options.sentiments:
            parts.append(
                self._classifier.probabilities(
                    texts,
                    options.sentiments,
                    task="sentiment",
                    descriptions=_among(options.descriptions, options.sentiments),
                )
            )
        return np.concatenate(parts, axis=1)

    def _take(self, text: StreamText, row: FloatMatrix) -> None:
        self.n_texts += 1
        time_s = 0.0 if text.time_s is None else text.time_s
        if self._window and time_s < self._window[-1].time_s:
            self.n_late += 1
            time_s = self._window[-1].time_s
        seen = _Seen(
            self.n_texts, time_s, text.time, text.id, text.text[:EXAMPLE_CHARACTERS], tuple(row.tolist())
        )
        self._window.append(seen)
        options, window, before = self.options, self._window, self._before
        if options.window_s is None:
            while len(window) > options.window:
                before.append(window.popleft())
            most = options.window * options.reference
        else:
            while window[0].time_s <= time_s - options.window_s:
                before.append(window.popleft())
            while before and before[0].time_s <= time_s - options.window_s * (1 + options.reference):
                before.popleft()
            most = MOST_BEFORE
        while len(before) > most:
            before.popleft()

    def _is_due(self) -> bool:
        options = self.options
        if options.window_s is None:
            return self.n_texts % max(options.window // options.checks, 1) == 0
        now, step_s = self._window[-1].time_s, options.window_s / options.checks
        if self._next_check_s is None:
            self._next_check_s = now + step_s
        if now < self._next_check_s:
            return False
        self._next_check_s = now + step_s
        return True

    def _look(self) -> list[Alert]:
        seen = [*self._before, *self._window]
        has = self._has(np.asarray([each.probabilities for each in seen], np.float64))
        numbers = np.asarray([each.number for each in seen])
        now = np.arange(len(seen)) >= len(self._before)
        alerts = []
        for place, series in enumerate(self._series):
            trials, hits = self._columns(series, has)
            trials = trials & (numbers > self._since[place])
            alert = self._compare(series, seen, trials, trials & hits, now)
            if alert is not None:
                alerts.append(alert)
                self._since[place] = self.n_texts
        return alerts

    def _has(self, probabilities: npt.NDArray[np.float64]) -> Mask:
        """(texts, topics and sentiments): which a text has."""
        n_topics = len(self.options.topics)
        has = np.zeros(probabilities.shape, np.bool_)
        rows = np.arange(len(probabilities))
        topics, sentiments = probabilities[:, :n_topics], probabilities[:, n_topics:]
        has[:, :n_topics] = topics >= self.options.threshold
        if n_topics and not self.options.multi_label:
            best = np.zeros_like(topics, np.bool_)
            best[rows, topics.argmax(axis=1)] = True
            has[:, :n_topics] &= best
        if self.options.sentiments:
            has[rows, n_topics + sentiments.argmax(axis=1)] = True
        return has

    def _columns(self, series: _Series, has: Mask) -> tuple[Mask, Mask]:
        """Texts that a share is of, and those among them that count for it."""
        everything = np.ones(len(has), np.bool_)
        sentiment = None if series.sentiment is None else has[:, len(self.options.topics) + series.sentiment]
        if series.topic is None:
            return everything, cast("Mask", sentiment)
        topic = has[:, series.topic]
        return (everything, topic) if sentiment is None else (topic, topic & sentiment)

    def _compare(
        self, series: _Series, seen: Sequence[_Seen], trials: Mask, hits: Mask, now: Mask
    ) -> Alert | None:
        from scipy.stats import fisher_exact

        options = self.options
        n_now, n_before = int((trials & now).sum()), int((trials & ~now).sum())
        if min(n_now, n_before) < options.min_texts:
            return None
        hits_now, hits_before = int((hits & now).sum()), int((hits & ~now).sum())
        share_now, share_before = hits_now / n_now, hits_before / n_before
        if abs(share_now - share_before) < options.min_change:
            return None
        table = [[hits_now, n_now - hits_now], [hits_before, n_before - hits_before]]
        p_value = float(fisher_exact(table).pvalue)  # two-sided
        if p_value > options.significance / len(self._series):
            return None
        rises = share_now > share_before
        shown = np.flatnonzero(hits & (now if rises else ~now)).tolist()
        first, last = self._window[0], self._window[-1]
        return Alert(
            change="rise" if rises else "fall",
            topic=None if series.topic is None else options.topics[series.topic],
            sentiment=None if series.sentiment is None else options.sentiments[series.sentiment],
            share_now=share_now,
            n_now=n_now,
            share_before=share_before,
            n_before=n_before,
            p_value=p_value,
            first=first.number,
            last=last.number,
            time_first=first.time,
            time_last=last.time,
            examples=self._examples(series, [seen[at] for at in shown]),
            calibrated=self._classifier.calibrated,
        )

    def _examples(self, series: _Series, texts: Sequence[_Seen]) -> tuple[Example, ...]:
        """The surest first; of equally sure ones the latest."""
        places = [] if series.topic is None else [series.topic]
        places += [] if series.sentiment is None else [len(self.options.topics) + series.sentiment]

        def sureness(each: _Seen) -> float:
            return min(each.probabilities[place] for place in places)

        ordered = sorted(texts, key=lambda each: (-sureness(each), -each.number))
        return tuple(
            Example(each.number, each.id, each.time, sureness(each), each.text)
            for each in islice(ordered, self.options.n_examples)
        )


def _series(n_topics: int, n_sentiments: int) -> list[_Series]:
    return [
        *(_Series(topic, None) for topic in range(n_topics)),
        *(_Series(None, sentiment) for sentiment in range(n_sentiments)),
        *(_Series(topic, sentiment) for topic in range(n_topics) for sentiment in range(n_sentiments)),
    ]


def _among(descriptions: Mapping[str, str], labels: Sequence[str]) -> dict[str, str]:
    return {label: words for label, words in descriptions.items() if label in labels}


def _as_list(seen: _Seen) -> list[Json]:
    return cast(
        "list[Json]", [seen.number, seen.time_s, seen.time, seen.id, seen.text, list(seen.probabilities)]
    )


def _from_list(values: Sequence[Any]) -> _Seen:
    number, time_s, time, id_, text, probabilities = values
    return _Seen(int(number), float(time_s), time, str(id_), str(text), tuple(map(float, probabilities)))

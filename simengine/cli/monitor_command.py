"""simengine monitor: a stream of texts against topics and sentiments; alerts when shares change."""

from __future__ import annotations

import json
import queue
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from simengine.cli.class_labels import parse_labels
from simengine.cli.nli_command import load_nli_model
from simengine.cli.options import ModelChoice, collected, nli_model_options, output_options, together
from simengine.cli.output import open_output
from simengine.cli.terminal import counted, note
from simengine.cli.texts import unknown_warning
from simengine.corpus.sources import refuse_special
from simengine.errors import DataError, UsageError
from simengine.text.checks import parse_json

if TYPE_CHECKING:
    from simengine.corpus.report import ReadReport
    from simengine.reasoning.monitor import Monitor
    from simengine.reasoning.zero_shot import ZeroShotClassifier
    from simengine.requests.monitor import MonitorOptions, StreamText

BATCH_TEXTS = 64
_UNITS_S = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)")


@dataclass(frozen=True, slots=True)
class WatchChoice:
    """What is watched for."""

    topic: tuple[str, ...]
    sentiment: tuple[str, ...]
    window: str
    reference: int
    threshold: float
    single_topic: bool
    min_texts: int
    min_change: float
    significance: float
    examples: int


watch_options = together(
    click.option(
        "--topic",
        multiple=True,
        metavar="NAME[=DESCRIPTION]",
        help="A topic, and the words that describe it where its name says too little; one --topic for each.",
    ),
    click.option(
        "--sentiment",
        multiple=True,
        metavar="NAME[=DESCRIPTION]",
        help='As --topic. "en" or "zh" stands for positive, neutral and negative in that language.',
    ),
    click.option(
        "--window",
        default="100",
        show_default=True,
        help="What is compared with what came before: a number of texts, or a time as in 30min, 6h or 1d.",
    ),
    click.option(
        "--reference",
        type=click.IntRange(1),
        default=4,
        show_default=True,
        help="Windows before the window that it is compared with.",
    ),
    click.option(
        "--threshold",
        type=click.FloatRange(0.0, 1.0),
        default=0.5,
        show_default=True,
        help="Probability from which on a text has a topic.",
    ),
    click.option("--single-topic", is_flag=True, help="A text has one topic at most."),
    click.option(
        "--min-texts",
        type=click.IntRange(1),
        default=20,
        show_default=True,
        help="Shares of fewer texts are not judged.",
    ),
    click.option(
        "--min-change",
        type=click.FloatRange(0.0, 1.0, min_open=True),
        default=0.1,
        show_default=True,
        help="Smaller changes of a share are not told.",
    ),
    click.option(
        "--significance",
        type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
        default=0.001,
        show_default=True,
        help="Probability of a false alarm at each look, over all shares (Fisher's exact test).",
    ),
    click.option(
        "--examples", type=click.IntRange(0), default=3, show_default=True, help="Texts in an alert."
    ),
    collected(WatchChoice, "watch"),
)


@click.command("monitor")
@click.argument("source", metavar="[FILE]", default="-", type=click.Path(allow_dash=True))
@watch_options
@click.option("--text-field", help="Field that holds the text. [default: text, contents, body, content, ...]")
@click.option(
    "--time-field",
    help="Field that holds the time, in seconds since 1970 or ISO 8601. [default: time, timestamp, date, ...; texts "
    "without a time count in the order they come]",
)
@click.option("--skip-invalid", is_flag=True, help="Leave out records that cannot be used, and count them.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to go on from, and to keep the state in at the end, also after Ctrl-C.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that alerts are added to, instead of stdout.",
)
@nli_model_options
@output_options
def command(
    source: str,
    watch: WatchChoice,
    text_field: str | None,
    time_field: str | None,
    skip_invalid: bool,
    state: Path | None,
    output: Path | None,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Watch a stream of texts (FILE, or JSON Lines on stdin) and say when topics or sentiments change.

    Alerts are JSON Lines: which share rose or fell, from what to what, how sure that is, and texts that show it. An
    unbroken change is told once.

    \b
    simengine monitor posts.jsonl --topic delivery --topic price --sentiment en
    tail -f feed.jsonl | simengine monitor --topic outage --window 1h --state monitor.json
    """
    from simengine.corpus.report import ReadReport
    from simengine.corpus.sources import check_source
    from simengine.corpus.streams import StreamFields, read_stream

    options, report = _options(watch), ReadReport()
    check_source(source)  # before a model is loaded for it
    texts = read_stream(
        source,
        fields=StreamFields(text_field, time_field),
        skip_invalid=skip_invalid,
        needs_time=options.window_s is not None,
        report=report,
    )
    known = _read_state(state)
    classifier = _load(model_choice)
    monitor = _monitor(classifier, options, known, state)
    warn = unknown_warning(classifier.nli, judge=True)
    try:
        with _alerts_out(output) as out:
            for block in _arriving(texts):
                warn(text.text for text in block)
                for alert in monitor.add(block):
                    out.write(json.dumps(alert.to_dict(), ensure_ascii=False) + "\n")
                out.flush()
    finally:  # Ctrl-C and a broken line too: what was seen is kept
        if state is not None:
            with open_output(state) as file:
                json.dump(monitor.state(), file, ensure_ascii=False)
        _tell(monitor, report, quiet=quiet)


def _options(watch: WatchChoice) -> MonitorOptions:
    from simengine.requests.monitor import SENTIMENTS, MonitorOptions

    topics, of_topics = parse_labels(watch.topic, "--topic")
    given = (
        SENTIMENTS.get(watch.sentiment[0], watch.sentiment) if len(watch.sentiment) == 1 else watch.sentiment
    )
    sentiments, of_sentiments = parse_labels(given, "--sentiment")
    window, window_s = _window(watch.window)
    return MonitorOptions(
        topics=topics,
        sentiments=sentiments,
        descriptions={**of_topics, **of_sentiments},
        window=window,
        window_s=window_s,
        reference=watch.reference,
        threshold=watch.threshold,
        multi_label=not watch.single_topic,
        min_texts=watch.min_texts,
        min_change=watch.min_change,
        significance=watch.significance,
        n_examples=watch.examples,
    )


def _window(given: str) -> tuple[int, float | None]:
    """Texts and seconds."""
    from simengine.requests.monitor import DEFAULT_WINDOW

    if given.isdecimal():
        return int(given), None
    if found := _DURATION.fullmatch(given.strip()):
        return DEFAULT_WINDOW, float(found[1]) * _UNITS_S[found[2]]
    raise UsageError(f"--window {given!r}: expected a number of texts, or a time as in 90s, 30min, 6h or 1d")


def _load(choice: ModelChoice) -> ZeroShotClassifier:
    from simengine.reasoning.zero_shot import ZeroShotClassifier

    return ZeroShotClassifier(load_nli_model(choice, None))


def _read_state(path: Path | None) -> object:
    if path is None or not path.exists():
        return None
    refuse_special(path)
    try:
        return parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"no state of a monitor: {error}", str(path)) from error


def _monitor(
    classifier: ZeroShotClassifier, options: MonitorOptions, known: object, path: Path | None
) -> Monitor:
    from simengine.reasoning.monitor import Monitor

    if known is None:
        return Monitor(classifier, options)
    monitor = Monitor.resumed(classifier, known)  # type: ignore[arg-type]
    if monitor.options != options:
        raise UsageError(
            f"{path} was made with other topics, sentiments or windows; give the same, or another --state file"
        )
    return monitor


def _alerts_out(path: Path | None) -> IO[str]:
    if path is None:
        return open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)
    path.parent.mkdir(parents=True, exist_ok=True)  # as for every other output
    return path.open("a", encoding="utf-8")


def _arriving(texts: Iterator[StreamText]) -> Iterator[list[StreamText]]:
    """What has arrived so far, BATCH_TEXTS at most: a slow stream is judged at once, a fast one in batches."""
    from simengine.requests.monitor import StreamText

    arrived: queue.Queue[StreamText | BaseException | None] = queue.Queue(maxsize=4 * BATCH_TEXTS)

    def read() -> None:
        try:
            for text in texts:
                arrived.put(text)
            arrived.put(None)
        except BaseException as error:
            arrived.put(error)

    threading.Thread(
        target=read, daemon=True
    ).start()  # ends with the process: a read of a pipe cannot be stopped
    while True:
        block = []
        item = arrived.get()
        while isinstance(item, StreamText):
            block.append(item)
            if len(block) == BATCH_TEXTS or arrived.empty():
                break
            item = arrived.get()
        if block:
            yield block
        if isinstance(item, BaseException):
            raise item
        if item is None:
            return


def _tell(monitor: Monitor, report: ReadReport, *, quiet: bool) -> None:
    note(f"{counted(monitor.n_texts, 'text')}, {counted(monitor.n_alerts, 'alert')}", quiet=quiet)
    if report.rejected:
        reasons = ", ".join(f"{count:,} × {reason}" for reason, count in report.reasons.items())
        note(f"{counted(report.rejected, 'record')} left out: {reasons}")
    if monitor.n_unreadable:
        note(
            f"{counted(monitor.n_unreadable, 'text')} left out: the judge does not know most of their characters"
        )
    if monitor.n_late:
        note(f"{counted(monitor.n_late, 'text')} older than the one before, taken at that one's time")

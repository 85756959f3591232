"""simengine monitor: a stream of texts against topics and sentiments; alerts when shares change."""

from __future__ import annotations

import json
import queue
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from simengine.cli.class_labels import parse_labels
from simengine.cli.derived import request_options
from simengine.cli.nli_options import NLIChoice, nli_options
from simengine.cli.options import output_options
from simengine.cli.output import open_output
from simengine.cli.terminal import counted, note
from simengine.cli.texts import unreadable_warning
from simengine.corpus.sources import refuse_special
from simengine.errors import DataError, UsageError
from simengine.requests.monitor import DEFAULT_WINDOW, SENTIMENTS, MonitorOptions, StreamText
from simengine.text.checks import parse_json

if TYPE_CHECKING:
    from simengine.corpus.report import ReadReport
    from simengine.engine.inference import Monitor

BATCH_TEXTS = 64
_UNITS_S = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)")


@click.command("monitor")
@click.argument("source", metavar="[FILE]", default="-", type=click.Path(allow_dash=True))
@click.option(
    "--topic",
    "topics",
    multiple=True,
    metavar="NAME[=DESCRIPTION]",
    help="A topic, and the words that describe it where its name says too little; one --topic for each.",
)
@click.option(
    "--sentiment",
    "sentiments",
    multiple=True,
    metavar="NAME[=DESCRIPTION]",
    help='As --topic. "en" or "zh" stands for positive, neutral and negative in that language.',
)
@click.option(
    "--window",
    default="100",
    show_default=True,
    help="What is compared with what came before: a number of texts, or a time as in 30min, 6h or 1d.",
)
@request_options(
    MonitorOptions,
    {
        "reference": (),
        "threshold": (),
        "multi_label": ("--several-topics/--single-topic",),
        "min_texts": (),
        "min_change": (),
        "significance": (),
        "n_examples": ("--examples",),
    },
    to="watch",
)
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
@nli_options
@output_options
def command(
    source: str,
    topics: tuple[str, ...],
    sentiments: tuple[str, ...],
    window: str,
    watch: Callable[..., MonitorOptions],
    text_field: str | None,
    time_field: str | None,
    skip_invalid: bool,
    state: Path | None,
    output: Path | None,
    nli_choice: NLIChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Watch a stream of texts (FILE, or JSON Lines on stdin) and say when topics or sentiments change.

    Alerts are JSON Lines: which share rose or fell, from what to what, how sure that is, and texts that show it. A
    change that lasts is reported once.

    \b
    simengine monitor posts.jsonl --topic delivery --topic price --sentiment en
    tail -f feed.jsonl | simengine monitor --topic outage --window 1h --state monitor.json
    """
    from simengine.corpus.report import ReadReport
    from simengine.corpus.sources import check_source
    from simengine.corpus.streams import StreamFields, read_stream

    options, report = _options(topics, sentiments, window, watch), ReadReport()
    check_source(source)  # before a model is loaded for it
    texts = read_stream(
        source,
        fields=StreamFields(text_field, time_field),
        skip_invalid=skip_invalid,
        needs_time=options.window_s is not None,
        report=report,
    )
    known = _read_state(state)
    with nli_choice.engine() as engine:
        monitor, warn = engine.monitor(options, known), unreadable_warning(engine, "nli")
        try:
            with _alerts_out(output) as out:
                for block in _arriving(texts):
                    warn(text.text for text in block)
                    for alert in monitor.add(block):
                        out.write(json.dumps(alert.as_dict(), ensure_ascii=False) + "\n")
                    out.flush()
        finally:  # Ctrl-C and a broken line too: what was seen is kept
            if state is not None:
                with open_output(state) as file:
                    json.dump(monitor.state(), file, ensure_ascii=False)
            _tell(monitor, report, quiet=quiet)


def _options(
    topics: tuple[str, ...], sentiments: tuple[str, ...], window: str, watch: Callable[..., MonitorOptions]
) -> MonitorOptions:
    names, of_topics = parse_labels(topics, "--topic")
    given = SENTIMENTS.get(sentiments[0], sentiments) if len(sentiments) == 1 else sentiments
    moods, of_sentiments = parse_labels(given, "--sentiment")
    size, window_s = _window(window)
    return watch(
        topics=names,
        sentiments=moods,
        descriptions={**of_topics, **of_sentiments},
        window=size,
        window_s=window_s,
    )


def _window(given: str) -> tuple[int, float | None]:
    """Texts and seconds."""
    if given.isdecimal():
        return int(given), None
    if found := _DURATION.fullmatch(given.strip()):
        return DEFAULT_WINDOW, float(found[1]) * _UNITS_S[found[2]]
    raise UsageError(f"--window {given!r}: expected a number of texts, or a time as in 90s, 30min, 6h or 1d")


def _read_state(path: Path | None) -> object:
    if path is None or not path.exists():
        return None
    refuse_special(path)
    try:
        return parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"not the state of a monitor: {error}", str(path)) from error


def _alerts_out(path: Path | None) -> IO[str]:
    if path is None:
        return open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)
    path.parent.mkdir(parents=True, exist_ok=True)  # as for every other output
    return path.open("a", encoding="utf-8")


def _arriving(texts: Iterator[StreamText]) -> Iterator[list[StreamText]]:
    """What has arrived so far, BATCH_TEXTS at most: a slow stream is classified at once, a fast one in batches."""
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
            f"{counted(monitor.n_unreadable, 'text')} left out: the NLI model does not know most of their characters"
        )
    if monitor.n_late:
        note(f"{counted(monitor.n_late, 'text')} older than the one before, taken at that one's time")

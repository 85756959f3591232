"""Hits for people (cards with the matched words marked) and for machines (JSON, JSON Lines, TREC run)."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

import click

from simengine.cli.options import collected, format_option, output_option, together
from simengine.cli.output import open_output
from simengine.cli.terminal import cells, fit, one_line, shorten, wrap
from simengine.results.records import hit_record, judgement_record

if TYPE_CHECKING:
    from simengine.corpus.queries import Query
    from simengine.types import Hit, Judgement

Writer: TypeAlias = "Callable[[Query, Sequence[Hit]], None]"

LINES_PER_HIT = 2
SHOWN_FIELDS = 4
SHORT_WORDS = 3  # shorter words are not marked: they match everywhere
NARROWEST, WIDEST = 40, 120  # columns of a card
LEAD = 30  # characters shown before the best match


@dataclass(frozen=True, slots=True)
class HitsChoice:
    """What `hits_options` ask for."""

    k: int | None
    format_: str
    output: Path | None
    tag: str

    @contextmanager
    def writer(self, *, one_query: bool) -> Iterator[Writer]:
        """See `hits_writer`."""
        with (
            open_output(self.output) as out,
            hits_writer(self.format_, out, tag=self.tag, one_query=one_query) as write,
        ):
            yield write


def hits_options(top_k: str) -> Callable[[Any], Any]:
    """How many hits are written where and how, given to a command as one `HitsChoice`, called `shown`.

    Args:
        top_k: what --help says of -k.
    """
    return together(
        click.option("-k", "--top-k", "k", envvar="SIMENGINE_TOP_K", type=click.IntRange(1), help=top_k),
        format_option("table", "json", "jsonl", "trec", envvar="SIMENGINE_FORMAT"),
        output_option,
        click.option(
            "--tag", default="simengine", show_default=True, help="Name of the run, for --format trec."
        ),
        collected(HitsChoice, "shown"),
    )


@contextmanager
def hits_writer(format_: str, out: IO[str], *, tag: str, one_query: bool) -> Iterator[Writer]:
    """A function that writes the hits of one query in the chosen format; what has to follow the last comes at the end.

    JSON is one object for one query, and an array of them for a file of queries.
    """
    written = 0

    def table(query: Query, hits: Sequence[Hit]) -> None:
        if not one_query:
            click.secho(one_line(f"{query.id}: {query.text}"), bold=True, file=out)
        for hit in hits:
            click.echo(card(hit, query.text), file=out)
        if not one_query:
            click.echo(file=out)

    def as_json(query: Query, hits: Sequence[Hit]) -> None:
        nonlocal written
        record = {"query_id": query.id, "query": query.text, "hits": [hit_record(hit) for hit in hits]}
        if one_query:
            click.echo(json.dumps(record, ensure_ascii=False, indent=2), file=out)
        else:
            click.echo(",\n" if written else "[\n", nl=False, file=out)
            click.echo(json.dumps(record, ensure_ascii=False), nl=False, file=out)
        written += 1

    def as_jsonl(query: Query, hits: Sequence[Hit]) -> None:
        for hit in hits:
            record = {"query_id": query.id, "query": query.text, **hit_record(hit)}
            click.echo(json.dumps(record, ensure_ascii=False), file=out)

    def trec(query: Query, hits: Sequence[Hit]) -> None:
        for hit in hits:
            click.echo(
                f"{_token(query.id)} Q0 {_token(hit.id)} {hit.rank} {hit.score:.6f} {_token(tag)}", file=out
            )

    yield {"table": table, "json": as_json, "jsonl": as_jsonl, "trec": trec}[format_]
    if format_ == "json" and not one_query:
        click.echo("\n]" if written else "[]", file=out)


def judgement_line(hit: Hit, judgement: Judgement) -> str:
    """A judgement for people."""
    record = judgement_record(hit, judgement)
    line = f"relevance {judgement.relevance:.3f}" + ("" if judgement.calibrated else " (uncalibrated)")
    if judgement.stance is not None:
        line += f" · {judgement.stance}"
    if record["evidence"] is not None:
        line += f": {record['evidence']['text']}"
    return line


def card(hit: Hit, query: str) -> str:
    """A hit for a person: rank, title, score and metadata on one line, the passage's best part below it."""
    width = max(min(shutil.get_terminal_size().columns, WIDEST), NARROWEST)
    head = shorten(hit.title or hit.id, width - 16)
    first = f"{hit.rank:>3}  " + click.style(head, bold=True) + click.style(f"  {hit.score:.3f}", fg="cyan")
    lines = [first, "     " + click.style(shorten(_about(hit), width - 5), dim=True)]
    body = best_part(hit.passage.text, query, (width - 5) * LINES_PER_HIT)
    wrapped = wrap(body, width - 5)
    if len(wrapped) > LINES_PER_HIT:
        wrapped[LINES_PER_HIT - 1] = fit(wrapped[LINES_PER_HIT - 1], width - 6).rstrip("…") + "…"
    lines += ["     " + mark(line, query) for line in wrapped[:LINES_PER_HIT]]
    if hit.judgement is not None:
        said = shorten(judgement_line(hit, hit.judgement), width - 5)
        lines.append("     " + click.style(said, **_look(hit.judgement.stance)))
    if hit.explanation:
        lines.append("     " + click.style(shorten(hit.explanation, width - 5), dim=True))
    if hit.duplicates:
        same = shorten(f"the same in {', '.join(hit.duplicates)}", width - 5)
        lines.append("     " + click.style(same, dim=True))
    return "\n".join(lines) + "\n"


def _look(stance: str | None) -> dict[str, Any]:
    """The style of a judgement: a colour says that a stance is sure."""
    return {"dim": True} if stance == "neutral" else {"fg": "red" if stance == "contradicts" else "green"}


def _about(hit: Hit) -> str:
    """The id and the first telling metadata values; what stands there already is not said twice."""
    parts = [] if hit.title.startswith(hit.id) else [hit.id]
    said = {hit.title, hit.id, ""}
    for name, value in hit.metadata.items():
        telling = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        if telling and str(value) not in said and not (len(str(value)) > 1 and str(value) in hit.title):
            parts.append(f"{name}: {value}")
            said.add(str(value))
    return " · ".join(parts[: SHOWN_FIELDS + 1]) or hit.id


def best_part(text: str, query: str, columns: int) -> str:
    """The stretch of `text`, on one line, that holds most of the query's words; from the start when none does."""
    line = one_line(text)
    if cells(line) <= columns:
        return line
    length = max(columns * len(line) // cells(line), 1)  # in characters, of which some may be wide
    places = [match.start() for match in _words(query).finditer(line)] if _marked(query) else []
    start = 0
    if places and places[0] > length // 2:
        start = max(places, key=lambda p: (sum(p <= other < p + length for other in places), -p))
        before = max(start - LEAD, 0)
        space = line.rfind(" ", max(before - LEAD, 0), before)
        start = before if space < 0 else space  # Chinese has no spaces
    rest = line[start:].strip()
    part = fit(rest, columns - 4)
    return ("… " if start else "") + part.rstrip() + ("…" if len(part) < len(rest) else "")


def mark(text: str, query: str) -> str:
    """The query's words in `text` stand out (on terminals that show colours)."""
    if not _marked(query):
        return text
    return _words(query).sub(lambda match: click.style(match.group(0), fg="yellow", bold=True), text)


def _marked(query: str) -> list[str]:
    words = re.findall(r"[^\W_]+", query)
    spaced = [word for word in words if len(word) > SHORT_WORDS and word.isascii()]
    unspaced = [word[i : i + 2] for word in words if not word.isascii() for i in range(max(len(word) - 1, 1))]
    return sorted(set(spaced + unspaced), key=len, reverse=True)


def _words(query: str) -> re.Pattern[str]:
    """Matches the query's words, and words that begin with them."""
    return re.compile(
        "|".join(re.escape(w) + (r"\w*" if w.isascii() else "") for w in _marked(query)), re.IGNORECASE
    )


def _token(text: str) -> str:
    """A field of a TREC run. White space would split it, so it is percent-escaped.

    A percent sign is escaped only where it would look like escaped white space: ids such as "AC%2FDC" stay.
    """
    return re.sub(r"\s|%(?=0[9A-D]|1[C-F]|20|C2|E[123])", lambda match: quote(match.group()), text) or "_"

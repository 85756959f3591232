"""simengine add: add documents to an index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from simengine.cli.claims_input import conflict_card, write_found
from simengine.cli.contradictions_command import not_judged, summary
from simengine.cli.derived import request_options
from simengine.cli.options import CorpusChoice, ModelChoice, format_option
from simengine.cli.rerank_options import nli_option
from simengine.cli.terminal import note
from simengine.cli.writing import change_options, write_into
from simengine.requests.index import IndexOptions
from simengine.results.records import conflict_record


@click.command("add")
@request_options(IndexOptions, {"check_conflicts": ()}, to="options")
@nli_option("With --check-conflicts, NLI model that says whether two claims contradict each other")
@format_option("table", "jsonl")
@change_options
def command(
    options: Callable[..., IndexOptions],
    nli: str | None,
    format_: str,
    sources: tuple[str, ...],
    index_path: Path | None,
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Add documents to an index; they are found as soon as this ends.

    If the index holds another document with one of the ids, nothing more is added (exit 4); `simengine update`
    replaces documents. --check-conflicts prints what they contradict in the index; they are added all the same."""
    report = write_into(
        "add",
        sources,
        index_path,
        replace(model_choice.models(), nli=nli),
        corpus_choice,
        quiet=quiet,
        no_progress=no_progress,
        options=options(),
    )
    if report.conflicts is not None:
        found = ((conflict_card(each), conflict_record(each)) for each in report.conflicts.conflicts)
        write_found(found, format_, None)
        for line in (*summary(report.conflicts), *not_judged(report.conflicts)):
            note(line, quiet=quiet)

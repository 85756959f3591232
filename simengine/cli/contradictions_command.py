"""simengine contradictions: which claims of a corpus conflict?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.claims_input import ClaimsChoice, claims_options, conflict_card
from simengine.cli.derived import request_options
from simengine.cli.options import output_options
from simengine.cli.terminal import counted, note, progress_bar
from simengine.requests.conflicts import ContradictionsRequest
from simengine.results.records import conflict_record

if TYPE_CHECKING:
    from simengine.results.conflicts import Contradictions


@click.command(
    "contradictions",
    epilog="""Example: simengine contradictions lease.txt --against house-rules.md --format jsonl""",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="Another index or file: compare claims of the one with claims of the other only.",
)
@request_options(
    ContradictionsRequest,
    {
        "where": ("-w", "--where"),
        "neighbours": (),
        "min_cosine": (),
        "max_pairs": (),
        "across_documents": ("--across",),
        "min_probability": (),
        "rule": (),
        "rules": (),
        "by": (),
    },
    metavars={"by": "FIELD"},
    to="request",
)
@claims_options("NLI model that says whether two claims contradict each other")
@output_options
def command(
    against: Path | None,
    request: Callable[..., ContradictionsRequest],
    claims: ClaimsChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Claims that conflict, in an index or a corpus file, or between two of them (--against).

    For contracts, policies, answers. Every sentence that states something is compared with those that are nearest to
    it or on the same subject, by the model in both directions and by rules for numbers, dates and negations. Each
    conflict comes with its places; --by names the newer of two statements.
    """
    engine, documents = claims.open(request().where)
    with engine, progress_bar(hidden=quiet or no_progress) as progress:
        other = None if against is None else claims.read(against)
        found: Contradictions = engine.run(request(**documents, against=other), progress=progress)
    claims.write((conflict_card(each), conflict_record(each)) for each in found.conflicts)
    for line in summary(found):
        note(line, quiet=quiet)
    for line in not_judged(found):
        note(line, quiet=quiet and not found.n_left_out)


_SKIPPED = {"short": "short sentence", "question": "question", "heading": "heading"}


def summary(found: Contradictions) -> list[str]:
    """Lines for a person: what was read, compared and found."""
    skipped = ", ".join(counted(n, _SKIPPED[reason]) for reason, n in found.skipped.items() if n)
    read = f"{counted(found.n_claims, 'claim')} in {counted(found.n_documents, 'document')}"
    read += f" ({skipped} left out)" if skipped else ""
    cut = f"; {counted(found.n_cut, 'long sentence')} cut" if found.n_cut else ""
    said = counted(len(found.conflicts), "conflict")
    if found.conflicts:
        said += f" in {counted(found.n_clusters, 'cluster')}"
    kind = (
        "fitted" if found.options.rule == "fitted" else "calibrated" if found.calibrated else "uncalibrated"
    )
    by = "" if found.options.rule == "fitted" else f" by rule {found.options.rule!r}"
    lines = [
        f"{read}{cut}; {found.n_judged:,} of {counted(found.n_pairs, 'pair')} judged",
        f"{said}, probabilities {kind}, threshold {found.threshold:g}{by}",
    ]
    if found.n_undated:
        lines.append(
            f"of {counted(found.n_undated, 'conflict')} the newer claim is not known: no dates that differ in "
            f"{found.options.by!r}"
        )
    return lines


def not_judged(found: Contradictions) -> list[str]:
    """A line for a person on the pairs that were not judged, if there are any."""
    if not found.n_not_judged:
        return []
    apart = found.n_not_judged - found.n_left_out
    why = [f"{apart:,} neither near in meaning nor on one subject"] if apart else []
    why += [f"{found.n_left_out:,} beyond --max-pairs"] if found.n_left_out else []
    return [f"{counted(found.n_not_judged, 'pair')} not judged: {', '.join(why)}"]

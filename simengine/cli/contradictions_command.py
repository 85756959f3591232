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
    },
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

    For contracts, policies, answers. Every sentence that states something is compared with those nearest to it, by
    the model in both directions and by rules for numbers, dates and negations. Each conflict comes with its places.
    """
    engine, documents = claims.open(request().where)
    with engine, progress_bar(hidden=quiet or no_progress) as progress:
        other = None if against is None else claims.read(against)
        found: Contradictions = engine.run(request(**documents, against=other), progress=progress)
    claims.write((conflict_card(each), conflict_record(each)) for each in found.conflicts)
    for line in _summary(found):
        note(line, quiet=quiet)
    if found.n_left_out:
        note(f"{counted(found.n_left_out, 'near pair')} beyond --max-pairs were not compared")


_SKIPPED = {"short": "short sentence", "question": "question", "heading": "heading"}


def _summary(found: Contradictions) -> list[str]:
    skipped = ", ".join(counted(n, _SKIPPED[reason]) for reason, n in found.skipped.items() if n)
    read = f"{counted(found.n_claims, 'claim')} in {counted(found.n_documents, 'document')}"
    read += f" ({skipped} left out)" if skipped else ""
    cut = f"; {counted(found.n_cut, 'long sentence')} cut" if found.n_cut else ""
    said = counted(len(found.conflicts), "conflict")
    if found.conflicts:
        said += f" in {counted(found.n_clusters, 'cluster')}"
    kind = "calibrated" if found.calibrated else "uncalibrated"
    return [
        f"{read}{cut}; {counted(found.n_judged, 'pair')} compared",
        f"{said}, probabilities {kind}, threshold {found.options.min_probability:g} by rule {found.options.rule!r}",
    ]

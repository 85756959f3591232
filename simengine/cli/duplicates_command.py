"""simengine duplicates: which documents say the same?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from simengine.cli.claims_input import ClaimsChoice, claims_options, conflict_card
from simengine.cli.derived import request_options
from simengine.cli.options import output_options, typed
from simengine.cli.terminal import counted, note, progress_bar, shorten
from simengine.errors import UsageError
from simengine.requests.conflicts import DuplicatesRequest, GuardOptions
from simengine.results.records import conflict_record, duplicates_record

if TYPE_CHECKING:
    from simengine.results.conflicts import DuplicateGroup, Duplicates

SHOWN_MEMBERS = 8


@click.command(
    "duplicates", epilog="""Example: simengine duplicates answers.jsonl --min-cosine 0.7 --format jsonl"""
)
@request_options(
    DuplicatesRequest,
    {"where": ("-w", "--where"), "neighbours": (), "min_cosine": (), "max_pairs": ()},
    to="request",
)
@request_options(GuardOptions, {"min_entailment": ()}, to="guard")
@click.option(
    "--no-guard",
    is_flag=True,
    help="Take similar documents for the same without asking an NLI model; often wrong.",
)
@claims_options("NLI model that says whether two documents mean the same")
@output_options
def command(
    request: Callable[..., DuplicatesRequest],
    guard: Callable[..., GuardOptions],
    no_guard: bool,
    claims: ClaimsChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Documents that say the same, in an index or a corpus file, and similar ones that contradict each other.

    Similar documents are the same if each entails every sentence of the other and nothing in them conflicts.
    """
    if no_guard and typed("nli"):
        raise UsageError("--no-guard uses no NLI model; leave out --nli")
    engine, documents = claims.open(request().where)
    with engine, progress_bar(hidden=quiet or no_progress) as progress:
        asked = request(**documents, guard=None if no_guard else guard())
        found: Duplicates = engine.run(asked, progress=progress)
    claims.write(_found(found))
    for line in _summary(found):
        note(line, quiet=quiet)
    if found.n_left_out:
        note(f"{counted(found.n_left_out, 'near pair')} beyond --max-pairs were not compared")


def _found(found: Duplicates) -> Iterator[tuple[str, dict[str, object]]]:
    for group in found.groups:
        yield _card(group), {"kind": "duplicates", **duplicates_record(group)}
    for conflict in found.conflicts:
        yield conflict_card(conflict), {"kind": "conflict", **conflict_record(conflict)}


def _card(group: DuplicateGroup) -> str:
    lines = [click.style(shorten(f"{group.id} {group.title}", 100), bold=True)]
    for member in group.members[:SHOWN_MEMBERS]:
        how = member.kind if member.entailment is None else f"{member.kind} {member.entailment:.3f}"
        lines.append(f"     {shorten(f'{member.id} {member.title}', 80)}  {how}  cosine {member.cosine:.3f}")
    if len(group.members) > SHOWN_MEMBERS:
        lines.append(f"     and {len(group.members) - SHOWN_MEMBERS:,} more")
    return "\n".join(lines)


def _summary(found: Duplicates) -> list[str]:
    n_members = sum(len(group.members) for group in found.groups)
    lines = [
        f"{counted(found.n_documents, 'document')}, {found.n_distinct:,} distinct: {counted(n_members, 'duplicate')} "
        f"in {counted(len(found.groups), 'group')}"
    ]
    if found.guarded:
        kind = "calibrated" if found.calibrated else "uncalibrated"
        lines.append(
            f"{counted(found.n_judged, 'near pair')} compared: {found.n_related:,} neither the same nor in conflict, "
            f"{counted(len(found.conflicts), 'conflict')}; probabilities {kind}"
        )
    else:
        lines.append("not checked by an NLI model: similar documents may contradict each other")
    return lines

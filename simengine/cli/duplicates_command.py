"""simengine duplicates: which documents say the same?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from simengine.cli.claims_input import (
    ClaimsChoice,
    Source,
    claims_options,
    conflict_card,
    conflict_record,
    open_encoder,
    open_judge,
)
from simengine.cli.options import (
    CorpusChoice,
    ModelChoice,
    corpus_options,
    index_model_options,
    output_options,
    typed,
)
from simengine.cli.terminal import counted, note, progress_bar, shorten
from simengine.cli.texts import unknown_warning
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.reasoning.duplicates import DuplicateGroup, Duplicates

SHOWN_MEMBERS = 8


@click.command(
    "duplicates", epilog="""Example: simengine duplicates answers.jsonl --min-cosine 0.7 --format jsonl"""
)
@claims_options("document", min_cosine=0.8, max_pairs=10_000)
@click.option(
    "--min-entailment",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="The same if every sentence follows from the other document with at least this probability.",
)
@click.option(
    "--no-guard", is_flag=True, help="Take similar documents for the same, without a model; often wrong."
)
@index_model_options
@corpus_options
@output_options
def command(
    claims: ClaimsChoice,
    min_entailment: float,
    no_guard: bool,
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Documents that say the same, in an index or a corpus file, and similar ones that contradict each other.

    Similar documents are the same if each entails every sentence of the other and nothing in them conflicts.
    """
    from simengine.engine.inference import nli_calibration
    from simengine.reasoning.duplicates import find_duplicates
    from simengine.requests.conflicts import DuplicateOptions, GuardOptions

    if no_guard and typed("judge"):
        raise UsageError("--no-guard uses no model; leave out --judge")
    guard = GuardOptions(min_entailment=min_entailment)
    options = DuplicateOptions(claims.neighbours, claims.min_cosine, claims.max_pairs, guard)
    with ExitStack() as stack:
        read = Source(claims.path(), claims.where, corpus_choice, stack)
        encoder = open_encoder(read, model_choice)
        stack.callback(encoder.close)
        model = None if no_guard else open_judge(claims.judge, model_choice)
        if model is not None:
            stack.callback(model.close)
        read.watching.append(unknown_warning(model or encoder, judge=model is not None))
        with progress_bar(hidden=quiet or no_progress) as progress:
            found = find_duplicates(
                read.documents(),
                encode=encoder.encode,
                judge=model,
                options=options,
                calibration=None if model is None else nli_calibration(read.snapshot, model, note=note),
                progress=progress,
                reader=encoder,
            )
    claims.write(_found(found))
    for line in _summary(found):
        note(line, quiet=quiet)
    if found.n_left_out:
        note(f"{counted(found.n_left_out, 'near pair')} beyond --max-pairs were not compared")


def _found(found: Duplicates) -> Iterator[tuple[str, dict[str, object]]]:
    for group in found.groups:
        yield _card(group), _record(group)
    for conflict in found.conflicts:
        yield conflict_card(conflict), {"kind": "conflict", **conflict_record(conflict)}


def _record(group: DuplicateGroup) -> dict[str, object]:
    members = [
        {
            "id": member.id,
            "title": member.title,
            "kind": member.kind,
            "cosine": round(member.cosine, 6),
            "entailment": None if member.entailment is None else round(member.entailment, 6),
        }
        for member in group.members
    ]
    return {"kind": "duplicates", "id": group.id, "title": group.title, "members": members}


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
            f"{counted(found.n_judged, 'near pair')} judged: {found.n_related:,} neither the same nor in conflict, "
            f"{counted(len(found.conflicts), 'conflict')}; probabilities {kind}"
        )
    else:
        lines.append("not guarded by a model: similar documents may contradict each other")
    return lines

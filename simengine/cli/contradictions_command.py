"""simengine contradictions: which claims of a corpus conflict?"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
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
)
from simengine.cli.terminal import counted, note, progress_bar
from simengine.cli.texts import unknown_warning

if TYPE_CHECKING:
    from simengine.reasoning.contradictions import Contradictions


@click.command(
    "contradictions",
    epilog="""Example: simengine contradictions lease.txt --against house-rules.md --format jsonl""",
)
@claims_options("claim", min_cosine=0.5, max_pairs=20_000)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="Another index or file: compare claims of the one with claims of the other only.",
)
@click.option(
    "--across",
    is_flag=True,
    help="Compare claims of different documents only, not those within one document.",
)
@click.option(
    "--min-probability",
    type=click.FloatRange(0, 1),
    default=0.97,
    show_default=True,
    help="A conflict if by --rule two claims contradict with at least this probability; with a calibrated judge or "
    "--rule both, less will do.",
)
@click.option(
    "--rule",
    type=click.Choice(["either", "mean", "both"]),
    default="either",
    show_default=True,
    help="What counts of the two directions: the larger probability, their mean, or the smaller.",
)
@click.option(
    "--no-rules",
    is_flag=True,
    help="Only what the model finds; not sentences alike but for one number, date or negation.",
)
@index_model_options
@corpus_options
@output_options
def command(
    claims: ClaimsChoice,
    against: Path | None,
    across: bool,
    min_probability: float,
    rule: str,
    no_rules: bool,
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Claims that conflict, in an index or a corpus file, or between two of them (--against).

    For contracts, policies, answers. Every sentence that states something is compared with those nearest to it, by
    the model in both directions and by rules for numbers, dates and negations. Each conflict comes with its places.
    """
    from simengine.engine.inference import nli_calibration
    from simengine.reasoning.contradictions import find_contradictions
    from simengine.requests.conflicts import ContradictionOptions

    options = ContradictionOptions(
        neighbours=claims.neighbours,
        min_cosine=claims.min_cosine,
        across_documents=across,
        max_pairs=claims.max_pairs,
        rule=rule,  # type: ignore[arg-type]
        min_probability=min_probability,
        rules=not no_rules,
    )
    with ExitStack() as stack:
        first = Source(claims.path(), claims.where, corpus_choice, stack)
        sources = [first, *([Source(against, None, corpus_choice, stack)] if against is not None else [])]
        encoder, model = open_encoder(first, model_choice), open_judge(claims.judge, model_choice)
        stack.callback(encoder.close)
        stack.callback(model.close)
        warn = unknown_warning(model, judge=True)
        for source in sources:
            source.watching.append(warn)
        with progress_bar(hidden=quiet or no_progress) as progress:
            found = find_contradictions(
                first.documents(),
                encode=encoder.encode,
                judge=model,
                options=options,
                against=sources[1].documents() if against is not None else None,
                calibration=nli_calibration(first.snapshot, model, note=note),
                progress=progress,
            )
    claims.write((conflict_card(each), conflict_record(each)) for each in found.conflicts)
    for line in _summary(found):
        note(line, quiet=quiet)
    if found.n_left_out:
        note(f"{counted(found.n_left_out, 'near pair')} beyond --max-pairs were not judged")


def _summary(found: Contradictions) -> list[str]:
    skipped = ", ".join(f"{n:,} {reason}" for reason, n in found.skipped.items() if n)
    read = f"{counted(found.n_claims, 'claim')} in {counted(found.n_documents, 'document')}"
    read += f" ({skipped} left out)" if skipped else ""
    cut = f"; {counted(found.n_cut, 'long sentence')} cut" if found.n_cut else ""
    said = counted(len(found.conflicts), "conflict")
    if found.conflicts:
        said += f" in {counted(found.n_clusters, 'cluster')}"
    kind = "calibrated" if found.calibrated else "uncalibrated"
    return [
        f"{read}{cut}; {counted(found.n_judged, 'pair')} judged",
        f"{said}, probabilities {kind}, threshold {found.options.min_probability:g} by rule {found.options.rule!r}",
    ]

"""simengine nli: does one text entail or contradict another, or does each pair of a file?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from simengine.cli.options import (
    ModelChoice,
    label_names,
    labels_option,
    nli_model_options,
    output_options,
)
from simengine.cli.output import open_output
from simengine.cli.pair_input import PairInput, pair_input
from simengine.cli.terminal import counted, note, one_line
from simengine.cli.texts import unknown_warning
from simengine.results.records import verdict_record

if TYPE_CHECKING:
    from simengine.corpus.pairs import Pair
    from simengine.cross_encoders.nli import NLIModel
    from simengine.types import Verdict


@click.command("nli")
@pair_input("[PREMISE HYPOTHESIS]", ", premise first")
@labels_option
@nli_model_options
@output_options
def command(
    given: PairInput,
    labels: str | None,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Does PREMISE entail HYPOTHESIS, contradict it, or neither (neutral)? Or so for every pair in a file.

    The evidence is the sentence of the premise that says so most clearly. A long premise is read in pieces, of
    which the clearest decides.
    """
    given.check("a premise and a hypothesis")
    model = load_nli_model(model_choice, labels)
    n_cut, warn = 0, unknown_warning(model, judge=True)
    with open_output(given.output) as out:
        for pair, verdict in _judged(model, given, evidence=given.alone or given.format_ != "table"):
            warn([pair.text1, pair.text2])
            out.write(_line(pair, verdict, given) + "\n")
            n_cut += verdict.n_truncated > 0
    if n_cut:
        note(
            f"{counted(n_cut, 'pair')} with a hypothesis cut to what fits in the {model.model.max_tokens} tokens that "
            "the model reads"
        )


def load_nli_model(choice: ModelChoice, labels: str | None) -> NLIModel:
    """The model that was asked for.

    Args:
        choice: the options.
        labels: names of its outputs in their order, separated by commas, or None for the model's own.

    Raises:
        UsageError: there are more or fewer names than outputs, or they are not those of NLI.
        ModelError: the model is not there, is damaged, or is no cross-encoder.
    """
    from simengine.cross_encoders.load import load_cross_encoder
    from simengine.cross_encoders.nli import NLIModel
    from simengine.engine.loaded import named_outputs

    model = load_cross_encoder(
        choice.model, device=choice.device, threads=choice.threads, offline=choice.offline
    )
    return NLIModel(model, labels=named_outputs(model.labels, label_names(labels)))


def _judged(model: NLIModel, given: PairInput, *, evidence: bool) -> Iterator[tuple[Pair, Verdict]]:
    for block in given.blocks():
        verdicts = model.verdicts([(pair.text1, pair.text2) for pair in block], evidence=evidence)
        yield from zip(block, verdicts, strict=True)


def _line(pair: Pair, verdict: Verdict, given: PairInput) -> str:
    if given.format_ == "table":
        if given.alone:
            return _table(pair, verdict)
        probability = verdict.probabilities[verdict.label]
        return f"{verdict.label}\t{probability:.4f}\t{one_line(pair.text1)}\t{one_line(pair.text2)}"
    found = verdict_record(verdict, pair.text1)
    record = {
        "premise": pair.text1,
        "hypothesis": pair.text2,
        **pair.extra,
        "verdict": found.pop("label"),  # the file may have a field called "label"
        **found,
    }
    return json.dumps(record, ensure_ascii=False)


def _table(pair: Pair, verdict: Verdict) -> str:
    rows = [("verdict", verdict.label)]
    rows += [(name, f"{value:.4f}") for name, value in verdict.probabilities.items()]
    if verdict.evidence is not None:
        rows.append(("evidence", one_line(pair.text1[verdict.evidence.start : verdict.evidence.end])))
    if verdict.reason:
        rows.append(("reason", verdict.reason))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)

"""simengine nli: does one text entail or contradict another, or does each pair of a file?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from simengine.cli.nli_options import NLIChoice, nli_options
from simengine.cli.options import label_names, labels_option, output_options
from simengine.cli.output import open_output
from simengine.cli.pair_input import PairInput, pair_input
from simengine.cli.terminal import counted, note, one_line
from simengine.cli.texts import unreadable_warning
from simengine.requests.pairs import NLIRequest
from simengine.results.records import verdict_record

if TYPE_CHECKING:
    from simengine.corpus.pairs import Pair
    from simengine.types import Verdict


@click.command("nli")
@pair_input("[PREMISE HYPOTHESIS]", ", premise first")
@labels_option
@nli_options
@output_options
def command(
    given: PairInput,
    labels: str | None,
    nli_choice: NLIChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Does PREMISE entail HYPOTHESIS, contradict it, or neither (neutral)? Or so for every pair in a file.

    The evidence is the sentence of the premise that says so most clearly. A long premise is read in pieces, of
    which the clearest decides. With a probability below 0.7 the verdict is "not sure".
    """
    given.check("a premise and a hypothesis")
    n_cut, evidence = 0, given.alone or given.format_ != "table"
    with nli_choice.engine(label_names(labels)) as engine, open_output(given.output) as out:
        warn = unreadable_warning(engine, "nli")
        for block in given.blocks():
            pairs = tuple((pair.text1, pair.text2) for pair in block)
            verdicts = engine.run(NLIRequest(pairs, evidence))
            warn(text for pair in pairs for text in pair)
            for pair, verdict in zip(block, verdicts, strict=True):
                out.write(_line(pair, verdict, given) + "\n")
                n_cut += verdict.n_truncated > 0
    if n_cut:
        note(f"{counted(n_cut, 'pair')} with a hypothesis cut to what the model reads")


def _line(pair: Pair, verdict: Verdict, given: PairInput) -> str:
    if given.format_ == "table":
        if given.alone:
            return _table(pair, verdict)
        probability = verdict.probabilities[verdict.label]
        return f"{verdict.shown}\t{probability:.4f}\t{one_line(pair.text1)}\t{one_line(pair.text2)}"
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
    rows = [("verdict", verdict.shown)]
    rows += [(name, f"{value:.4f}") for name, value in verdict.probabilities.items()]
    if verdict.evidence is not None:
        rows.append(("evidence", one_line(pair.text1[verdict.evidence.start : verdict.evidence.end])))
    if verdict.reason:
        rows.append(("reason", verdict.reason))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)

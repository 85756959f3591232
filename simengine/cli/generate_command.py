"""simengine generate: labelled pairs out of unlabelled texts, by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.corpus_input import noted_corpus
from simengine.cli.derived import request_options
from simengine.cli.options import output_option
from simengine.cli.output import check_json_lines, write_lines
from simengine.cli.terminal import counted, note
from simengine.requests.training import GenerateOptions

if TYPE_CHECKING:
    from simengine.training.generate.made import Made


@click.group("generate")
def command() -> None:
    """Make labelled pairs out of unlabelled texts, by rule."""


@command.command("nli", short_help="Write premises and hypotheses whose labels are certain by construction.")
@click.argument("sources", nargs=-1, required=True)
@request_options(
    GenerateOptions,
    {"language": (), "per_kind": (), "kinds": (), "seed": ()},
    to="options",
    helps={"kinds": "Kinds of pairs to make, as in negation,roles. [default: all]"},
)
@click.option(
    "--wordnet",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with entries.jsonl and synsets.jsonl of Open English WordNet (.gz too), for hypernyms, antonyms "
    "and synonyms.",
)
@output_option
@click.option("-q", "--quiet", is_flag=True, help="No notes.")
def nli_command(
    sources: tuple[str, ...],
    options: Callable[..., GenerateOptions],
    wordnet: Path | None,
    output: Path | None,
    quiet: bool,
) -> None:
    """Pairs to adapt an NLI model to your own texts, without labelling any.

    Sentences of the corpus are repeated, negated, given other numbers, held against passages and against each other;
    roles, limits, times, units and quantifiers also come from sentence frames. English and Chinese. JSON Lines come
    out, of premise, hypothesis, label and kind; `simengine train --task nli` takes them.

    \b
    simengine generate nli corpus.jsonl -o pairs.jsonl
    simengine train --task nli --model minilm-nli --train pairs.jsonl --dev dev.jsonl -o runs/mine
    """
    from simengine.training.generate.generate import generate_nli
    from simengine.training.generate.lexical import wordnet_rules

    check_json_lines(output)
    chosen = options()
    lexical = () if wordnet is None else wordnet_rules(wordnet)
    texts = (document.text for document in noted_corpus(sources))
    made = list(generate_nli(texts, chosen, lexical=lexical, source=", ".join(sources)))
    write_lines(map(_record, made), output)
    labels = Counter(pair.label for pair in made)
    shares = ", ".join(f"{label} {count:,}" for label, count in sorted(labels.items()))
    note(
        f"{counted(len(made), 'pair')} of {counted(len({pair.kind for pair in made}), 'kind')}: {shares}",
        quiet=quiet,
    )


def _record(pair: Made) -> dict[str, object]:
    return {"premise": pair.premise, "hypothesis": pair.hypothesis, "label": pair.label, "kind": pair.kind}

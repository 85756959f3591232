"""simengine check: are the claims of a text supported?"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.check_output import check_text, summary
from simengine.cli.corpus_input import describe_read, read_options
from simengine.cli.derived import request_options
from simengine.cli.options import (
    CorpusChoice,
    ModelChoice,
    corpus_options,
    find_index,
    format_option,
    index_model_options,
    index_option,
    output_option,
    output_options,
    typed,
)
from simengine.cli.output import open_output
from simengine.cli.rerank_options import nli_option
from simengine.cli.terminal import note, progress_bar
from simengine.cli.texts import refuse_blank
from simengine.errors import DataError, UsageError
from simengine.requests.check import CheckRequest
from simengine.results.records import check_record, claim_record

if TYPE_CHECKING:
    from simengine.engine import Engine, TextEngine
    from simengine.results.check import CheckedText
    from simengine.types import Document

UNSUPPORTED_CODE = 5
FAIL_ON = ("contradicted", "unsupported")


@click.command(
    "check",
    epilog="Example: simengine check answer.txt --source handbook.md --fail-on contradicted. Exit code 5 says that "
    "--fail-on found what it names.",
)
@click.argument("text", metavar="TEXT|FILE")
@index_option
@click.option(
    "--source",
    "sources",
    type=click.Path(path_type=Path, allow_dash=True),
    multiple=True,
    help="File or folder to check against in place of an index: any corpus file, .txt and .md as a whole. May be given "
    "several times.",
)
@request_options(
    CheckRequest,
    {
        "candidates": ("-k", "--candidates"),
        "read": (),
        "mode": (),
        "where": ("-w", "--where"),
        "certainty": (),
    },
    to="request",
)
@nli_option("NLI model that judges the claims")
@format_option("table", "json", "jsonl")
@output_option
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="Exit with 5 when a claim is contradicted; or, with unsupported, when a claim is anything but supported.",
)
@index_model_options
@corpus_options
@output_options
def command(
    text: str,
    index_path: Path | None,
    sources: tuple[Path, ...],
    request: Callable[..., CheckRequest],
    nli: str | None,
    format_: str,
    output: Path | None,
    fail_on: str | None,
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Check the claims of a text, such as a language model's answer, against an index or files.

    Each claim is supported, contradicted, not found, or not sure, with the sentence that says so and the words that
    nothing supports. TEXT is a text, a file (each record of a .jsonl or .csv is a text of its own), or - for stdin.
    """
    if sources and index_path is not None and typed("index_path"):
        raise UsageError("--index and --source are given; give one of them")
    given = _texts(text, corpus_choice)
    models = replace(model_choice.models(), nli=nli)
    engine: Engine | TextEngine
    if sources:
        documents: Iterable[Document] | None = _source(sources, corpus_choice)
        engine = model_choice.text_engine(models)
    else:
        documents, engine = None, model_choice.open_engine(find_index(index_path), models, quiet=quiet)
    with engine, progress_bar(hidden=quiet or no_progress or len(given) == 1) as progress:
        asked = request(texts=tuple(each for _, each in given), source=documents)
        found: list[CheckedText] = engine.run(asked, progress=progress)
        for remark in engine.notes(asked):
            note(remark)
    _write([name for name, _ in given], found, format_, output)
    note(summary(found), quiet=quiet)
    return UNSUPPORTED_CODE if fail_on is not None and _fails(found, fail_on) else 0


def _fails(found: Sequence[CheckedText], fail_on: str) -> bool:
    verdicts = {claim.verdict for text in found for claim in text.claims}
    return "contradicted" in verdicts if fail_on == "contradicted" else not verdicts <= {"supported"}


def _write(names: Sequence[str], found: Sequence[CheckedText], format_: str, output: Path | None) -> None:
    """JSON is one object for one text, else an array; JSON Lines and the table have the claims one by one."""
    one = len(found) == 1
    records = [
        {**({} if one else {"id": name}), **check_record(checked)}
        for name, checked in zip(names, found, strict=True)
    ]
    with open_output(output) as out:
        if format_ == "json":
            click.echo(json.dumps(records[0] if one else records, ensure_ascii=False, indent=2), file=out)
            return
        for name, checked in zip(names, found, strict=True):
            if format_ == "table" and not one:
                click.secho(name, bold=True, file=out)
            for claim in checked.claims:
                record = {**({} if one else {"id": name}), **claim_record(claim)}
                line = check_text(claim) if format_ == "table" else json.dumps(record, ensure_ascii=False)
                click.echo(line, file=out)


def _texts(given: str, choice: CorpusChoice) -> list[tuple[str, str]]:
    """The texts to check with their names: the argument itself, standard input, or the records of a file."""
    if given == "-":
        given = sys.stdin.read()
    elif _is_file(given):
        return [(document.id, document.text) for document in _documents([Path(given)], choice)]
    refuse_blank([given])
    return [("text", given)]


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except (OSError, ValueError):  # a long text is no name of a file
        return False


def _source(sources: Sequence[Path], choice: CorpusChoice) -> list[Document]:
    """The documents of files and folders.

    Raises:
        DataError: there is nothing at a path, or no document in any.
    """
    for path in sources:
        if str(path) != "-" and not path.exists():
            raise DataError("no such file or folder", str(path))
    found = list(_documents(sources, choice))
    if not found:
        raise DataError("no document in it", ", ".join(map(str, sources)))
    return found


def _documents(paths: Sequence[Path], choice: CorpusChoice) -> Iterator[Document]:
    """Records of corpus files; a .txt is one document, as its sentences belong together."""
    from simengine.corpus.read import ReadReport, read_corpus

    for path in paths:
        report, options = ReadReport(), read_options(choice)
        plain = (
            path.name.removesuffix(".gz").removesuffix(".zst").lower().endswith(".txt") or str(path) == "-"
        )
        if plain and options.format is None:
            options = replace(options, format="txt-file")
        yield from read_corpus([path], options, report)
        for line in describe_read(report, options):
            note(line)

"""simengine corpus: make a corpus file, or check one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from simengine.cli.corpus_input import describe_read, read_options
from simengine.cli.options import CorpusChoice, corpus_options, output_options
from simengine.cli.output import STDOUT, check_json_lines, write_lines
from simengine.cli.terminal import Stopwatch, counted, note, printable, seconds


@click.group("corpus")
def command() -> None:
    """Make or check a corpus file."""


@command.command(
    "python-docs", short_help="Write the documentation of this Python's standard library as a corpus."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="-",
    show_default=True,
    help="File to write, or - for stdout.",
)
@output_options
def python_docs_command(output: Path, quiet: bool, no_progress: bool) -> None:
    """Write the documentation of this Python's standard library as a corpus.

    One document for each module, class, function and method that has a docstring, with its module and kind as
    metadata. Needs no network.
    """
    from simengine.corpus.python_docs import python_docs
    from simengine.corpus.write import document_record

    check_json_lines(output)
    watch = Stopwatch()
    count = write_lines(map(document_record, python_docs()), output)
    place = "stdout" if str(output) in STDOUT else output
    note(
        f"{counted(count, 'document')} of Python {sys.version.split()[0]} written to {place} "
        f"in {seconds(watch.elapsed_s)}",
        quiet=quiet,
    )


@command.command("check", short_help="Read a corpus without indexing it, and say what is in it.")
@click.argument("sources", nargs=-1, required=True)
@corpus_options
@output_options
def check_command(
    sources: tuple[str, ...],
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Read a corpus to its end without indexing it, and say what is in it.

    Stops at the first record that cannot be used, or with --skip-invalid counts them all.
    """
    from simengine.corpus.read import ReadReport, read_corpus

    report = ReadReport()
    options = read_options(corpus_choice)
    count = characters = 0
    for document in read_corpus(sources, options, report):
        count += 1
        characters += len(document.text)
    click.echo(f"{counted(count, 'document')}, {counted(characters, 'character')}")
    for line in describe_read(report, options, kept=True):
        click.echo(printable(line))

"""What `index`, `add` and `update` share: read a corpus, write it, and report what was done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.corpus_input import MAX_NOTES, describe_read, read_options
from simengine.cli.options import (
    CorpusChoice,
    corpus_options,
    find_index,
    index_model_options,
    index_option,
    leading_index,
    output_options,
    together,
)
from simengine.cli.terminal import Bar, counted, note, noting, progress_bar, seconds
from simengine.progress import NoProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simengine.corpus.field_types import FieldTypes
    from simengine.corpus.read import ReadReport
    from simengine.engine.models import Models
    from simengine.indexing.report import IndexReport
    from simengine.requests.index import IndexOptions, Policy
    from simengine.types import Document

ESTIMATE_EVERY = 64
COMPARED_DOCUMENTS = 50_000
"""Of larger indexes the types of fields are looked up only for tables, which need them: it takes a pass over all."""

change_options: Callable[[Any], Any] = together(
    click.argument("sources", nargs=-1, required=True, metavar="[INDEX] SOURCES..."),
    index_option,
    index_model_options,
    corpus_options,
    output_options,
)


def write_into(
    policy: Policy,
    sources: tuple[str, ...],
    index_path: Path | None,
    models: Models,
    corpus_choice: CorpusChoice,
    *,
    quiet: bool,
    no_progress: bool,
    options: IndexOptions | None = None,
) -> IndexReport:
    """Write the documents of the sources into an existing index."""
    from simengine.requests.index import IndexOptions

    index_path, sources = leading_index(sources, index_path, "files with documents", names=True)
    return write_sources(
        sources,
        find_index(index_path),
        policy,
        models,
        options or IndexOptions(),
        corpus_choice,
        quiet=quiet,
        no_progress=no_progress,
    )


def write_sources(
    sources: tuple[str, ...],
    path: Path,
    policy: Policy,
    models: Models,
    options: IndexOptions,
    corpus_choice: CorpusChoice,
    *,
    quiet: bool,
    no_progress: bool,
) -> IndexReport:
    """Read the sources into the index at `path`, and report on stderr; "sync" makes a missing index."""
    from simengine.corpus.field_types import FieldTypes
    from simengine.corpus.read import ReadReport, read_corpus
    from simengine.corpus.sources import any_table, source_bytes
    from simengine.engine.reading import field_types

    if corpus_choice.skip_invalid and corpus_choice.rejects is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        corpus_choice = replace(corpus_choice, rejects=path.parent / f"{path.name}.rejects.jsonl")
    has_tables = any_table(sources, corpus_choice.input_format)
    known = {} if options.overwrite else field_types(path, None if has_tables else COMPARED_DOCUMENTS)
    types = FieldTypes(known)
    read, chosen = ReadReport(), read_options(corpus_choice, known)
    try:
        with progress_bar(hidden=quiet or no_progress) as progress:
            documents = watched(
                read_corpus(sources, chosen, read), read, source_bytes(sources), progress, types
            )
            report = _write(documents, path, policy, models, options, progress, quiet=quiet)
    except KeyboardInterrupt:
        note(f"\nStopped. What was committed to {path} is kept; run the same command again to continue.")
        raise click.exceptions.Exit(130) from None
    mixed = types.notes()[:MAX_NOTES]
    for line in (*describe_read(read, chosen, kept=True), *mixed, *describe_write(report, path, policy)):
        note(line, quiet=quiet)
    return report


def _write(
    documents: Iterator[Document],
    path: Path,
    policy: Policy,
    models: Models,
    options: IndexOptions,
    progress: Bar | NoProgress,
    *,
    quiet: bool,
) -> IndexReport:
    if options.check_conflicts:
        from simengine.engine import Engine

        with Engine.open(path, models=models, note=noting(quiet=quiet)) as engine:
            change = engine.add if policy == "add" else engine.update
            return change(documents, options=options, progress=progress)
    from simengine.engine.writing import write_documents

    return write_documents(
        documents,
        path,
        policy,
        models=models,
        options=options,
        create=policy == "sync",
        progress=progress,
        note=noting(quiet=quiet),
    )


def watched(
    documents: Iterator[Document],
    read: ReadReport,
    n_bytes: int | None,
    progress: Bar | NoProgress,
    types: FieldTypes,
) -> Iterator[Document]:
    """The same documents; their number is estimated from the bytes read so far, so that time left can be shown."""
    for number, document in enumerate(documents, 1):
        types.see(document)
        yield document
        if n_bytes and read.bytes_read and number % ESTIMATE_EVERY == 0:
            progress.expect(max(number, round(number * n_bytes / read.bytes_read)))
    progress.expect(read.accepted)


def describe_write(report: IndexReport, path: Path, policy: Policy) -> list[str]:
    """Lines for a person: what happened to the documents, how fast, and what the model could not read."""
    from simengine.models.packaged import MULTILINGUAL_MODEL

    changes = [
        f"{count:,} {name}"
        for name, count in (
            ("added", report.added),
            ("updated", report.updated),
            ("unchanged", report.unchanged),
            ("deleted", report.deleted),
        )
        if count
    ]
    lines = [f"{path}: {', '.join(changes) or 'nothing to do'} in {seconds(report.total_s)}"]
    if report.absent:
        lines.append(
            f"{counted(report.absent, 'document')} of the index not in this corpus: kept (--prune deletes)"
        )
    if report.passages:
        speed = report.passages / report.encode_s if report.encode_s else 0.0
        lines.append(
            f"{counted(report.passages, 'passage')}, {counted(report.tokens, 'token')}, "
            f"{speed:,.0f} passages/s encoded ({report.encode_share:.0%} of the time)"
        )
    if report.documents_split:
        lines.append(f"{counted(report.documents_split, 'long document')} became several passages")
    if report.tokens_truncated:
        lines.append(
            f"{counted(report.tokens_truncated, 'token')} did not fit the model "
            f"({report.coverage:.2%} of the text is covered)"
        )
    if report.passages_unreadable:
        lines.append(
            f"{report.passages_unreadable:,} of {counted(report.passages, 'passage')} in characters that the model "
            "does not know: it cannot tell them apart, so only their words can be found; an index built with a model "
            f"that knows them (such as --model {MULTILINGUAL_MODEL}) does better"
        )
    if policy == "sync":
        lines.append(f'next: simengine search -i {path} "your question"')
    return lines

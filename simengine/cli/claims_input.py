"""What `contradictions` and `duplicates` share: what they read, their models, and how they show what is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.corpus_input import describe_read, read_options
from simengine.cli.options import (
    CorpusChoice,
    ModelChoice,
    by_name,
    collected,
    corpus_options,
    find_index,
    format_option,
    index_model_options,
    index_option,
    is_index,
    output_option,
    together,
    typed,
)
from simengine.cli.output import open_output
from simengine.cli.rerank_options import nli_option
from simengine.cli.terminal import note, shorten
from simengine.errors import DataError, UsageError

if TYPE_CHECKING:
    from simengine.engine import Engine, TextEngine
    from simengine.results.conflicts import Conflict
    from simengine.types import Document

SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class ClaimsChoice:
    """What `claims_options` ask for."""

    source: Path | None
    index_path: Path | None
    nli: str | None
    model_choice: ModelChoice
    corpus_choice: CorpusChoice
    format_: str
    output: Path | None

    def open(self, where: str | None) -> tuple[Engine | TextEngine, dict[str, Any]]:
        """An engine, and where it finds the documents: fields of a request.

        An index is read by its own model; with another one (--model), its documents are read like those of a file.

        Raises:
            UsageError: the argument and --index are not the same, or a filter for documents of a file.
            IndexNotFoundError: nothing was given, and there is not one index to choose.
            DataError: there is nothing at the path.
        """
        from simengine.engine.contents import read_documents

        path, choice = self._path(), self.model_choice
        models = replace(choice.models(), nli=self.nli)
        if not is_index(path):
            if where is not None:
                raise UsageError(
                    f"--where needs an index, and {path} is not one (`simengine index` builds one)"
                )
            return choice.text_engine(models), {"where": None, "documents": self.read(path)}
        if choice.model is None:
            return choice.open_engine(path, models), {"where": where}
        return choice.text_engine(models), {"where": None, "documents": read_documents(path, where)}

    def read(self, path: Path) -> Iterator[Document]:
        """The documents of an index, a file or a folder.

        Raises:
            DataError: there is nothing at the path; at once, before a model is loaded.
        """
        from simengine.engine.contents import read_documents

        path = path if path.exists() else by_name(path)
        if is_index(path):
            return read_documents(path)
        if str(path) != "-" and not path.exists():
            raise DataError("no such index, file or folder", str(path))
        return _corpus(path, self.corpus_choice)

    def _path(self) -> Path:
        if self.source is None:
            return find_index(self.index_path)
        if is_index(by_name(self.source)):
            return find_index(self.source, self.index_path)
        if self.index_path is not None and typed("index_path"):
            raise UsageError(f"{self.source} and --index {self.index_path} are given; give one of them")
        return self.source

    def write(self, found: Iterable[tuple[str, Mapping[str, object]]]) -> None:
        """Write what was found; see `write_found`."""
        write_found(found, self.format_, self.output)


def claims_options(purpose: str) -> Callable[[Any], Any]:
    """Where texts come from, by which models, and how what is found is shown; given as one `ClaimsChoice`.

    Args:
        purpose: what the NLI model does, for --help.
    """
    return together(
        click.argument("source", metavar="[INDEX_OR_FILE]", required=False, type=click.Path(path_type=Path)),
        index_option,
        nli_option(purpose),
        format_option("table", "jsonl"),
        output_option,
        index_model_options,
        corpus_options,
        collected(ClaimsChoice, "claims"),
    )


def _corpus(path: Path, choice: CorpusChoice) -> Iterator[Document]:
    from simengine.corpus.read import ReadReport, read_corpus

    report, options = ReadReport(), read_options(choice)
    yield from read_corpus([path], options, report)
    for line in describe_read(report, options):
        note(line)


def write_found(found: Iterable[tuple[str, Mapping[str, object]]], format_: str, output: Path | None) -> None:
    """Write what was found.

    Args:
        found: each thing for a person and as JSON.
        format_: "table" for a person, else JSON Lines.
        output: a file; None is stdout.
    """
    with open_output(output) as out:
        for card, record in found:
            line = card if format_ == "table" else json.dumps(record, ensure_ascii=False)
            click.echo(line, file=out)


def conflict_card(conflict: Conflict) -> str:
    """A conflict for a person: how it was found on one line, its two claims below."""
    found = ", ".join(conflict.found_by)
    if conflict.difference is not None:
        one, other = (shorten(text, 40) or "(nothing)" for text in conflict.difference)
        found += f": {one} / {other}"
    elif conflict.reason:
        found = ", ".join([*conflict.found_by[:-1], shorten(conflict.reason, 80)])
    head = f"{conflict.cluster:>3}  " + click.style(f"{conflict.probability:.3f}", fg="cyan") + f"  {found}"
    lines = [head]
    for name, claim, others, date in (
        ("claim1", conflict.claim1, conflict.also1, conflict.date1),
        ("claim2", conflict.claim2, conflict.also2, conflict.date2),
    ):
        more = f" and {len(others):,} more" if others else ""
        dated = f" {shorten(date, 30)}" if date else ""
        dated += " (newer)" if conflict.newer == name else ""
        place = f"{shorten(claim.document_id, 40)} {claim.span.start}-{claim.span.end}{more}{dated}"
        lines.append("     " + click.style(place, dim=True) + "  " + shorten(claim.text, SHOWN_CHARACTERS))
    return "\n".join(lines)

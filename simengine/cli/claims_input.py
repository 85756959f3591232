"""What `contradictions` and `duplicates` share: what they read, encode and judge with, and how they show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.corpus_input import describe_read, read_options
from simengine.cli.options import (
    CorpusChoice,
    ModelChoice,
    by_name,
    collected,
    find_index,
    index_option,
    is_index,
    judge_option,
    output_option,
    together,
    typed,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import note, shorten
from simengine.errors import DataError, UsageError

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.encoders.contract import BiEncoder
    from simengine.reasoning.conflict import Conflict
    from simengine.store.snapshot import Snapshot
    from simengine.types import Document, Evidence, Json

SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class ClaimsChoice:
    """What `claims_options` ask for."""

    source: Path | None
    index_path: Path | None
    where: str | None
    neighbours: int
    min_cosine: float
    max_pairs: int
    judge: str | None
    format_: str
    output: Path | None

    def path(self) -> Path:
        """The index, file or folder: what was given, else the only index.

        Raises:
            UsageError: the argument and --index are not the same.
            IndexNotFoundError: nothing was given, and there is not one index to choose.
        """
        if self.source is None:
            return find_index(self.index_path)
        if is_index(by_name(self.source)):
            return find_index(self.source, self.index_path)
        if self.index_path is not None and typed("index_path"):
            raise UsageError(f"{self.source} and --index {self.index_path} are given; give one of them")
        return self.source

    def write(self, found: Iterable[tuple[str, Mapping[str, object]]]) -> None:
        """Write what was found.

        Args:
            found: each thing for a person and as JSON.
        """
        with open_output(self.output) as out:
            for card, record in found:
                line = card if self.format_ == "table" else json.dumps(record, ensure_ascii=False)
                click.echo(line, file=out)


def claims_options(noun: str, *, min_cosine: float, max_pairs: int) -> Callable[[Any], Any]:
    """Where texts come from, which are compared and how that is shown; a command gets it as one `ClaimsChoice`.

    Args:
        noun: what is compared, in the singular.
        min_cosine, max_pairs: defaults.
    """
    return together(
        click.argument("source", metavar="[INDEX_OR_FILE]", required=False, type=click.Path(path_type=Path)),
        index_option,
        click.option(
            "-w",
            "--where",
            help="Filter on metadata, _id or title, as in 'kind == \"contract\"'.",
        ),
        click.option(
            "--neighbours",
            type=click.IntRange(1),
            default=10,
            show_default=True,
            help=f"Nearest {noun}s compared with each.",
        ),
        click.option(
            "--min-cosine",
            type=click.FloatRange(-1, 1),
            default=min_cosine,
            show_default=True,
            help=f"Least similarity of two {noun}s that are compared.",
        ),
        click.option(
            "--max-pairs",
            type=click.IntRange(1),
            default=max_pairs,
            show_default=True,
            help="Judge at most so many pairs, the nearest or most suspicious first.",
        ),
        judge_option("The NLI model that judges"),
        click.option(
            "--format",
            "format_",
            type=click.Choice(["table", "jsonl"]),
            default="table",
            show_default=True,
        ),
        output_option,
        collected(ClaimsChoice, "claims"),
    )


class Source:
    """An index, or a corpus file or folder, and what was read of it.

    Args:
        path: as given; a plain name also means a folder under indexes/.
        where: filter on metadata, for an index only.
        choice: how a corpus is read.
        stack: closes the index.

    Attributes:
        watching: called with the text of every document, such as an `unknown_warning`.

    Raises:
        UsageError: a filter for a corpus that is no index.
        DataError: there is nothing at the path; said before a model is loaded.
    """

    def __init__(self, path: Path, where: str | None, choice: CorpusChoice, stack: ExitStack) -> None:
        from simengine.store.snapshot import Snapshot

        path = path if path.exists() else by_name(path)
        self.path, self._where, self._choice = path, where, choice
        self.snapshot: Snapshot | None = None
        self.watching: list[Callable[[Iterable[str]], None]] = []
        if is_index(path):
            self.snapshot = stack.enter_context(Snapshot.open(path))
        elif str(path) != "-" and not path.exists():
            raise DataError("no such index, file or folder", str(path))
        elif where is not None:
            raise UsageError(f"--where needs an index; {path} is none (`simengine index` makes one)")

    def documents(self) -> Iterator[Document]:
        """All documents, once."""
        for document in self._read():
            for watch in self.watching:
                watch([document.text])
            yield document

    def _read(self) -> Iterator[Document]:
        if self.snapshot is not None:
            from simengine.engine.inference import selected_documents

            yield from selected_documents(self.snapshot, self._where)
            return
        from simengine.corpus.read import ReadReport, read_corpus

        report, options = ReadReport(), read_options(self._choice)
        yield from read_corpus([self.path], options, report)
        for line in describe_read(report, options):
            note(line)


def open_encoder(source: Source, choice: ModelChoice) -> BiEncoder:
    """The bi-encoder: of the index, where the source is one and no other was asked for."""
    from simengine.assembly import open_encoder as open_for

    if source.snapshot is None or choice.model is not None:
        return choice.load_encoder()
    return open_for(source.snapshot.settings, choice.encoder_options())


def open_judge(name: str | None, choice: ModelChoice) -> NLIModel:
    """The NLI model that was asked for, on the device that was."""
    from simengine.cross_encoders.nli import NLIModel

    return NLIModel.load(name, device=choice.device, threads=choice.threads, offline=choice.offline)


def evidence_record(evidence: Evidence) -> dict[str, Json]:
    """A place as JSON."""
    return {
        "id": evidence.document_id,
        "title": evidence.title,
        "start": evidence.span.start,
        "end": evidence.span.end,
        "text": evidence.text,
    }


def conflict_record(conflict: Conflict) -> dict[str, Json]:
    """A conflict as JSON."""

    def rounded(probabilities: Mapping[str, float]) -> dict[str, Json]:
        return {name: round(value, 6) for name, value in probabilities.items()}

    return {
        "cluster": conflict.cluster,
        "probability": round(conflict.probability, 6),
        "calibrated": conflict.calibrated,
        "found_by": list(conflict.found_by),
        "difference": None if conflict.difference is None else list(conflict.difference),
        "cosine": round(conflict.cosine, 6),
        "claim1": evidence_record(conflict.claim1),
        "claim2": evidence_record(conflict.claim2),
        "also1": [evidence_record(each) for each in conflict.also1],
        "also2": [evidence_record(each) for each in conflict.also2],
        "forward": rounded(conflict.forward),
        "backward": rounded(conflict.backward),
    }


def conflict_card(conflict: Conflict) -> str:
    """A conflict for a person: how it was found on one line, its two claims below."""
    found = ", ".join(conflict.found_by)
    if conflict.difference is not None:
        one, other = (shorten(text, 40) or "(nothing)" for text in conflict.difference)
        found += f": {one} / {other}"
    head = f"{conflict.cluster:>3}  " + click.style(f"{conflict.probability:.3f}", fg="cyan") + f"  {found}"
    lines = [head]
    for claim, others in ((conflict.claim1, conflict.also1), (conflict.claim2, conflict.also2)):
        more = f" and {len(others):,} more" if others else ""
        place = f"{shorten(claim.document_id, 40)} {claim.span.start}-{claim.span.end}{more}"
        lines.append("     " + click.style(place, dim=True) + "  " + shorten(claim.text, SHOWN_CHARACTERS))
    return "\n".join(lines)

"""From the corpus options of a command to what the reader takes, and its report back to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simengine.cli.terminal import counted, note
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.cli.options import CorpusChoice
    from simengine.corpus.read import ReadOptions, ReadReport
    from simengine.types import Document

MAX_NAMES = 5
MAX_NOTES = 12


def read_options(choice: CorpusChoice, known_types: Mapping[str, str] | None = None) -> ReadOptions:
    """The reader's options.

    Args:
        choice: from the command line.
        known_types: of the fields of the index that the documents go to.

    Raises:
        UsageError: --rejects without --skip-invalid: a file of rejects would never be written; --types or --delimiter
            that cannot be read.
    """
    from simengine.corpus.columns import parse_types
    from simengine.corpus.read import MAX_LINE_BYTES, FieldMapping, ReadOptions

    if choice.rejects is not None and not choice.skip_invalid:
        raise UsageError("--rejects needs --skip-invalid")
    names = tuple(name.strip() for name in (choice.text_field or "").split(",") if name.strip())
    return ReadOptions(
        mapping=FieldMapping(id_field=choice.id_field, text_fields=names, title_field=choice.title_field),
        skip_invalid=choice.skip_invalid,
        rejects_path=choice.rejects,
        format=choice.input_format,
        encoding=choice.encoding,
        types=parse_types(choice.types) if choice.types else {},
        known_types=known_types or {},
        delimiter=choice.delimiter,
        max_line_bytes=choice.max_line_bytes or MAX_LINE_BYTES,
        follow_links=choice.follow_links,
    )


def describe_read(report: ReadReport, options: ReadOptions, *, kept: bool = False) -> list[str]:
    """Lines that say what was left out and what was made up; empty when all records were taken as they stood.

    Args:
        report, options: of the reading.
        kept: the metadata is kept with an index, where filters use it.
    """
    lines = []
    if report.rejected:
        reasons = ", ".join(
            f"{count:,} × {reason}" for reason, count in sorted(report.reasons.items(), key=lambda r: -r[1])
        )
        where = f"; see {options.rejects_path}" if options.rejects_path else ""
        lines.append(f"{report.rejected:,} of {counted(report.records, 'record')} left out: {reasons}{where}")
    if report.generated_ids:
        lines.append(f"{counted(report.generated_ids, 'record')} without an id, named by file and line")
    if report.ignored_files:
        kinds = ", ".join(f"{count:,} {suffix}" for suffix, count in report.ignored_suffixes.most_common(8))
        more = ", ..." if len(report.ignored_suffixes) > 8 else ""
        are = "file is" if report.ignored_files == 1 else "files are"
        were = "was" if report.ignored_files == 1 else "were"
        lines.append(f"{report.ignored_files:,} {are} not text and {were} left out ({kinds}{more})")
    columns = [*report.notes, *(report.text_columns if kept else ())]
    return lines + _describe_not_followed(report, options) + _limited(columns)


def noted_corpus(sources: Sequence[str | Path]) -> Iterator[Document]:
    """The documents of a corpus, and at the end a note of what was passed over and how columns were read."""
    from simengine.corpus.read import ReadOptions, ReadReport, read_corpus

    report, options = ReadReport(), ReadOptions()
    yield from read_corpus(sources, options, report)
    for line in _describe_not_followed(report, options) + _limited(report.notes):
        note(line)


def _describe_not_followed(report: ReadReport, options: ReadOptions) -> list[str]:
    """A line that names the links and special files of folders that were left out."""
    counts = []
    if report.links:
        what = (
            "to folders read anyway, or to no file" if options.follow_links else "--follow-links follows them"
        )
        counts.append(f"{counted(report.links, 'link')} ({what})")
    if report.special_files:
        counts.append(
            counted(report.special_files, "special file") + " (pipes, sockets and devices are not read)"
        )
    total = report.links + report.special_files
    shown = ", ".join(report.not_followed[:MAX_NAMES]) + (", ..." if total > MAX_NAMES else "")
    return [f"left out: {' and '.join(counts)}: {shown}"] if counts else []


def _limited(notes: list[str]) -> list[str]:
    more = len(notes) - MAX_NOTES
    return notes[:MAX_NOTES] + ([f"and {more:,} more notes on columns"] if more > 0 else [])

"""From the corpus options of a command to what the reader takes, and its report back to a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.corpus.read import ReadOptions, ReadReport


def read_options(
    id_field: str | None,
    text_field: str | None,
    title_field: str | None,
    input_format: str | None,
    encoding: str,
    skip_invalid: bool,
    rejects: Path | None,
) -> ReadOptions:
    """The reader's options.

    Raises:
        UsageError: --rejects without --skip-invalid: a file of rejects would never be written.
    """
    from simengine.corpus.read import FieldMapping, ReadOptions

    if rejects is not None and not skip_invalid:
        raise UsageError("--rejects needs --skip-invalid")
    names = tuple(name.strip() for name in (text_field or "").split(",") if name.strip())
    return ReadOptions(
        mapping=FieldMapping(id_field=id_field, text_fields=names, title_field=title_field),
        skip_invalid=skip_invalid,
        rejects_path=rejects,
        format=input_format,
        encoding=encoding,
    )


def describe_read(report: ReadReport, options: ReadOptions) -> list[str]:
    """Lines that say what was left out and what was made up; empty when all records were taken as they stood."""
    lines = []
    if report.rejected:
        reasons = ", ".join(
            f"{count:,} × {reason}" for reason, count in sorted(report.reasons.items(), key=lambda r: -r[1])
        )
        where = f"; see {options.rejects_path}" if options.rejects_path else ""
        lines.append(f"{report.rejected:,} of {report.records:,} records left out: {reasons}{where}")
    if report.generated_ids:
        lines.append(f"{report.generated_ids:,} records had no id; they are named by file and line")
    if report.ignored_files:
        kinds = ", ".join(f"{count:,} {suffix}" for suffix, count in report.ignored_suffixes.most_common(8))
        more = ", ..." if len(report.ignored_suffixes) > 8 else ""
        are, were = ("file is", "was") if report.ignored_files == 1 else ("files are", "were")
        lines.append(f"{report.ignored_files:,} {are} no text and {were} left out ({kinds}{more})")
    return lines

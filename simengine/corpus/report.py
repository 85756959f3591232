"""What was read, what was rejected and why."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeAlias

from simengine.errors import DataError, UsageError

MAX_EXAMPLES = 10
MAX_RAW_CHARS = 4096

Raw: TypeAlias = "bytes | str | list[str] | dict[str, object]"
Record: TypeAlias = "dict[str, object]"
Item: TypeAlias = "tuple[int, Record | RecordFault, Raw]"
"""(1-based line or row, the record or what is wrong with it, what to show of it in a rejects file)."""


class RecordFault(Exception):  # noqa: N818 - not an error by itself: the reader decides what becomes of it
    """One record cannot be used.

    Args:
        kind: a short fixed phrase to count by, such as "broken JSON".
        detail: what exactly is wrong here, and what to do.
        raw_bytes: length of the record where only its beginning was kept.
    """

    def __init__(self, kind: str, detail: str, raw_bytes: int | None = None) -> None:
        super().__init__(kind, detail)
        self.kind, self.detail, self.raw_bytes = kind, detail, raw_bytes

    @property
    def reason(self) -> str:
        """Kind and detail as one line."""
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was left out: where it stands and why."""

    source: str
    line: int
    reason: str


@dataclass
class ReadReport:
    """Counts that are filled while a reader is iterated; accepted + rejected == records at any moment.

    Attributes:
        records: records seen so far.
        accepted: records that became documents (or queries, or pairs) and were yielded.
        rejected: records that could not be used.
        reasons: rejected records by kind of fault.
        examples: the first rejected records.
        bytes_read: bytes taken from files (compressed where they are) or stdin.
        generated_ids: documents whose id was made from path and line.
        ignored_files: files in folders that are no text by their suffix. Hidden files, and all in hidden
            folders, are passed over without being counted.
        ignored_suffixes: the ignored files by suffix (lower case, without .gz or .zst); those that have
            none under "without suffix".
        links: links in folders that were not followed.
        special_files: pipes, sockets and devices in folders; they are never opened.
        not_followed: the paths of the first of these links and special files.
        notes: what a person should know about how tables were read, a line each.
        text_columns: which columns of numbers stay text, and which types make numbers of them; of use to whoever
            filters by them.
    """

    records: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    examples: list[Rejected] = field(default_factory=list)
    bytes_read: int = 0
    generated_ids: int = 0
    ignored_files: int = 0
    ignored_suffixes: Counter[str] = field(default_factory=Counter)
    links: int = 0
    special_files: int = 0
    not_followed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    text_columns: list[str] = field(default_factory=list)

    def accept(self) -> None:
        """Count a record that is about to be yielded."""
        self.records += 1
        self.accepted += 1

    def pass_over(self, path: Path, *, is_link: bool) -> None:
        """Count a link or a special file of a folder that is left out."""
        if is_link:
            self.links += 1
        else:
            self.special_files += 1
        if len(self.not_followed) < MAX_EXAMPLES:
            self.not_followed.append(str(path))

    def reject(self, source: str, line: int, fault: RecordFault) -> None:
        """Count a record that is left out."""
        self.records += 1
        self.rejected += 1
        self.reasons[fault.kind] = self.reasons.get(fault.kind, 0) + 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(Rejected(source, line, fault.reason))


class RejectSink:
    """Decides what becomes of a bad record: an error, or a count and a line in the rejects file.

    Args:
        report: counts go here.
        skip_invalid: False raises DataError for the first bad record.
        path: JSON Lines file of {source, line, reason, raw, raw_length}; replaced at the first bad record,
            so that a run without one leaves the file of an earlier run as it was.
    """

    def __init__(self, report: ReadReport, skip_invalid: bool, path: Path | None) -> None:
        self._report, self._skip, self._path = report, skip_invalid, path
        self._file: IO[str] | None = None

    def __enter__(self) -> RejectSink:
        if self._path is not None and (wrong := _unwritable(self._path)):
            raise UsageError(f"the rejects file {self._path} cannot be written: {wrong}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def reject(self, source: str, line: int, fault: RecordFault, raw: Raw) -> None:
        """Count the record and raise or write it down.

        Raises:
            DataError: unless invalid records are skipped.
            UsageError: the rejects file cannot be written.
        """
        self._report.reject(source, line, fault)
        if not self._skip:
            raise DataError(fault.reason, source, line)
        if self._path is not None:
            if self._file is None:
                self._file = self._opened(self._path)
            text, length = _raw_text(raw)
            row = {"source": source, "line": line, "reason": fault.reason, "raw": text}
            row["raw_length"] = length if fault.raw_bytes is None else fault.raw_bytes
            self._file.write(json.dumps(row) + "\n")

    @staticmethod
    def _opened(path: Path) -> IO[str]:
        try:
            return path.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"the rejects file {path} cannot be written: {error}") from error


def _unwritable(path: Path) -> str:
    """Why a file could not be written, found without touching it; "" when nothing speaks against it.

    The file is opened only for the first bad record, which may come after hours of work.
    """
    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    return "" if os.access(path if path.exists() else path.parent, os.W_OK) else "permission denied"


def _raw_text(raw: Raw) -> tuple[str, int]:
    """The record as text, cut to a few kB, and its whole length (bytes for bytes, else characters)."""
    if isinstance(raw, bytes):
        return raw[:MAX_RAW_CHARS].decode("utf-8", "backslashreplace"), len(raw)
    text = raw if isinstance(raw, str) else json.dumps(raw, default=str, ensure_ascii=False)
    return text[:MAX_RAW_CHARS], len(text)

"""Resolves a list of sources to files and their formats.

One rule for links and special files holds wherever files are read: a path that is given directly may be a link, or
a pipe, which is read as a stream; in folders links are followed only on request; pipes, sockets and
devices in folders are never opened, and a device is never a source.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from simengine.corpus.report import ReadReport
from simengine.errors import DataError, UsageError

STDIN = "-"
STDIN_NAME = "<stdin>"
FORMATS = ("jsonl", "json", "csv", "tsv", "parquet", "txt-lines", "txt-file")
_BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "txt-lines",
    ".md": "txt-file",
}
_TEXT_SUFFIXES = (".txt", ".md")
_COMPRESSIONS = {".gz": "gz", ".zst": "zst"}
_BEIR_FILES = ("corpus.jsonl", "corpus.jsonl.gz", "corpus.jsonl.zst")


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read.

    Attributes:
        name: the path as the user gave it, or "<stdin>"; what errors show.
        path: None for stdin.
        format: one of FORMATS.
        compression: "", "gz" or "zst".
        label: generated ids are "<label>:<line>"; for a whole-file document it is the id itself. It is made from the
            path as given, so that files of the same name in different folders differ.
    """

    name: str
    path: Path | None
    format: str
    compression: str
    label: str


def expand_sources(
    sources: Sequence[str | Path],
    file_format: str | None,
    report: ReadReport,
    *,
    follow_links: bool = False,
) -> Iterator[InputFile]:
    """Yield the files that the sources mean; all are checked before the first is yielded.

    Args:
        sources: paths of files or folders; "-" is standard input.
        file_format: one of FORMATS for all of them, or None to go by suffix (stdin and pipes without one: jsonl).
        report: counts the files in folders that are not text, and the links and special files skipped.
        follow_links: read what links in folders lead to, each folder once.

    Raises:
        UsageError: no source, an unknown format, or stdin given twice.
        DataError: a path does not exist, is a device, has an unknown suffix, is a folder without texts or one that
            cannot be listed, or has a name that is not valid text.
    """
    if isinstance(sources, (str, os.PathLike)):
        sources = [sources]
    _check_call(sources, file_format)
    labels = _labels(sources)
    for given in sources:
        check_source(given, file_format)
    for given, label in zip(sources, labels, strict=True):
        if str(given) == STDIN:
            yield InputFile(STDIN_NAME, None, file_format or "jsonl", "", label)
        elif Path(given).is_dir():
            prefix = Path(given) if len(sources) > 1 else Path()
            yield from _expand_folder(Path(given), str(given), prefix, file_format, report, follow_links)
        else:
            yield _file_source(Path(given), str(given), file_format, label)


def check_source(source: str | Path, file_format: str | None = None) -> None:
    """Refuse a path that cannot be read whatever its content, for callers that do something slow before reading.

    Args:
        source: of a file or folder; "-" is standard input.
        file_format: one of FORMATS, or None to go by suffix.

    Raises:
        DataError: the path does not exist, or has an unknown suffix.
    """
    if str(source) != STDIN:
        _check_path(source, file_format)


def source_bytes(sources: Sequence[str | Path]) -> int | None:
    """Bytes to be read from disk, for a progress bar; None if unknown (stdin, folders)."""
    paths = [Path(given) for given in sources]
    if any(str(given) == STDIN for given in sources) or not all(path.is_file() for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)


def any_table(sources: Sequence[str | Path], file_format: str | None) -> bool:
    """Whether a source is a .csv or .tsv, by its suffix or by the format given for all."""
    formats = {file_format or _BY_SUFFIX.get(suffixes(Path(given))[0]) for given in sources}
    return bool(formats & {"csv", "tsv"})


def is_stream(source: str | Path) -> bool:
    """Whether a source is standard input or a pipe (named, or of a process substitution).

    Such a source has no suffix, and can be read only once.
    """
    if str(source) == STDIN:
        return True
    path = Path(source)
    return path.exists() and not path.is_dir() and not path.is_file()


def refuse_special(path: str | Path) -> None:
    """Refuse a path that is not a file, folder or pipe, such as /dev/zero, which would be read forever.

    Args:
        path: as the user gave it; one that does not exist is ignored.

    Raises:
        DataError: it is a device or a socket.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - Path would turn "" into "."
    except OSError:
        return
    is_terminal = stat.S_ISCHR(mode) and os.path.realpath(path).startswith(("/dev/tty", "/dev/pts/"))
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISFIFO(mode) or is_terminal):
        kind = "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise DataError(f"this is {kind}; expected a file, a folder or a pipe", str(path))


def folder_file(folder: Path, name: str, *, follow_links: bool) -> Path | None:
    """A regular file of a folder by its name, or None if there is none.

    Raises:
        DataError: it is a link, and links are not followed.
    """
    path = folder / name
    if path.is_symlink() and not follow_links:
        reason = "this is a link, and links in folders are not followed without --follow-links"
        raise DataError(reason, str(path))
    return path if path.is_file() else None


def shown_name(source: str | Path) -> str:
    """The name of a source in errors."""
    return STDIN_NAME if str(source) == STDIN else str(source)


def suffixes(path: Path) -> tuple[str, str]:
    """Format suffix and compression of a path: "a.jsonl.gz" gives (".jsonl", "gz")."""
    compression = _COMPRESSIONS.get(path.suffix.lower(), "")
    inner = path.with_suffix("") if compression else path
    return inner.suffix.lower(), compression


def _check_call(sources: Sequence[str | Path], file_format: str | None) -> None:
    if not sources:
        raise UsageError("no source given: expected at least one file, folder or '-' for standard input")
    if file_format is not None and file_format not in FORMATS:
        raise UsageError(f"unknown format {file_format!r}; expected one of {', '.join(FORMATS)}")
    if sum(str(given) == STDIN for given in sources) > 1:
        raise UsageError("standard input ('-') is given twice, but it can be read only once")
    if file_format == "parquet" and any(is_stream(given) for given in sources):
        raise UsageError("parquet cannot be read from a stream (it is read from its end): give a file")


def _check_path(given: str | Path, file_format: str | None) -> None:
    path = Path(given)
    if not path.exists():
        if path.is_symlink():
            raise DataError(f"the link leads to {str(path.readlink())!r}, which is not there", str(given))
        raise DataError("no such file or folder", str(given))
    if path.is_dir():
        return
    refuse_special(given)
    suffix, compression = suffixes(path)
    if file_format is None and suffix not in _BY_SUFFIX and not is_stream(given):
        known = " ".join(_BY_SUFFIX)
        raise DataError(
            f"unknown suffix {suffix or path.name!r}; expected one of {known} (also with .gz or .zst), "
            f"or give the format ({', '.join(FORMATS)})",
            str(given),
        )
    if compression and (file_format or _BY_SUFFIX.get(suffix)) == "parquet":
        raise DataError("parquet files have their own compression; unpack this one", str(given))


def _labels(sources: Sequence[str | Path]) -> list[str]:
    """The path of each source without suffix, or with it if two sources differ only there."""
    short = ["stdin" if str(given) == STDIN else _without_suffix(Path(given)) for given in sources]
    counts = Counter(short)
    return [
        label if counts[label] == 1 or str(given) == STDIN else _posix(Path(given))
        for label, given in zip(short, sources, strict=True)
    ]


def _without_suffix(path: Path) -> str:
    if path.is_dir():
        return _posix(path)
    inner = path.with_suffix("") if path.suffix.lower() in _COMPRESSIONS else path
    return _posix(inner.with_suffix(""))


def _posix(path: Path) -> str:
    """The path as part of an id.

    Raises:
        DataError: the name is not valid UTF-8.
    """
    posix = path.as_posix()
    try:
        posix.encode()
    except UnicodeEncodeError as error:
        reason = "the file name is not valid UTF-8 and cannot become an id: rename it"
        raise DataError(reason, ascii(posix)) from error
    return posix


def _file_source(path: Path, name: str, file_format: str | None, label: str) -> InputFile:
    suffix, compression = suffixes(path)
    kind = file_format or _BY_SUFFIX.get(suffix, "jsonl")
    return InputFile(name, path, kind, compression, _posix(path) if kind == "txt-file" else label)


def _expand_folder(
    folder: Path, name: str, prefix: Path, file_format: str | None, report: ReadReport, follow_links: bool
) -> Iterator[InputFile]:
    for beir in _BEIR_FILES:
        if found_file := folder_file(folder, beir, follow_links=follow_links):
            yield _file_source(found_file, str(Path(name) / beir), file_format, _posix(prefix / "corpus"))
            return
    found, other = 0, Counter[str]()
    for path in _walk(folder, follow_links, report):
        suffix, compression = suffixes(path)
        if suffix not in _TEXT_SUFFIXES:
            report.ignored_files += 1
            other[suffix or "without suffix"] += 1
            report.ignored_suffixes[suffix or "without suffix"] += 1
            continue
        found += 1
        relative = path.relative_to(folder)
        kind = "txt-lines" if file_format == "txt-lines" else "txt-file"
        yield InputFile(str(Path(name) / relative), path, kind, compression, _posix(prefix / relative))
    if not found:
        other.update({"links, which are followed with --follow-links": report.links} if report.links else {})
        there = ", ".join(f"{count} {suffix}" for suffix, count in other.most_common(5)) or "nothing"
        expected = f"a corpus.jsonl or files that end in {' or '.join(_TEXT_SUFFIXES)}"
        raise DataError(f"the folder has no text: expected {expected}, found {there}", name)


def _walk(folder: Path, follow_links: bool, report: ReadReport) -> Iterator[Path]:
    """All regular files below a folder in a fixed order; hidden files and folders are left out.

    Args:
        folder: where to begin; may itself be a link.
        follow_links: follow links; a folder that was read before, or is below `folder`, is not read again.
        report: counts links and special files that are skipped.

    Raises:
        DataError: a folder cannot be listed.
    """
    top = folder.resolve()
    seen = {_identity(folder)}

    def refuse(error: OSError) -> None:
        raise DataError(f"the folder cannot be listed: {error.strerror or error}", str(error.filename))

    def enter(path: Path) -> bool:
        if path.is_symlink() and (not follow_links or path.resolve().is_relative_to(top)):
            report.pass_over(path, is_link=True)
            return False
        identity = _identity(path)
        if identity in seen:
            report.pass_over(path, is_link=True)
            return False
        seen.add(identity)
        return True

    for root, folders, files in os.walk(folder, onerror=refuse, followlinks=follow_links):
        here = Path(root)
        folders[:] = [name for name in sorted(folders) if not name.startswith(".") and enter(here / name)]
        for name in sorted(files):
            if not name.startswith(".") and _is_read(here / name, follow_links, report):
                yield here / name


def _is_read(path: Path, follow_links: bool, report: ReadReport) -> bool:
    """Whether a file of a folder is a regular one, or a link to one that is to be followed."""
    is_link = path.is_symlink()
    if path.is_file() and (follow_links or not is_link):
        return True
    report.pass_over(path, is_link=is_link)
    return False


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino

"""Records of example files, opened and checked in one way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from simengine.corpus.columns import TABLE_FORMATS, any_number, replayable, survey
from simengine.corpus.csv_tables import Headerless, usable_delimiter
from simengine.corpus.fields import as_text, missing_field
from simengine.corpus.formats import read_items
from simengine.corpus.report import Item, ReadReport, Record, RecordFault
from simengine.corpus.sources import Source, expand_sources, shown_name
from simengine.errors import DataError, UsageError

MAX_LINE_BYTES = 32 << 20
NO_GOLD = "no gold label"
Example = TypeVar("Example")


def read_records(
    path: str | Path,
    make: Callable[[Record, str, int], Example],
    *,
    noun: str,
    table: Headerless | None,
    encoding: str = "utf-8",
    file_format: str | None = None,
    delimiter: str | None = None,
    count: ReadReport | None = None,
    texts: frozenset[str] = frozenset(),
) -> Iterator[Example]:
    """Yield what `make` makes of each record of a .jsonl, .csv, .tsv or .parquet file.

    Args:
        path: "-" is standard input.
        make: (record, source, line) to example. It may raise RecordFault: of the kind NO_GOLD the record is
            left out and counted, any other becomes a DataError.
        noun: what a record is called in messages, in the plural.
        table: how a table without a header is read; None when there must be one.
        encoding: of the file.
        file_format: None goes by suffix.
        delimiter: of a table, as in `ReadOptions`.
        count: filled as records are read.
        texts: columns of a table that stay strings; the others get a type each, as in a corpus.

    Raises:
        DataError: the file cannot be used, or none of its records.
    """
    count = ReadReport() if count is None else count
    sign = None if delimiter is None else usable_delimiter(delimiter)
    before, accepted = count.records, count.accepted

    def read(file: Source, report: ReadReport) -> Iterator[Item]:
        return read_items(file, MAX_LINE_BYTES, encoding, report, table, sign)

    with ExitStack() as stack:
        for file in expand_sources([path], file_format, count):
            if file.format.startswith("txt"):
                raise DataError(
                    f"a text file holds no {noun}; expected .jsonl, .json, .csv, .tsv or .parquet", file.name
                )
            for line, record, _ in _typed_items(file, read, count, stack, texts):
                try:
                    if isinstance(record, RecordFault):
                        raise record
                    example = make(record, file.name, line)
                except RecordFault as fault:
                    if fault.kind != NO_GOLD:
                        raise DataError(fault.reason, file.name, line) from fault
                    count.reject(file.name, line, fault)
                    continue
                count.accept()
                yield example
    if count.records == before:
        raise DataError(f"no {noun}: the file holds no records", shown_name(path))
    if count.accepted == accepted:
        raise DataError(f"none of the {count.records - before:,} {noun} has a gold label", shown_name(path))


def _typed_items(
    source: Source,
    read: Callable[[Source, ReadReport], Iterator[Item]],
    report: ReadReport,
    stack: ExitStack,
    texts: frozenset[str],
) -> Iterator[Item]:
    """The records of one file; the cells of a table become values by column, but for those of the columns `texts`."""
    if source.format not in TABLE_FORMATS:
        yield from read(source, report)
        return
    source = replayable(source, stack)
    types = survey(
        [source],
        lambda each: read(each, ReadReport()),
        lambda record: texts.intersection(record),
        types={},
        known={},
        notes=report.notes,
    )
    for line, record, raw in read(source, report):
        if not isinstance(record, RecordFault):
            kept = {name: record[name] for name in texts.intersection(record)}
            types.apply(record)
            record.update(kept)
        yield line, record, raw


def check_fields(fields: Sequence[str] | None, roles: Sequence[str], least: int | None = None) -> None:
    """Refuse names of fields that are too few, too many, or the same twice.

    Args:
        fields: the names that were given, or None.
        roles: what they are the names of.
        least: how many must be given; None for all.

    Raises:
        UsageError: as said.
    """
    if fields is None:
        return
    least = len(roles) if least is None else least
    n_fields = len(fields)
    if isinstance(fields, str) or not least <= n_fields <= len(roles) or len(set(fields)) != n_fields:
        number = f"{least} or {len(roles)}" if least < len(roles) else f"{len(roles)}"
        raise UsageError(f"fields is {fields!r}; expected {number} different names, for {', '.join(roles)}")


def choose(record: Record, choices: Sequence[tuple[str, ...]], role: str) -> tuple[str, ...]:
    """The first group of names that a record has all of.

    Raises:
        RecordFault: it has none.
    """
    for names in choices:
        if all(name in record for name in names):
            return names
    known = ", ".join("/".join(names) for names in choices)
    shown = ", ".join(repr(name) for name in record)
    raise RecordFault("missing field", f"expected the {role} {known}; the record has {shown or 'none'}")


def take_texts(record: Record, names: Sequence[str]) -> list[str]:
    """Take texts out of a record.

    Raises:
        RecordFault: one is missing, blank, no string, or holds U+0000.
    """
    texts = []
    for name in names:
        if name not in record:
            raise missing_field(name, "text", record)
        text = as_text(record.pop(name), name)
        if not text or text.isspace():
            raise RecordFault("empty text", f"the field {name!r} is blank")
        if "\0" in text:
            raise RecordFault("NUL byte", f"the field {name!r} holds the character U+0000")
        texts.append(text)
    return texts


def number(value: object, name: str) -> float | None:
    """A field's value as a number; null and "" are None.

    Raises:
        RecordFault: it is something else.
    """
    if isinstance(value, str):
        if not value or value == "-" or value.isspace():
            return None
        value = value if (found := any_number(value)) is None else found
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        detail = f"field {name!r} holds {type(value).__name__} {value!r:.40}; expected a number"
        raise RecordFault("not a number", detail)
    return float(value)

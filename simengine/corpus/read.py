"""Corpora from files, folders and standard input, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from simengine.corpus.columns import COLUMN_TYPES, TABLE_FORMATS, ColumnTypes, replayable, survey
from simengine.corpus.csv_tables import usable_delimiter
from simengine.corpus.duplicates import SeenIds
from simengine.corpus.fields import DocumentMaker, FieldMapping
from simengine.corpus.formats import read_items
from simengine.corpus.lines import usable_encoding
from simengine.corpus.report import Item, Raw, ReadReport, RecordFault, Rejected, RejectSink
from simengine.corpus.sources import STDIN, Source, expand_sources, source_bytes
from simengine.errors import DataError, UsageError
from simengine.types import Document

__all__ = [
    "FieldMapping",
    "ReadOptions",
    "ReadReport",
    "Rejected",
    "read_corpus",
    "source_bytes",
]

MAX_LINE_BYTES = 32 << 20
_BATCH_RECORDS = 1024
_BATCH_BYTES = 4 << 20


@dataclass(frozen=True)
class ReadOptions:
    """How to read a corpus.

    Args:
        mapping: which fields become id, title and text.
        skip_invalid: count records that cannot be used instead of raising for the first.
        rejects_path: with `skip_invalid`, a JSON Lines file of what was left out:
            {source, line, reason, raw, raw_length}, raw cut to a few kB. The first record left out
            replaces what an earlier run wrote; a run that leaves nothing out does not touch the file, so
            it belongs to this run only where `ReadReport.rejected` is not 0.
        max_line_bytes: longest line (or whole-file document) that is read, in bytes of its file.
        encoding: of all text formats. A UTF-8 byte order mark is accepted and dropped.
        format: None goes by suffix; else one of "jsonl", "json", "csv", "tsv", "parquet", "txt-lines"
            (a document per line that is not blank), "txt-file" (a document per file).
        types: column of a .csv or .tsv → "str", "int", "float" or "bool"; columns that are not named here get a
            type that keeps the spelling of every cell.
        known_types: field → "str", "bool" or "number", the type it has in the index that the documents go to.
        delimiter: of .csv and .tsv: one character, or "tab", "semicolon", "pipe", "comma", "space".
        follow_links: go through links in folders.

    Raises:
        UsageError: values that cannot be used together.
    """

    mapping: FieldMapping = field(default_factory=FieldMapping)
    skip_invalid: bool = False
    rejects_path: Path | None = None
    max_line_bytes: int = MAX_LINE_BYTES
    encoding: str = "utf-8"
    format: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    known_types: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    follow_links: bool = False

    def __post_init__(self) -> None:
        if self.max_line_bytes < 1:
            raise UsageError(f"max_line_bytes is {self.max_line_bytes}; expected at least 1")
        if self.rejects_path is not None and not self.skip_invalid:
            raise UsageError(
                "rejects_path is given without skip_invalid: nothing would ever be written to it"
            )
        usable_encoding(self.encoding)
        if self.delimiter is not None:
            usable_delimiter(self.delimiter)
        for name, kind in self.types.items():
            if kind not in COLUMN_TYPES:
                raise UsageError(f"types: {name!r} is {kind!r}; expected one of {', '.join(COLUMN_TYPES)}")


def read_corpus(
    sources: Sequence[str | Path],
    options: ReadOptions | None = None,
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Yield the documents of files and folders in order, in memory that does not grow with them.

    Formats by suffix: .jsonl, .ndjson, .json (one array of records, or an object that holds one), .csv, .tsv
    (no quoting, as in BEIR), .parquet, .txt and .md, all but .parquet also with .gz or .zst. CSV and TSV begin
    with a header. A .txt given by itself holds one document per line that is not blank; a .md is one document.
    A folder is read as BEIR when it holds a corpus.jsonl; else every .txt and .md below it is one document, and
    other files are counted in `report.ignored_files`. Hidden files and folders are passed over. Links in folders
    are passed over and counted unless `options.follow_links` is set, pipes and devices there always; a path in
    `sources` may itself be a link, or a pipe.

    A record without an id is named by the path of its file as given, without suffix, and its line
    ("b/notes:3" for line 3 of b/notes.txt; with the suffix where two sources differ only there); those of
    standard input "stdin:<line>". A whole-file document has its path as id and as metadata "path": as
    given ("b/readme.md"), or for the files of a folder within the folder ("sub/a.txt") when the folder is
    the only source, and with the folder's path in front ("b/sub/a.txt") when there are several.

    A column of a table has one type over all tables of a call, for which they are read twice (streams are copied
    to a temporary file): numbers where every cell is written back as it stands ("0.1428571428571428", "12",
    "1e-07"; not "007", "1.10" or integers of more than 18 digits), else text; `options.types` names another.
    Empty cells are null. Columns without a name are left out when they are empty or number the rows, else they
    are called "column 3". `report.notes` and `report.text_columns` say what was decided. The fields "metadata.text",
    "metadata.title" and "metadata._id", which `document_record` makes, become the metadata fields text, title and _id
    again where a record has `_id`, `title` and `text` of its own.

    Args:
        sources: paths; "-" is standard input (JSON Lines unless `options.format` says otherwise).
        options: None for the defaults.
        report: filled while the documents are taken; at any moment accepted + rejected == records.

    Yields:
        Documents with ids that are unique over all sources.

    Raises:
        DataError: a file cannot be used, holds no record, or (without `skip_invalid`) a record cannot
            be used. Names file and line.
        UsageError: options that cannot be used.
        MissingExtraError: a format that needs an optional package.
    """
    options = options or ReadOptions()
    report = ReadReport() if report is None else report
    files = expand_sources(sources, options.format, report, follow_links=options.follow_links)
    _guard_rejects(sources, options.rejects_path)
    with ExitStack() as stack:
        tables, types = _survey(sources, options, report, stack)
        sink = stack.enter_context(RejectSink(report, options.skip_invalid, options.rejects_path))
        seen = stack.enter_context(SeenIds())
        for source in files:
            seen.begin(source.name)
            if source.name in tables:
                source = replace(source, path=tables[source.name].path)
            yield from _read_source(source, options, types, report, sink, seen)


def _survey(
    sources: Sequence[str | Path], options: ReadOptions, report: ReadReport, stack: ExitStack
) -> tuple[dict[str, Source], ColumnTypes]:
    """The tables among the sources by name, in a form that can be read twice, and the types of their columns."""
    direct = [given for given in _as_list(sources) if str(given) == STDIN or not Path(given).is_dir()]
    files = expand_sources(direct, options.format, ReadReport()) if direct else iter(())
    tables = {file.name: replayable(file, stack) for file in files if file.format in TABLE_FORMATS}
    if not tables:
        if options.types or options.delimiter is not None:
            raise UsageError("types and a delimiter are for .csv and .tsv files, and no source is one")
        return {}, ColumnTypes()
    types = survey(
        tables.values(),
        lambda source: _items(source, options, ReadReport()),
        DocumentMaker(options.mapping).own_fields,
        types=options.types,
        known=options.known_types,
        notes=report.notes,
        text_columns=report.text_columns,
    )
    return tables, types


def _as_list(sources: Sequence[str | Path]) -> list[str | Path]:
    return [sources] if isinstance(sources, (str, Path)) else list(sources)


def _items(source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Item]:
    delimiter = None if options.delimiter is None else usable_delimiter(options.delimiter)
    return read_items(source, options.max_line_bytes, options.encoding, report, delimiter=delimiter)


def _guard_rejects(sources: Sequence[str | Path], rejects: Path | None) -> None:
    if rejects is None or not rejects.exists():
        return
    for given in sources:
        if str(given) != "-" and Path(given).exists() and rejects.samefile(given):
            raise UsageError(f"the rejects file {rejects} is one of the sources; writing it would destroy it")


_Made = tuple[int, "Document | RecordFault", Raw, bool]


def _read_source(
    source: Source,
    options: ReadOptions,
    types: ColumnTypes,
    report: ReadReport,
    sink: RejectSink,
    seen: SeenIds,
) -> Iterator[Document]:
    """One file: records to documents in small batches, ids checked a batch at a time."""
    before = report.records
    for batch in _batches(_documents(_items(source, options, report), source, options, types)):
        good = [(made.id, line) for line, made, _, _ in batch if isinstance(made, Document)]
        repeated = seen.add(good)
        position = 0
        for line, made, raw, generated in batch:
            if isinstance(made, RecordFault):
                sink.reject(source.name, line, made, raw)
                continue
            if repeated and position in repeated:
                detail = f"the id {made.id!r} was first given at {repeated[position]}"
                sink.reject(source.name, line, RecordFault("duplicate id", detail), raw)
            else:
                report.accept()
                report.generated_ids += generated
                yield made
            position += 1
    if report.records == before:
        raise DataError("no documents: the file holds no records", source.name)


def _batches(made: Iterator[_Made]) -> Iterator[list[_Made]]:
    """Lists of records, bounded in number and in size; what came before an error is handed on first."""
    batch: list[_Made] = []
    size = 0
    failure: Exception | None = None
    while failure is None:
        try:
            entry = next(made, None)
        except Exception as error:
            failure = error
            break
        if entry is None:
            break
        batch.append(entry)
        document = entry[1]
        if isinstance(document, Document):
            size += len(document.text)
        if len(batch) >= _BATCH_RECORDS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
    if failure is not None:
        raise failure


def _documents(
    items: Iterator[Item], source: Source, options: ReadOptions, types: ColumnTypes
) -> Iterator[_Made]:
    """Each record as a document, or what is wrong with it."""
    if source.format.startswith("txt-"):
        yield from _text_documents(items, source)
        return
    maker = DocumentMaker(options.mapping, types.apply if source.format in TABLE_FORMATS else None)
    make, label = maker.make, source.label
    for line, record, raw in items:
        if isinstance(record, RecordFault):
            yield line, _with_option(record), raw, False
            continue
        try:
            document, generated = make(record, label, line, escaped=False)
        except RecordFault as fault:
            yield line, fault, raw, False
            continue
        yield line, document, raw, generated


def _with_option(fault: RecordFault) -> RecordFault:
    """The fault of a line that is too long names what sets the limit."""
    if fault.kind not in ("line too long", "file too long"):
        return fault
    detail = f"{fault.detail}; --max-line-bytes (max_line_bytes) sets the limit"
    return RecordFault(fault.kind, detail, fault.raw_bytes)


def _text_documents(items: Iterator[Item], source: Source) -> Iterator[_Made]:
    """Documents of plain text: ids from path and line, or from the path alone."""
    whole = source.format == "txt-file"
    for line, record, raw in items:
        if isinstance(record, RecordFault):
            yield line, _with_option(record), raw, False
            continue
        text = str(record["text"])
        if whole and not text.strip():
            yield line, RecordFault("empty text", "the file holds no text"), raw, False
        elif "\0" in text:
            yield line, RecordFault("NUL byte", "the text holds the character U+0000"), raw, False
        else:
            metadata = {"path": source.label} if whole else {}
            yield (
                line,
                Document(source.label if whole else f"{source.label}:{line}", text, "", metadata),
                raw,
                (not whole),
            )

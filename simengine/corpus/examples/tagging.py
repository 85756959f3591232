"""Tagged sentences, from JSON Lines or CoNLL files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simengine.corpus.examples.kinds import ReadCount, TaggedSentence
from simengine.corpus.examples.records import MAX_LINE_BYTES, choose, read_records
from simengine.corpus.lines import decode, read_chunks, read_lines
from simengine.corpus.report import Record, RecordFault
from simengine.corpus.sources import Source, expand_sources, shown_name, suffixes
from simengine.errors import DataError

FIELDS = (("tokens", "tags"), ("tokens", "ner_tags"), ("tokens", "labels"), ("words", "tags"))
CONLL_SUFFIXES = (".conll", ".bio", ".iob", ".iob2", ".txt", ".tsv")
DOCUMENT_START = "-DOCSTART-"


def read_tagging(path: str | Path, *, count: ReadCount | None = None) -> Iterator[TaggedSentence]:
    """Yield the tagged sentences of a file in order, streamed.

    JSON Lines (and Parquet) hold a list of tokens and a list of tags of the same length. CoNLL files hold
    a token per line, its tag in the last of two or more columns (tabs, or white space where a line has
    none), sentences separated by blank lines; lines of -DOCSTART- are passed over, and so are comments ("# ")
    of one column between rows with tabs. The line of a CoNLL sentence is that of its first token.

    Args:
        path: CoNLL by the suffixes CONLL_SUFFIXES; also with .gz or .zst; "-" is standard input (JSON Lines).
        count: filled as sentences are taken.

    Raises:
        DataError: the file cannot be used or a sentence is broken; names file and line.
    """
    if suffixes(Path(path))[0] in CONLL_SUFFIXES:
        yield from _read_conll(path, ReadCount() if count is None else count)
    else:
        yield from read_records(path, _sentence, noun="tagged sentences", table=None, count=count)


def _sentence(record: Record, source: str, line: int) -> TaggedSentence:
    token_field, tag_field = choose(record, FIELDS, "fields")
    tokens, tags = _strings(record, token_field), _strings(record, tag_field)
    if len(tokens) != len(tags):
        raise RecordFault("lengths differ", f"{len(tokens)} tokens and {len(tags)} tags")
    return TaggedSentence(tokens, tags, source, line)


def _strings(record: Record, name: str) -> tuple[str, ...]:
    values = record[name]
    if not isinstance(values, list) or not values:
        kind = "an empty list" if values == [] else f"{type(values).__name__} {values!r:.40}"
        raise RecordFault("not a list", f"field {name!r} holds {kind}; expected a list of strings")
    for position, value in enumerate(values, 1):
        if not isinstance(value, str) or not value or value.isspace():
            detail = f"field {name!r} holds {value!r:.40} at position {position}; expected a string with text in it"
            raise RecordFault("not a text", detail)
    return tuple(values)


def _read_conll(path: str | Path, count: ReadCount) -> Iterator[TaggedSentence]:
    before = count.records
    for file in expand_sources([path], "txt-lines", count):
        rows: list[tuple[str, str]] = []
        first = 0
        for line, columns in _conll_rows(file, count):
            if columns:
                first = first if rows else line
                rows.append((columns[0], columns[-1]))
            elif rows:
                count.accept()
                yield _conll_sentence(rows, file, first)
                rows = []
        if rows:
            count.accept()
            yield _conll_sentence(rows, file, first)
    if count.records == before:
        raise DataError("no tagged sentences: the file holds no records", shown_name(path))


def _conll_sentence(rows: list[tuple[str, str]], file: Source, line: int) -> TaggedSentence:
    tokens, tags = zip(*rows, strict=True)
    return TaggedSentence(tokens, tags, file.name, line)


def _conll_rows(file: Source, count: ReadCount) -> Iterator[tuple[int, list[str]]]:
    """Each line's columns; none for a line between sentences."""
    width, has_tabs = 0, False
    for line, offset, content, _ in read_lines(read_chunks(file, count), file, MAX_LINE_BYTES, "utf-8"):
        try:
            if isinstance(content, RecordFault):
                raise content
            text = decode(content, "utf-8", offset)
            if not text.strip() or text.startswith(DOCUMENT_START):
                yield line, []
                continue
            if (
                text.startswith("# ")
                and "\t" not in text
                and (has_tabs or (not width and len(text.split()) > 2))
            ):
                continue
            has_tabs = has_tabs or "\t" in text
            columns = _columns(text)
            width = width or len(columns)
            if len(columns) != width:
                detail = f"{len(columns)} columns, the rows before have {width}"
                raise RecordFault("wrong number of columns", detail)
            yield line, columns
        except RecordFault as fault:
            raise DataError(fault.reason, file.name, line) from fault


def _columns(text: str) -> list[str]:
    columns = [column.strip() for column in text.split("\t")] if "\t" in text else text.split()
    if len(columns) < 2:
        raise RecordFault("no tag", f"the line has one column, {text!r:.60}; expected a token and its tag")
    if not columns[0] or not columns[-1]:
        raise RecordFault("no tag", f"token or tag is blank in {text!r:.60}")
    return columns

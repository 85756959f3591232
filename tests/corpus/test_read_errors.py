"""Every fault names its file and line, and what to do; skipped, it is counted under its kind."""

from __future__ import annotations

import builtins
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from simengine.corpus.read import FieldMapping, ReadOptions, ReadReport, read_corpus
from simengine.errors import DataError, MissingExtraError, UsageError

Write = Callable[[str, "str | bytes"], Path]
GOOD = '{"_id": "good", "text": "fine"}'


def error_of(path: str | Path, **options: object) -> DataError:
    with pytest.raises(DataError) as caught:
        list(read_corpus([path], ReadOptions(**options)))  # type: ignore[arg-type]
    assert caught.value.source == str(path)
    return caught.value


FAULTY_LINES = {
    "cut off": (b'{"_id": "x", "text": "y"', "broken JSON", "at column 25"),
    "not JSON": (b"hello", "broken JSON", "at column 1"),
    "two records": (b'{"_id": "x"} {"_id": "y"}', "broken JSON", "more text after the record"),
    "control character": (b'{"_id": "x", "text": "a\tb"}', "broken JSON", "control character"),
    "deep": (b'{"a":' * 100_000, "broken JSON", "nested more than 100 deep"),
    "huge integer": (b'{"_id": "x", "text": "y", "n": ' + b"9" * 5000 + b"}", "broken JSON", "digits"),
    "array": (b'["a", "b"]', "not an object", "an array"),
    "string": (b'"a"', "not an object", "a string"),
    "number": (b"7", "not an object", "a number"),
    "null": (b"null", "not an object", "null"),
    "boolean": (b"true", "not an object", "a boolean"),
    "encoding": (b'{"_id": "x", "text": "Gr\xfc\xdfe"}', "wrong encoding", "byte 0xfc at byte offset 56"),
    "no text": (b'{"_id": "x", "txet": "y", "n": 1}', "missing field", "did you mean 'txet'"),
    "other case": (b'{"_id": "x", "Text": "y"}', "missing field", "did you mean 'Text'"),
    "title without text": (b'{"_id": "x", "title": "y"}', "missing field", "no text field 'text'"),
    "duplicate id": (b'{"_id": "good", "text": "y"}', "duplicate id", "first given at line 1"),
    "repeated key": (b'{"_id": "x", "text": "y", "text": "z"}', "repeated key", "'text'"),
    "repeated inner key": (b'{"_id": "x", "text": "y", "m": {"k": 1, "k": 2}}', "repeated key", "'k'"),
    "empty text": (b'{"_id": "x", "text": ""}', "empty text", "'x' has neither text nor title"),
    "blank text": (b'{"_id": "x", "title": " ", "text": " \\n\\u3000"}', "empty text", "'x'"),
    "null text": (b'{"_id": "x", "text": null}', "empty text", "'x'"),
    "number as text": (b'{"_id": "x", "text": 5}', "not a text", "field 'text' holds int 5"),
    "list as text": (b'{"_id": "x", "text": ["a"]}', "not a text", "field 'text' holds list"),
    "list as title": (b'{"_id": "x", "title": [], "text": "a"}', "not a text", "field 'title' holds list"),
    "NUL in text": (b'{"_id": "x", "text": "a\\u0000b"}', "NUL byte", "U+0000"),
    "NUL in id": (b'{"_id": "x\\u0000", "text": "a"}', "NUL byte", "U+0000"),
    "NUL in title": (b'{"_id": "x", "title": "\\u0000", "text": "a"}', "NUL byte", "U+0000"),
    "surrogate in text": (b'{"_id": "x", "text": "a\\ud83d"}', "unpaired surrogate", "\\ud83d"),
    "surrogate in id": (b'{"_id": "\\udc00", "text": "a"}', "unpaired surrogate", "\\udc00"),
    "surrogate in metadata": (
        b'{"_id": "x", "text": "a", "m": {"k": ["\\ud800"]}}',
        "unpaired surrogate",
        "\\ud800",
    ),
    "surrogate in a name": (b'{"_id": "x", "text": "a", "\\ud800": 1}', "unpaired surrogate", "\\ud800"),
    "NaN": (b'{"_id": "x", "text": "a", "n": NaN}', "not a JSON number", "NaN"),
    "Infinity": (b'{"_id": "x", "text": "a", "n": [-Infinity]}', "not a JSON number", "-Infinity"),
    "beyond double": (b'{"_id": "x", "text": "a", "n": 1e999}', "not a JSON number", "1e999"),
    "list as id": (b'{"_id": ["x"], "text": "a"}', "bad id", "list ['x']"),
    "float as id": (b'{"_id": 1.5, "text": "a"}', "bad id", "float 1.5"),
    "boolean as id": (b'{"_id": true, "text": "a"}', "bad id", "bool True"),
    "null as id": (b'{"_id": null, "text": "a"}', "bad id", "null"),
    "empty id": (b'{"_id": "", "text": "a"}', "bad id", "is empty"),
    "blank id": (b'{"_id": "  ", "text": "a"}', "bad id", "is empty"),
}


@pytest.mark.parametrize("case", FAULTY_LINES)
def test_faulty_json_line_names_file_line_and_fault(write: Write, case: str) -> None:
    raw, kind, detail = FAULTY_LINES[case]
    path = write("c.jsonl", GOOD.encode() + b"\n" + raw + b"\n")
    error = error_of(path)
    assert error.line == 2
    assert error.reason.startswith(kind + ": ")
    assert detail.lower() in error.reason.lower()
    assert str(error).startswith(f"{path}:2: {kind}")
    assert error.exit_code == 4


@pytest.mark.parametrize("case", FAULTY_LINES)
def test_faulty_json_line_is_skipped_and_counted_when_asked(write: Write, case: str) -> None:
    raw, kind, _ = FAULTY_LINES[case]
    after = b'{"_id": "after", "text": "z"}'
    path = write("c.jsonl", b"\n".join([GOOD.encode(), raw, after]))
    report = ReadReport()
    documents = list(read_corpus([path], ReadOptions(skip_invalid=True), report))
    assert [d.id for d in documents] == ["good", "after"]
    assert (report.records, report.accepted, report.rejected, report.reasons) == (3, 2, 1, {kind: 1})


def test_valid_escapes_are_no_fault(write: Write) -> None:
    path = write("c.jsonl", '{"_id": "\\u00e4", "text": "\\ud83d\\ude00 \\u4e2d", "m": "\\u0000"}')
    document = next(read_corpus([path]))
    assert (document.id, document.text, document.metadata) == ("ä", "😀 中", {"m": "\0"})


def test_a_record_of_a_json_array_is_named_by_its_line(write: Write) -> None:
    error = error_of(write("c.jsonl", '[\n{"_id": "x", "text": "a"},\n{"_id": "y"}\n]\n'))
    assert "no text field" in error.reason
    assert error.line == 3


def test_wrong_encoding_offset_counts_from_the_start_of_the_file_with_its_mark(write: Write) -> None:
    raw = b"\xef\xbb\xbf" + b'{"_id": "a", "text": "b"}\r\n' + b'{"_id": "\xff"}'
    error = error_of(write("c.jsonl", raw))
    assert (
        f"byte 0xff at byte offset {raw.index(bytes([0xFF]))} of the file (byte 10 of the line)"
        in error.reason
    )


def test_utf_16_without_being_named_is_recognised(write: Write) -> None:
    assert "give the encoding utf-16" in error_of(write("c.jsonl", GOOD.encode("utf-16"))).reason


def test_cut_off_utf_16_names_line_and_offset(write: Write) -> None:
    raw = (GOOD + "\n" + GOOD).encode("utf-16-le")[:-1]
    error = error_of(write("c.jsonl", raw), encoding="utf-16-le")
    assert error.line == 2
    assert f"offset {len(raw) - 1}" in error.reason


def test_duplicate_id_in_another_source_names_that_source(write: Write) -> None:
    first, second = write("a.jsonl", GOOD), write("b.jsonl", "\n" + GOOD)
    with pytest.raises(DataError) as caught:
        list(read_corpus([first, second]))
    assert (caught.value.source, caught.value.line) == (str(second), 2)
    assert f"{first}:1" in caught.value.reason


def test_duplicates_far_apart_are_found(write: Write) -> None:
    lines = [f'{{"_id": "{i}", "text": "x"}}' for i in range(5000)] + ['{"_id": "17", "text": "x"}']
    error = error_of(write("c.jsonl", "\n".join(lines)))
    assert error.line == 5001
    assert "first given at line 18" in error.reason


def test_id_of_a_rejected_record_is_still_free(write: Write) -> None:
    path = write("c.jsonl", '{"_id": "x", "text": ""}\n{"_id": "x", "text": "good"}')
    assert [d.text for d in read_corpus([path], ReadOptions(skip_invalid=True))] == ["good"]


def test_integer_and_string_ids_of_the_same_digits_clash(write: Write) -> None:
    assert (
        "duplicate id"
        in error_of(write("c.jsonl", '{"id": 1, "text": "x"}\n{"id": "1", "text": "y"}')).reason
    )


@pytest.mark.parametrize(
    ("mapping", "missing"),
    [
        (FieldMapping(id_field="key"), "no id field 'key'"),
        (FieldMapping(text_fields=("text", "body")), "no text field 'body'"),
        (FieldMapping(title_field="headline"), "no title field 'headline'"),
    ],
)
def test_named_fields_must_be_there(write: Write, mapping: FieldMapping, missing: str) -> None:
    assert missing in error_of(write("c.jsonl", GOOD), mapping=mapping).reason


@pytest.mark.parametrize("fields", [("text", "text"), ("",)])
def test_field_mapping_refuses_repeated_and_empty_names(fields: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        FieldMapping(text_fields=fields)


def test_field_mapping_refuses_a_string_for_the_text_fields() -> None:
    with pytest.raises(UsageError, match="tuple"):
        FieldMapping(text_fields="text")  # type: ignore[arg-type]


FAULTY_TABLES = {
    "few fields": ("id,text\n1,a\n2\n", 3, "wrong number of fields", "1 fields, the header has 2"),
    "many fields": ("id,text\n1,a\n2,b,c\n", 3, "wrong number of fields", "3 fields, the header has 2"),
    "after a field of two lines": (
        'id,text\n1,"a\nb"\n2\n',
        4,
        "wrong number of fields",
        "1 fields, the header has 2",
    ),
    "quote in the middle": ('id,text\n1,a\n2,"b"c\n', 3, "broken table row", "expected after"),
    "lone carriage return": ("id,text\n1,a\n2,b\rc\n", 3, "broken table row", "lines end in LF or CRLF"),
    "open quote": ('id,text\n1,a\n2,"b\n3,c\n', 3, "broken table row", "still open at the end"),
    "duplicate id": ("id,text\n1,a\n1,b\n", 3, "duplicate id", "first given at line 2"),
    "empty text": ("id,text\n1,a\n2,\n", 3, "empty text", "'2'"),
    "empty id": ("id,text\n1,a\n,b\n", 3, "bad id", "is empty"),
    "NUL": ("id,text\n1,a\n2,b\0\n", 3, "NUL byte", "U+0000"),
}


@pytest.mark.parametrize("case", FAULTY_TABLES)
def test_faulty_table_row_names_file_line_and_fault(write: Write, case: str) -> None:
    raw, line, kind, detail = FAULTY_TABLES[case]
    path = write("c.csv", raw)
    error = error_of(path)
    assert error.line == line
    assert error.reason.startswith(kind + ": ")
    assert detail in error.reason
    report = ReadReport()
    assert [d.id for d in read_corpus([path], ReadOptions(skip_invalid=True), report)] == ["1"]
    assert report.reasons == {kind: 1}


def test_wrong_encoding_and_overlong_lines_in_tables_are_rejected_alone(write: Write) -> None:
    path = write("c.csv", b"id,text\n1,a\n2,Gr\xfc\xdfe\n3,b\n4," + b"x" * 500 + b"\n5,c\n")
    report = ReadReport()
    options = ReadOptions(skip_invalid=True, max_line_bytes=100)
    assert [d.id for d in read_corpus([path], options, report)] == ["1", "3", "5"]
    assert report.reasons == {"wrong encoding": 1, "line too long": 1}
    assert [example.line for example in report.examples] == [3, 5]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("id,text,id\n1,a,b\n", "'id' appears twice in the header"),
        (",,\n1,a,b\n", "no column of the header has a name"),
        ("\n", "no documents"),
        ("id,text\n", "no documents"),
    ],
)
def test_table_with_a_bad_header_or_no_rows_is_an_error_even_when_skipping(
    write: Write, raw: str, message: str
) -> None:
    assert message in error_of(write("c.csv", raw), skip_invalid=True).reason


def test_table_header_of_wrong_encoding_is_an_error(write: Write) -> None:
    assert "wrong encoding" in error_of(write("c.csv", b"id,t\xfc\n1,a\n"), skip_invalid=True).reason


@pytest.mark.parametrize("name", ["c.jsonl", "c.csv", "c.txt"])
def test_empty_file_holds_no_documents(write: Write, name: str) -> None:
    error = error_of(write(name, b""), skip_invalid=True)
    assert error.line is None
    assert "no documents" in error.reason


def test_truncated_and_damaged_gzip_are_errors(write: Write) -> None:
    packed = gzip.compress((GOOD + "\n").encode() * 1)
    assert "truncated" in error_of(write("a.jsonl.gz", packed[:-9]), skip_invalid=True).reason
    assert "damaged" in error_of(write("b.jsonl.gz", b"not gzip at all"), skip_invalid=True).reason
    flipped = bytearray(packed)
    flipped[-6] ^= 0xFF
    assert "damaged" in error_of(write("c.jsonl.gz", bytes(flipped)), skip_invalid=True).reason


def test_truncated_and_damaged_zstd_are_errors(write: Write) -> None:
    zstandard = pytest.importorskip("zstandard")
    packed = zstandard.compress(os.urandom(5000).hex().encode())
    assert "truncated" in error_of(write("a.txt.zst", packed[:-5]), skip_invalid=True).reason
    assert "damaged" in error_of(write("b.txt.zst", b"not zstd at all"), skip_invalid=True).reason


def test_damaged_parquet_and_values_that_are_no_json_are_errors(write: Write, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    assert "parquet file cannot be read" in error_of(write("a.parquet", b"PAR1nonsense")).reason
    table = pyarrow.table({"id": [1, 2, 3], "text": ["a", "b", "c"], "v": [1.0, float("nan"), 2.0]})
    parquet.write_table(table, tmp_path / "b.parquet")
    error = error_of(tmp_path / "b.parquet")
    assert (error.line, "field 'v' holds nan" in error.reason) == (2, True)
    parquet.write_table(pyarrow.table({"id": [1], "text": ["a"], "v": [b"\xff"]}), tmp_path / "c.parquet")
    assert "field 'v' holds bytes" in error_of(tmp_path / "c.parquet").reason


def test_missing_file_and_unknown_suffix_are_found_before_anything_is_read(
    write: Write, tmp_path: Path
) -> None:
    good = write("c.jsonl", GOOD)
    for path, message in [
        (tmp_path / "none.jsonl", "no such file"),
        (write("c.docx", "x"), "unknown suffix"),
    ]:
        with pytest.raises(DataError, match=message):
            next(read_corpus([good, path]))
    assert "'.docx'" in error_of(tmp_path / "c.docx").reason
    assert "'README'" in error_of(write("README", "x")).reason
    assert "unpack" in error_of(write("c.parquet.gz", "x")).reason


def test_unreadable_file_is_an_error(write: Write) -> None:
    path = write("c.jsonl", GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "cannot be read" in error_of(path).reason


def test_folder_without_texts_says_what_it_holds(write: Write, tmp_path: Path) -> None:
    write("f/a.pdf", "x")
    write("f/b.jsonl", "x")
    error = error_of(tmp_path / "f")
    assert "corpus.jsonl" in error.reason
    assert "1 .pdf" in error.reason
    (tmp_path / "g").mkdir()
    assert "found nothing" in error_of(tmp_path / "g").reason


def test_bad_files_of_a_folder_are_named_by_their_path(write: Write, tmp_path: Path) -> None:
    write("f/a.txt", "good")
    write("f/sub/b.txt", " \n")
    write("f/c.txt", b"\xff")
    write("f/d.txt", "a\0b")
    write("f/e.txt", "word " * 100)
    report = ReadReport()
    options = ReadOptions(skip_invalid=True, max_line_bytes=100)
    assert [d.id for d in read_corpus([tmp_path / "f"], options, report)] == ["a.txt"]
    assert report.reasons == {"wrong encoding": 1, "NUL byte": 1, "file too long": 1, "empty text": 1}
    assert report.examples[-1].source == str(tmp_path / "f" / "sub" / "b.txt")


def test_wrong_options_are_usage_errors(write: Write) -> None:
    path = write("c.jsonl", GOOD)
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        list(read_corpus([path], ReadOptions(format="xml")))
    with pytest.raises(UsageError, match="unknown text encoding 'nonsense'"):
        ReadOptions(encoding="nonsense")
    with pytest.raises(UsageError, match="without skip_invalid"):
        ReadOptions(rejects_path=path)
    with pytest.raises(UsageError, match="max_line_bytes"):
        ReadOptions(max_line_bytes=0)
    with pytest.raises(UsageError, match="no source"):
        list(read_corpus([]))
    with pytest.raises(UsageError, match="twice"):
        list(read_corpus(["-", "-"]))
    with pytest.raises(UsageError, match="parquet"):
        list(read_corpus(["-"], ReadOptions(format="parquet")))


@pytest.mark.parametrize(("name", "package"), [("c.jsonl.zst", "zstandard"), ("c.parquet", "pyarrow")])
def test_missing_optional_package_names_the_extra(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    real = builtins.__import__

    def refuse(module: str, *rest: object) -> ModuleType:
        if module.split(".")[0] == package:
            raise ImportError(module)
        return real(module, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtraError, match=r"simengine-search\[files\]"):
        list(read_corpus([write(name, b"x")]))

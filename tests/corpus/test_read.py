"""Every format gives the documents that its bytes say; counts add up; nothing is lost unsaid."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from simengine.corpus.read import FieldMapping, ReadOptions, ReadReport, read_corpus, source_bytes
from simengine.errors import DataError, UsageError
from simengine.types import Document

Write = Callable[[str, "str | bytes"], Path]
LINES = (
    '{"_id": "a", "title": "T", "text": "one", "year": 2020}\n'
    '{"_id": "b", "text": "two", "tags": ["x", null]}\n'
)
DOCUMENTS = [
    Document("a", "one", "T", {"year": 2020}),
    Document("b", "two", "", {"tags": ["x", None]}),
]


def read(*sources: str | Path, **options: object) -> list[Document]:
    return list(read_corpus(list(sources), ReadOptions(**options)))  # type: ignore[arg-type]


def test_jsonl_gives_id_title_text_and_the_rest_as_metadata(write: Write) -> None:
    assert read(write("c.jsonl", LINES)) == DOCUMENTS


@pytest.mark.parametrize("name", ["c.ndjson", "c.JSONL"])
def test_suffix_variants_are_json_lines(write: Write, name: str) -> None:
    assert read(write(name, LINES)) == DOCUMENTS


def test_gz_and_several_zst_frames_are_decompressed(write: Write) -> None:
    zstandard = pytest.importorskip("zstandard")
    frames = b"".join(zstandard.compress(line.encode()) for line in LINES.splitlines(keepends=True))
    assert read(write("c.jsonl.gz", gzip.compress(LINES.encode()))) == DOCUMENTS
    assert read(write("d.jsonl.zst", frames)) == DOCUMENTS


def test_large_zst_content_is_whole(write: Write) -> None:
    zstandard = pytest.importorskip("zstandard")
    text = "".join(json.dumps({"id": i, "text": f"text {i} " + "x" * (i % 997)}) + "\n" for i in range(5000))
    documents = read(write("c.jsonl.zst", zstandard.compress(text.encode())))
    assert [(d.id, d.text) for d in documents] == [
        (str(i), f"text {i} " + "x" * (i % 997)) for i in range(5000)
    ]


def test_byte_order_mark_crlf_blank_lines_and_missing_last_newline_are_fine(write: Write) -> None:
    raw = b"\xef\xbb\xbf" + LINES.replace("\n", "\r\n\r\n").encode().rstrip()
    assert read(write("c.jsonl", raw)) == DOCUMENTS


@pytest.mark.parametrize("field", ["_id", "id", "docid", "doc_id"])
@pytest.mark.parametrize("text", ["text", "contents", "body", "content"])
def test_usual_field_names_are_found(write: Write, field: str, text: str) -> None:
    assert read(write("c.jsonl", json.dumps({field: 7, text: "t"}))) == [Document("7", "t")]


def test_underscore_id_goes_before_id_which_stays_metadata(write: Write) -> None:
    assert read(write("c.jsonl", '{"id": 1, "_id": "x", "text": "t"}')) == [Document("x", "t", "", {"id": 1})]


def test_documents_without_id_are_named_by_file_and_line_and_counted(write: Write) -> None:
    report = ReadReport()
    path = write("notes.jsonl", '{"text": "a"}\n\n{"text": "b"}\n{"text": "c", "id": "own"}\n')
    label = path.with_suffix("").as_posix()
    assert [d.id for d in read_corpus([path], report=report)] == [f"{label}:1", f"{label}:3", "own"]
    assert (report.generated_ids, report.records, report.accepted) == (2, 3, 3)


def test_title_among_several_text_fields_is_the_title(write: Write) -> None:
    path = write("c.jsonl", '{"id": "1", "title": "T", "text": "B", "abstract": "A"}')
    assert read(path, mapping=FieldMapping(text_fields=("title", "text"))) == [
        Document("1", "B", "T", {"abstract": "A"})
    ]
    assert read(path, mapping=FieldMapping(text_fields=("abstract", "text"))) == [Document("1", "A\nB", "T")]
    assert read(path, mapping=FieldMapping(text_fields=("title",))) == [
        Document("1", "T", "", {"abstract": "A", "text": "B"})
    ]
    mapping = FieldMapping(text_fields=("title", "text"), title_field="abstract")
    assert read(path, mapping=mapping) == [Document("1", "T\nB", "A")]


def test_title_alone_is_enough_where_the_text_is_blank(write: Write) -> None:
    path = write(
        "c.jsonl", '{"id": "1", "title": "T", "text": ""}\n{"id": "2", "title": "U", "text": null}\n'
    )
    assert read(path) == [Document("1", "", "T"), Document("2", "", "U")]


def test_csv_cells_become_typed_metadata_and_ids_stay_text(write: Write) -> None:
    raw = (
        "id,title,text,n,price,code,empty,big\r\n"
        '007,"A, b","x ""y""\r\nz",-3,3.50,007,,123456789012345678901\r\n'
    )
    assert read(write("c.csv", raw)) == [
        Document(
            "007",
            'x "y"\nz',
            "A, b",
            {"n": -3, "price": "3.50", "code": "007", "empty": None, "big": "123456789012345678901"},
        )
    ]


def test_csv_field_limit_of_the_process_is_left_alone_and_long_cells_are_read(write: Write) -> None:
    import csv

    before = csv.field_size_limit()
    documents = read(write("c.csv", "id,text\n1," + "x" * 300_000 + "\n"))
    assert len(documents[0].text) == 300_000
    assert csv.field_size_limit() == before


def test_tsv_has_no_quoting(write: Write) -> None:
    assert read(write("c.tsv", 'id\ttext\n1\tsay "hi\n2\t"both"\n')) == [
        Document("1", 'say "hi'),
        Document("2", '"both"'),
    ]


def test_parquet_keeps_types_and_writes_times_as_iso(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table(
        {
            "id": [1, 2],
            "text": ["x", "y"],
            "day": [date(2020, 1, 2), None],
            "at": [datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), None],
            "took": [timedelta(seconds=90), None],
            "price": [Decimal("1.50"), Decimal("2.00")],
            "tags": [["a"], []],
            "ok": [True, None],
        }
    )
    parquet.write_table(table, tmp_path / "c.parquet")
    assert read(tmp_path / "c.parquet") == [
        Document(
            "1",
            "x",
            "",
            {
                "day": "2020-01-02",
                "at": "2020-01-02T03:04:05+00:00",
                "took": 90.0,
                "price": 1.5,
                "tags": ["a"],
                "ok": True,
            },
        ),
        Document("2", "y", "", {"day": None, "at": None, "took": None, "price": 2, "tags": [], "ok": None}),
    ]


def test_parquet_of_several_batches_keeps_order_and_counts_rows(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    n = 3000
    parquet.write_table(pyarrow.table({"text": [f"t{i}" for i in range(n)]}), tmp_path / "p.parquet")
    documents = read(tmp_path / "p.parquet")
    label = (tmp_path / "p").as_posix()
    assert [(d.id, d.text) for d in documents] == [(f"{label}:{i + 1}", f"t{i}") for i in range(n)]


def test_single_txt_is_a_document_per_line_and_can_be_one_document(write: Write) -> None:
    path = write("t.txt", "one\r\n\n  \ntwo")
    label = path.with_suffix("").as_posix()
    assert read(path) == [Document(f"{label}:1", "one"), Document(f"{label}:4", "two")]
    name = path.as_posix()
    assert read(path, format="txt-file") == [Document(name, "one\n\n  \ntwo", "", {"path": name})]


def test_folder_is_read_recursively_in_order_with_relative_paths_as_ids(write: Write, tmp_path: Path) -> None:
    write("f/b.md", "# B\r\n\r\nx")
    write("f/a.txt", "aa")
    write("f/sub/c.txt.gz", gzip.compress("中文".encode()))
    write("f/.hidden/d.txt", "no")
    write("f/x.pdf", "no")
    report = ReadReport()
    assert list(read_corpus([tmp_path / "f"], report=report)) == [
        Document("a.txt", "aa", "", {"path": "a.txt"}),
        Document("b.md", "# B\n\nx", "", {"path": "b.md"}),
        Document("sub/c.txt.gz", "中文", "", {"path": "sub/c.txt.gz"}),
    ]
    assert (report.ignored_files, report.generated_ids) == (1, 0)


@pytest.mark.parametrize("packed", [False, True])
def test_beir_folder_is_read_by_its_corpus(write: Write, tmp_path: Path, packed: bool) -> None:
    write("b/queries.jsonl", '{"_id": "q", "text": "no"}')
    write("b/notes.txt", "no")
    if packed:
        write("b/corpus.jsonl.gz", gzip.compress(LINES.encode()))
    else:
        write("b/corpus.jsonl", LINES)
    assert read(tmp_path / "b") == DOCUMENTS


def test_standard_input_is_json_lines_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    feed(LINES)
    assert read("-") == DOCUMENTS
    feed("id,text\n1,x\n")
    assert read("-", format="csv") == [Document("1", "x")]
    feed("a\nb\n")
    assert [d.id for d in read("-", format="txt-lines")] == ["stdin:1", "stdin:2"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "gb18030", "utf-8-sig"])
def test_other_encodings_are_read_when_named(write: Write, encoding: str) -> None:
    text = '{"_id": "1", "text": "中文 ä"}\n{"_id": "2", "text": "数"}\n'
    documents = read(write("c.jsonl", text.encode(encoding)), encoding=encoding)
    assert [d.text for d in documents] == ["中文 ä", "数"]


def test_latin_1_is_read_when_named(write: Write) -> None:
    assert read(write("t.txt", "Gr\xfc\xdfe\n".encode("latin-1")), encoding="latin-1")[0].text == "Grüße"


def test_accepted_and_rejected_make_up_the_records_at_every_moment(write: Write, tmp_path: Path) -> None:
    path = write(
        "c.jsonl",
        '{"_id": "a", "text": "1"}\n{"_id": "a", "text": "2"}\nbroken\n{"_id": "b", "text": " "}\n'
        '{"_id": "b", "text": "3"}\n[1]\n',
    )
    report = ReadReport()
    rejects = tmp_path / "rejects.jsonl"
    texts = []
    for document in read_corpus([path], ReadOptions(skip_invalid=True, rejects_path=rejects), report):
        texts.append(document.text)
        assert report.accepted + report.rejected == report.records
    assert texts == ["1", "3"]
    assert (report.records, report.accepted, report.rejected) == (6, 2, 4)
    assert report.reasons == {"duplicate id": 1, "broken JSON": 1, "empty text": 1, "not an object": 1}
    assert [example.line for example in report.examples] == [2, 3, 4, 6]
    assert report.bytes_read == path.stat().st_size
    rows = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(row["source"], row["line"], row["raw"]) for row in rows] == [
        (str(path), 2, '{"_id": "a", "text": "2"}'),
        (str(path), 3, "broken"),
        (str(path), 4, '{"_id": "b", "text": " "}'),
        (str(path), 6, "[1]"),
    ]
    assert "line 1" in rows[0]["reason"]


def test_rejects_file_must_not_be_a_source(write: Write) -> None:
    path = write("c.jsonl", LINES)
    with pytest.raises(UsageError, match="one of the sources"):
        read(path, skip_invalid=True, rejects_path=path)
    assert path.read_text() == LINES


def test_raw_of_an_overlong_line_is_cut_and_its_length_kept(write: Write, tmp_path: Path) -> None:
    long = b'{"_id": "x", "text": "' + b"y" * 3_000_000 + b'"}'
    path = write("c.jsonl", b'{"_id": "a", "text": "1"}\n' + long + b'\n{"_id": "b", "text": "2"}\n')
    rejects = tmp_path / "r.jsonl"
    options = ReadOptions(skip_invalid=True, rejects_path=rejects, max_line_bytes=10_000)
    assert [d.id for d in read_corpus([path], options)] == ["a", "b"]
    row = json.loads(rejects.read_text())
    assert (row["line"], row["raw_length"], len(row["raw"])) == (2, len(long), 4096)
    assert row["raw"].startswith('{"_id": "x"')


def test_a_line_of_exactly_the_limit_is_read(write: Write) -> None:
    line = '{"_id": "a", "text": "123"}'
    assert len(read(write("c.jsonl", line + "\n"), max_line_bytes=len(line))) == 1
    with pytest.raises(DataError, match="line too long"):
        read(write("c.jsonl", line + "\n"), max_line_bytes=len(line) - 1)


def test_documents_before_a_bad_record_are_yielded_before_the_error(write: Write) -> None:
    documents = read_corpus([write("c.jsonl", LINES + "broken\n")])
    assert [next(documents), next(documents)] == DOCUMENTS
    with pytest.raises(DataError) as caught:
        next(documents)
    assert caught.value.line == 3


def test_source_bytes_is_known_for_files_only(write: Write, tmp_path: Path) -> None:
    path = write("c.jsonl", LINES)
    assert source_bytes([path]) == len(LINES)
    assert source_bytes([path, "-"]) is None
    assert source_bytes([tmp_path]) is None


def test_generator_may_be_finished_by_another_thread(write: Write) -> None:
    import threading

    documents = read_corpus([write("c.jsonl", LINES)])
    found = [next(documents)]
    thread = threading.Thread(target=lambda: found.extend(documents))
    thread.start()
    thread.join()
    assert found == DOCUMENTS


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    with path.open("w") as file:
        for i in range(300_000):
            file.write(f'{{"_id": "d{i}", "text": "small text {i}"}}\n')
    blocks, peaks = {}, {}
    for count, _ in enumerate(read_corpus([path]), 1):
        if count in (100_000, 280_000):
            blocks[count] = sys.getallocatedblocks()
            tracemalloc.start()
        elif count in (120_000, 300_000):
            peaks[count] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert count == 300_000
    # Live objects of the interpreter: a set of the ids alone would add 180,000.
    assert blocks[280_000] - blocks[100_000] < 20_000
    assert max(peaks.values()) < 8_000_000


def test_an_endless_line_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    with path.open("wb") as file:
        for _ in range(50):
            file.write(b"x" * 1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="line too long: 50,000,000 bytes"):
            read(path, max_line_bytes=1_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000

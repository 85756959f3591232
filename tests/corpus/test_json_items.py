"""One JSON array is read record by record, whatever its size; what is broken is named by its line."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simengine.corpus.json_items import begins_array, json_items
from simengine.corpus.pairs import read_pairs
from simengine.corpus.queries import read_queries
from simengine.corpus.read import ReadOptions, ReadReport, read_corpus
from simengine.corpus.sources import InputFile
from simengine.errors import DataError

Write = Callable[[str, "str | bytes"], Path]
SOURCE = InputFile("a.json", None, "json", "", "a")
RECORDS = [{"id": "ä", "text": 'x [1] {2} \\ " 猫'}, {"id": "b", "text": "y", "n": [1.5, {"m": None}]}]


def ids(path: Path, **options: object) -> list[str]:
    return [d.id for d in read_corpus([path], ReadOptions(**options))]  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [False, True])
def test_records_do_not_depend_on_where_chunks_end(size: int, indent: int | None, wrap: bool) -> None:
    value: object = {"version": 1.5, "meta": {"a": [1, 2]}, "data": RECORDS, "end": "}"} if wrap else RECORDS
    raw = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    chunks = [raw[at : at + size] for at in range(0, len(raw), size)]
    found = list(json_items(iter(chunks), "utf-8", SOURCE, 10_000))
    assert [record for _, record, _ in found] == RECORDS
    assert [json.loads(str(text)) for _, _, text in found] == RECORDS
    numbers = [number for number, _, _ in found]
    if indent is None:
        assert numbers == [1, 2]
    else:
        assert ["{" in raw.decode().split("\n")[number - 1] for number in numbers] == [True, True]


def test_a_json_file_is_a_corpus_queries_and_pairs(write: Write) -> None:
    assert ids(write("c.json", json.dumps(RECORDS))) == ["ä", "b"]
    assert ids(write("c.json.gz", gzip.compress(json.dumps({"rows": RECORDS}).encode()))) == ["ä", "b"]
    assert ids(write("c.json", b"\xef\xbb\xbf" + json.dumps(RECORDS).encode())) == ["ä", "b"]
    assert ids(write("c.json", json.dumps(RECORDS).encode("utf-16")), encoding="utf-16") == ["ä", "b"]
    assert [q.id for q in read_queries(write("q.json", json.dumps(RECORDS)))] == ["ä", "b"]
    (pair,) = read_pairs(write("p.json", '[{"text1": "a", "text2": "b", "n": 1}]'))
    assert (pair.text1, pair.text2, pair.extra) == ("a", "b", {"n": 1})


def test_records_on_one_line_get_different_ids_and_repeated_ids_are_seen(write: Write) -> None:
    assert ids(write("c.json", '[{"text": "x"}, {"text": "y"},\n\n{"text": "z"}]')) == [
        str(write("c", "")) + f":{number}" for number in (1, 2, 3)
    ]
    with pytest.raises(DataError, match="duplicate id: the id 'a' was first given at line 1") as caught:
        ids(write("c.json", '[{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]'))
    assert caught.value.line == 2
    assert [q.id for q in read_queries(write("q.json", '[{"text": "x"}, {"text": "y"}]'))] == ["1", "2"]


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]',
        ' \n [\n{"id": "a", "text": "x"},\n{"id": "b", "text": "y"}]\n',
    ],
)
def test_lines_that_begin_an_array_are_read_as_one(write: Write, content: str) -> None:
    assert ids(write("c.jsonl", content)) == ["a", "b"]


def test_an_array_longer_than_a_line_may_be_is_read(write: Write) -> None:
    records = [{"id": str(n), "text": "cats purr"} for n in range(500)]
    assert len(ids(write("c.jsonl", json.dumps(records)), max_line_bytes=1000)) == 500


def test_objects_that_follow_each_other_are_records(write: Write) -> None:
    lines = '{"id": "a", "text": "x", "authors": [{"name": "n"}]}\n{"id": "b", "text": "y"}\n'
    assert ids(write("c.json", lines)) == ["a", "b"]
    assert ids(write("c.json", '{"id": "a", "text": "x",\n "tags": ["p"]}')) == ["a"]


def test_one_record_with_a_list_of_objects_is_not_the_list(write: Write) -> None:
    comments = '"comments": [{"id": "c1", "text": "nice"}, {"id": "c2", "text": "no"}]'
    (document,) = read_corpus([write("c.json", f'{{"id": "a", "text": "x", {comments}, "n": 1}}')])
    assert (document.id, document.text, document.metadata["n"]) == ("a", "x", 1)
    assert document.metadata["comments"] == [{"id": "c1", "text": "nice"}, {"id": "c2", "text": "no"}]
    assert ids(write("d.json", f'{{"name": "x", {comments}, "n": 1}}')) == ["c1", "c2"]
    with pytest.raises(
        DataError, match="has a text, 'text', and records, 'comments'; write one record per line"
    ):
        ids(write("e.json", f'{{"id": "a", {comments}, "text": "x"}}'))


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ('[{"id": "a", "text": "x"}', 1, "expected ',', found the end of the file"),
        ('[{"id": "a", "text": "x"},\n{"id": "b"', 2, "broken JSON"),
        ('[{"id": "a", "text": "x"}\n{"id": "b"}]', 2, "expected ',', found '{'"),
        ('[{"id": "a", "text": "x"}]\n\n[]', 3, "more text after the end of the array"),
        ('[{"id": "a", "text": "x"},\n7]', 2, "got a number"),
        ('[{"id": "a", "text": "x"},\n\n{"id": "b", "text": NaN}]', 3, "NaN is not valid JSON"),
        ('[{"id": "a", "text": "x"},\n{"id": "b", "id": "c"}]', 2, "repeated key"),
        ('[{"id": "a", "text": "x"},\n{"id": "b", "text": "\\ud800"}]', 2, "unpaired surrogate"),
        ('[{"id": "a", "text": "x", "d": ' + "[" * 900 + "]" * 900 + "}]", 1, "nested more than 100 deep"),
        (
            '[{"id": "a", "text": "x"},\n{"d": ' + "[" * 100_000 + "]" * 100_000 + "}]",
            2,
            "nested more than 100 deep",
        ),
        ('{"a": [{"text": "x"}],\n"b": [{"id": "y"}]}', 2, "two arrays of objects, 'a' and 'b'"),
        ('"text"', 1, "begins with '\"'"),
        (
            b'[{"id": "a", "text": "x"},\n{"id": "b", "text": "\xff"}]',
            2,
            "wrong encoding: the byte at offset 48",
        ),
        ('[{"id": "a", "text": "x"}]'.encode("utf-16"), 1, "UTF-16"),
        ("[]", None, "no documents"),
        ('{"data": []}', None, "no documents"),
        ("", None, "no documents"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(
    write: Write, content: str | bytes, line: int | None, message: str
) -> None:
    path = write("c.json", content)
    with pytest.raises(DataError) as caught:
        ids(path)
    assert message in caught.value.reason
    assert (caught.value.source, caught.value.line) == (str(path), line)


def test_records_after_a_bad_one_are_read_when_it_is_left_out(write: Write) -> None:
    report = ReadReport()
    content = (
        '[{"id": "a", "text": "x"}, {"id": "b", "text": [NaN, {"c": "]"}]}, 5, {"id": "c", "text": "z"}]'
    )
    found = read_corpus([write("c.json", content)], ReadOptions(skip_invalid=True), report)
    assert [d.id for d in found] == ["a", "c"]
    assert report.reasons == {"not a JSON number": 1, "not an object": 1}


def test_a_record_that_is_too_long_names_the_limit(write: Write) -> None:
    content = json.dumps([{"id": "a", "text": "x" * 3_000_000}])
    with pytest.raises(DataError, match=r"record too long: more than 1,000 characters"):
        ids(write("c.json", content), max_line_bytes=1000)
    with pytest.raises(DataError, match=r"--max-line-bytes"):
        ids(write("c.jsonl", json.dumps({"id": "a", "text": "x" * 3000})), max_line_bytes=1000)


@pytest.mark.parametrize("content", [[["x" * 3000]], {"data": [{"id": "a", "text": "x"}] * 100}])
def test_a_first_line_that_is_all_of_the_file_is_explained(write: Write, content: object) -> None:
    path = write("c.jsonl", json.dumps(content))
    with pytest.raises(DataError, match=r"line too long: .* one JSON value with an array of records"):
        ids(path, max_line_bytes=1000)
    if isinstance(content, dict):
        with pytest.raises(DataError, match="duplicate id"):
            ids(path, max_line_bytes=1000, format="json")


def test_memory_does_not_grow_with_the_array() -> None:
    record = json.dumps({"id": "a", "text": "cats purr " * 20}).encode()

    def chunks() -> Iterator[bytes]:
        yield b"[" + record
        for _ in range(300):
            yield (b"," + record) * 100
        yield b"]"

    tracemalloc.start()
    count = sum(1 for _ in json_items(chunks(), "utf-8", SOURCE, 10_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_001
    assert peak < 2_000_000


def test_what_begins_an_array_is_found_with_as_little_as_needed() -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"id"'
        raise AssertionError("read on")

    assert begins_array(endless())[0] is False
    found, chunks = begins_array(iter([b" [", b"\n", b'{"id": 1}', b"]"]))
    assert found
    assert b"".join(chunks) == b' [\n{"id": 1}]'

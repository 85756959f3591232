"""Documents from a program obey the rules of documents from files; every fault names its position."""

from __future__ import annotations

import fileinput
import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest

from simengine.corpus.fields import check_encodable
from simengine.corpus.items import as_documents, content_id
from simengine.corpus.report import RecordFault
from simengine.errors import DataError, UsageError
from simengine.types import Document

LOOP: list[object] = []
LOOP.append(LOOP)
DEEP: list[object] = []
for _ in range(5000):
    DEEP = [DEEP]
UNSTORABLE = {
    "set": ({1}, "field 'm' holds set"),
    "tuple": ((1,), "field 'm' holds tuple"),
    "bytes": (b"x", "field 'm' holds bytes"),
    "number as key": ({1: "x"}, "field 'm' holds the key 1, which is int"),
    "deep number as key": ({"k": [{None: "x"}]}, "field 'm.k' holds the key None"),
    "NaN": (float("nan"), "field 'm' holds nan"),
    "deep infinity": ({"k": [1, float("inf")]}, "field 'm.k' holds inf"),
    "object": (object(), "field 'm' holds object"),
    "numpy infinity": (np.float32("inf"), "field 'm' holds inf"),
    "surrogate": ("\ud800", "unpaired surrogate"),
    "itself": (LOOP, "field 'm': lists and objects are nested more than 100 deep"),
    "deep": (DEEP, "field 'm': lists and objects are nested more than 100 deep"),
    "integer of too many digits": (10**5000, "digits"),
}


class Row(NamedTuple):
    id: str
    text: str


@dataclass
class Entry:
    id: str
    text: str


class Model:
    """What pydantic offers of a model."""

    def model_dump(self) -> dict[str, str]:
        return {"id": "a", "text": "t"}


@pytest.mark.parametrize("case", UNSTORABLE)
@pytest.mark.parametrize("kind", ["mapping", "document", "mapping without id"])
def test_unstorable_metadata_is_named_with_its_position(case: str, kind: str) -> None:
    value, message = UNSTORABLE[case]
    item: object = {"id": "a", "text": "t", "m": value}
    if kind == "document":
        item = Document("a", "t", "", {"m": value})  # type: ignore[dict-item]
    elif kind == "mapping without id":
        item = {"text": "t", "m": value}
    with pytest.raises(DataError) as caught:
        list(as_documents([Document("ok", "fine"), item]))  # type: ignore[list-item]
    assert message in caught.value.reason
    assert (caught.value.source, caught.value.line) == ("documents", 2)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({1: "x", "text": "t"}, "the record has the key 1"),
        ({1: "x"}, "the record has the key 1"),
        (Document("a", "t", "", {1: "x"}), "the record has the key 1"),  # type: ignore[dict-item]
        (Document("a", "t", "", None), "metadata of document 'a' is NoneType"),  # type: ignore[arg-type]
        (Document(5, "t"), "id of the document is int 5"),  # type: ignore[arg-type]
        (Document("a", None, "T"), "text of the document is NoneType"),  # type: ignore[arg-type]
        (Document("a", "t", b"T"), "title of the document is bytes"),  # type: ignore[arg-type]
        ({"text": b"t"}, "field 'text' holds bytes"),
        ("\ud800", "unpaired surrogate"),
        (" ", "neither text nor title"),
        (None, "got None"),
        (Row("a", "t"), "row._asdict() for row in rows"),
        (Entry("a", "t"), "dataclasses.asdict(row) for row in rows"),
        (Model(), "row.model_dump() for row in rows"),
        (np.array([("a", "t")], dtype=[("id", "U1"), ("text", "U1")])[0], "pandas.DataFrame(array)"),
        (Path("corpus.jsonl"), "read_corpus([path])"),
        (b"text", "text.decode('utf-8')"),
        (("a", "t"), "write Document(id, text)"),
    ],
)
def test_bad_items_are_named_with_their_position(item: object, message: str) -> None:
    with pytest.raises(DataError) as caught:
        list(as_documents(["fine", item]))  # type: ignore[list-item]
    assert message in caught.value.reason
    assert caught.value.line == 2


def test_storable_metadata_is_taken_as_it_is() -> None:
    metadata = {"a": [1, 2.5, None, True, {"k": "ä"}], "b": {}, "c": "\0"}
    assert list(as_documents([{"id": "x", "text": "t", **metadata}])) == [Document("x", "t", "", metadata)]
    document = Document("x", "t", "", MappingProxyType(metadata))
    assert next(as_documents([document])) == Document("x", "t", "", metadata)


def test_texts_without_id_are_named_by_their_content_wherever_they_stand() -> None:
    expected = "text:" + hashlib.blake2b("Grüße".encode()).hexdigest()[:16]
    assert [d.id for d in as_documents(["Grüße", "other"])] == [expected, content_id("other")]
    assert [d.id for d in as_documents(["first", {"text": "Grüße", "year": 1}])][1] == expected
    assert content_id("Grüße") == expected


def test_titles_are_content_too() -> None:
    items = [{"title": "A", "text": ""}, {"title": "B", "text": ""}, {"title": "A", "text": "x"}, "x"]
    made = [d.id for d in as_documents(items)]  # type: ignore[arg-type]
    assert len(set(made)) == 4
    assert made[0] == content_id("", "A")


def test_the_same_text_twice_is_a_duplicate_that_names_both_positions() -> None:
    documents = as_documents(["a", Document("own", "b"), {"text": "c"}, "b", {"text": "a", "year": 1}])
    assert [next(documents).text for _ in range(4)] == ["a", "b", "c", "b"]
    with pytest.raises(DataError, match="duplicate id: the same text was given at position 1") as caught:
        next(documents)
    assert caught.value.line == 5
    assert content_id("a") in caught.value.reason


def test_given_ids_are_left_alone() -> None:
    assert [d.id for d in as_documents([{"id": "x", "text": "t"}, {"_id": 7, "text": "t"}])] == ["x", "7"]


@pytest.mark.parametrize("value", [{1}, object(), {(1,): 2}, float("nan"), b"x", DEEP])
def test_check_encodable_never_raises_a_bare_error(value: object) -> None:
    with pytest.raises(RecordFault, match="not a JSON value"):
        check_encodable("a", "", "t", {"m": value})


def test_columns_and_files_are_told_from_documents(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("one\ntwo\n")
    with fileinput.input(path) as lines, pytest.raises(UsageError, match=r"read_corpus\(\[path\]\)"):
        list(as_documents(lines))
    with pytest.raises(DataError, match="these are columns: give rows"):
        list(as_documents({"id": np.array(["a"]), "text": np.array(["t"])}))
    with pytest.raises(DataError, match="given\\['train'\\]"):
        list(as_documents({"train": object()}))

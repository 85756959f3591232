"""Tables that a program holds are indexed by their rows, whichever library they are of."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from simengine.corpus.items import as_documents
from simengine.errors import DataError, UsageError
from simengine.types import Document

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")

ROWS = [Document("a", "cats purr", "", {"year": 2001}), Document("b", "dogs bark", "", {"year": None})]
COLUMNS: dict[str, Any] = {"id": ["a", "b"], "text": ["cats purr", "dogs bark"], "year": [2001, None]}


class PolarsLike:
    """What polars offers of a frame (which need not be installed)."""

    columns = ("id", "text", "year")

    def iter_rows(self, *, named: bool) -> Any:
        assert named
        return iter(
            [dict(zip(self.columns, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
        )

    def collect_schema(self) -> Any:
        raise AssertionError("not needed")


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(COLUMNS).astype({"year": "Int64"}),
        pd.DataFrame(COLUMNS, index=[7, 8]).astype({"year": object}),
        pa.table(COLUMNS),
        pa.table(COLUMNS).to_batches()[0],
        pa.table(COLUMNS).to_reader(),
        PolarsLike(),
        [pa.table(COLUMNS).slice(0, 1), pa.table(COLUMNS).slice(1)],
        (frame for frame in [pd.DataFrame(COLUMNS).astype({"year": "Int64"})]),
        [row for _, row in pd.DataFrame(COLUMNS, dtype=object).iterrows()],
    ],
    ids=["pandas", "pandas index", "arrow", "batch", "reader", "polars", "several", "generator", "rows"],
)
def test_rows_of_a_table_are_documents(table: Any) -> None:
    assert list(as_documents(table)) == ROWS


def test_chunks_of_a_csv_file_are_read_one_after_the_other() -> None:
    chunks = pd.read_csv(io.StringIO("id,text\n1,a\n2,b\n3,c\n"), chunksize=2)
    assert [(each.id, each.text) for each in as_documents(chunks)] == [("1", "a"), ("2", "b"), ("3", "c")]


def test_cells_become_values_of_json_and_missing_ones_null() -> None:
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "title": ["T", np.nan],
            "text": ["x", "y"],
            "time": pd.to_datetime(["2001-02-03T04:05:06Z", None]),
            "share": [0.5, np.nan],
            "flag": pd.array([True, None], dtype="boolean"),
            "parts": [[np.int64(1), {"k": np.float32(0.5)}], np.array([np.nan, 2.0])],
        }
    )
    one, two = as_documents(frame)
    assert (one.id, one.title, two.title) == ("1", "T", "")
    assert one.metadata == {
        "time": "2001-02-03T04:05:06+00:00",
        "share": 0.5,
        "flag": True,
        "parts": [1, {"k": 0.5}],
    }
    assert two.metadata == {"time": None, "share": None, "flag": None, "parts": [None, 2.0]}
    assert type(one.metadata["share"]) is float
    assert type(one.metadata["parts"][0]) is int  # type: ignore[index]


def test_values_of_other_libraries_in_a_mapping_become_pythons_own() -> None:
    record = {
        "id": np.int64(5),
        "text": np.str_("x"),
        "n": np.uint8(3),
        "v": np.arange(2),
        "flag": np.bool_(True),
        "day": date(2001, 2, 3),
        "at": datetime(2001, 2, 3, tzinfo=UTC),
        "when": np.datetime64("2001-02-03"),
        "none": pd.NA,
        "never": pd.NaT,
    }
    document = next(as_documents([record]))
    assert document == Document(
        "5",
        "x",
        "",
        {
            "n": 3,
            "v": [0, 1],
            "flag": True,
            "day": "2001-02-03",
            "at": "2001-02-03T00:00:00+00:00",
            "when": "2001-02-03",
            "none": None,
            "never": None,
        },
    )
    assert [type(value) for value in (document.text, document.metadata["n"])] == [str, int]


@pytest.mark.parametrize(
    "texts", [np.array(["x", "y"]), pd.Series(["x", "y"]), pa.array(["x", "y"]), iter("xy")]
)
def test_columns_of_texts_are_texts(texts: Any) -> None:
    assert [each.text for each in as_documents(texts)] == ["x", "y"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame([["a", "b"]], columns=["text", "text"]), "the column 'text' appears twice"),
        (pd.DataFrame([["a", "b"]]), "the key 0, which is int"),
        (pd.DataFrame({"id": [1.5], "text": ["a"]}), "the id in field 'id' is float 1.5"),
        (pd.DataFrame({"id": [None], "text": ["a"]}), "the id in field 'id' is null"),
        (pd.DataFrame({"text": ["a"], "x": [np.inf]}), "field 'x' holds inf"),
        (pd.DataFrame({"words": ["a"]}), "did you mean|no text field"),
        (pd.Series(["x", None]), "got float nan"),
        (np.array([["x", "y"]]), r"an array of shape \(1, 2\)"),
        ({"id": ["a"], "text": ["b"]}, "these are columns"),
        ({"a": "cats"}, "for id, text in given.items"),
        (io.StringIO("a\nb\n"), "read_corpus"),
        ("corpus.jsonl", "read_corpus"),
        (None, "got None"),
        ([("a", "text")], r"write Document\(id, text\)"),
    ],
)
def test_what_does_not_hold_documents_is_refused_with_what_to_write(table: Any, message: str) -> None:
    with pytest.raises((DataError, UsageError), match=message):
        list(as_documents(table))


def test_a_record_that_is_used_again_by_the_caller_is_copied() -> None:
    def reused() -> Any:
        tags: list[str] = []
        for number in range(3):
            tags[:] = [f"t{number}"]
            yield Document(str(number), "x", "", {"tags": tags})  # type: ignore[dict-item]

    assert [each.metadata["tags"] for each in as_documents(reused())] == [["t0"], ["t1"], ["t2"]]


def test_an_error_of_the_callers_iterator_passes_through() -> None:
    def broken() -> Any:
        yield "x"
        raise OSError("the database went away")

    documents = as_documents(broken())
    assert next(documents).text == "x"
    with pytest.raises(OSError, match="the database went away"):
        next(documents)


def test_an_index_that_holds_the_ids_is_not_left_out_in_silence() -> None:
    frame = pd.DataFrame(COLUMNS, dtype=object).set_index("id")
    with pytest.raises(
        UsageError, match=r"is called 'id', and an index is not read; .* frame\.reset_index\(\)"
    ):
        list(as_documents(frame))
    assert list(as_documents(frame.reset_index())) == ROWS
    named = pd.DataFrame(COLUMNS, dtype=object)
    named.index.name = "id"  # the column of that name holds the ids
    assert list(as_documents(named)) == ROWS

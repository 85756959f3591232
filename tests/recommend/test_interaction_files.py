"""Interactions from files: formats, times, and errors that name the line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from simengine.errors import DataError
from simengine.recommend import Interactions, read_interactions


def triples(made: Interactions) -> list[tuple[str, str, float]]:
    return [
        (made.user_ids[u], made.item_ids[i], float(v))
        for u, i, v in zip(made.users, made.items, made.values, strict=True)
    ]


def write(path: Path, text: str) -> Path:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


CSV = "user,item,rating,timestamp\nann,1,5,100\nbob,2,3.5,200\n"
EXPECTED = [("ann", "1", 5.0), ("bob", "2", 3.5)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("h.csv", CSV),
        ("h.csv.gz", CSV),
        ("h.tsv", CSV.replace(",", "\t")),
        ("no_header.tsv", CSV.partition("\n")[2].replace(",", "\t")),
        ("names.csv", "timestamp,user_id,movieId,stars\n100,ann,1,5\n200,bob,2,3.5\n"),
        (
            "h.jsonl",
            '{"user": "ann", "item": 1, "rating": 5, "time": 100}\n\n'
            '{"user": "bob", "item": "2", "rating": 3.5, "time": 200}\n',
        ),
    ],
)
def test_every_format_gives_the_same(tmp_path: Path, name: str, text: str) -> None:
    made = read_interactions(write(tmp_path / name, text))
    assert (triples(made), made.explicit) == (EXPECTED, True)
    assert made.require_times().tolist() == [100.0, 200.0]


def test_weights_and_nothing_are_not_ratings(tmp_path: Path) -> None:
    weights = read_interactions(write(tmp_path / "w.csv", "user,item,count\nu,a,3\nu,a,2\n"))
    assert (triples(weights), weights.explicit, weights.times) == (
        [("u", "a", 3), ("u", "a", 2)],
        False,
        None,
    )
    plain = read_interactions(write(tmp_path / "p.csv", "user,item\nu,a\n"))
    assert (triples(plain), plain.explicit) == ([("u", "a", 1.0)], False)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("1970-01-02", 86_400.0),
        ("1970-01-02T00:00:01", 86_401.0),
        ("1970-01-02T01:00:00+01:00", 86_400.0),
        ("86400", 86_400.0),
        ("881250949000", 881_250_949.0),
    ],
)
def test_times_are_seconds_milliseconds_or_iso(tmp_path: Path, time: str, seconds: float) -> None:
    made = read_interactions(write(tmp_path / "t.csv", f"user,item,date\nu,a,{time}\n"))
    assert made.require_times().tolist() == [seconds]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("u,a,nan,1", "finite"),
        ("u,a,inf,1", "finite"),
        ("u,a,many,1", "expected a number"),
        ("u,a,,1", "expected a number"),
        (" ,a,3,1", "blank"),
        ("u,,3,1", "blank"),
        ("u,a,3,yesterday", "ISO 8601"),
        ("u,a", "row"),
    ],
)
def test_a_bad_record_names_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    path = write(tmp_path / "bad.csv", CSV + line + "\n")
    with pytest.raises(DataError, match=reason) as caught:
        read_interactions(path)
    assert (caught.value.source, caught.value.line) == (str(path), 4)


@pytest.mark.parametrize(
    "record",
    [
        {"user": "u", "rating": 1, "time": 1},
        {"user": "u", "item": "a", "time": 1},
        {"user": "u", "item": "a", "rating": 1},
        {"user": "u", "item": ["a"], "rating": 1, "time": 1},
        {"user": "u", "item": "a", "rating": True, "time": 1},
    ],
)
def test_a_record_that_lacks_what_the_first_has_is_refused(tmp_path: Path, record: dict[str, object]) -> None:
    first = {"user": "u", "item": "b", "rating": 1, "time": 1}
    path = write(tmp_path / "bad.jsonl", json.dumps(first) + "\n" + json.dumps(record) + "\n")
    with pytest.raises(DataError) as caught:
        read_interactions(path)
    assert caught.value.line == 2


def test_contradictory_ratings_without_times_name_both_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "bad.csv", "user,item,rating\nu,a,5\nu,b,3\nu,a,1\n")
    with pytest.raises(DataError, match=r"bad.csv:4: user 'u' rates item 'a' 5 at line 2 and 1 here"):
        read_interactions(path)


@pytest.mark.parametrize("text", ["", "user,item,rating\n"])
def test_a_file_without_records_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError):
        read_interactions(write(tmp_path / "empty.csv", text))


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_interactions(tmp_path / "missing.csv")
    with pytest.raises(DataError, match="text file"):
        read_interactions(write(tmp_path / "a.txt", "u a 1\n"))


def test_ids_keep_their_spelling_and_half_a_surrogate_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text(",user,item,rating\n0,007,1.10,4\n1,7,1.1,5\n")
    found = read_interactions(path)
    assert (sorted(found.user_ids), sorted(found.item_ids)) == (["007", "7"], ["1.1", "1.10"])
    lines = tmp_path / "i.jsonl"
    lines.write_text('{"user": "u", "item": "i"}\n{"user": "\\ud800", "item": "i"}\n')
    with pytest.raises(DataError, match="unpaired surrogate") as caught:
        read_interactions(lines)
    assert (caught.value.source, caught.value.line) == (str(lines), 2)

"""simengine similarity-report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROWS = [
    {"premise": "A man is playing.", "hypothesis": "He plays.", "label": "neutral", "id": 1},
    {"premise": "Something else", "hypothesis": "Quite other", "label": "neutral", "id": 2},
    {"premise": "a man is playing", "hypothesis": "he plays", "label": "entailment", "id": 3},
    {"premise": "A man is playing.", "hypothesis": "He plays.", "label": "neutral", "id": 4},
]


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_table_says_how_much_is_said_twice_and_shows_contradictions_first(call, pairs: Path) -> None:
    result = call("similarity-report", pairs)
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0].split() == ["rows", "4"]
    assert lines[1].split()[:3] == ["distinct", "2", "(50.0%"]
    assert "contradicting labels  1 cluster with 3 rows  (1 with the very same pair)" in lines
    assert "repeats, embedding" not in result.out
    assert "line 1              [neutral] A man is playing. | He plays." in lines
    assert "line 3  normalised  [entailment] a man is playing | he plays" in lines


def test_json_has_the_whole_report(call, pairs: Path) -> None:
    report = json.loads(call("similarity-report", pairs, "--format", "json").out)
    assert (report["source"], report["rows"], report["distinct"], report["clusters"]) == (str(pairs), 4, 2, 1)
    assert report["repeats"] == {"exact": 1, "normalised": 1, "near": 0, "embedding": 0}
    assert report["repeated_share"] == 0.5


def test_clusters_and_the_set_without_repeats_go_to_files(call, pairs: Path, tmp_path: Path) -> None:
    clusters, kept = tmp_path / "clusters.jsonl", tmp_path / "kept.jsonl"
    result = call("similarity-report", pairs, "-o", clusters, "--drop-output", kept)
    assert "1 cluster written to" in result.err
    assert "3 of 4 rows written to" in result.err
    (cluster,) = records(clusters)
    assert (cluster["size"], cluster["conflict"]) == (3, True)
    assert [(row["line"], row["kind"], row["similarity"], row["label"]) for row in cluster["rows"]] == [
        (1, "first", 1.0, "neutral"),
        (3, "normalised", 1.0, "entailment"),
        (4, "exact", 1.0, "neutral"),
    ]
    assert records(kept) == ROWS[:3]


def test_one_text_can_be_looked_at_alone(call, pairs: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    result = call("similarity-report", pairs, "--by", "text1", "--drop-output", kept, "-q")
    assert result.err == ""
    assert "contradicting" not in result.out
    assert records(kept) == ROWS[:2]


def test_fields_of_a_table_can_be_named(call, tmp_path: Path) -> None:
    path, kept = tmp_path / "p.csv", tmp_path / "kept.jsonl"
    path.write_text("x,y,label\n12,b,1\n12,B,1\nc,d,0\n")
    result = call("similarity-report", path, "--fields", "x,y", "--drop-output", kept, "--format", "json")
    assert json.loads(result.out)["distinct"] == 2
    assert records(kept) == [{"x": "12", "y": "b", "label": 1}, {"x": "c", "y": "d", "label": 0}]


def test_meanings_are_compared_on_request(call, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    texts = [("A cat sleeps.", "x y"), ("A cat is sleeping.", "x y"), ("The bank raised its rates.", "x y")]
    path.write_text("".join(json.dumps({"text1": a, "text2": b}) + "\n" for a, b in texts))
    options = ("--format", "json", "--offline")
    report = json.loads(call("similarity-report", path, "--embeddings", "--cosine", "0.9", *options).out)
    assert (report["repeats"]["embedding"], report["distinct"]) == (1, 2)
    assert report["encoder"]
    assert json.loads(call("similarity-report", path, *options).out)["distinct"] == 3


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--fields", "premise"], 2, "expected two different names"),
        (["--fields", "premise,other"], 4, "no text field 'other'"),
        (["--jaccard", "0"], 2, "0"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(
    call, pairs: Path, arguments: list[str], code: int, message: str
) -> None:
    result = call("similarity-report", pairs, *arguments)
    assert result.code == code
    assert message in result.err


def test_standard_input_cannot_be_read_twice(call, tmp_path: Path) -> None:
    result = call("similarity-report", "-", "--drop-output", tmp_path / "x.jsonl")
    assert result.code == 2
    assert "second time" in result.err


def test_a_broken_record_names_its_line_and_leaves_the_files_alone(call, pairs: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text("old")
    pairs.write_text(pairs.read_text() + '{"premise": "x"}\n')
    result = call("similarity-report", pairs, "--drop-output", kept)
    assert result.code == 4
    assert f"{pairs}:5: missing field" in result.err
    assert kept.read_text() == "old"

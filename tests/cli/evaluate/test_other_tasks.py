"""simengine evaluate retrieval, reading and tagging, against what the library finds by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.evaluate.files import QUICK, squad, write_lines


def test_retrieval_builds_an_index_for_once(call: Callable, collection: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    called = call("evaluate", "retrieval", collection, "--format", "json", "-o", out, *QUICK)
    assert called.code == 0, called.err
    found = json.loads(called.out)
    metrics = {name: one["value"] for name, one in found["models"][0]["metrics"].items()}
    # q1 is found first; of the two documents of q2 one is first and one not there.
    assert metrics["MRR@10"] == 1.0
    assert metrics["Recall@100"] == 0.75
    assert metrics["MAP"] == 0.75
    notes = " ".join(found["models"][0]["notes"])
    assert "1 relevant document not in the index" in notes
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["query_id"] for row in rows] == ["q1", "q2"]
    assert rows[1]["predicted"][0] == "space-2"


def test_retrieval_searches_an_index_that_is_there(call: Callable, collection: Path, index: Path) -> None:
    called = call(
        "evaluate", "retrieval", collection, "--index", index, "--mode", "lexical", "--format", "json", *QUICK
    )
    assert called.code == 0, called.err
    assert json.loads(called.out)["models"][0]["metrics"]["MRR@10"]["value"] == 1.0


@pytest.fixture
def questions_in_the_corpus(tmp_path: Path) -> Path:
    """105 documents that are queries too, of three words each; the one relevant for d1 is d2, and d3 is its own."""
    folder = tmp_path / "own"
    (folder / "qrels").mkdir(parents=True)
    records = [{"_id": f"d{n}", "text": f"shared words {n}"} for n in range(105)]
    write_lines(folder / "corpus.jsonl", records)
    write_lines(folder / "queries.jsonl", [records[1], records[3]])
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nd1\td2\t1\nd3\td3\t1\n")
    return folder


def test_the_document_with_the_querys_id_is_left_out_and_as_many_remain(
    call: Callable, questions_in_the_corpus: Path, tmp_path: Path
) -> None:
    arguments = (
        "evaluate",
        "retrieval",
        questions_in_the_corpus,
        "--mode",
        "lexical",
        "--format",
        "json",
        *QUICK,
    )
    ranked = {}
    for option in ((), ("--keep-self",)):
        out = tmp_path / f"out{len(option)}"
        called = call(*arguments, *option, "-o", out)
        assert called.code == 0, called.err
        lines = (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
        ranked[option] = {row["query_id"]: row for row in map(json.loads, lines)}
        notes = " ".join(json.loads(called.out)["models"][0]["notes"])
        expected = (
            "2 queries with the id of a document: that document is left out of the ranking, as BEIR does"
        )
        assert (f"{expected}, though it is relevant to 1 query; --keep-self keeps it" in notes) == (
            not option
        )
    left_out, kept = ranked[()], ranked["--keep-self",]
    for query in ("d1", "d3"):
        assert len(left_out[query]["predicted"]) == len(kept[query]["predicted"]) == 100
        assert kept[query]["predicted"][0] == query
        assert left_out[query]["predicted"][:99] == kept[query]["predicted"][1:]
    assert kept["d3"]["metrics"]["nDCG@10"] == 1.0
    assert left_out["d3"]["metrics"]["nDCG@10"] == 0.0


def test_reading_agrees_with_the_reader_and_obeys_its_threshold(
    call: Callable, models: dict[str, Path], tmp_path: Path
) -> None:
    from simengine.cross_encoders.reader import load_reader

    file, out = squad(tmp_path), tmp_path / "out"
    arguments = ("evaluate", "reading", file, "-m", models["reader"], "--format", "json", "-o", out, *QUICK)
    assert call(*arguments, "--threshold", "none").code == 0
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    reader = load_reader(str(models["reader"]), device="cpu", threads=1)
    context = json.loads(file.read_text())["data"][0]["paragraphs"][0]["context"]
    for row in rows:
        answer = reader.answer(row["question"], context, allow_none=False)
        assert row["predicted"] == answer.text
        assert row["no_answer_score"] == pytest.approx(answer.no_answer_score, abs=1e-4)
    lowest = min(row["no_answer_score"] for row in rows)
    called = call(*arguments, "--threshold", str(lowest - 1))
    result = json.loads(called.out)["models"][0]["result"]
    assert (result["n_abstained"], result["exact_match"]) == (3, pytest.approx(1 / 3))
    assert result["unanswerable"] == {"n": 1, "exact_match": 1.0, "f1": 1.0}


def test_tagging_agrees_with_the_tagger(call: Callable, models: dict[str, Path], tmp_path: Path) -> None:
    from simengine.cross_encoders.tagger import load_tagger

    tokens = [["Ada", "Lovelace", "wrote"], ["Nobody", "came", "."]]
    tags = [["B-person", "I-person", "O"], ["O", "B-place", "O"]]
    file = write_lines(
        tmp_path / "tags.jsonl", [{"tokens": t, "tags": g} for t, g in zip(tokens, tags, strict=True)]
    )
    out = tmp_path / "out"
    called = call("evaluate", "tagging", file, "-m", models["tagger"], "--format", "json", "-o", out, *QUICK)
    assert called.code == 0, called.err
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = load_tagger(str(models["tagger"]), device="cpu", threads=1).tag_sentences(tokens)
    assert [row["predicted"] for row in rows] == expected
    notes = json.loads(called.out)["models"][0]["notes"]
    assert notes == ["tags that the model does not know count as missed: B-place (1)"]


def test_sentences_without_entities_can_be_evaluated(
    call: Callable, models: dict[str, Path], tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "tags.jsonl", [{"tokens": ["a", "b"], "tags": ["O", "O"]}] * 2)
    called = call("evaluate", "tagging", file, "-m", models["tagger"], "--format", "json", *QUICK)
    assert called.code == 0, called.err
    assert json.loads(called.out)["models"][0]["metrics"]["recall"]["value"] == 0.0

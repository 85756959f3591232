"""`simengine search --collapse` over an index of words, with a judge that reads a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simengine.engine import Engine
from simengine.types import Document
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import load_word_encoder
from tests.qa.fakes import TableModel

OPEN, SAME, CLOSED = "The shop is open today.", "Today the shop is open.", "The shop is closed today."
RULES = (
    ("open", "closed", "contradiction"),
    ("closed", "open", "contradiction"),
    ("open", "open", "entailment"),
)
QUERY = "is the shop open today"


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIMENGINE_NLI_MODEL", raising=False)
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", lambda *a, **b: TableModel(*RULES))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    documents = [Document("a", OPEN), Document("b", SAME), Document("c", CLOSED), Document("d", "Bees.")]
    Engine.build(documents, tmp_path / "index").close()
    return tmp_path / "index"


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_same_is_one_hit_that_names_the_other_and_the_next_ones_follow(call, path: Path) -> None:
    ask = ("search", "-i", path, "--mode", "dense", "--format", "jsonl", QUERY)
    plain = lines(call(*ask).out)
    assert {hit["id"] for hit in plain[:3]} == {"a", "b", "c"}
    found = lines(call(*ask, "--collapse").out)
    order = [hit["id"] for hit in plain if hit["id"] in ("a", "b")]
    kept = next(hit for hit in found if hit["id"] == order[0])
    assert kept["duplicates"] == [order[1]]
    assert sorted(str(hit["id"]) for hit in found) == sorted([str(order[0]), "c", "d"])
    assert [hit["rank"] for hit in found] == [1, 2, 3]
    assert all(hit["duplicates"] == [] for hit in (*plain, *found) if hit["id"] != order[0])
    two = lines(call(*ask, "--collapse", "-k", 2).out)
    assert [hit["id"] for hit in two] == [hit["id"] for hit in found[:2]]


def test_the_table_has_a_line_for_it(call, path: Path) -> None:
    result = call("search", "-i", path, "--mode", "dense", "--collapse", "--timings", QUERY)
    assert "the same in " in result.out
    assert "collapse " in result.err


def test_it_goes_with_rerank_and_its_hits_can_be_read_again(call, path: Path, tmp_path: Path) -> None:
    ask = ("search", "-i", path, "--mode", "dense", "--format", "jsonl", QUERY, "--rerank", "--collapse")
    found = call(*ask).out
    assert sum(hit["duplicates"] != [] for hit in lines(found)) == 1
    assert all(hit["judgement"] is not None for hit in lines(found))
    (tmp_path / "hits.jsonl").write_text(found, encoding="utf-8")
    again = lines(call("rerank", "--hits", tmp_path / "hits.jsonl", "--format", "jsonl").out)
    assert [hit.get("duplicates") for hit in again if "duplicates" in hit] == [
        hit["duplicates"] for hit in lines(found) if "duplicates" in hit
    ]


def test_nothing_found_is_nothing_to_fold(call, path: Path) -> None:
    result = call("search", "-i", path, "--collapse", "--mode", "lexical", "--fail-empty", "unheardof")
    assert (result.code, result.out) == (5, "")


def test_a_judge_that_is_no_nli_model_is_refused(call, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class OneOutput(TableModel):
        def __init__(self) -> None:
            super().__init__()
            self.labels = ("score",)

    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", lambda *a, **b: OneOutput())
    for name in ("--nli", "--judge"):
        result = call("search", "-i", path, "--mode", "dense", "--collapse", name, "x/y", QUERY)
        assert result.code == 2
        assert "y is a model for relevance; expected an NLI model" in result.err


@pytest.mark.parametrize("option", [["--claim"], ["--depth", "3"], ["--rerank-weight", "1"]])
def test_options_of_reranking_need_it(call, path: Path, option: list[str]) -> None:
    result = call("search", "-i", path, "--collapse", *option, QUERY)
    assert result.code == 2
    assert f"{option[0]} needs --rerank" in result.err


def test_a_query_that_the_judge_does_not_know_is_told_of(
    call, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    assert (
        "the cross-encoder does not know the characters of '商店'"
        in call("search", "-i", path, "--collapse", "商店").err
    )
    assert "does not know" not in call("search", "-i", path, "商店").err
    assert "does not know" not in call("search", "-i", path, "--collapse", "shop").err


def test_one_note_says_that_reranking_left_a_query_alone(
    call, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    ask = ("search", "-i", path, "--rerank")
    kept = "the query keeps the order of the search: the default reranker"
    assert f"{kept} ranks answers to questions" in call(*ask, "shop").err
    chinese = call(*ask, "商店几点开门？").err
    assert f"{kept} cannot read it" in chinese
    assert "the cross-encoder does not know" not in chinese
    for asked in (("When is the shop open?",), ("shop", "--rerank-weight", "0.5"), ("shop", "--nli", "x")):
        assert "keeps the order" not in call(*ask, *asked).err

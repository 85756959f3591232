"""`simengine rerank` and `search --rerank` with a tiny random model, compared with the library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simengine.engine import Engine
from simengine.engine.fitted import Fitted
from simengine.engine.models import Models
from simengine.engine.texts import TextEngine
from simengine.requests.hits import passages_as_hits
from simengine.requests.rerank import Rerank
from simengine.requests.search import SearchRequest
from simengine.store.snapshot import Snapshot
from simengine.types import Hit
from tests.contracts.pair_models import PairRecipe, make_pair_model
from tests.cross_encoders.fakes import ascii_readings
from tests.qa.fakes import TableModel

QUERY = "which animal sleeps"
PASSAGES = ["The dog sleeps. A plane is taking off.", "两个人在下棋，旁边有一只猫。", "a quick brown fox"]


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMENGINE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("SIMENGINE_NLI_MODEL", raising=False)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pair_model(PairRecipe("bert"), tmp_path_factory.mktemp("judge"))


@pytest.fixture(scope="module")
def texts(folder: Path) -> Iterator[TextEngine]:
    with TextEngine(Models(reranker=str(folder), threads=1, offline=True)) as opened:
        yield opened


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def same(found: list[dict[str, Any]], expected: list[Hit]) -> None:
    assert [record["id"] for record in found] == [hit.id for hit in expected]
    assert [record["score"] for record in found] == pytest.approx([hit.score for hit in expected], abs=1e-4)
    for record, hit in zip(found, expected, strict=True):
        assert (record.get("judgement") is None) == (hit.judgement is None)
        if hit.judgement is not None:
            assert record["judgement"]["relevance"] == pytest.approx(hit.judgement.relevance, abs=1e-4)
            assert record["judgement"]["stance"] == hit.judgement.stance


def test_texts_are_ranked_by_the_reranker_alone(call, folder: Path, texts: TextEngine) -> None:
    result = call("rerank", QUERY, *PASSAGES, "--reranker", folder, "--threads", 1, "--format", "jsonl")
    assert result.code == 0
    expected = texts.rerank([QUERY], [passages_as_hits(PASSAGES)]).hits[0]
    found = records(result.out)
    same(found, expected)
    assert [record["score"] for record in found] == [record["judgement"]["relevance"] for record in found]
    assert all(record["judgement"]["calibrated"] is False for record in found)


def test_the_table_says_what_the_judge_said(call, folder: Path) -> None:
    result = call("rerank", QUERY, *PASSAGES, "--reranker", folder, "--threads", 1)
    assert result.out.count("(uncalibrated)") == len(PASSAGES)


def test_claims_come_with_stances_and_evidence_in_the_text(call, folder: Path) -> None:
    result = call(
        "rerank", QUERY, *PASSAGES, "--reranker", folder, "--threads", 1, "--claim", "--format", "json"
    )
    hits = json.loads(result.out)["hits"]
    for hit in hits:
        judgement = hit["judgement"]
        assert judgement["stance"] in ("supports", "contradicts", "neutral")
        assert sum(judgement["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)
        assert (judgement["evidence"] is None) == (judgement["stance"] == "neutral")
        if judgement["evidence"] is not None:
            start, end = judgement["evidence"]["start"], judgement["evidence"]["end"]
            assert hit["passage"]["text"][start:end] == judgement["evidence"]["text"]


def test_a_file_of_passages_keeps_ids_titles_and_fields(call, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "passages.jsonl"
    source.write_text(
        "".join(
            json.dumps({"_id": f"p{n}", "title": "T", "text": text, "year": 2000 + n, "bm25": float(n)})
            + "\n"
            for n, text in enumerate(PASSAGES)
        ),
        encoding="utf-8",
    )
    ask = ("rerank", QUERY, "--passages", source, "--reranker", folder, "--threads", 1, "--format", "jsonl")
    found = {record["id"]: record for record in records(call(*ask).out)}
    assert set(found) == {"p0", "p1", "p2"}
    assert (found["p1"]["title"], found["p1"]["metadata"]["year"]) == ("T", 2001)
    blended = records(call(*ask, "--score-field", "bm25", "--rerank-weight", "0").out)
    assert [(record["id"], record["score"]) for record in blended] == [("p2", 2.0), ("p1", 1.0), ("p0", 0.0)]
    assert call(*ask, "--score-field", "nothing").code == 4


def test_search_with_rerank_is_the_library_and_its_hits_can_be_reranked_again(
    call, folder: Path, texts: TextEngine, index: Path, tmp_path: Path
) -> None:
    ask = ("search", "-i", index, "-k", 4, "--threads", 1, "--format", "jsonl", "--offline", QUERY)
    rerank = ("--rerank", "--reranker", folder, "--depth", 6, "--rerank-weight", 0.5)
    got = call(*ask, *rerank)
    assert got.code == 0
    asked = Rerank(depth=6, weight=0.5)
    with Engine.open(index, models=Models(reranker=str(folder), threads=1, offline=True)) as engine:
        expected = engine.run(SearchRequest(k=4, queries=(QUERY,), rerank=asked))
        plain = engine.search(QUERY, k=6)
    same(records(got.out), expected.hits[0])
    assert {"encode", "judge", "rerank", "total"} <= set(expected.timings_ms)
    reference = texts.rerank([QUERY], [plain], asked, k=4)
    assert [hit.id for hit in expected.hits[0]] == [hit.id for hit in reference.hits[0]]
    (tmp_path / "hits.jsonl").write_text(call(*ask[:4], 6, *ask[5:]).out, encoding="utf-8")
    again = call(
        "rerank", "--hits", tmp_path / "hits.jsonl", "--reranker", folder, "--threads", 1, "--depth", 6,
        "--rerank-weight", 0.5, "-k", 4, "--format", "jsonl",
    )  # fmt: skip
    assert [r["id"] for r in records(again.out)] == [hit.id for hit in expected.hits[0]]


def test_weight_0_gives_what_search_gives(call, folder: Path, index: Path) -> None:
    ask = ("search", "-i", index, "-k", 5, "--format", "jsonl", "--offline", QUERY)
    plain = records(call(*ask).out)
    got = call(*ask, "--rerank", "--reranker", folder, "--rerank-weight", 0)
    assert "the reranker's weight is 0" in got.err
    found = records(got.out)
    assert [(r["id"], r["score"], r["rank"]) for r in found] == [
        (r["id"], r["score"], r["rank"]) for r in plain
    ]
    assert all(record["judgement"] is not None for record in found)
    assert all(record["judgement"] is None for record in plain)


def test_every_format_of_search_can_be_reranked(call, folder: Path, index: Path, tmp_path: Path) -> None:
    (tmp_path / "queries.tsv").write_text("q1\twhich animal\nq2\tthe market\n", encoding="utf-8")
    ask = ("search", "-i", index, "-k", 3, "--offline", "--queries", tmp_path / "queries.tsv", "--rerank")
    ask += ("--reranker", folder, "--rerank-weight", 1, "--threads", 1)
    as_json = json.loads(call(*ask, "--format", "json").out)
    order = [[hit["id"] for hit in record["hits"]] for record in as_json]
    as_jsonl = records(call(*ask, "--format", "jsonl").out)
    assert [record["id"] for record in as_jsonl] == [name for ids in order for name in ids]
    as_trec = [line.split()[2] for line in call(*ask, "--format", "trec").out.splitlines()]
    assert as_trec == [name for ids in order for name in ids]
    assert call(*ask).out.count("relevance") == 6


def test_hits_without_their_queries_take_them_from_a_file_or_from_the_call(
    call, folder: Path, tmp_path: Path
) -> None:
    def line(query: str, name: str) -> str:
        passage = {"start": 3, "end": 7, "text": "dogs"}
        return json.dumps({"query_id": query, "id": name, "score": 1, "passage": passage}) + "\n"

    (tmp_path / "two.jsonl").write_text(line("q1", "a") + line("q2", "a") + line("q1", "b"), encoding="utf-8")
    (tmp_path / "one.jsonl").write_text(line("q1", "a"), encoding="utf-8")
    (tmp_path / "queries.tsv").write_text("q1\tone\nq2\ttwo\n", encoding="utf-8")
    tail = ("--reranker", folder, "--threads", 1, "--format", "jsonl")
    got = records(
        call("rerank", "--hits", tmp_path / "two.jsonl", "--queries", tmp_path / "queries.tsv", *tail).out
    )
    assert [(r["query_id"], r["query"], r["id"], r["passage"]["end"]) for r in got] == [
        ("q1", "one", "a", 7), ("q1", "one", "b", 7), ("q2", "two", "a", 7),
    ]  # fmt: skip
    assert call("rerank", QUERY, "--hits", tmp_path / "one.jsonl", *tail).code == 0
    refused = call("rerank", "--hits", tmp_path / "two.jsonl", *tail)
    assert (refused.code, "'q1'" in refused.err) == (2, True)
    assert call("rerank", QUERY, "--hits", tmp_path / "two.jsonl", *tail).code == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{}", "no hit"),
        ('{"id": "a", "passage": {"text": "x"}}', "score"),
        ('{"id": "a", "score": "high", "passage": {"text": "x"}}', "score"),
        ('{"id": "a", "score": 1, "passage": {"text": " "}}', "neither a title nor a passage"),
        ('{"id": "a", "score": 1, "passage": {"text": "x", "start": -4}}', "start"),
        ('{"id": "a", "score": 1, "query": 3, "passage": {"text": "x"}}', "query"),
        ('{"id": "a", "score": 1, "scores": [1], "passage": {"text": "x"}}', "scores"),
        ('{"id": "a", "score": 1, "metadata": "m", "passage": {"text": "x"}}', "metadata"),
        ("not json", "JSON"),
        ("", "no records"),
    ],
)
def test_hits_that_cannot_be_used_are_a_data_error(
    call, folder: Path, tmp_path: Path, line: str, reason: str
) -> None:
    source = tmp_path / "hits.jsonl"
    source.write_text(line + "\n", encoding="utf-8")
    result = call("rerank", "--hits", source, "q", "--reranker", folder)
    assert result.code == 4
    assert reason in result.err


def test_a_document_that_stands_twice_is_a_data_error_with_its_line(
    call, folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "hits.jsonl"
    source.write_text('{"id": "a", "score": 1, "passage": {"text": "x"}}\n' * 2, encoding="utf-8")
    result = call("rerank", "--hits", source, "q", "--reranker", folder)
    assert result.code == 4
    assert f"{source}:2" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["query alone"],
        ["q", " "],
        [" ", "passage"],
        ["q", "passage", "--passages", "x.jsonl"],
        ["--passages", "x.jsonl", "--hits", "y.jsonl"],
        ["q", "p", "--queries", "x.tsv"],
        ["q", "p", "--score-field", "s"],
        ["q", "p", "--first-depth", "5"],
        ["q", "p", "--rerank-weight", "0"],
        ["q", "p", "--rerank-weight", "2"],
        ["q", "p", "--budget-ms", "0"],
        ["q", "p", "--labels", "a,b"],
        ["q", "p", "--dry-run"],
        ["q", "p", "--split", "test"],
        ["q", "p", "--budget-ms", "nan"],
        ["q", "p", "--reranker-kind", "relevance"],
    ],
)
def test_calls_that_make_no_sense_are_usage_errors(call, folder: Path, arguments: list[str]) -> None:
    assert call("rerank", *arguments, "--reranker", folder, "--threads", 1).code == 2


@pytest.mark.parametrize(
    "option", [["--claim"], ["--reranker", "x"], ["--nli", "x"], ["--depth", "5"], ["--budget-ms", "5"]]
)
def test_search_refuses_options_of_a_judge_without_rerank(call, index: Path, option: list[str]) -> None:
    result = call("search", "-i", index, "cats", *option)
    assert result.code == 2
    assert f"{option[0]} needs --rerank" in result.err


def test_a_query_that_is_too_long_for_the_judge_is_told(call, folder: Path) -> None:
    result = call("rerank", "the dog " * 300, *PASSAGES, "--reranker", folder, "--threads", 1, "--quiet")
    assert result.code == 0
    assert "cut to what the reranker can read" in result.err


def test_two_judges_work_one_after_the_other(call, folder: Path) -> None:
    result = call(
        "rerank", QUERY, *PASSAGES, "--reranker", folder, "--first-reranker", folder, "--first-depth", 3, "--depth", 2,
        "--threads", 1, "--format", "jsonl",
    )  # fmt: skip
    found = records(result.out)
    assert ["judge2" in record["scores"] for record in found] == [True, True, False]
    assert all("judge1" in record["scores"] for record in found)


def test_old_names_work_with_a_note_and_are_not_in_the_help(call, folder: Path, index: Path) -> None:
    ask = ("rerank", "a fox", *PASSAGES[::2], "--threads", 1, "--format", "jsonl")
    new = call(*ask, "--reranker", folder, "--reranker-kind", "nli")
    old = call(*ask, "-m", folder, "--judge-kind", "nli")
    assert (old.code, old.out, new.err) == (0, new.out, "")
    assert sorted(old.err.splitlines()) == [
        "--judge-kind is deprecated; use --reranker-kind",
        "--model is deprecated here; use --reranker",
    ]
    ask = ("search", "-i", index, "-k", 3, "--offline", "--format", "jsonl", "--rerank", QUERY)
    old = call(*ask, "--judge", folder, "--judge-weight", 0.5, "--first-judge", folder)
    new = call(*ask, "--reranker", folder, "--rerank-weight", 0.5, "--first-reranker", folder)
    assert (old.code, old.out) == (0, new.out)
    assert len(old.err.splitlines()) == 3
    for command in ("search", "rerank", "ask", "recommend"):
        assert "judge" not in call(command, "--help").out.replace("judged.jsonl", "")


def labelled(folder: Path, n: int) -> Path:
    (folder / "qrels").mkdir(parents=True)
    topics = ["animals", "money", "space"]
    names = [f"{topics[number % 3]}-{number % 4}" for number in range(n)]
    (folder / "queries.jsonl").write_text(
        "".join(
            json.dumps({"_id": f"q{i}", "text": f"something about {name}"}) + "\n"
            for i, name in enumerate(names)
        )
    )
    rows = ["query-id\tcorpus-id\tscore", *(f"q{i}\t{name}\t1" for i, name in enumerate(names))]
    (folder / "qrels" / "dev.tsv").write_text("\n".join(rows) + "\n")
    return folder


def test_a_weight_that_is_fitted_is_kept_with_the_index_and_used(
    call, folder: Path, index: Path, tmp_path: Path
) -> None:
    source = labelled(tmp_path / "labelled", 24)
    ask = (
        "rerank",
        "--fit",
        source,
        "-i",
        index,
        "--reranker",
        folder,
        "--threads",
        1,
        "--depth",
        5,
        "--offline",
    )
    tried = call(*ask, "--dry-run")
    assert tried.code == 0
    with Snapshot.open(index) as snapshot:
        assert Fitted.of(snapshot).blends == {}
    assert call(*ask).code == 0
    with Snapshot.open(index) as snapshot:
        (kept,) = Fitted.of(snapshot).blends.values()
    assert (kept.n, kept.depth, kept.fitted_on, kept.kind) == (24, 5, "labelled, dev", "nli")
    assert f"{kept.before:.4f}" in tried.out
    search = (
        "search",
        "-i",
        index,
        "-k",
        5,
        "--rerank",
        "--reranker",
        folder,
        "--offline",
        "--format",
        "jsonl",
        QUERY,
    )
    found = records(call(*search).out)
    asked = ("--rerank-weight", str(kept.weight), "--depth", "5")
    assert found == records(call(*search[:6], *asked, *search[6:]).out)


def test_too_few_labelled_queries_are_a_usage_error(call, folder: Path, index: Path, tmp_path: Path) -> None:
    source = labelled(tmp_path / "labelled", 5)
    result = call("rerank", "--fit", source, "-i", index, "--reranker", folder, "--threads", 1, "--offline")
    assert result.code == 2
    assert "at least 20" in result.err


def test_queries_that_were_labelled_for_another_index_leave_no_weight(
    call, folder: Path, index: Path, tmp_path: Path
) -> None:
    source = labelled(tmp_path / "labelled", 24)
    qrels = source / "qrels" / "dev.tsv"
    qrels.write_text(
        qrels.read_text().replace("\tanimals", "\tx").replace("\tmoney", "\tx").replace("\tspace", "\tx")
    )
    result = call("rerank", "--fit", source, "-i", index, "--reranker", folder, "--threads", 1, "--offline")
    assert result.code == 2
    assert "labelled for another index" in result.err
    assert "weight" not in call("info", index).out


def test_texts_that_the_judge_does_not_know_are_told_of_once(call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", lambda *a, **b: TableModel())
    assert "does not know" not in call("rerank", "谁?", *PASSAGES, "-q").err
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    assert call("rerank", "谁?", *PASSAGES, "-q").err.count("the cross-encoder does not know") == 1
    assert "the cross-encoder does not know" in call("rerank", "who", *PASSAGES, "-q").err  # a passage is
    assert "does not know" not in call("rerank", "who", PASSAGES[0], "-q").err

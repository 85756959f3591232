"""The command line as a user calls it: exit codes, stdout, stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from simengine.cli.main import COMMANDS


def test_help_names_every_command(call) -> None:
    result = call("--help")
    assert result.code == 0
    assert all(f"\n  {name} " in result.out for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(call, name: str) -> None:
    result = call(name, "--help")
    assert result.code == 0
    assert result.out.startswith("Usage: simengine")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from simengine.cli.main import _run; _run(['--help']);"
        "print([m for m in ('torch','faiss','openvino','numpy','transformers','rich','tantivy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_unknown_command_names_the_nearest(call) -> None:
    result = call("serch", "cats")
    assert result.code == 2
    assert "search" in result.err


def test_index_then_search_finds_by_meaning(call, index: Path) -> None:
    result = call(
        "search", "-i", index, "--format", "json", "-k", "2", "--mode", "dense", "shares lost value"
    )
    assert result.code == 0
    assert json.loads(result.out)["hits"][0]["id"] == "money-0"


def test_search_formats_agree(call, index: Path) -> None:
    ask = ("search", "-i", index, "-k", "3", "kittens")
    as_json = [hit["id"] for hit in json.loads(call(*ask, "--format", "json").out)["hits"]]
    as_jsonl = [json.loads(line)["id"] for line in call(*ask, "--format", "jsonl").out.splitlines()]
    as_trec = [line.split()[2] for line in call(*ask, "--format", "trec").out.splitlines()]
    table = call(*ask).out
    assert as_json == as_jsonl == as_trec
    assert len(as_json) == 3
    assert all(name in table for name in as_json)


def test_search_with_filter_keeps_only_matching(call, index: Path) -> None:
    result = call(
        "search", "-i", index, "--format", "jsonl", "-w", 'topic == "space" and n >= 2', "cats and dogs"
    )
    assert {json.loads(line)["id"] for line in result.out.splitlines()} == {"space-2", "space-3"}


def test_bad_filter_is_a_usage_error_with_position(call, index: Path) -> None:
    result = call("search", "-i", index, "-w", "topic == ", "cats")
    assert result.code == 2
    assert "topic" in result.err
    assert "Traceback" not in result.err


def test_batch_of_queries_from_a_file(call, index: Path, tmp_path: Path) -> None:
    (tmp_path / "queries.tsv").write_text("a\tkittens\nb\tplanets and moons\n", encoding="utf-8")
    result = call("search", "-i", index, "--queries", tmp_path / "queries.tsv", "--format", "trec", "-k", "1")
    assert [line.split()[:4:3] for line in result.out.splitlines()] == [["a", "1"], ["b", "1"]]
    assert result.out.splitlines()[1].split()[2] == "space-2"


def test_nothing_found_with_fail_empty_exits_5(call, index: Path) -> None:
    result = call("search", "-i", index, "--mode", "lexical", "--fail-empty", "zzzzqqq")
    assert result.code == 5
    assert result.out == ""


def test_missing_index_is_named(call, tmp_path: Path) -> None:
    result = call("search", "-i", tmp_path / "nowhere", "cats")
    assert result.code == 1
    assert "nowhere" in result.err


def test_the_only_index_is_the_default(call, corpus_file: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("search", "cats").code == 1
    assert call("index", corpus_file).code == 0
    assert (tmp_path / "indexes" / "corpus" / "manifest.json").is_file()
    assert "animals-0" in call("search", "cats", "purr").out


@pytest.mark.parametrize("arguments", [["embed", "--input"], ["score", "--pairs"]])
def test_a_missing_file_is_told_before_a_model_is_loaded(
    call, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "simengine.encoders.load.load_encoder", lambda *given, **options: pytest.fail("loaded")
    )
    result = call(*arguments, tmp_path / "none.jsonl")
    assert result.code == 4
    assert "no such file or folder" in result.err


def test_score_of_a_text_with_itself_is_one(call) -> None:
    result = call("score", "a cat", "a cat")
    assert result.code == 0
    assert float(result.out) == pytest.approx(1.0, abs=1e-4)


def test_score_of_pairs_keeps_order_and_extra_fields(call, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(
        '{"sentence1": "A man plays a guitar.", "sentence2": "A man is playing music.", "score": 4}\n'
        '{"sentence1": "A man plays a guitar.", "sentence2": "The sea is cold.", "score": 0}\n'
    )
    rows = [
        json.loads(line) for line in call("score", "--pairs", pairs, "--format", "jsonl").out.splitlines()
    ]
    assert rows[0]["cosine"] > 0.5 > rows[1]["cosine"]
    assert [row["score"] for row in rows] == [4, 0]


def test_score_needs_two_texts_or_a_file(call) -> None:
    assert call("score", "only one").code == 2
    for command in ("score", "nli"):
        both = call(command, "--pairs", "pairs.csv", "one text")
        assert both.code == 2
        assert "or --pairs FILE; 1 text given" in both.err


def test_doctor_explains_and_succeeds(call) -> None:
    result = call("doctor")
    assert result.code == 0
    for topic in ("python", "processor", "faiss", "model"):
        assert topic in result.out


def test_doctor_names_a_strangers_package_that_owns_the_same_folder(call, monkeypatch) -> None:
    from simengine.engine import diagnosis

    real = diagnosis.version
    monkeypatch.setattr(diagnosis, "version", lambda name: "3.7" if name == "simengine" else real(name))
    result = call("doctor")
    assert result.code == 1
    assert "simengine 3.7 from PyPI is an unrelated project" in result.out


def test_doctor_names_extras_that_are_missing_and_how_to_install_them(call, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    result = call("doctor")
    assert result.code == 0
    (line,) = [line for line in result.out.splitlines() if "extras not installed" in line]
    assert "files (zstandard), evaluate (ir_measures)" in line
    assert "pip install 'simengine-search[files,evaluate" in line


def test_doctor_lists_the_bundled_models_with_base_and_size(call) -> None:
    from simengine.models.resolve import bundled_models

    lines = call("doctor").out.splitlines()
    assert bundled_models()
    for model in bundled_models():
        (line,) = [line for line in lines if f" {model.name}, bundled" in line]
        assert f"difference to {model.base} ({model.size_bytes / 1e6:.1f} MB)" in line


def test_doctor_gpu_fails_where_there_is_none(call) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert call("doctor", "--gpu").code == 1


def test_cuda_without_gpu_is_one_clear_line(call, index: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    result = call("search", "-i", index, "--device", "cuda", "cats")
    assert result.code == 1
    assert len(result.err.strip().splitlines()) == 1


def test_reader_that_stops_early_is_no_error(index: Path) -> None:
    command = f"{sys.executable} -m simengine.cli.main export {index} --what passages | head -n 1"
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in result.stderr
    assert json.loads(result.stdout)["id"]


def test_json_of_a_file_of_queries_is_one_array(call, index: Path, tmp_path: Path) -> None:
    (tmp_path / "queries.tsv").write_text("a\tkittens\nb\tplanets and moons\n", encoding="utf-8")
    result = call("search", "-i", index, "--queries", tmp_path / "queries.tsv", "--format", "json", "-k", "1")
    assert [record["query_id"] for record in json.loads(result.out)] == ["a", "b"]


def test_doctor_encode_says_why_this_runtime(call) -> None:
    from simengine.encoders.load import load_encoder

    assert f"({load_encoder(None, offline=True).runtime_reason})" in call("doctor", "--encode").out


def test_pairs_of_an_unknown_header_need_fields(call, tmp_path: Path) -> None:
    pairs = tmp_path / "p.csv"
    pairs.write_text("id,question_a,question_b\n007,cats purr,cats purr\n")
    refused = call("score", "--pairs", pairs, "--offline")
    assert refused.code == 4
    assert "'id', 'question_a', 'question_b'" in refused.err
    done = call(
        "score", "--pairs", pairs, "--fields", "question_a,question_b", "--format", "jsonl", "--offline"
    )
    record = json.loads(done.out)
    assert (record["id"], record["text1"], record["cosine"]) == (
        "007",
        "cats purr",
        pytest.approx(1.0, abs=1e-5),
    )
    assert call("score", "--pairs", pairs, "--fields", "question_a").code == 2
    assert call("score", "a", "b", "--fields", "x,y").code == 2
    assert call("evaluate", "sts", pairs, "--fields", "question_a,nothing").code == 4
    assert call("evaluate", "retrieval", tmp_path, "--fields", "a,b").code == 2

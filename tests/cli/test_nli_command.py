"""`simengine nli` with a tiny random model: what it says is compared with the model called as a library."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine.cross_encoders.nli import NLIModel
from tests.contracts.pair_models import PairRecipe, make_pair_model

PAIRS = [
    ("A plane is taking off. A dog sleeps.", "The plane leaves."),
    ("两个人在下棋，旁边有一只猫。", "有一只猫。"),
    ("a fox", "the quick brown fox"),
    ("The fox runs. " * 40, "A fox runs."),
]


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMENGINE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("SIMENGINE_NLI_MODEL", raising=False)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pair_model(PairRecipe("bert"), tmp_path_factory.mktemp("nli"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Iterator[NLIModel]:
    loaded = NLIModel.load(str(folder), device="cpu", threads=1, offline=True)
    yield loaded
    loaded.close()


def relabelled(folder: Path, target: Path, *labels: str) -> Path:
    shutil.copytree(folder, target)
    config = json.loads((target / "config.json").read_text())
    config["id2label"] = dict(enumerate(labels))
    (target / "config.json").write_text(json.dumps(config))
    return target


def write_pairs(path: Path, **extra: object) -> Path:
    lines = [json.dumps({"premise": a, "hypothesis": b, **extra}, ensure_ascii=False) for a, b in PAIRS]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("pair", PAIRS)
def test_json_of_two_texts_is_the_models_verdict(call, folder: Path, model: NLIModel, pair) -> None:
    result = call("nli", *pair, "--nli", folder, "--format", "json")
    assert result.code == 0
    found, expected = json.loads(result.out), model.verdict(*pair)
    assert (found["premise"], found["hypothesis"]) == pair
    assert (found["verdict"], found["n_windows"]) == (expected.label, expected.n_windows)
    assert found["probabilities"] == pytest.approx(dict(expected.probabilities), abs=1e-4)
    if expected.evidence is None:
        assert found["evidence"] is None
    else:
        start, end = expected.evidence.start, expected.evidence.end
        assert found["evidence"] == {"start": start, "end": end, "text": pair[0][start:end]}


def test_the_table_names_the_verdict_and_all_three_probabilities(call, folder: Path, model: NLIModel) -> None:
    result = call("nli", *PAIRS[0], "--nli", folder)
    rows = dict(line.split(maxsplit=1) for line in result.out.splitlines())
    verdict = model.verdict(*PAIRS[0])
    assert rows["verdict"] == verdict.shown
    for name, value in verdict.probabilities.items():
        assert float(rows[name]) == pytest.approx(value, abs=1e-3)
    assert ("evidence" in rows) == (verdict.evidence is not None)


def test_a_file_of_pairs_gives_a_line_for_each_in_order_with_its_fields(
    call, folder: Path, model: NLIModel, tmp_path: Path
) -> None:
    source = write_pairs(tmp_path / "pairs.jsonl", label="neutral", id=7)
    result = call(
        "nli", "--pairs", source, "--nli", folder, "--format", "jsonl", "-o", tmp_path / "out.jsonl"
    )
    assert (result.code, result.out) == (0, "")
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(each["premise"], each["hypothesis"]) for each in records] == PAIRS
    assert [each["verdict"] for each in records] == [each.label for each in model.verdicts(PAIRS)]
    assert {(each["label"], each["id"]) for each in records} == {("neutral", 7)}


def test_the_table_of_a_file_has_a_row_for_each_pair(
    call, folder: Path, model: NLIModel, tmp_path: Path
) -> None:
    result = call("nli", "--pairs", write_pairs(tmp_path / "pairs.jsonl"), "--nli", folder)
    rows = [line.split("\t") for line in result.out.splitlines()]
    assert [row[0] for row in rows] == [each.shown for each in model.verdicts(PAIRS)]
    assert rows[2][2:] == list(PAIRS[2])


def test_the_output_can_be_read_as_pairs_again(call, folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    call(
        "nli",
        "--pairs",
        write_pairs(tmp_path / "pairs.jsonl"),
        "--nli",
        folder,
        "--format",
        "jsonl",
        "-o",
        first,
    )
    assert call("nli", "--pairs", first, "--nli", folder, "--format", "jsonl", "-o", second).code == 0
    assert first.read_bytes() == second.read_bytes()


def test_the_model_may_come_from_the_environment(call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMENGINE_NLI_MODEL", str(folder))
    assert call("nli", *PAIRS[2]).code == 0


@pytest.mark.parametrize(
    "arguments", [[], ["one text"], ["a", "b", "c"], ["a", " "], ["a", "b", "--pairs", "x"]]
)
def test_other_than_two_texts_or_a_file_is_a_usage_error(call, arguments: list[str]) -> None:
    result = call("nli", *arguments)
    assert result.code == 2
    assert "Traceback" not in result.err


def test_unnamed_labels_are_refused_until_they_are_named(call, folder: Path, tmp_path: Path) -> None:
    unnamed = relabelled(folder, tmp_path / "unnamed", "LABEL_0", "LABEL_1", "LABEL_2")
    refused = call("nli", *PAIRS[0], "--nli", unnamed)
    assert refused.code == 2
    assert "--labels" in refused.err
    named = call(
        "nli", *PAIRS[0], "--nli", unnamed, "--labels", "contradiction,entailment,neutral", "--format", "json"
    )
    assert named.code == 0
    assert json.loads(named.out) == json.loads(
        call("nli", *PAIRS[0], "--nli", folder, "--format", "json").out
    )


@pytest.mark.parametrize("labels", ["entailment,neutral", "a,b,c", "entailment,entailment,neutral"])
def test_names_that_do_not_fit_are_a_usage_error(call, folder: Path, labels: str) -> None:
    assert call("nli", *PAIRS[0], "--nli", folder, "--labels", labels).code == 2


def test_a_model_with_other_labels_is_a_usage_error_that_lists_the_known_ones(
    call, folder: Path, tmp_path: Path
) -> None:
    other = relabelled(folder, tmp_path / "other", "positive", "negative", "mixed")
    result = call("nli", *PAIRS[0], "--nli", other)
    assert result.code == 2
    assert "entailment, neutral, contradiction" in result.err


def test_a_bi_encoder_is_a_model_error(call) -> None:
    result = call("nli", *PAIRS[0], "--nli", "all-MiniLM-L6-v2", "--offline")
    assert result.code == 1
    assert "cross-encoder" in result.err


@pytest.mark.parametrize("name", ["none.jsonl", "pairs.docx"])
def test_a_file_that_cannot_be_read_is_told_before_a_model_is_loaded_and_spares_the_output(
    call, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "simengine.engine.loaded.load_cross_encoder", lambda *args, **options: pytest.fail("loaded")
    )
    (tmp_path / "pairs.docx").touch()
    (tmp_path / "out.jsonl").write_text("before", encoding="utf-8")
    result = call("nli", "--pairs", tmp_path / name, "-o", tmp_path / "out.jsonl")
    assert result.code == 4
    assert name in result.err
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "before"


def test_a_bad_line_names_file_and_line(call, folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"premise": "a", "hypothesis": "b"}\n{"premise": "a"}\n', encoding="utf-8")
    result = call("nli", "--pairs", bad, "--nli", folder, "-o", tmp_path / "out.jsonl")
    assert result.code == 4
    assert f"{bad}:2" in result.err
    assert not (tmp_path / "out.jsonl").exists()


def test_a_hypothesis_that_does_not_fit_is_told_on_stderr(call, folder: Path) -> None:
    result = call("nli", "A fox runs.", "the dog " * 200, "--nli", folder, "--quiet")
    assert result.code == 0
    assert "1 pair with a hypothesis cut" in result.err


def test_the_old_name_of_the_model_option_works_with_a_note(call, folder: Path) -> None:
    old, new = (call("nli", *PAIRS[2], name, folder, "--format", "json") for name in ("-m", "--nli"))
    assert old.out == new.out
    assert "deprecated; use --nli" in old.err
    assert new.err == ""

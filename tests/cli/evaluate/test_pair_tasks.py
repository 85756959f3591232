"""simengine evaluate nli, sts and rerank on small real models, against the libraries that made them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.evaluate.files import NLI, QUICK
from tests.training.tiny_models import tiny_cross_encoder


@pytest.mark.usefixtures("in_f32")
def test_nli_agrees_with_sentence_transformers(
    call: Callable, models: dict[str, Path], nli_file: Path, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(models["nli"]), device="cpu", local_files_only=True)
    logits = model.predict([(p, h) for p, h, _ in NLI], convert_to_numpy=True)
    names = ["contradiction", "entailment", "neutral"]
    expected = [names[place] for place in logits.argmax(axis=1)]
    out = tmp_path / "out"
    called = call("evaluate", "nli", nli_file, "-m", models["nli"], "--format", "json", "-o", out, *QUICK)
    assert called.code == 0, called.err
    found = json.loads(called.out)
    right = np.mean([said == gold for said, (_, _, gold) in zip(expected, NLI, strict=True)])
    assert found["models"][0]["metrics"]["accuracy"]["value"] == pytest.approx(right)
    assert found["models"][0]["notes"] == ["1 left out: no gold label"]
    assert (found["n"], found["unit"], found["comparison"]) == (6, "pair", None)
    assert json.loads((out / "result.json").read_text(encoding="utf-8")) == found
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["predicted"] for row in rows] == expected
    exact = np.exp(logits - logits.max(axis=1, keepdims=True))
    exact /= exact.sum(axis=1, keepdims=True)
    for row, line in zip(rows, exact, strict=True):
        assert row["probabilities"] == pytest.approx(dict(zip(names, line.tolist(), strict=True)), abs=1e-3)
        assert row["right"] == (row["gold"] == row["predicted"])


def test_outputs_without_names_are_named_by_an_option(
    call: Callable, models: dict[str, Path], nli_file: Path, tmp_path: Path
) -> None:
    both = []
    for names in ("contradiction,entailment,neutral", "e,n,c"):
        arguments = ("evaluate", "nli", nli_file, "-m", models["unnamed"], "--labels", names, "-o", tmp_path)
        assert call(*arguments, *QUICK).code == 0
        lines = (tmp_path / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
        both.append([json.loads(line)["probabilities"] for line in lines])
    for one, other in zip(*both, strict=True):
        assert one["contradiction"] == pytest.approx(other["entailment"], abs=1e-5)
        assert one["entailment"] == pytest.approx(other["neutral"], abs=1e-5)
    called = call("evaluate", "nli", nli_file, "-m", models["unnamed"], "--labels", "e,n", *QUICK)
    assert called.code == 2
    assert "2 labels are given; the model has 3: LABEL_0, LABEL_1, LABEL_2" in called.err


def test_names_for_outputs_are_not_put_on_a_model_that_has_its_own(
    call: Callable, models: dict[str, Path], nli_file: Path
) -> None:
    arguments = ("evaluate", "nli", nli_file, "-m", models["nli"], "--format", "json", *QUICK)
    plain, named = (json.loads(call(*arguments, *extra).out) for extra in ((), ("--labels", "e,n,c")))
    assert plain["models"][0]["result"] == named["models"][0]["result"]


def test_two_models_are_compared(
    call: Callable, models: dict[str, Path], nli_file: Path, tmp_path: Path
) -> None:
    arguments = ("evaluate", "nli", nli_file, "-m", models["nli"], "--compare", models["nli2"], *QUICK)
    called = call(*arguments, "--format", "json", "-o", tmp_path / "out", "--plots")
    assert called.code == 0, called.err
    found = json.loads(called.out)
    first, second = (one["metrics"]["accuracy"]["value"] for one in found["models"])
    accuracy = found["comparison"]["metrics"][0]
    assert (accuracy["first"], accuracy["second"]) == (first, second)
    assert accuracy["difference"] == pytest.approx(second - first)
    units = found["comparison"]["units"]
    assert units["first_better"] + units["both_right"] == pytest.approx(6 * first)
    assert units["second_better"] + units["both_right"] == pytest.approx(6 * second)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "calibration-compare.png",
        "calibration.png",
        "confusion-compare.png",
        "confusion.png",
        "predictions-compare.jsonl",
        "predictions.jsonl",
        "result.json",
    ]
    table = call(*arguments).out
    for part in ("accuracy", "macro-F1", "95% interval", "entailment", "only the second", "McNemar"):
        assert part in table


@pytest.mark.usefixtures("in_f32")
def test_sts_takes_a_bi_encoder_or_a_cross_encoder(
    call: Callable, models: dict[str, Path], sts_file: Path
) -> None:
    from scipy.stats import spearmanr
    from sentence_transformers import CrossEncoder

    called = call("evaluate", "sts", sts_file, "--format", "json", *QUICK)
    assert called.code == 0, called.err
    metrics = json.loads(called.out)["models"][0]["metrics"]
    assert metrics["spearman"]["value"] > 0.7  # all-MiniLM-L6-v2 knows
    called = call("evaluate", "sts", sts_file, "-m", models["score"], "--format", "json", *QUICK)
    assert called.code == 0, called.err
    records = [json.loads(line) for line in sts_file.read_text(encoding="utf-8").splitlines()]
    model = CrossEncoder(str(models["score"]), device="cpu", local_files_only=True)
    scores = model.predict([(r["text1"], r["text2"]) for r in records])
    expected = spearmanr([r["score"] for r in records], scores).statistic
    assert json.loads(called.out)["models"][0]["metrics"]["spearman"]["value"] == pytest.approx(expected)


def test_rerank_takes_every_kind_of_pair_model(
    call: Callable, models: dict[str, Path], relevance_file: Path
) -> None:
    for model in ("all-MiniLM-L6-v2", models["score"], models["nli"]):
        called = call("evaluate", "rerank", relevance_file, "-m", model, "--format", "json", *QUICK)
        assert called.code == 0, called.err
        found = json.loads(called.out)
        assert found["n"] == 2
        assert 0.5 <= found["models"][0]["metrics"]["MAP"]["value"] <= 1
        assert "questions left out that have no right answer: 1" in found["models"][0]["notes"]
        if model == "all-MiniLM-L6-v2":
            assert found["models"][0]["metrics"]["MAP"]["value"] == 1.0


def test_one_example_has_no_interval(call: Callable, models: dict[str, Path], nli_file: Path) -> None:
    called = call("evaluate", "nli", nli_file, "-m", models["nli"], "--limit", "1", "--resamples", "100")
    assert called.code == 0
    assert "a single example has no confidence interval" in called.err
    assert "1 pair" in called.out.splitlines()[0]


def test_a_seed_gives_the_same_figures_again(call: Callable, models: dict[str, Path], nli_file: Path) -> None:
    arguments = ("evaluate", "nli", nli_file, "-m", models["nli"], "--format", "json", "--seed", "3", *QUICK)
    first, second = (json.loads(call(*arguments).out) for _ in range(2))
    for one in (first, second):
        del one["models"][0]["predict_s"]
    assert first == second


def test_a_saved_cross_encoder_of_sentence_transformers_is_understood(
    call: Callable, nli_file: Path, tmp_path: Path
) -> None:
    model = tiny_cross_encoder(tmp_path / "base")
    model.transformers_model.config.id2label = {0: "entailment", 1: "neutral", 2: "contradiction"}
    model.save_pretrained(str(tmp_path / "saved"))
    called = call("evaluate", "nli", nli_file, "-m", tmp_path / "saved", *QUICK)
    assert called.code == 0, called.err

"""`simengine calibrate` with a tiny random model: what it keeps is compared with the library called by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simengine.calibration.calibration import fit_calibration
from simengine.calibration.stored import load_calibration, read_calibration
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.relevance import RelevanceModel
from simengine.store.snapshot import Snapshot
from tests.contracts.pair_models import PairRecipe, make_pair_model

WORDS = ["plane", "dog", "fox", "cat", "棋", "order", "smile", "café", "lazy", "quick", "brown", "over"]
LABELS = ("entailment", "neutral", "contradiction")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pair_model(PairRecipe("bert"), tmp_path_factory.mktemp("nli"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Iterator[NLIModel]:
    loaded = NLIModel.load(str(folder), device="cpu", threads=1, offline=True)
    yield loaded
    loaded.close()


def texts(n: int) -> list[tuple[str, str]]:
    rng = np.random.default_rng(4)
    return [(" ".join(rng.choice(WORDS, 4)), " ".join(rng.choice(WORDS, 3))) for _ in range(n)]


def write(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in records), encoding="utf-8")
    return path


def relevance_pairs(path: Path, model: NLIModel, n: int = 60) -> Path:
    """Labels follow the model's own scores, so that there is something to learn."""
    pairs = texts(n)
    scores = RelevanceModel(model.model).scores(pairs)
    noise = np.random.default_rng(0).normal(0, scores.std(), n)
    labels = (scores + noise > np.median(scores)).astype(int)
    return write(
        path,
        [{"question": q, "passage": p, "label": int(y)} for (q, p), y in zip(pairs, labels, strict=True)],
    )


def test_pairs_are_judged_fitted_and_kept_with_the_index(call, index, folder, model, tmp_path) -> None:
    pairs = relevance_pairs(tmp_path / "pairs.jsonl", model)
    result = call(
        "calibrate", index, "--pairs", pairs, "--nli", folder, "--kind", "platt", "--precision", "0.5"
    )
    assert result.code == 0, result.err
    digest = model.model.fingerprint.digest
    with Snapshot.open(index) as snapshot:
        found = load_calibration(snapshot, "relevance", digest)
    records = [json.loads(line) for line in pairs.read_text(encoding="utf-8").splitlines()]
    scores = RelevanceModel(model.model).scores([(each["question"], each["passage"]) for each in records])
    expected = fit_calibration(
        scores,
        [each["label"] for each in records],
        model=digest,
        task="relevance",
        kind="platt",
        groups=[each["question"] for each in records],
        precisions=[0.5],
    )
    assert found is not None
    assert found.parameters == pytest.approx(expected.parameters, rel=1e-3)
    assert (found.n, found.fitted_on, found.kind) == (60, "pairs.jsonl", "platt")
    assert found.ece_after == pytest.approx(expected.ece_after, abs=1e-3)
    assert f"{found.ece_after:.4f}" in result.out
    assert "precision" in result.out
    assert "before:" in result.out


def test_it_outlives_a_compaction_and_is_replaced_by_a_new_one(call, index, folder, model, tmp_path) -> None:
    pairs = relevance_pairs(tmp_path / "pairs.jsonl", model)
    assert call("calibrate", index, "--pairs", pairs, "--nli", folder, "--kind", "platt", "-q").code == 0
    assert call("compact", index, "-q").code == 0
    again = call("calibrate", index, "--pairs", pairs, "--nli", folder, "--kind", "temperature")
    assert "replaced" in again.err
    with Snapshot.open(index) as snapshot:
        found = load_calibration(snapshot, "relevance", model.model.fingerprint.digest)
    assert found is not None
    assert found.kind == "temperature"


def test_three_classes_go_to_a_file_and_from_it_into_an_index(call, index, folder, model, tmp_path) -> None:
    pairs = texts(60)
    labels = [LABELS[(number + int(p[0])) % 3] for number, p in enumerate(model.probabilities(pairs))]
    source = write(
        tmp_path / "nli.jsonl",
        [{"premise": a, "hypothesis": b, "label": c} for (a, b), c in zip(pairs, labels, strict=True)],
    )
    kept = tmp_path / "nli.json"
    result = call("calibrate", "--pairs", source, "--task", "nli", "--nli", folder, "-o", kept)
    assert result.code == 0, result.err
    made = read_calibration(kept)
    assert (made.kind, made.n_classes, made.task) == ("temperature", 3, "nli")
    assert call("calibrate", index, "--fitted", kept).code == 0
    with Snapshot.open(index) as snapshot:
        assert load_calibration(snapshot, "nli", made.model) == made


def test_names_of_the_outputs_count_for_relevance_and_for_verdicts(call, folder, model, tmp_path) -> None:
    names = {"entailment": "contradiction", "neutral": "neutral", "contradiction": "entailment"}
    labels = ",".join(names[label] for label in model.model.labels)
    pairs = relevance_pairs(tmp_path / "pairs.jsonl", model)
    ask = ("calibrate", "--pairs", pairs, "--kind", "platt", "-o", "-", "-q")
    plain, turned = call(*ask, "--nli", folder), call(*ask, "--nli", folder, "--labels", labels)
    named = call(*ask, "--reranker", folder, "--labels", labels)
    assert (plain.code, turned.code, named.code) == (0, 2, 2)  # relevance that falls where it should rise
    assert turned.err == named.err != ""
    verdicts = write(
        tmp_path / "nli.jsonl",
        [{"premise": a, "hypothesis": b, "label": LABELS[n % 3]} for n, (a, b) in enumerate(texts(60))],
    )
    ask = ("calibrate", "--pairs", verdicts, "--task", "entailment", "-o", "-", "-q", "--nli", folder)
    assert call(*ask).out != call(*ask, "--labels", labels).out
    assert call(*ask, "--labels", "a,b").code == 2


def test_scores_that_are_there_already_need_no_model_to_run(call, index, folder, model, tmp_path) -> None:
    rng = np.random.default_rng(1)
    scores = rng.random(80)
    source = write(
        tmp_path / "answers.jsonl",
        [
            {"question": f"q{n}", "answer": "a", "label": int(rng.random() < s), "probability": float(s)}
            for n, s in enumerate(scores)
        ],
    )
    arguments = [
        "calibrate",
        index,
        "--pairs",
        source,
        "--task",
        "answer",
        "--nli",
        folder,
        "--format",
        "json",
    ]
    result = call(*arguments, "--score-field", "probability")
    assert result.code == 0, result.err
    table = json.loads(result.out)
    assert (table["task"], table["model"], table["n"]) == ("answer", model.model.fingerprint.digest, 80)
    assert call(*arguments).code == 2
    refused = call(*arguments, "--score-field", "other")
    assert refused.code == 4
    assert ":1:" in refused.err


def test_cosines_are_of_the_indexs_model(call, index, tmp_path) -> None:
    records = []
    for n in range(20):
        records.append({"text1": f"The cat number {n} sleeps.", "text2": f"Cat {n} is asleep.", "label": 1})
        records.append({"text1": f"The cat number {n} sleeps.", "text2": "Inflation rose.", "label": 0})
    source = write(tmp_path / "pairs.jsonl", records)
    result = call("calibrate", index, "--pairs", source, "--task", "cosine", "--format", "json", "--offline")
    assert result.code == 0, result.err
    table = json.loads(result.out)
    assert (table["scale"], table["ece_before"]) == ("other", None)
    with Snapshot.open(index) as snapshot:
        assert table["model"] == snapshot.settings.fingerprint


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--pairs", "x.jsonl", "--fitted", "y.json"],
        ["--pairs", "x.jsonl", "--confidence", "0.95"],
        ["--pairs", "x.jsonl", "--task", "answer"],
        ["--pairs", "x.jsonl", "--task", "nli", "--score-field", "p"],
    ],
)
def test_calls_that_ask_for_nothing_possible_are_usage_errors(call, index, arguments) -> None:
    result = call("calibrate", index, *arguments)
    assert result.code == 2
    assert "Traceback" not in result.err


def test_an_output_file_and_an_index_are_too_much(call, index, tmp_path) -> None:
    assert call("calibrate", index, "--pairs", "x", "-o", tmp_path / "c.json").code == 2


def test_bad_pairs_leave_the_index_as_it_was(call, index, folder, tmp_path) -> None:
    one_class = write(
        tmp_path / "one.jsonl", [{"question": a, "passage": b, "label": 1} for a, b in texts(40)]
    )
    result = call("calibrate", index, "--pairs", one_class, "--nli", folder)
    assert result.code == 2
    assert "each label" in result.err
    broken = write(tmp_path / "broken.jsonl", [{"question": "a", "passage": "b", "label": 7}])
    assert call("calibrate", index, "--pairs", broken, "--nli", folder).code == 4
    with Snapshot.open(index) as snapshot:
        assert snapshot.derived("calibration") is None


def test_the_old_name_of_the_model_still_works_with_a_note(call, index, folder, model, tmp_path) -> None:
    pairs = relevance_pairs(tmp_path / "pairs.jsonl", model)
    ask = ("calibrate", index, "--pairs", pairs, "--kind", "platt", "--format", "json", "-q")
    old, new = call(*ask, "-m", folder), call(*ask, "--reranker", folder)
    assert json.loads(old.out)["model"] == json.loads(new.out)["model"] == model.model.fingerprint.digest
    assert old.err.splitlines() == ["--model names the bi-encoder; use --reranker for the model of this task"]
    assert new.err == ""
    assert call(*ask, "--nli", folder).out == new.out
    assert "--task nli is of another model" in call(*ask, "--reranker", folder, "--task", "nli").err


@pytest.mark.parametrize("task", ["relevance", "nli", "cosine"])
def test_a_missing_file_is_told_before_a_model_is_loaded(call, index, tmp_path, task, monkeypatch) -> None:
    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", lambda *a, **b: pytest.fail("loaded"))
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", lambda *a, **b: pytest.fail("loaded"))
    result = call("calibrate", index, "--pairs", tmp_path / "none.jsonl", "--task", task)
    assert result.code == 4
    assert "none.jsonl: no such file or folder" in result.err

"""`simengine classify` against the classifier called as a library, with a model of keywords."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from simengine.calibration.calibration import Calibration
from simengine.reasoning.zero_shot import ZeroShotClassifier
from tests.faults.encoder import WordEncoder, load_word_encoder
from tests.reasoning.keyword_model import keyword_nli

TABLE = {"sport": 5.0, "bank": 4.0, "money": 4.0, "体育": 5.0}
LABELS = ["-l", "sport", "-l", "bank"]


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simengine.engine.loaded.LoadedModels.nli", lambda *given: keyword_nli(TABLE))
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)


def write(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in records), encoding="utf-8")
    return path


def test_a_text_gets_a_table_of_its_labels(call) -> None:
    joined = ZeroShotClassifier(keyword_nli(TABLE), encoder=WordEncoder())
    alone = ZeroShotClassifier(keyword_nli(TABLE))
    for model, words in ((joined, ()), (alone, ("--no-cosine",))):
        expected = model.classify(["a day of sport"], ["sport", "bank"])[0]
        result = call("classify", "a day of sport", *LABELS, *words)
        rows = [line.split() for line in result.out.splitlines()]
        assert [row[0] for row in rows] == ["sport", "bank"]
        shown = [float(row[1]) for row in rows]
        assert shown == pytest.approx(list(expected.probabilities.values()), abs=1e-4)
        assert [row[2:] for row in rows] == [["*"] if row[0] == expected.label else [] for row in rows]
    assert expected.label == "sport"


def test_a_file_gives_a_record_for_each_document_with_its_own_fields(call, tmp_path: Path) -> None:
    source = write(
        tmp_path / "texts.jsonl",
        {"id": "a", "text": "the bank", "label": "gold", "n": 3},
        {"id": "b", "text": "体育新闻"},
    )
    result = call(
        "classify",
        "--input",
        source,
        *LABELS,
        "--no-cosine",
        "--format",
        "jsonl",
        "-o",
        tmp_path / "out.jsonl",
    )
    assert (result.code, result.out) == (0, "")
    first, second = (
        json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    )
    assert (first["id"], first["label"], first["n"], first["predicted"]) == ("a", "gold", 3, ["bank"])
    assert (second["text"], second["calibrated"]) == ("体育新闻", False)
    assert sum(second["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)


def test_descriptions_templates_and_several_labels(call) -> None:
    result = call(
        "classify", "my money", "-l", "A=money", "-l", "B=sport", "--multi-label", "--template", "on {}",
        "--format", "json",
    )  # fmt: skip
    record = json.loads(result.out)
    assert record["predicted"] == ["A"]
    expected = ZeroShotClassifier(keyword_nli(TABLE)).probabilities(
        ["my money"], ["money", "sport"], template="on {}", multi_label=True
    )
    np.testing.assert_allclose(list(record["probabilities"].values()), expected[0], atol=1e-5)


def test_the_prior_of_the_texts_sees_all_of_them(call, tmp_path: Path) -> None:
    texts = ["sport", "sport bank", "nothing"]
    source = write(tmp_path / "texts.jsonl", *({"text": text} for text in texts))
    result = call(
        "classify", "--input", source, *LABELS, "--prior", "texts", "--no-cosine", "--format", "jsonl"
    )
    found = [list(json.loads(line)["probabilities"].values()) for line in result.out.splitlines()]
    expected = ZeroShotClassifier(keyword_nli(TABLE)).probabilities(texts, ["sport", "bank"], prior="texts")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_calibration_is_read_from_a_file_and_refused_where_it_is_of_another_model(
    call, tmp_path: Path
) -> None:
    made = Calibration(
        "platt", keyword_nli(TABLE).model.fingerprint.digest, "classification", "probability",
        {"slope": 0.5, "intercept": -1.0}, 100, "x", "2026-11-22", 0.2, 0.02, 0.5,
    )  # fmt: skip
    path = tmp_path / "c.json"
    path.write_text(json.dumps(made.to_dict()))
    arguments = ["classify", "sport", *LABELS, "--no-cosine", "--format", "json", "--calibration", path]
    record = json.loads(call(*arguments).out)
    plain = ZeroShotClassifier(keyword_nli(TABLE)).probabilities(["sport"], ["sport", "bank"])[0]
    np.testing.assert_allclose(list(record["probabilities"].values()), made.apply(plain), atol=1e-5)
    assert record["calibrated"]
    path.write_text(json.dumps({**made.to_dict(), "model": "other"}))
    assert call(*arguments).code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        LABELS,
        ["a", "-l", "one"],
        ["a"],
        [" ", *LABELS],
        ["a", "--input", "x.jsonl", *LABELS],
        ["a", "-l", "x", "-l", "x"],
        ["a", "-l", "x=", "-l", "y"],
        ["a", "-l", " ", "-l", "y"],
        ["a", *LABELS, "--template", "no slot"],
        ["a", *LABELS, "--threshold", "0.3"],
    ],
)
def test_calls_that_cannot_be_answered_are_usage_errors(call, arguments: list[str]) -> None:
    result = call("classify", *arguments)
    assert result.code == 2
    assert "Traceback" not in result.err


def test_a_broken_record_names_file_and_line_or_is_left_out(call, tmp_path: Path) -> None:
    source = tmp_path / "texts.jsonl"
    source.write_text('{"text": "sport"}\n{broken\n', encoding="utf-8")
    refused = call("classify", "--input", source, *LABELS)
    assert refused.code == 4
    assert ":2" in refused.err
    skipped = call("classify", "--input", source, *LABELS, "--skip-invalid", "--format", "jsonl")
    assert skipped.code == 0
    assert len(skipped.out.splitlines()) == 1
    assert "left out" in skipped.err


def test_a_missing_file_is_told_before_a_model_is_loaded(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simengine.engine.loaded.LoadedModels.nli", lambda *given: pytest.fail("loaded"))
    result = call("classify", "--input", tmp_path / "none.jsonl", *LABELS)
    assert result.code == 4
    assert "no such file or folder" in result.err

"""simengine augment with small models: silver pairs as the library makes them, in files that training reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.examples import read_nli, read_relevance, read_scored_pairs
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.relevance import RelevanceModel, SimilarityModel
from simengine.encoders.load import load_encoder
from simengine.training.augment import AugmentOptions, augment_pairs
from tests.cli.conftest import Called
from tests.training.tiny_models import tiny_cross_encoder, write_tiny

Call = Callable[..., Called]
TEXTS = [
    ("A cat sleeps on the mat.", "An animal rests.", "entailment", 4.0),
    ("Two men play football.", "Nobody plays.", "contradiction", 1.0),
    ("It rains in Berlin.", "The street is wet.", "neutral", 2.5),
    ("A woman slices bread.", "Somebody cuts a loaf.", "entailment", 5.0),
]
OPTIONS = ("--threads", "1", "--offline", "--device", "cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    names = {0: "contradiction", 1: "entailment", 2: "neutral"}
    write_tiny(root / "nli", "ForSequenceClassification", id2label=names)
    write_tiny(root / "reader", "ForQuestionAnswering")
    tiny_cross_encoder(root / "plain", 1).save_pretrained(str(root / "score"))  # with a sigmoid
    return {path.name: path for path in root.iterdir()}


def gold_file(folder: Path, task: str) -> Path:
    values = {
        "nli": lambda label, score: {"label": label},
        "similarity": lambda label, score: {"score": score},
        "relevance": lambda label, score: {"label": int(score > 2)},
    }[task]
    records = [{"text1": a, "text2": b, **values(label, score)} for a, b, label, score in TEXTS]
    path = folder / f"{task}.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def augmented(call: Call, folder: Path, task: str, judge: Path, *more: object) -> tuple[Path, Called]:
    target = folder / "silver.jsonl"
    options = ("--cross-encoder", judge, "--balance", "none", "-o", target, *more, *OPTIONS)
    called = call("augment", gold_file(folder, task), "--task", task, *options)
    assert (called.code, called.out) == (0, ""), called.err
    return target, called


def test_nli_pairs_are_those_of_the_library(call: Call, tmp_path: Path, models: dict[str, Path]) -> None:
    target, called = augmented(call, tmp_path, "nli", models["nli"], "--min-confidence", 0.4)
    expected = augment_pairs(
        list(read_nli(gold_file(tmp_path, "nli"))),
        load_encoder(None, device="cpu", threads=1, offline=True),
        NLIModel.load(str(models["nli"]), device="cpu", threads=1, offline=True),
        AugmentOptions(min_confidence=0.4, balance="none"),
    )
    assert expected.pairs
    found = list(read_nli(target))
    assert [(pair.text1, pair.text2, pair.label) for pair in found] == [
        (pair.text1, pair.text2, pair.label) for pair in expected.pairs
    ]
    assert all(pair.extra["silver"] is True for pair in found)
    assert f"{expected.n_candidates} new pairs" in called.err
    assert f"{len(found)} silver pairs" in called.err


def test_scores_come_in_the_range_of_the_gold_ones(
    call: Call, tmp_path: Path, models: dict[str, Path]
) -> None:
    target, _ = augmented(call, tmp_path, "similarity", models["score"], "--symmetric")
    found = list(read_scored_pairs(target))
    judge = SimilarityModel(load_cross_encoder(str(models["score"]), device="cpu", threads=1, offline=True))
    said = judge.scores([(pair.text1, pair.text2) for pair in found])
    assert [pair.score for pair in found] == pytest.approx((1.0 + 4.0 * said).tolist(), abs=1e-3)
    gold = {frozenset(pair[:2]) for pair in TEXTS}
    assert found
    assert not gold & {frozenset((pair.text1, pair.text2)) for pair in found}


def test_relevance_labels_are_0_and_1_where_the_judge_is_sure(
    call: Call, tmp_path: Path, models: dict[str, Path]
) -> None:
    target, _ = augmented(call, tmp_path, "relevance", models["score"], "--min-confidence", 0.5)
    found = list(read_relevance(target))
    judge = RelevanceModel(load_cross_encoder(str(models["score"]), device="cpu", threads=1, offline=True))
    said = judge.scores([(pair.text1, pair.text2) for pair in found])
    assert found
    assert [pair.label for pair in found] == [str(int(score > 0.5)) for score in said]


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        ("similarity", (), "give --cross-encoder"),
        ("nli", ("--cross-encoder", "reader"), "needs a cross-encoder"),
        ("nli", ("--cross-encoder", "score"), "entailment"),
        ("nli", ("--cross-encoder", "nli", "--neighbours", "0", "--random", "0"), "no pairs would be made"),
    ],
)
def test_what_cannot_be_augmented_leaves_the_old_file(
    call: Call, tmp_path: Path, models: dict[str, Path], task: str, options: tuple[str, ...], message: str
) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old\n")
    given = [str(models.get(option, option)) for option in options]
    called = call("augment", gold_file(tmp_path, task), "--task", task, "-o", target, *given, *OPTIONS)
    assert (called.code, message in called.err) == (2, True), called.err
    assert target.read_text() == "old\n"

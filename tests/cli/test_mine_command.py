"""simengine mine with small models: what comes out is what the library finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simengine.corpus.examples import read_triplets
from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.load import load_encoder
from simengine.training.mining import MinedNegative, MiningOptions, mine_hard_negatives
from tests.cli.conftest import Called
from tests.training.tiny_models import write_tiny

Call = Callable[..., Called]
PAIRS = [
    ("Where do cats sleep?", "Cats sleep on warm sofas."),
    ("What do cats eat?", "Cats eat fish and mice."),
    ("Who walked on the moon first?", "Neil Armstrong was the first man on the moon."),
    ("What is bread made of?", "Bread is made of flour, water and yeast."),
]
OPTIONS = ("--no-margin", "--threads", "1", "--offline", "--device", "cpu")
ANY = MiningOptions(negatives=2, relative_margin=None)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = {0: "contradiction", 1: "entailment", 2: "neutral"}
    return write_tiny(tmp_path_factory.mktemp("nli"), "ForSequenceClassification", id2label=names)


def write_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def pair_file(folder: Path, **extra: object) -> Path:
    return write_lines(folder / "pairs.jsonl", [{"question": q, "answer": a, **extra} for q, a in PAIRS])


def rows(called: Called) -> list[dict[str, Any]]:
    assert called.code == 0, called.err
    return [json.loads(line) for line in called.out.splitlines()]


def as_rows(negatives: tuple[MinedNegative, ...]) -> list[tuple[str, str, str, str]]:
    return [
        (found.triplet.anchor, found.triplet.positive, found.triplet.negative, found.reason)
        for found in negatives
    ]


def test_the_negatives_are_those_of_the_library(call: Call, tmp_path: Path, judge: Path) -> None:
    encoder = load_encoder(None, device="cpu", threads=1, offline=True)
    model = NLIModel.load(str(judge), device="cpu", threads=1, offline=True)
    expected = mine_hard_negatives(PAIRS, encoder, judge=model, options=ANY)
    called = call("mine", pair_file(tmp_path), "-n", 2, "--nli", judge, *OPTIONS)
    found = rows(called)
    assert [
        tuple(row[key] for key in ("anchor", "positive", "negative", "reason")) for row in found
    ] == as_rows(expected.negatives)
    for row, negative in zip(found, expected.negatives, strict=True):
        assert row["cosine"] == pytest.approx(negative.cosine, abs=1e-3)
        assert row["entailment"] == pytest.approx(negative.entailment, abs=1e-3)
    assert f"4 pairs: {len(expected.negatives)} negatives" in called.err


def test_the_file_holds_triplets_that_training_reads(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "triplets.jsonl"
    called = call("mine", pair_file(tmp_path), "-n", 3, "--no-nli", "-o", target, *OPTIONS)
    assert (called.code, called.out) == (0, ""), called.err
    triplets = list(read_triplets(target))
    assert {(triplet.anchor, triplet.positive) for triplet in triplets} == set(PAIRS)
    assert len(triplets) == 12
    assert all(triplet.negative != triplet.positive for triplet in triplets)
    assert {json.loads(line)["reason"] for line in target.read_text().splitlines()} == {"unjudged"}


def test_negatives_come_out_of_a_corpus(call: Call, tmp_path: Path) -> None:
    texts = ["Dogs sleep on the floor.", "The moon is made of rock."]
    corpus = write_lines(tmp_path / "corpus.jsonl", [{"_id": text[:3], "text": text} for text in texts])
    called = call("mine", pair_file(tmp_path), "--corpus", corpus, "--no-nli", *OPTIONS)
    negatives = {row["anchor"]: row["negative"] for row in rows(called)}
    assert negatives[PAIRS[0][0]] == texts[0]
    assert negatives[PAIRS[2][0]] == texts[1]


@pytest.mark.parametrize("labels", [(1, 0), ("entailment", "neutral")])
def test_of_labelled_pairs_only_answers_are_taken(
    call: Call, tmp_path: Path, labels: tuple[Any, Any]
) -> None:
    path = write_lines(
        tmp_path / "labelled.jsonl",
        [{"text1": q, "text2": a, "label": labels[number == 3]} for number, (q, a) in enumerate(PAIRS)],
    )
    called = call("mine", path, "--no-nli", *OPTIONS)
    assert {row["anchor"] for row in rows(called)} == {question for question, _ in PAIRS[:3]}
    assert "1 of 4 pairs are not answers by their label" in called.err


@pytest.mark.parametrize(
    ("extra", "options", "code", "message"),
    [
        ({"score": 3.5}, ("--no-nli",), 2, "pairs.jsonl:1: the pair has a graded score"),
        ({"label": 0}, ("--no-nli",), 4, "no pair is labelled 1 or entailment"),
        ({}, ("--nli", "no-such-model"), 1, "no model 'no-such-model'"),
        ({}, ("--no-nli", "--fields", "question"), 2, "expected two different names"),
        ({}, ("--no-nli", "--min-score", "0.9", "--max-score", "0.1"), 2, "above max_score"),
    ],
)
def test_what_cannot_be_mined_leaves_the_old_file(
    call: Call, tmp_path: Path, extra: dict[str, Any], options: tuple[str, ...], code: int, message: str
) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old\n")
    called = call("mine", pair_file(tmp_path, **extra), "-o", target, *options, *OPTIONS)
    assert (called.code, message in called.err) == (code, True), called.err
    assert target.read_text() == "old\n"
    assert not list(tmp_path.glob(".simengine-*"))

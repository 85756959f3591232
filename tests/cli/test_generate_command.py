"""simengine generate nli: the pairs that the library makes, in a file that training reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.examples import read_nli
from simengine.training.generate.generate import GenerateOptions, generate_nli
from tests.cli.conftest import Called

Call = Callable[..., Called]
TEXTS = [
    "The library is open on Sundays. The reading room has a piano.",
    "Our ferry is painted green. Bicycles are not carried in winter.",
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    path.write_text(
        "".join(json.dumps({"_id": str(at), "text": text}) + "\n" for at, text in enumerate(TEXTS))
    )
    return path


def test_pairs_are_those_of_the_library_and_can_be_read_for_training(
    call: Call, corpus: Path, tmp_path: Path
) -> None:
    target = tmp_path / "pairs.jsonl"
    called = call("generate", "nli", corpus, "-o", target, "--per-kind", 6, "--seed", 5, "--language", "en")
    assert called.code == 0
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    expected = list(generate_nli(TEXTS, GenerateOptions(language="en", per_kind=6, seed=5)))
    assert [tuple(row.values()) for row in rows] == [
        (pair.premise, pair.hypothesis, pair.label, pair.kind) for pair in expected
    ]
    assert list(rows[0]) == ["premise", "hypothesis", "label", "kind"]
    assert len(list(read_nli(str(target)))) == len(rows)
    assert f"{len(rows):,} pairs of " in called.err


def test_kinds_are_a_list(call: Call, corpus: Path) -> None:
    called = call("generate", "nli", corpus, "--kinds", "identity, roles", "--per-kind", 4, "-q")
    assert called.code == 0
    assert {json.loads(line)["kind"] for line in called.out.splitlines()} == {"identity", "roles"}
    assert called.err == ""


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--kinds", "irony"), 2, "irony"),
        (("--kinds", "antonym"), 2, "--wordnet"),
        (("--per-kind", 0), 2, "per-kind"),
        (("--language", "de"), 2, "de"),
        (("--language", "zh"), 4, "no text has a plain Chinese sentence"),
        (("-o", "pairs.csv"), 2, "JSON Lines"),
    ],
)
def test_bad_options_are_named(
    call: Call, corpus: Path, options: tuple[object, ...], code: int, message: str
) -> None:
    called = call("generate", "nli", corpus, *options)
    assert called.code == code
    assert message in called.err


def test_a_folder_without_a_word_net_is_named(call: Call, corpus: Path, tmp_path: Path) -> None:
    called = call("generate", "nli", corpus, "--wordnet", tmp_path)
    assert called.code == 4
    assert "synsets.jsonl" in called.err

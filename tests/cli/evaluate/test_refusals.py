"""What simengine evaluate refuses, and what its help costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.evaluate.files import QUICK, squad, write_lines


@pytest.mark.parametrize(
    ("task", "model", "code", "message"),
    [
        ("nli", "score", 2, "the model's labels are 'score'; expected entailment, neutral, contradiction"),
        ("nli", "unnamed", 2, "without meaning.*--labels"),
        ("nli", "reader", 2, "nli needs a cross-encoder; .*reader is a reader"),
        ("nli", "all-MiniLM-L6-v2", 2, "all-MiniLM-L6-v2 is a bi-encoder"),
        ("sts", "nli", 2, "graded similarity needs a cross-encoder with one output, or a bi-encoder"),
        ("sts", "tagger", 2, "is a tagger; expected a bi-encoder or a cross-encoder"),
        ("reading", "tagger", 2, "reading needs a reader; .*tagger is a tagger"),
        ("tagging", "nli", 2, "tagging needs a tagger"),
        ("nli", "nowhere", 1, "no model"),
    ],
)
def test_the_wrong_model_for_a_task_is_refused(
    call: Callable,
    models: dict[str, Path],
    nli_file: Path,
    sts_file: Path,
    tmp_path: Path,
    task: str,
    model: str,
    code: int,
    message: str,
) -> None:
    import re

    tags = write_lines(tmp_path / "tags.jsonl", [{"tokens": ["a"], "tags": ["B-person"]}])
    file = {"nli": nli_file, "sts": sts_file, "reading": squad(tmp_path), "tagging": tags}[task]
    called = call("evaluate", task, file, "-m", models.get(model, model), *QUICK)
    assert called.code == code
    assert re.search(message, called.err)
    assert called.out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nli", "FILE", "--index", "x"), 2, "--index is for retrieval, the task is nli"),
        (("nli", "FILE", "--threshold", "1"), 2, "--threshold is for reading"),
        (("sts", "FILE", "--plots", "-o", "x"), 2, "--plots is for nli"),
        (("nli", "FILE", "--plots"), 2, "--plots needs --output"),
        (("reading", "FILE"), 2, "simengine ships no model for reading: name one with --model"),
        (("retrieval", "FILE"), 4, "expected a folder with corpus.jsonl"),
        (("retrieval", "FILE", "--index", "x", "--compare", "y"), 2, "leave --index out"),
        (("nli", "FILE"), 4, r"nli\.jsonl:1: .*perhaps"),
        (("sts", "FILE"), 4, r"nli\.jsonl:1: "),
        (("poetry", "FILE"), 2, "poetry"),
    ],
)
def test_wrong_files_and_options_are_refused(
    call: Callable, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    import re

    file = write_lines(tmp_path / "nli.jsonl", [{"premise": "a", "hypothesis": "b", "label": "perhaps"}])
    called = call("evaluate", *[str(file) if one == "FILE" else one for one in arguments])
    assert called.code == code
    assert re.search(message, called.err)


@pytest.mark.parametrize("scores", [[3.0], [5.0, 5.0, 5.0]])
def test_judgements_that_allow_no_correlation_are_refused_before_a_model_works(
    call: Callable, tmp_path: Path, scores: list[float]
) -> None:
    rows = [{"text1": f"a {n}", "text2": "b", "score": score} for n, score in enumerate(scores)]
    file = write_lines(tmp_path / "sts.jsonl", rows)
    called = call("evaluate", "sts", file, "-m", "no/model")
    assert called.code == 4
    assert f"{file}: a correlation needs pairs with different scores" in called.err


def test_a_tagger_that_knows_no_tag_of_the_file_is_refused(
    call: Callable, models: dict[str, Path], tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "tags.jsonl", [{"tokens": ["a"], "tags": ["B-ship"]}])
    called = call("evaluate", "tagging", file, "-m", models["tagger"], *QUICK)
    assert called.code == 2
    assert "knows none of the file's tags (B-ship (1)); its tags are O, B-person, I-person" in called.err


def test_help_loads_no_model_library() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from simengine.cli.main import _run; _run(['evaluate', '--help']); "
        "loaded = {'torch', 'transformers', 'sklearn', 'scipy', 'openvino', 'numpy'} & set(sys.modules); "
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cross-encoder" in done.stdout

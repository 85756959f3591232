"""What the README shows is run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder of its own, and `simengine` on the path."""
    command = tmp_path / "bin" / "simengine"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m simengine.cli.main "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(README.parent), "NO_COLOR": "1"}


def run_python(example: str, folder: Path, environment: dict[str, str]) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", example],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_python_examples_run_and_answer(tmp_path: Path, environment: dict[str, str]) -> None:
    first, second = blocks("python")
    lines = run_python(first, tmp_path, environment)
    assert lines[0].startswith("rates ")
    assert "rates" not in lines[1]
    lines = run_python(second, tmp_path, environment)
    assert lines[0].startswith("b 0.")
    assert "Stocks fell. meaning 0." in lines[0]
    assert lines[1:] == ["yes", "contradiction", "b b"]


def test_shell_examples_run_in_order(tmp_path: Path, environment: dict[str, str]) -> None:
    """With a corpus cut to its first 400 documents, so that it stays quick."""
    commands = [line for block in blocks("sh") for line in block.splitlines() if line]
    assert len(commands) >= 12
    for name, number in (("more", 1), ("corrected", 2)):
        (tmp_path / f"{name}.jsonl").write_text(
            f'{{"_id": "new", "text": "number {number}", "kind": "note"}}\n'
        )
    labels = ("entailment", "neutral", "contradiction")
    for name, n in (("nli-train", 24), ("nli-dev", 6)):
        rows = [
            {"premise": f"{name}: {i} men walk.", "hypothesis": f"{i % 7} men sit.", "label": labels[i % 3]}
            for i in range(n)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for line in commands:
        result = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
        if line.startswith("simengine corpus"):
            corpus = tmp_path / "corpus.jsonl"
            lines = corpus.read_text(encoding="utf-8").splitlines(keepends=True)
            chosen = [
                text for text in lines if '"module": "functools"' in text or '"module": "collections"' in text
            ]
            assert len(lines) > 3_000
            corpus.write_text("".join(chosen[:200] + lines[:200]), encoding="utf-8")
        if line.startswith("simengine search"):
            assert result.stdout.strip(), line


def test_commands_that_go_on_take_the_options_that_are_shown(environment: dict[str, str]) -> None:
    """Pages and services are started by their own tests; here their lines are read as they stand, with --help."""
    lines = [line[2:] for block in blocks("console") for line in block.splitlines()]
    shown = [line.partition("#")[0].strip() for line in lines if line.startswith("simengine ")]
    assert {line.split()[1] for line in shown} == {"demo", "serve", "mcp"}
    for line in shown:
        result = subprocess.run(
            ["sh", "-c", f"{line} --help"], env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"{line}\n{result.stderr}"
        assert "Usage: simengine" in result.stdout

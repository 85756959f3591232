"""Every benchmark still runs: on little data, with nothing written. Needs the data sets and the packages of [bench]."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"
QUICK = sorted(path.name for path in FOLDER.glob("*.py") if '"--quick"' in path.read_text(encoding="utf-8"))
DATA = Path(os.environ.get("SIMENGINE_DATA", ROOT.parent / "shared" / "data"))
LIMIT_S = 1_500


def test_the_scripts_are_found() -> None:
    assert {"speed_index.py", "load_service.py", "quality_qa.py"} <= set(QUICK)


def test_every_script_explains_itself() -> None:
    """Imports and options are whole, which no type checker looks at here."""
    programs = [path for path in sorted(FOLDER.glob("*.py")) if "ArgumentParser" in path.read_text("utf-8")]
    assert len(programs) > 15
    for path in programs:
        done = subprocess.run(
            [sys.executable, str(path), "--help"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, f"{path.name}: {done.stderr}"


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S)
@pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not there")
@pytest.mark.parametrize("name", QUICK)
def test_it_runs_quickly_and_writes_nothing(name: str, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (FOLDER / "results").iterdir()}
    done = subprocess.run(
        [sys.executable, str(FOLDER / name), "--quick"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    missing = re.search(r"No module named '(\w+)'", done.stderr)
    if missing and missing[1] in {"txtai", "chromadb", "lancedb", "bm25s", "implicit", "hnswlib"}:
        pytest.skip(f"{missing[1]} is not installed")
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.strip()
    assert before == {path: path.stat().st_mtime_ns for path in (FOLDER / "results").iterdir()}

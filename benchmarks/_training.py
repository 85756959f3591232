"""Training runs that several benchmarks share: done once, kept in a folder, continued where they were stopped."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _common import find_data


def data_or_exit() -> Path:
    """The folder with the data sets; the process ends with a message where there is none."""
    data = find_data()
    if data is None:
        sys.exit(
            "no data sets: SIMENGINE_DATA names their folder (default: ../shared/data beside the checkout)"
        )
    os.environ["SIMENGINE_DATA"] = str(data)
    return data


def trained(folder: Path, table: Mapping[str, Any], *, threads: int | None = None) -> dict[str, Any]:
    """The result of the run that a recipe describes, as result.json has it; trained now unless it stands there.

    Args:
        folder: of the run; a run with another recipe in it is an error.
        table: the recipe as TOML would give it.
        threads: processor threads.
    """
    from simengine.training.recipe_file import recipe_from_dict
    from simengine.training.run import RunOptions, train

    recipe = recipe_from_dict(table, folder.name)
    if not (folder / "result.json").exists():
        print(f"{folder.name}: training", file=sys.stderr, flush=True)
        options = RunOptions(
            threads=threads, offline=True, resume=True, command=f"see benchmarks: {folder.name}"
        )
        train(recipe, folder, options, note=lambda line: print(f"  {line}", file=sys.stderr, flush=True))
    if json.loads((folder / "recipe.json").read_text()) != json.loads(json.dumps(recipe.to_dict())):
        sys.exit(f"{folder}: holds a run of another recipe; delete it")
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return result

"""What is in an index, for machines."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simengine.store.snapshot import Snapshot


def facts_of(path: Path, snapshot: Snapshot) -> dict[str, Any]:
    """What an index holds, what it was built with, how good its candidate index is, its metadata fields.

    Args:
        path: the index directory, for its size; it is not named.
        snapshot: of that index.
    """
    return {
        "state": snapshot.state,
        "generation": snapshot.generation,
        "commit": snapshot.commit_number,
        "counts": asdict(snapshot.counts),
        "coverage": coverage(snapshot),
        "settings": snapshot.settings.to_json(canary=False),
        "candidate_index": snapshot.derived("ann"),
        "calibration": snapshot.derived("calibration"),
        "bytes": folder_bytes(path),
        "fields": {
            name: {"types": list(field.types), "count": field.count, "examples": list(field.examples)}
            for name, field in snapshot.fields().items()
        },
    }


def coverage(snapshot: Snapshot) -> float:
    """The share of the documents' tokens that the model read; 1 where there are none."""
    counts = snapshot.counts
    return 1.0 - counts.tokens_truncated / counts.tokens if counts.tokens else 1.0


def folder_bytes(path: Path) -> int:
    """Bytes of all files below a folder; a writer may remove some of them meanwhile."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(folder) / name).stat().st_size
    return total

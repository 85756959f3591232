"""Facts about an index, as JSON."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simengine.store.contract import UnknownCounts
from simengine.store.snapshot import Snapshot
from simengine.store.unknown import count_unknown


def facts_of(path: Path, snapshot: Snapshot) -> dict[str, Any]:
    """Counts, settings, quality of the ANN index and metadata fields of an index.

    Args:
        path: the index directory, for its size; not part of the result.
        snapshot: of that index.
    """
    return {
        "state": snapshot.state,
        "generation": snapshot.generation,
        "commit": snapshot.commit_number,
        "counts": asdict(snapshot.counts),
        "coverage": coverage(snapshot),
        "unknown": unknown_facts(snapshot),
        "settings": snapshot.settings.to_dict(canary=False),
        "model_choice": (snapshot.derived("model") or {}).get("note"),
        "candidate_index": snapshot.derived("ann"),
        "calibration": snapshot.derived("calibration"),
        "bytes": folder_bytes(path),
        "fields": {
            name: {"types": list(field.types), "count": field.count, "examples": list(field.examples)}
            for name, field in snapshot.fields().items()
        },
    }


def coverage(snapshot: Snapshot) -> float:
    """The share of the documents' tokens that the model read; 1 if there are none."""
    counts = snapshot.counts
    return 1.0 - counts.tokens_truncated / counts.tokens if counts.tokens else 1.0


def unknown_counts(snapshot: Snapshot) -> UnknownCounts | None:
    """What the model cannot read of the documents; None for an index that was built without measuring it."""
    return count_unknown(snapshot.reader, snapshot.commit_number)


def unknown_facts(snapshot: Snapshot) -> dict[str, Any] | None:
    """The same as JSON: the share of the tokens, and its counts."""
    counts = unknown_counts(snapshot)
    return None if counts is None else {"share": counts.share, **asdict(counts)}


def folder_bytes(path: Path) -> int:
    """Bytes of all files below a folder; a writer may remove some of them concurrently."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(folder) / name).stat().st_size
    return total

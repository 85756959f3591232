"""What is in an index, for machines."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from simengine.store.snapshot import Snapshot
from simengine.types import FloatMatrix


def facts_of(path: Path) -> dict[str, Any]:
    """What an index holds, what it was built with, how good its candidate index is, its metadata fields.

    Raises:
        IndexNotFoundError, DamagedIndexError: as `Snapshot.open`.
    """
    with Snapshot.open(path) as snapshot:
        counts = snapshot.counts
        return {
            "state": snapshot.state,
            "generation": snapshot.generation,
            "commit": snapshot.commit_number,
            "counts": asdict(counts),
            "coverage": 1.0 - counts.tokens_truncated / counts.tokens if counts.tokens else 1.0,
            "settings": snapshot.settings.to_json(canary=False),
            "candidate_index": snapshot.derived("ann"),
            "calibration": snapshot.derived("calibration"),
            "bytes": folder_bytes(path),
            "fields": {
                name: {"types": list(field.types), "count": field.count, "examples": list(field.examples)}
                for name, field in snapshot.fields().items()
            },
        }


def folder_bytes(path: Path) -> int:
    """Bytes of all files below a folder; a writer may remove some of them meanwhile."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(folder) / name).stat().st_size
    return total


def document_vector(path: Path, document_id: str) -> FloatMatrix | None:
    """The mean of the vectors of a document's passages: (dim,) float32; None where there is no such document."""
    with Snapshot.open(path) as snapshot:
        stored = snapshot.document_by_id(document_id)
        if stored is None:
            return None
        rows = np.flatnonzero(snapshot.row_documents() == stored.doc_key)
        mean: FloatMatrix = snapshot.vectors(rows).mean(axis=0, dtype=np.float32)
        return mean

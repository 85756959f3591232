"""Weights of a small model and of its fine-tuned version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

Tensors = dict[str, np.ndarray]
SIDE, WIDE = 48, 96
QUERY = "encoder.layer.0.attention.self.query.weight"
WIDENING = "encoder.layer.0.intermediate.dense.weight"
BIAS = "encoder.layer.0.intermediate.dense.bias"
WORDS = "embeddings.word_embeddings.weight"
POOLER = "pooler.dense.weight"


def base_tensors() -> Tensors:
    rng = np.random.default_rng(1)
    shapes = {
        QUERY: (SIDE, SIDE),
        WIDENING: (WIDE, SIDE),
        BIAS: (WIDE,),
        WORDS: (9, SIDE),
        POOLER: (SIDE, SIDE),
    }
    return {name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in shapes.items()}


def low_rank(shape: tuple[int, int], rank: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 0.05, (shape[0], rank)) @ rng.normal(0, 0.3, (rank, shape[1]))).astype(np.float32)


def tuned_tensors(base: Tensors) -> Tensors:
    """As LoRA of rank 4 merged in, with a trained bias and pooler and a new classifier."""
    rng = np.random.default_rng(2)
    changed = dict(base)
    changed[QUERY] = base[QUERY] + low_rank((SIDE, SIDE), 4, 3)
    changed[WIDENING] = base[WIDENING] + low_rank((WIDE, SIDE), 4, 4)
    changed[BIAS] = base[BIAS] + rng.normal(0, 0.01, WIDE).astype(np.float32)
    changed[POOLER] = rng.normal(0, 0.05, (SIDE, SIDE)).astype(np.float32)
    tuned = {f"bert.{name}": value for name, value in changed.items()}
    tuned["classifier.weight"] = rng.normal(0, 0.02, (3, SIDE)).astype(np.float32)
    tuned["classifier.bias"] = np.zeros(3, np.float32)
    return tuned


def rewrite_note(delta: Path, **changes: Any) -> None:
    from simengine.models.delta_folder import checksum, json_bytes

    note = json.loads((delta / "model.json").read_text()) | changes
    note["checksum"] = checksum(note)
    (delta / "model.json").write_bytes(json_bytes(note))

"""Pairs of STS-B's training sentences, scored by a bi-encoder, for a cross-encoder to learn from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
from sklearn.isotonic import IsotonicRegression

from simengine.encoders.load import load_encoder

NEIGHBOURS, NEAR = 30, 6
PAIRS, RANDOM_PAIRS = 16_000, 1_500
SEED = 0


def silver_pairs(stsb: Path, model: Path, out: Path) -> Path:
    """New pairs of the training sentences, none of which stands in dev or test, with scores from 0 to 5.

    Each sentence is paired with its nearest one, with one of the next five and one of those behind; some pairs are
    drawn at random. Cosines become scores by an isotonic fit on the gold pairs.

    Args:
        stsb: the folder of the data set.
        model: a bi-encoder that was fine-tuned on its training pairs.
        out: written unless it is there.
    """
    if out.exists():
        return out
    rows = _rows(stsb / "train.jsonl.gz")
    held = {
        row[key].lower().strip()
        for name in ("dev", "test")
        for row in _rows(stsb / f"{name}.jsonl.gz")
        for key in ("text1", "text2")
    }
    texts = sorted({row[key] for row in rows for key in ("text1", "text2")})
    texts = [text for text in texts if text.lower().strip() not in held]
    at = {text: place for place, text in enumerate(texts)}
    encoder = load_encoder(str(model), offline=True, threads=1)
    vectors = encoder.encode(texts)
    gold = [
        (at[row["text1"]], at[row["text2"]], row["score"])
        for row in rows
        if row["text1"] in at and row["text2"] in at
    ]
    table = np.array(gold)
    one, other = table[:, 0].astype(int), table[:, 1].astype(int)
    scale = IsotonicRegression(out_of_bounds="clip")
    scale.fit((vectors[one] * vectors[other]).sum(1), table[:, 2])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    with out.open("w", encoding="utf-8") as file:
        for first, second in _chosen(cosines, {(min(a, b), max(a, b)) for a, b, _ in gold}):
            score = round(float(scale.predict([cosines[first, second]])[0]), 3)
            record = {"text1": texts[first], "text2": texts[second], "score": score}
            file.write(json.dumps(record) + "\n")
    return out


def _chosen(cosines: np.ndarray, known: set[tuple[int, int]]) -> list[tuple[int, int]]:
    rng, found = np.random.default_rng(SEED), set()
    for place, row in enumerate(cosines):
        near = np.argpartition(-row, NEIGHBOURS)[:NEIGHBOURS]
        near = near[np.argsort(-row[near])]
        ranks = (0, int(rng.integers(1, NEAR)), int(rng.integers(NEAR, NEIGHBOURS)))
        for other in (int(near[rank]) for rank in ranks):
            pair = (min(place, other), max(place, other))
            if pair not in known:
                found.add(pair)
    pairs = sorted(found)
    rng.shuffle(pairs)
    drawn = [sorted(rng.integers(0, len(cosines), 2).tolist()) for _ in range(RANDOM_PAIRS)]
    return [*map(tuple, pairs[:PAIRS]), *((a, b) for a, b in drawn if a != b)]  # type: ignore[misc]


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]

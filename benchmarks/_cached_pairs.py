"""A cross-encoder whose outputs stay on disk: a benchmark that was stopped goes on, one that is run again is quick."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.contract import CrossEncoder, Predicted

CHUNK_PAIRS = 512


class CachedPairs(CrossEncoder):
    """Asks the model for what the file does not hold.

    Args:
        model: a cross-encoder.
        folder: where the file of this model lies; made if missing.
    """

    def __init__(self, model: CrossEncoder, folder: Path) -> None:
        self.model, self.fingerprint, self.labels = model, model.fingerprint, model.labels
        self.activation, self.max_tokens = model.activation, model.max_tokens
        self.runtime, self.tokenizer = model.runtime, model.tokenizer
        self.asked = 0
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{model.fingerprint.digest[:24]}-{model.runtime}.sqlite"
        self._file = sqlite3.connect(folder / name)
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
        )

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        """The model's own."""
        return self.model.count_tokens(pairs)

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        keys = [hashlib.blake2b("\0".join(pair).encode(), digest_size=16).digest() for pair in pairs]
        known = {key: self._read(key) for key in keys}
        missing = [row for row, key in enumerate(keys) if known[key] is None]
        for at in range(0, len(missing), CHUNK_PAIRS):
            rows = missing[at : at + CHUNK_PAIRS]
            found = self.model.predict_counted([pairs[row] for row in rows])
            self.asked += len(rows)
            for place, row in enumerate(rows):
                counts = (found.n_tokens[place], found.n_truncated[place])
                known[keys[row]] = np.concatenate([found.logits[place], counts]).astype(np.float64)
            values = [(keys[row], known[keys[row]].tobytes()) for row in rows]  # type: ignore[union-attr]
            with self._file:
                self._file.executemany("INSERT OR REPLACE INTO pairs VALUES (?, ?)", values)
        table = np.array([known[key] for key in keys]).reshape(len(pairs), len(self.labels) + 2)
        counted = table[:, -2:].astype(np.int32)
        return Predicted(table[:, :-2].astype(np.float32), counted[:, 0], counted[:, 1])

    def _read(self, key: bytes) -> npt.NDArray[np.float64] | None:
        row = self._file.execute("SELECT value FROM pairs WHERE key = ?", (key,)).fetchone()
        return None if row is None else np.frombuffer(row[0], np.float64)

    def close(self) -> None:
        """Close the file and the model."""
        self._file.close()
        self.model.close()

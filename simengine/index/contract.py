"""What an ANN index is: scores are cosine similarities, higher is better, everywhere in this package."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from simengine.types import FloatMatrix, RowArray


class ANNIndex(ABC):
    """Finds the rows whose vectors are nearest to a query's. Safe to search from several threads at once."""

    n_rows: int
    dimension: int

    @abstractmethod
    def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
        """The k best rows for each query.

        Args:
            queries: (q, dim) float32, rows L2-normalised.
            k: at least 1; may exceed n_rows.

        Returns:
            scores (q, k) float32, descending; rows (q, k) int64. Padded with -inf and -1.
        """

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the index to one file (complete and fsynced when this returns)."""

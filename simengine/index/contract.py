"""What a candidate index is: scores are cosine similarities, higher is better, everywhere in this package."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from simengine.types import FloatMatrix, RowArray


class ANNIndex(ABC):
    """Finds the rows whose vectors lie nearest to a query's. Searches may run in several threads at once."""

    n_rows: int
    dimension: int

    @abstractmethod
    def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
        """The k best rows for each query.

        Args:
            queries: (q, dim) float32, rows L2-normalised.
            k: at least 1; may exceed n_rows.

        Returns:
            scores (q, k) float32, falling; rows (q, k) int64. Places that cannot be filled hold -inf and -1.
        """

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the index to one file (complete and fsynced when this returns)."""

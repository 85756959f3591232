"""Evaluated units, one per row, for resampling: metrics of any choice of rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.types import Mask, RowArray

Values: TypeAlias = npt.NDArray[np.float64]
_ROUNDING = 1e-6


class Units(ABC):
    """Gold and predictions of n units (pairs, questions, queries or sentences)."""

    noun: str
    """The name of a unit: "pair", "question", "query", "sentence"."""
    main: str
    """The usual metric of the task."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of units."""

    @abstractmethod
    def measure(self, rows: RowArray) -> dict[str, float]:
        """The metrics of a sample.

        Args:
            rows: (m,) int64, unit numbers; a unit may occur several times.

        Returns:
            Metric name to value; NaN if it is undefined on the sample.
        """

    @abstractmethod
    def exchanged(self, other: Self, mask: Mask) -> Self:
        """The same units, with the other model's predictions where `mask` (n,) bool is True."""

    @abstractmethod
    def same_gold(self, other: Self) -> bool:
        """Whether the other units are the same ones, predicted by another model."""

    def values(self) -> Values | None:
        """(n,) float64, the metric of each unit, or None if only the whole can be evaluated."""
        return None

    @property
    def value_name(self) -> str:
        """The name of what `values` returns."""
        return self.main

    def measure_all(self) -> dict[str, float]:
        """The metrics of all units."""
        return self.measure(np.arange(len(self)))


@dataclass(frozen=True, slots=True, eq=False)
class ClassificationUnits(Units):
    """Classified items.

    Attributes:
        gold, predicted: (n,) int64, class numbers in [0, n_labels).
        n_labels: number of classes.
    """

    gold: RowArray
    predicted: RowArray
    n_labels: int
    noun: str = "pair"
    main: str = "accuracy"

    def __len__(self) -> int:
        return len(self.gold)

    def measure(self, rows: RowArray) -> dict[str, float]:
        cells = self.gold[rows] * self.n_labels + self.predicted[rows]
        confusion = np.bincount(cells, minlength=self.n_labels**2).reshape(self.n_labels, self.n_labels)
        right, support = confusion.diagonal(), confusion.sum(axis=1)
        occurrences = support + confusion.sum(axis=0)
        f1 = np.divide(2.0 * right, occurrences, out=np.zeros(self.n_labels), where=occurrences > 0)
        n = len(rows)
        return {
            "accuracy": float(right.sum() / n),
            "macro_f1": float(f1[occurrences > 0].mean()),
            "weighted_f1": float(f1 @ support / n),
        }

    def exchanged(self, other: Self, mask: Mask) -> Self:
        predicted = np.where(mask, other.predicted, self.predicted)
        return type(self)(self.gold, predicted, self.n_labels, self.noun, self.main)

    def same_gold(self, other: Self) -> bool:
        return self.n_labels == other.n_labels and np.array_equal(self.gold, other.gold)

    def values(self) -> Values:
        right: Values = (self.gold == self.predicted).astype(np.float64)
        return right


@dataclass(frozen=True, slots=True, eq=False)
class SimilarityUnits(Units):
    """Pairs with a graded judgement.

    Models score on their own scales, so that their raw scores cannot be mixed. What is kept of the predictions does
    not depend on the scale: standard scores and ranks.

    Attributes:
        gold: (n,) float64.
        standard: (n,) float64, predicted scores with mean 0 and standard deviation 1 (all 0 if they are all equal).
        gold_ranks, ranks: (n,) int64, twice the ranks of judgements and predicted scores (see `doubled_ranks`).
    """

    gold: Values
    standard: Values
    gold_ranks: RowArray
    ranks: RowArray
    noun: str = "pair"
    main: str = "spearman"

    @classmethod
    def of(cls, gold: Sequence[float] | Values, predicted: Sequence[float] | Values) -> Self:
        """From gold judgements and predicted scores, (n,) each."""
        judged, scores = np.asarray(gold, np.float64), np.asarray(predicted, np.float64)
        if not varies(scores):
            scores = np.zeros_like(scores)
        centred = scores - scores.mean()
        spread = centred.std()
        standard = centred / spread if spread > 0 else np.zeros_like(centred)
        return cls(judged, standard, doubled_ranks(judged), doubled_ranks(scores))

    def __len__(self) -> int:
        return len(self.gold)

    def measure(self, rows: RowArray) -> dict[str, float]:
        ranks = [_ranks_within(all_ranks[rows]) for all_ranks in (self.gold_ranks, self.ranks)]
        return {
            "pearson": correlation(self.gold[rows], self.standard[rows]),
            "spearman": correlation(*ranks),
        }

    def exchanged(self, other: Self, mask: Mask) -> Self:
        standard = np.where(mask, other.standard, self.standard)
        ranks = np.where(mask, other.ranks, self.ranks)
        return type(self)(self.gold, standard, self.gold_ranks, ranks, self.noun, self.main)

    def same_gold(self, other: Self) -> bool:
        return np.array_equal(self.gold, other.gold)


def doubled_ranks(values: Values) -> RowArray:
    """Twice the ranks from 1 of (n,) values; equal values share their mean rank, which is whole when doubled."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return _doubled(counts)[places]


def _ranks_within(ranks: RowArray) -> Values:
    """Ranks among a sample of (m,) doubled ranks, without sorting: small whole numbers are counted."""
    return _doubled(np.bincount(ranks))[ranks] / 2


def _doubled(counts: RowArray) -> RowArray:
    """Twice the mean rank of each value, from how often each of them occurs, the smallest first."""
    doubled: RowArray = 2 * np.cumsum(counts) - counts + 1
    return doubled


def varies(values: Values) -> bool:
    """Whether (n,) values differ by more than the rounding of float32, in which models compute."""
    return bool(np.ptp(values) > _ROUNDING * np.abs(values).max()) if len(values) else False


def correlation(first: Values, second: Values) -> float:
    """Pearson's correlation of two (n,) arrays; NaN if one of them does not vary."""
    # Rounding leaves a residue of a constant after its mean is subtracted.
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    first, second = first - first.mean(), second - second.mean()
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.clip(first @ second / size, -1.0, 1.0)) if size > 0 else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class MeanUnits(Units):
    """Units whose metrics are means over units.

    Attributes:
        ids: of the units, (n,).
        names: of the metrics, (m,).
        table: (n, m) float64.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    table: Values
    noun: str
    main: str

    def __post_init__(self) -> None:
        if self.table.shape != (len(self.ids), len(self.names)) or self.main not in self.names:
            raise UsageError(
                f"a table of shape {self.table.shape} does not fit {len(self.ids)} ids and the metrics "
                f"{', '.join(self.names)} (the main one being {self.main})"
            )

    def __len__(self) -> int:
        return len(self.ids)

    def measure(self, rows: RowArray) -> dict[str, float]:
        return dict(zip(self.names, self.table[rows].mean(axis=0).tolist(), strict=True))

    def exchanged(self, other: Self, mask: Mask) -> Self:
        table = np.where(mask[:, None], other.table, self.table)
        return type(self)(self.ids, self.names, table, self.noun, self.main)

    def same_gold(self, other: Self) -> bool:
        return self.ids == other.ids and self.names == other.names

    def values(self) -> Values:
        column: Values = self.table[:, self.names.index(self.main)]
        return column


@dataclass(frozen=True, slots=True, eq=False)
class TaggingUnits(Units):
    """Tagged sentences.

    Attributes:
        counts: (n, 3) int64: entities found, predicted and gold.
    """

    counts: RowArray
    noun: str = "sentence"
    main: str = "f1"

    def __len__(self) -> int:
        return len(self.counts)

    def measure(self, rows: RowArray) -> dict[str, float]:
        right, predicted, gold = self.counts[rows].sum(axis=0).tolist()
        return dict(
            zip(("precision", "recall", "f1"), precision_recall_f1(right, predicted, gold), strict=True)
        )

    def exchanged(self, other: Self, mask: Mask) -> Self:
        counts = np.where(mask[:, None], other.counts, self.counts)
        return type(self)(counts, self.noun, self.main)

    def same_gold(self, other: Self) -> bool:
        return np.array_equal(self.counts[:, 2], other.counts[:, 2])

    def values(self) -> Values:
        """1.0 where exactly the gold entities were found."""
        right, predicted, gold = self.counts.T
        exact: Values = ((right == predicted) & (right == gold)).astype(np.float64)
        return exact

    @property
    def value_name(self) -> str:
        """The name of what `values` returns."""
        return "all entities right"


def precision_recall_f1(right: int, predicted: int, gold: int) -> tuple[float, float, float]:
    """Precision, recall and F1 of counts; 0 if there is nothing to divide by, as in conlleval."""
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    return precision, recall, 2 * right / (predicted + gold) if predicted + gold else 0.0

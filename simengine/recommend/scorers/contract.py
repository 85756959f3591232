"""The scorer contract: the extension point for custom features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.histories import Histories
from simengine.recommend.interactions import Ids, Interactions
from simengine.types import FloatMatrix, RowArray


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """Training data of a scorer.

    Attributes:
        interactions: as given.
        user_ids: (n_users,) object array of str.
        item_ids: (n_rows,) object array of str, by row of the catalogue.
        histories: of these users over these rows.
    """

    interactions: Interactions
    user_ids: Ids
    item_ids: Ids
    histories: Histories


@dataclass(frozen=True, slots=True, eq=False)
class ScoringBatch:
    """q users and c items to score.

    Attributes:
        user_ids: (q,) object array of str; "" for a taste given for this call.
        users: (q,) int64, indices into `Training.user_ids`; -1 for users outside the training.
        item_ids: (n_rows,) object array of str, by row of the catalogue; `item_ids[rows]` are those of this batch.
        rows: (c,) int64, ascending, rows of the catalogue. Rows beyond those of the training are new items.
        histories: of these users.
        profiles: (q, interests, dim) float32, see `simengine.recommend.profiles`.
        vectors: (c, dim) float32, centred (see `ItemCatalogue`), rows of length 1.
    """

    user_ids: Ids
    users: RowArray
    item_ids: Ids
    rows: RowArray
    histories: Histories
    profiles: FloatMatrix
    vectors: FloatMatrix


@runtime_checkable
class Scorer(Protocol):
    """Scores items for users; higher is better. Scores of a user need only be comparable with each other."""

    name: str

    def fit(self, training: Training) -> None:
        """Learn from interactions; called again when they change."""

    def score(self, batch: ScoringBatch) -> FloatMatrix:
        """(q, c) float32, finite; 0 if nothing is known."""


class FeatureScorer:
    """A caller's function as a scorer.

    Args:
        name: of the scorer.
        function: from (q,) user ids and (c,) item ids to scores (q, c). It is called for blocks of users.

    Example:
        >>> import numpy as np
        >>> margin = {"a": 0.2, "b": 0.1}
        >>> scorer = FeatureScorer(
        ...     "margin", lambda users, items: np.tile([margin[i] for i in items], (len(users), 1))
        ... )
    """

    def __init__(self, name: str, function: Callable[[Ids, Ids], FloatMatrix]) -> None:
        self.name = name
        self._function = function

    def fit(self, training: Training) -> None:
        """Nothing to learn."""

    def score(self, batch: ScoringBatch) -> FloatMatrix:
        """The function's result.

        Raises:
            UsageError: it has another shape, or values that are not finite.
        """
        return checked(
            self.name,
            self._function(batch.user_ids, batch.item_ids[batch.rows]),
            (len(batch.user_ids), len(batch.rows)),
        )


def checked(name: str, scores: object, shape: tuple[int, int]) -> FloatMatrix:
    """Scores as float32; UsageError for another shape, or values that are not finite."""
    made: FloatMatrix = np.asarray(scores, np.float32)
    if made.shape != shape:
        raise UsageError(
            f"the scorer {name!r} returned scores of shape {made.shape}; expected (q, c) = {shape}"
        )
    if not np.isfinite(made).all():
        raise UsageError(f"the scorer {name!r} returned scores that are not finite")
    return made

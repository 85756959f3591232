"""How the scores of several scorers become one: weights that are given, or learned from what users chose later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simengine.errors import UsageError
from simengine.extras import optional_module
from simengine.recommend.histories import Histories
from simengine.recommend.scorers.content import ContentScorer
from simengine.recommend.scorers.contract import Scorer, ScoringBatch, checked
from simengine.text.arguments import as_number, as_whole
from simengine.types import FloatMatrix, Json, RowArray


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights of scorers.

    Attributes:
        weights: scorer's name to weight.
        standardise: bring each scorer's scores of a user to mean 0 and standard deviation 1 over the items first.
        n_users, n_pairs: what the weights were learned from; 0 where they were given.
    """

    weights: Mapping[str, float]
    standardise: bool = True
    n_users: int = 0
    n_pairs: int = 0

    def as_table(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "weights": {name: float(weight) for name, weight in self.weights.items()},
            "standardise": self.standardise,
            "n_users": self.n_users,
            "n_pairs": self.n_pairs,
        }

    @classmethod
    def from_table(cls, table: Mapping[str, Json]) -> Blend:
        """From what `as_table` gave.

        Raises:
            UsageError: something is missing or of another type.
        """
        weights = table.get("weights")
        if not isinstance(weights, dict) or not weights:
            raise UsageError(f"a blend has weights by scorer; the table has {sorted(table)}")
        return cls(
            {str(name): float(str(weight)) for name, weight in weights.items()},
            bool(table.get("standardise", True)),
            int(str(table.get("n_users", 0))),
            int(str(table.get("n_pairs", 0))),
        )


@dataclass(frozen=True, slots=True)
class BlendOptions:
    """How weights are learned.

    Attributes:
        held_out: share of the interactions, the latest, that the weights are learned from, in (0, 1). Scorers learn
            from the earlier ones meanwhile, and from all of them afterwards.
        negatives: items drawn for each one that a user chose later.
        regularisation: C of scikit-learn's logistic regression, above 0.
        min_users: users with both earlier and later interactions that must be there.
        seed: of the drawing.
    """

    held_out: float = 0.15
    negatives: int = 20
    regularisation: float = 1.0
    min_users: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < as_number(self.held_out, "held_out") < 1:
            raise UsageError(f"held_out is {self.held_out}; expected a share between 0 and 1")
        for name in ("negatives", "min_users"):
            as_whole(getattr(self, name), name)
        if not as_number(self.regularisation, "regularisation") > 0:
            raise UsageError(f"regularisation is {self.regularisation}; expected a number above 0")


def check_names(scorers: Sequence[Scorer], weights: Mapping[str, float] | None) -> None:
    """Refuse scorers of one name, and weights that name others.

    Raises:
        UsageError: says which.
    """
    names = [scorer.name for scorer in scorers]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"two scorers are called {twice!r}; give one of them another name")
    if weights is not None and set(weights) != set(names):
        raise UsageError(
            f"weights are given for {', '.join(sorted(weights)) or 'nothing'}; the scorers are {', '.join(names)}"
        )


def standardised(scores: FloatMatrix) -> FloatMatrix:
    """Rows with mean 0 and standard deviation 1; rows of equal scores become 0."""
    middle = scores.mean(axis=1, keepdims=True)
    centred = scores - middle
    spread = np.sqrt(np.einsum("qc,qc->q", centred, centred) / max(1, scores.shape[1]))[:, None]
    flat = spread <= 1e-6 * np.maximum(1e-6, np.abs(middle))
    result: FloatMatrix = np.where(flat, 0.0, centred / np.where(flat, 1.0, spread)).astype(np.float32)
    return result


def scored(scorer: Scorer, batch: ScoringBatch) -> FloatMatrix:
    """A scorer's scores, checked."""
    return checked(scorer.name, scorer.score(batch), (len(batch.users), len(batch.rows)))


def blended(scorers: Sequence[Scorer], blend: Blend | None, batch: ScoringBatch) -> FloatMatrix:
    """(q, c) float32, one score of each item for each user.

    Args:
        scorers: at least one.
        blend: their weights; None only for a single scorer, whose scores are taken as they are.
        batch: users and items.
    """
    if blend is None:
        (only,) = scorers
        if type(only) is ContentScorer:
            return only.score(batch)  # new at each call and finite: two passes over all scores saved
        return np.array(scored(only, batch), np.float32)
    total = np.zeros((len(batch.users), len(batch.rows)), np.float32)
    for scorer in scorers:
        weight = np.float32(blend.weights[scorer.name])
        if weight:
            scores = scored(scorer, batch)
            total += weight * (standardised(scores) if blend.standardise else scores)
    return total


@dataclass(slots=True)
class PairSampler:
    """Collects differences between what users chose later and what they did not, as features of a regression."""

    scorers: Sequence[Scorer]
    options: BlendOptions
    differences: list[FloatMatrix] = field(default_factory=list)
    owners: list[RowArray] = field(default_factory=list)
    n_users: int = 0

    def add(self, batch: ScoringBatch, chosen: Histories, rng: np.random.Generator) -> None:
        """Draw pairs for a block of users.

        Args:
            batch: all live rows, histories of the earlier part.
            chosen: what these users chose later, places in `batch.rows`.
            rng: draws.
        """
        features = np.stack([standardised(scored(scorer, batch)) for scorer in self.scorers], axis=2)
        seen = batch.histories.matrix(len(batch.item_ids), binary=True)[:, batch.rows].toarray() > 0
        for user in range(len(chosen)):
            places = chosen.rows[chosen.starts[user] : chosen.starts[user + 1]]
            if not len(places):
                continue
            allowed = ~seen[user]
            allowed[places] = False
            others = np.flatnonzero(allowed)
            if not len(others):
                continue
            drawn = rng.choice(others, (len(places), self.options.negatives))
            each = features[user, np.repeat(places, drawn.shape[1])] - features[user, drawn.ravel()]
            self.differences.append(each)
            self.owners.append(np.full(len(each), self.n_users))
            self.n_users += 1

    def fit(self) -> Blend:
        """The weights: a logistic regression without intercept on the differences, each user counting the same.

        Raises:
            UsageError: too few users.
            MissingExtraError: scikit-learn is not installed.
        """
        if self.n_users < self.options.min_users:
            raise UsageError(
                f"{self.n_users} users have both earlier interactions and later likes; learning a blend needs "
                f"{self.options.min_users}: give weights instead, or a larger held_out"
            )
        linear = optional_module("sklearn.linear_model", "judge", "learning a blend")
        x = np.concatenate(self.differences)
        owners = np.concatenate(self.owners)
        weight = 1.0 / np.bincount(owners)[owners]
        signs = np.where(np.arange(len(x)) % 2 == 0, 1.0, -1.0)  # half of the pairs turned: two classes
        model = linear.LogisticRegression(C=self.options.regularisation, fit_intercept=False, max_iter=500)
        model.fit(x * signs[:, None], signs, sample_weight=weight * len(x) / self.n_users)
        names = [scorer.name for scorer in self.scorers]
        weights = dict(zip(names, model.coef_[0].tolist(), strict=True))
        return Blend(weights, True, self.n_users, len(x))

"""The weight of a reranker for an index, chosen on labelled queries; 0 is among the choices."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.evaluation.ranking import evaluate_ranking
from simengine.requests.rerank import DEFAULT_DEPTH
from simengine.rerank.blend import Values, best_first, blended
from simengine.rerank.candidates import judged_text
from simengine.rerank.judge import Judge
from simengine.rerank.options import check_depth, check_weight
from simengine.types import Hit, Json

WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
N_FOLDS = 5
MIN_QUERIES = 20
DEFAULT_MEASURE = "nDCG@10"


@dataclass(frozen=True, slots=True)
class BlendFit:
    """The weight of a reranker chosen for an index.

    Attributes:
        judge: the fingerprint's digest of the reranker; the weight is valid only for this one.
        kind: how its outputs are read: "relevance", "similarity" or "nli".
        weight: its share of the blended score; 0: it does not help here, the retriever's order is kept.
        depth: candidates that it reranks.
        measure: by which the weight was chosen, such as "nDCG@10".
        before: mean of the measure in the retriever's order.
        after: the same of held-out queries (5 folds); what to expect.
        standard_error: of the mean difference between the two.
        by_weight: mean of the measure by weight, over all queries.
        n: labelled queries.
        fitted_on: what they are, human-readable.
        date: YYYY-MM-DD.
    """

    judge: str
    kind: str
    weight: float
    depth: int
    measure: str
    before: float
    after: float
    standard_error: float
    by_weight: Mapping[str, float]
    n: int
    fitted_on: str
    date: str

    def to_dict(self) -> dict[str, Json]:
        """As JSON, read by `from_dict`."""
        return cast("dict[str, Json]", {**asdict(self), "by_weight": dict(self.by_weight)})

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> BlendFit:
        """The inverse of `to_dict`.

        Raises:
            UsageError: a key is missing or unknown, or a value is invalid.
        """
        names = set(cls.__dataclass_fields__)
        if wrong := sorted(set(table) ^ names):
            raise UsageError(
                f"a fitted blend has the keys {', '.join(sorted(names))}; missing or unknown: {', '.join(wrong)}"
            )
        found = cls(**table)
        check_weight(found.weight)
        check_depth(found.depth)
        return found


def fit_blend(
    queries: Mapping[str, str],
    qrels: Mapping[str, Mapping[str, int]],
    hits: Mapping[str, Sequence[Hit]],
    judge: Judge,
    *,
    depth: int = DEFAULT_DEPTH,
    measure: str = DEFAULT_MEASURE,
    weights: Sequence[float] = WEIGHTS,
    fitted_on: str = "",
    seed: int = 0,
) -> BlendFit:
    """Choose the weight of a reranker on labelled queries.

    The weight is the one with the best mean over all queries, if cross-validation confirms the gain: weights
    chosen on four fifths of the queries must raise the mean of the others by more than its standard error. Else it is
    0, and reranking keeps the retriever's order.

    Args:
        queries: query id to text.
        qrels: query id to document id to grade; queries without a relevant document are left out.
        hits: query id to candidates, best first, at least `depth` of them if the index has so many.
        judge: the reranker; reads each of them once.
        depth: candidates per query to rerank.
        measure: in the notation of ir-measures.
        weights: to choose from; 0 is always among them.
        fitted_on: what the queries are, human-readable.
        seed: of the folds.

    Raises:
        UsageError: too few queries with a relevant document, a query without text, or a value out of range.
        MissingExtraError: ir-measures is not installed.
    """
    check_depth(depth)
    grid = sorted({0.0, *(check_weight(weight) for weight in weights)})
    names = [name for name, grades in qrels.items() if any(grade > 0 for grade in grades.values())]
    if absent := [name for name in names if name not in queries or name not in hits]:
        raise UsageError(f"{len(absent)} judged queries have no text or no candidates, such as {absent[0]!r}")
    if len(names) < MIN_QUERIES:
        raise UsageError(
            f"{len(names)} queries have a relevant document; at least {MIN_QUERIES} are needed to choose a weight"
        )
    heads = [list(hits[name][:depth]) for name in names]
    pairs = [
        (queries[name], judged_text(hit)) for name, head in zip(names, heads, strict=True) for hit in head
    ]
    relevance = np.split(judge.judge(pairs).relevance, np.cumsum([len(head) for head in heads])[:-1])
    table = weight_table(
        {name: qrels[name] for name in names}, [hits[name] for name in names], relevance, grid, measure
    )
    weight, differences = choose_weight(table, grid, seed=seed)
    before = float(table[:, 0].mean())
    return BlendFit(
        judge=judge.fingerprint,
        kind=judge.kind,
        weight=weight,
        depth=depth,
        measure=measure,
        before=before,
        after=before + float(differences.mean()),
        standard_error=standard_error(differences),
        by_weight={f"{each:g}": float(mean) for each, mean in zip(grid, table.mean(axis=0), strict=True)},
        n=len(names),
        fitted_on=fitted_on,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
    )


def weight_table(
    qrels: Mapping[str, Mapping[str, int]],
    hits: Sequence[Sequence[Hit]],
    relevance: Sequence[npt.NDArray[np.floating]],
    weights: Sequence[float],
    measure: str,
) -> Values:
    """The measure for each query and weight: (q, w) float64.

    Args:
        qrels: q queries, each with a relevant document, to document id to grade.
        hits: for each of them its candidates, best first.
        relevance: for each of them the reranker's scores of its first candidates.
        weights: w shares of the reranker.
        measure: in the notation of ir-measures.
    """
    columns = []
    for weight in weights:
        run = {
            name: reordered(found, said, weight)
            for name, found, said in zip(qrels, hits, relevance, strict=True)
        }
        values = evaluate_ranking(qrels, run, measures=(measure,)).per_query
        columns.append([values[name][measure] for name in qrels])
    return np.array(columns, np.float64).T


def reordered(hits: Sequence[Hit], relevance: npt.NDArray[np.floating], weight: float) -> list[str]:
    """Ids in the blended order; the candidates after the reranked ones keep theirs."""
    head = hits[: len(relevance)]
    ids = [hit.id for hit in head]
    if weight > 0:
        order = best_first(blended([hit.score for hit in head], relevance, weight), ids)
        ids = [ids[place] for place in order]
    return ids + [hit.id for hit in hits[len(relevance) :]]


def choose_weight(table: Values, weights: Sequence[float], *, seed: int = 0) -> tuple[float, Values]:
    """The weight to use, and for each query the gain by a weight chosen without it.

    Args:
        table: (q, w) from `weight_table`; the first weight is 0.
        weights: w, ascending; of equally good ones the smallest is taken.
        seed: of the folds.

    Returns:
        A weight, 0 if cross-validation shows no gain beyond its standard error; (q,) float64.
    """
    differences = np.zeros(len(table))
    folds = np.random.default_rng(seed).permutation(len(table)) % N_FOLDS
    for fold in range(N_FOLDS):
        left_out = folds == fold
        best = int(table[~left_out].mean(axis=0).argmax())
        differences[left_out] = table[left_out, best] - table[left_out, 0]
    helps = differences.mean() > standard_error(differences)
    return (float(weights[int(table.mean(axis=0).argmax())]) if helps else 0.0), differences


def standard_error(values: Values) -> float:
    """Of the mean of (n,) values."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0

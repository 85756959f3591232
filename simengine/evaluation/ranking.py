"""Rankings: retrieval by query, answer selection by question. Measures by ir-measures (trec_eval)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simengine.errors import UsageError
from simengine.evaluation.result import Result
from simengine.evaluation.units import MeanUnits
from simengine.extras import optional_module
from simengine.types import Json

RETRIEVAL_MEASURES = ("nDCG@10", "MRR@10", "Recall@100", "MAP")
ANSWER_MEASURES = ("MAP", "MRR", "P@1", "nDCG@10")


@dataclass(frozen=True, slots=True)
class RankingResult(Result):
    """How well queries were answered.

    Attributes:
        n_queries: queries that were judged, all with a relevant document.
        metrics: measure to its mean over these queries; a query without results counts 0.
        per_query: query id to measure to value.
        n_without_relevant: queries that were left out because nothing is relevant for them.
        n_without_irrelevant: queries among `n_queries` for which every candidate is relevant, so that any order
            is right; None for retrieval.
    """

    n_queries: int
    metrics: Mapping[str, float]
    per_query: Mapping[str, Mapping[str, float]] = field(repr=False)
    n_without_relevant: int = 0
    n_without_irrelevant: int | None = None

    def as_dict(self) -> dict[str, Json]:
        """As JSON, without the single queries."""
        result: dict[str, Json] = {"n_queries": self.n_queries, "n_without_relevant": self.n_without_relevant}
        if self.n_without_irrelevant is not None:
            result["n_without_irrelevant"] = self.n_without_irrelevant
        return {**result, "metrics": dict(self.metrics)}

    def units(self, main: str, noun: str = "query") -> MeanUnits:
        """The queries, for intervals and comparisons."""
        ids, names = tuple(self.per_query), tuple(self.metrics)
        table = [[values[name] for name in names] for values in self.per_query.values()]
        return MeanUnits(ids, names, np.array(table, np.float64), noun, main)


def without_own(run: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Rankings without the document whose id is the query's, as BEIR judges them: a query taken from the corpus finds
    itself first, which says nothing of a retriever. Search one document more, so that as many are left.
    """
    return {query: [document for document in found if document != query] for query, found in run.items()}


def evaluate_ranking(
    qrels: Mapping[str, Mapping[str, int]],
    run: Mapping[str, Sequence[str]],
    *,
    measures: Sequence[str] = RETRIEVAL_MEASURES,
) -> RankingResult:
    """Measures of retrieval.

    Args:
        qrels: query id to document id to grade; grades above 0 are relevant.
        run: query id to document ids, best first. Queries without qrels are ignored.
        measures: in the notation of ir-measures, such as "nDCG@10", "MRR@10", "Recall@100", "MAP".

    Raises:
        UsageError: no query has a relevant document, a document stands twice in a ranking, or a measure is unknown.
        MissingExtraError: ir-measures is not installed.
    """
    parsed = _parse(measures)
    judged = {query: dict(grades) for query, grades in qrels.items() if any(g > 0 for g in grades.values())}
    if not judged:
        raise UsageError(f"none of the {len(qrels)} queries has a relevant document")
    # Minus the rank as score: trec_eval would break equal scores by id, downwards.
    scores = {query: {d: -float(rank) for rank, d in enumerate(run.get(query, ()))} for query in judged}
    for query in judged:
        if len(scores[query]) != len(run.get(query, ())):
            raise UsageError(f"a document stands twice in the ranking for query {query!r}")
    values: dict[str, dict[str, float]] = {query: dict.fromkeys(measures, 0.0) for query in judged}
    names: dict[Any, list[str]] = defaultdict(list)
    for name, measure in parsed.items():
        names[measure].append(name)
    evaluator = optional_module("ir_measures", "evaluate", "ranking measures").evaluator(list(names), judged)
    for metric in evaluator.iter_calc({query: found for query, found in scores.items() if found}):
        for name in names[metric.measure]:
            values[metric.query_id][name] = float(metric.value)
    means = {name: float(np.mean([line[name] for line in values.values()])) for name in measures}
    return RankingResult(len(judged), means, values, len(qrels) - len(judged))


def _parse(measures: Sequence[str]) -> dict[str, Any]:
    ir_measures = optional_module("ir_measures", "evaluate", "ranking measures")
    parsed = {}
    for name in measures:
        try:
            parsed[name] = ir_measures.parse_measure(name)
        except (NameError, ValueError, SyntaxError) as error:
            known = ", ".join(dict.fromkeys((*RETRIEVAL_MEASURES, *ANSWER_MEASURES)))
            raise UsageError(f"unknown measure {name!r} ({error}); examples: {known}") from error
    if not parsed:
        raise UsageError("no measure given")
    return parsed


def evaluate_answer_selection(
    questions: Sequence[str],
    relevant: Sequence[bool],
    scores: Sequence[float],
    *,
    measures: Sequence[str] = ANSWER_MEASURES,
) -> RankingResult:
    """Measures of reranking candidates question by question.

    As the literature on WikiQA and TrecQA does, questions without a right answer among their candidates are left
    out. Questions whose candidates are all right stay in ("raw" TrecQA). Where scores are equal, wrong answers rank
    first, so that a model that gives all candidates one score gains nothing by their order in the file.

    Args:
        questions: (n,) the id or text of each candidate's question.
        relevant: (n,) whether the candidate answers it.
        scores: (n,) higher is better.
        measures: as for `evaluate_ranking`.

    Raises:
        UsageError: different lengths, scores that are no numbers, or no question with a right answer.
        MissingExtraError: ir-measures is not installed.
    """
    if not len(questions) == len(relevant) == len(scores):
        raise UsageError(
            f"expected as many scores and judgements as candidates, got {len(questions)} candidates, "
            f"{len(relevant)} judgements and {len(scores)} scores"
        )
    if np.isnan(np.asarray(scores, np.float64)).any():
        raise UsageError("a score is not a number")
    candidates: dict[str, list[int]] = defaultdict(list)
    for place, question in enumerate(questions):
        candidates[question].append(place)
    qrels, run, n_all_right = {}, {}, 0
    for question, places in candidates.items():
        qrels[question] = {str(place): int(relevant[place]) for place in places}
        run[question] = [str(p) for p in sorted(places, key=lambda p: (-scores[p], bool(relevant[p]), p))]
        n_all_right += all(relevant[place] for place in places)
    result = evaluate_ranking(qrels, run, measures=measures)
    return RankingResult(
        result.n_queries, result.metrics, result.per_query, result.n_without_relevant, n_all_right
    )

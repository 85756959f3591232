"""Reranks a retriever's candidates."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simengine.calibration.calibration import Calibration
from simengine.errors import UsageError
from simengine.rerank.blend import best_first, blended, scores_below
from simengine.rerank.candidates import judged_text, span_in_document
from simengine.rerank.judge import Judge, PairJudgements
from simengine.rerank.options import RerankOptions, Stage
from simengine.rerank.subject import only_of_the_subject
from simengine.results.search import LeftAlone, SearchResult, StageCount
from simengine.text.arguments import as_texts, as_whole, expect, items_of
from simengine.types import Hit, Judgement

FIRST_BLOCK_TOKENS = 512
BLOCK_TOKENS = 2_048
"""Most tokens scored at once under a time budget; the first block, of unknown speed, is smaller."""
CALIBRATED_TASK = "relevance"


class Reranker:
    """Reranks candidates in stages. Safe to use from several threads at once.

    Every stage scores the first `depth` candidates of the previous stage's order, blends its scores with theirs (see
    `simengine.rerank.blend`) and reorders them; the others follow in their old order, with scores below 0. So a cheap
    first stage of great depth can select the input of an expensive second one.

    A reranker reads a hit's title and passage. Results do not depend on how queries are put into batches, except
    under a time budget.

    Args:
        stages: at least one, each no deeper than the one before.
        options: for all stages.
        calibrations: by the fingerprint of a reranker, to make its relevance a probability. Blending uses the
            raw scores.
        clock: seconds; for tests.

    Raises:
        UsageError: there are no stages, a stage is deeper than the one before, or stances are requested and the last
            reranker is not an NLI model.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        options: RerankOptions | None = None,
        *,
        calibrations: Mapping[str, Calibration] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.stages, self.options = tuple(stages), options or RerankOptions()
        self._calibrations = dict(calibrations or {})
        self._clock = clock
        if not self.stages:
            raise UsageError("no stages given; expected at least one reranker")
        depths = [stage.depth for stage in self.stages]
        if depths != sorted(depths, reverse=True):
            raise UsageError(
                f"the rerankers read {', '.join(map(str, depths))} candidates, in this order; none can read more "
                "than the one before it (--first-depth is at least --depth)"
            )
        last = self.stages[-1].judge
        if self.options.claim and last.kind != "nli":
            raise UsageError(
                f"the stance on a claim is requested, and {last.name} scores {last.kind}; the last reranker must be an "
                "NLI model"
            )

    @property
    def depth(self) -> int:
        """The most candidates of a query that are read."""
        return self.stages[0].depth

    def left_alone(self, queries: Sequence[str]) -> list[LeftAlone]:
        """For each query why no stage reads its candidates; "" if one does."""
        reasons = [[stage.leaves_alone(query) for stage in self.stages] for query in queries]
        return [each[-1] if all(each) else "" for each in reasons]

    def rerank(
        self, queries: Sequence[str], hits: Sequence[Sequence[Hit]], *, k: int | None = None
    ) -> SearchResult:
        """Rerank the hits of each query.

        Args:
            queries: q texts.
            hits: for each query its candidates, best first; those beyond the depth keep their order.
            k: hits per query; None for all.

        Returns:
            Hits with new scores and ranks; reranked ones have a judgement (of the last stage that scored
            them), and in `scores` the retriever's score as "retriever" (if there was one) and each stage's as
            "judge" ("judge1", "judge2" where there are several).

        Raises:
            UsageError: a query is blank, `k` is below 1, or the numbers of lists of hits and of queries differ.
        """
        queries, hits, k = _checked(queries, hits, k)
        start = self._clock()
        states = [_State(query, list(found)) for query, found in zip(queries, hits, strict=True)]
        spent = 0.0
        if self.options.budget_ms is None:
            for number in range(len(self.stages)):
                spent += self._stage_of_all(number, states)
        else:
            for state in states:
                deadline = self._clock() + self.options.budget_ms / 1000
                for number in range(len(self.stages)):
                    spent += self._stage_within(number, state, deadline)
        result = [state.finished(k) for state in states]
        total = self._clock() - start
        return SearchResult(
            result,
            {"judge": spent * 1000, "rerank": total * 1000},
            [tuple(state.counts) for state in states],
        )

    def _stage_of_all(self, number: int, states: Sequence[_State]) -> float:
        """One stage over all queries at once: the model batches all pairs."""
        stage = self.stages[number]
        heads = [[] if stage.leaves_alone(state.query) else state.hits[: stage.depth] for state in states]
        pairs = [
            (state.query, judged_text(hit)) for state, head in zip(states, heads, strict=True) for hit in head
        ]
        before = self._clock()
        said = stage.judge.judge(pairs, claim=self._claims(number))
        spent = self._clock() - before
        at = 0
        for state, head in zip(states, heads, strict=True):
            self._apply(number, state, _part(said, at, at + len(head)), len(head))
            at += len(head)
        return spent

    def _stage_within(self, number: int, state: _State, deadline: float) -> float:
        """One stage of one query, block by block, as long as the next block is expected to end before the deadline."""
        stage = self.stages[number]
        head = [] if stage.leaves_alone(state.query) else state.hits[: stage.depth]
        pairs = [(state.query, judged_text(hit)) for hit in head]
        before = self._clock()
        sizes = stage.judge.count_tokens(pairs).tolist() if pairs else []
        parts: list[PairJudgements] = []
        at, tokens_per_s, most = 0, 0.0, FIRST_BLOCK_TOKENS
        while at < len(pairs):
            left = deadline - self._clock()
            stop = _block_end(sizes, at, most if not parts else min(BLOCK_TOKENS, int(tokens_per_s * left)))
            if left <= 0 or (stop == at and parts):
                break
            stop = max(stop, at + 1)
            began = self._clock()
            parts.append(stage.judge.judge(pairs[at:stop], claim=self._claims(number)))
            tokens_per_s = sum(sizes[at:stop]) / max(self._clock() - began, 1e-6)
            at = stop
        spent = self._clock() - before
        self._apply(number, state, _joined(parts), len(pairs))
        return spent

    def _claims(self, number: int) -> bool:
        """Whether a stage treats queries as claims: the last one does, and any other that can."""
        return self.options.claim and self.stages[number].judge.kind == "nli"

    def _apply(self, number: int, state: _State, said: PairJudgements, n_wanted: int) -> None:
        stage, n_judged = self.stages[number], len(said.relevance)
        name = "judge" if len(self.stages) == 1 else f"judge{number + 1}"
        read = state.hits[:n_judged]
        said = only_of_the_subject(
            said,
            [(state.query, judged_text(hit)) for hit in read],
            [hit.scores.get("dense") for hit in read],
        )
        probabilities = self._calibrated(stage.judge, said, claim=self._claims(number))
        head = [
            replace(
                hit,
                judgement=_judgement(
                    hit, said, place, None if probabilities is None else probabilities[place]
                ),
                scores={**hit.scores, name: float(said.relevance[place])},
            )
            for place, hit in enumerate(read)
        ]
        rest = state.hits[n_judged:]
        if stage.weight > 0 and head:
            scores = blended([hit.score for hit in head], said.relevance, stage.weight)
            order = best_first(scores, [hit.id for hit in head])
            head = [replace(head[place], score=float(scores[place])) for place in order]
            below = scores_below(len(rest)).tolist()
            rest = [replace(hit, score=score) for hit, score in zip(rest, below, strict=True)]
        state.hits = head + rest
        n_truncated = int(np.count_nonzero(said.n_truncated))
        left_alone = stage.leaves_alone(state.query)
        weight = 0.0 if left_alone else stage.weight
        state.counts.append(StageCount(n_wanted, n_judged, n_truncated, weight, left_alone))

    def _calibrated(self, judge: Judge, said: PairJudgements, *, claim: bool) -> list[float] | None:
        calibration = self._calibrations.get(judge.fingerprint)
        if calibration is None or calibration.task != CALIBRATED_TASK:
            return None
        if claim or judge.kind == "similarity":  # not the scores that were calibrated
            return None
        values: list[float] = calibration.apply(said.relevance).tolist()
        return values

    def close(self) -> None:
        """Release the models."""
        for stage in self.stages:
            stage.judge.close()


@dataclass
class _State:
    """A query on its way through the stages."""

    query: str
    hits: list[Hit]

    def __post_init__(self) -> None:
        self.counts: list[StageCount] = []
        # Plain passages have no scores: nothing retrieved them.
        self.hits = [
            replace(hit, scores={**hit.scores, "retriever": hit.score}) if hit.scores else hit
            for hit in self.hits
        ]

    def finished(self, k: int | None) -> list[Hit]:
        """The hits with ranks."""
        return [replace(hit, rank=rank) for rank, hit in enumerate(self.hits[:k], start=1)]


def _judgement(hit: Hit, said: PairJudgements, place: int, probability: float | None) -> Judgement:
    relevance = float(said.relevance[place])
    cut = int(said.n_truncated[place])
    if said.stances is None or said.probabilities is None or said.evidence is None:
        return Judgement(
            relevance if probability is None else probability, probability is not None, n_truncated=cut
        )
    return Judgement(
        relevance,
        stance=said.stances[place],
        probabilities=said.probabilities[place],
        evidence=span_in_document(hit, said.evidence[place]),
        n_truncated=cut,
    )


def _part(said: PairJudgements, start: int, end: int) -> PairJudgements:
    return PairJudgements(
        said.relevance[start:end],
        said.n_truncated[start:end],
        None if said.stances is None else said.stances[start:end],
        None if said.probabilities is None else said.probabilities[start:end],
        None if said.evidence is None else said.evidence[start:end],
    )


def _joined(parts: Sequence[PairJudgements]) -> PairJudgements:
    if not parts:
        return PairJudgements(np.empty(0, np.float32), np.empty(0, np.int32))
    stances = [each for part in parts for each in part.stances or ()]
    return PairJudgements(
        np.concatenate([part.relevance for part in parts]),
        np.concatenate([part.n_truncated for part in parts]),
        stances or None,
        [each for part in parts for each in part.probabilities or ()] if stances else None,
        [each for part in parts for each in part.evidence or ()] if stances else None,
    )


def _block_end(sizes: Sequence[int], start: int, most: int) -> int:
    """The end of a block of at most this many tokens; `start` if not even one pair fits."""
    total, end = 0, start
    while end < len(sizes) and total + sizes[end] <= most:
        total += sizes[end]
        end += 1
    return end


def _checked(queries: object, hits: object, k: object) -> tuple[list[str], list[list[Hit]], int | None]:
    """The arguments of `rerank`, read once."""
    texts = as_texts(queries, "query", blank=False)
    lists = [list(items_of(found, "hit")) for found in items_of(hits, "hit list")]
    if len(texts) != len(lists):
        raise UsageError(f"expected hits for each query: {len(texts)} queries, {len(lists)} lists of hits")
    for number, found in enumerate(lists, 1):
        for place, hit in enumerate(found, 1):
            expect(
                hit, Hit, f"hit {place} of query {number}", "a Hit; passages_as_hits makes them from texts"
            )
    return texts, lists, None if k is None else as_whole(k, "k")

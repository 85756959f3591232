"""Collapses hits that say the same: similar by their vectors, guarded by an NLI model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from simengine.encoders.contract import Role
from simengine.reasoning.conflict import PairJudge
from simengine.reasoning.duplicates_guard import duplicate_guard
from simengine.requests.conflicts import DuplicateOptions
from simengine.rerank.candidates import judged_text
from simengine.search.collapse import collapse_near
from simengine.types import FloatMatrix, Hit

MIN_COSINE = DuplicateOptions().min_cosine


class Encoding(Protocol):
    """Encodes texts, as `simengine.Engine` does."""

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""


def collapse_hits(
    encoding: Encoding,
    hits: Sequence[Sequence[Hit]],
    judge: PairJudge,
    *,
    k: int | None = None,
    min_cosine: float = MIN_COSINE,
) -> list[list[Hit]]:
    """Fold each hit into the first better one that says the same.

    Titles and passages are compared: two questions with the answer "Yes." are two hits. Similar hits say the same only
    if each entails every sentence of the other and no sentences conflict; see `compare_texts`.

    Args:
        encoding: such as an engine.
        hits: for each query its hits, best first.
        judge: such as an `NLIModel`.
        k: most hits to return per query; None for all that are left.
        min_cosine: least cosine of two hits that are compared.

    Returns:
        For each query fewer hits in the same order, with new ranks; `duplicates` names those folded into each.
    """
    shown = [[_with_text(hit, judged_text(hit)) for hit in found] for found in hits]
    texts = list(dict.fromkeys(hit.passage.text for found in shown for hit in found))
    if not texts:
        return [[] for _ in hits]
    vectors, rows = encoding.encode(texts, role="passage"), {text: row for row, text in enumerate(texts)}
    guard = duplicate_guard(judge, encoding.encode)
    folded = []
    for found, compared in zip(hits, shown, strict=True):
        own = vectors[[rows[hit.passage.text] for hit in compared]]
        left = collapse_near(compared, own, min_cosine=min_cosine, guard=guard)[:k]
        passages = {hit.id: hit.passage for hit in found}
        folded.append([replace(hit, passage=passages[hit.id]) for hit in left])
    return folded


def _with_text(hit: Hit, text: str) -> Hit:
    return replace(hit, passage=replace(hit.passage, text=text))

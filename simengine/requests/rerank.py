"""Reranking with cross-encoders."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Gt, Le

from simengine.errors import UsageError
from simengine.paths import keep_model
from simengine.requests.fields import Help, Texts, check_fields
from simengine.text.arguments import as_flag, as_path_name, expect

Kind: TypeAlias = Literal["auto", "relevance", "similarity", "nli"]
Precision: TypeAlias = Literal["auto", "f32", "bf16", "f16", "int8"]
DEFAULT_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Rerank:
    """How cross-encoders rerank the candidates of a search.

    Attributes:
        model: folder or name of a cross-encoder; None for the engine's reranker.
        depth: candidates that it reads, at least 1; None for the depth fitted for the index, else 20.
        weight: its share of the score, in [0, 1]; None for the weight fitted for the index, else a measured default.
        kind: how its outputs are read.
        labels: names of its outputs in their order, if its files do not name them.
        claim: the queries are claims: add to each hit whether it supports or contradicts its query. Needs an NLI model.
        budget_ms: time for each query's candidates, in milliseconds; those beyond it are not reranked.
        precision: of its arithmetic.
        first: a cheaper reranker that selects this one's candidates from more.

    Raises:
        UsageError: a value has the wrong type or is out of range.
    """

    model: Annotated[str | None, Help("Cross-encoder that reranks: a folder or a name.")] = None
    depth: Annotated[
        int | None,
        Ge(1),
        Help("Candidates reranked for each query. [default: as fitted for the index, else 20]"),
    ] = None
    weight: Annotated[
        float | None,
        Ge(0),
        Le(1),
        Help(
            "The reranker's share of the score: 0 keeps the order of the search, 1 is the reranker alone. [default: "
            "as fitted for the index, else a measured one]"
        ),
    ] = None
    kind: Annotated[
        Kind,
        Help("How the reranker's outputs are read: auto is nli for three outputs, relevance for one."),
    ] = "auto"
    labels: Annotated[
        tuple[str, ...] | None, Texts("label"), Help("Names of the model's outputs, in their order.")
    ] = None
    claim: Annotated[
        bool, Help("The query is a claim: add to each hit whether it supports or contradicts it.")
    ] = False
    budget_ms: Annotated[
        float | None, Gt(0), Help("Time to rerank one query's candidates, in milliseconds.")
    ] = None
    precision: Annotated[Precision, Help("Of the reranker's arithmetic.")] = "auto"
    first: Rerank | None = None

    def __post_init__(self) -> None:
        if self.model is not None:
            object.__setattr__(self, "model", keep_model(as_path_name(self.model, "the model of Rerank")))
        check_fields(self)
        if self.first is not None and (self.first.claim or self.first.budget_ms is not None):
            raise UsageError("claim and budget_ms apply to all stages; give them to the last one")

    def stages(self) -> tuple[Rerank, ...]:
        """The rerankers in order; the first of two reads twice as many candidates by default."""
        if self.first is None:
            return (self,)
        *before, last = expect(self.first, Rerank, "first").stages()
        if last.depth is None:
            last = replace(last, depth=2 * (self.depth or DEFAULT_DEPTH))
        return (*before, last, replace(self, first=None))


def rerank_of(given: object) -> Rerank | None:
    """The options from True, False or a `Rerank`; None for no reranking.

    Raises:
        UsageError: the value is something else; says what to write.
    """
    if isinstance(given, Rerank):
        return given
    if isinstance(given, (str, os.PathLike)):
        name = os.fspath(given)
        raise UsageError(
            f"rerank is {name!r:.60}; expected True, False or Rerank(...). To name a model: Rerank({name!r:.60})"
        )
    try:
        return Rerank() if as_flag(given, "rerank") else None
    except UsageError as error:
        raise UsageError(f"{error}, or Rerank(...)") from None

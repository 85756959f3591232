"""Hits that the caller has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from simengine.requests.fields import Help, K, Texts, check_fields
from simengine.requests.rerank import Rerank
from simengine.types import Hit


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """Hits that the caller has, put into a better order.

    Attributes:
        queries: q texts.
        hits: for each query its candidates, best first.
        rerank: how.
        k: hits wanted for each query; None for all.
    """

    queries: Annotated[tuple[str, ...], Texts("query")]
    hits: Sequence[Sequence[Hit]]
    rerank: Rerank = field(default_factory=Rerank)
    k: Annotated[K | None, Help("Number of hits.")] = None

    def __post_init__(self) -> None:
        check_fields(self)

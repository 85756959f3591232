"""Recommending documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from simengine.requests.fields import Filter, Help, Ids, K, Texts, check_fields


@dataclass(frozen=True, slots=True)
class RecommendRequest:
    """Documents for somebody's taste, best first; nothing that is liked or disliked comes back.

    Attributes:
        liked, disliked: ids of documents.
        liked_texts, disliked_texts: any texts.
        refuse: statements that no recommended document may entail, such as "The film is violent."
        require: statements that none may contradict.
        k: documents wanted, at least 1; fewer come back where there are no more.
        where: filter expression over the metadata.
        reasons: find the sentence of each that speaks for it.
        diversity: 0 ranks by score alone, 1 by being unlike what stands above; see `simengine.recommend.ListOptions`.
    """

    liked: Annotated[tuple[str, ...], Ids(), Help("Ids of documents that are liked.")] = ()
    disliked: Annotated[tuple[str, ...], Ids(), Help("Ids of documents that are disliked.")] = ()
    liked_texts: Annotated[
        tuple[str, ...], Texts("liked text"), Help("Descriptions of what is liked, or texts that are.")
    ] = ()
    disliked_texts: Annotated[
        tuple[str, ...], Texts("disliked text"), Help("Descriptions of what is disliked, or texts that are.")
    ] = ()
    refuse: Annotated[
        tuple[str, ...],
        Texts("statement"),
        Help("Leave out documents that entail one of these statements, such as: The film is violent."),
    ] = ()
    require: Annotated[
        tuple[str, ...],
        Texts("statement"),
        Help("Leave out documents that contradict one of these statements."),
    ] = ()
    k: Annotated[K, Help("Number of recommendations.")] = 10
    where: Filter = None
    reasons: Annotated[bool, Help("Give the sentence of each document that speaks for it; slower.")] = False
    diversity: Annotated[
        float, Ge(0), Le(1), Help("0 ranks by score alone, 1 by being unlike what stands above.")
    ] = 0.0

    def __post_init__(self) -> None:
        check_fields(self)

"""Recommending documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Gt, Le

from simengine.requests.fields import Filter, Help, Ids, K, Texts, check_fields
from simengine.text.arguments import as_path_name

Method: TypeAlias = Literal["auto", "content", "blend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendOptions:
    """Options for a list of recommended documents.

    Attributes:
        refuse: statements that no recommended document may entail, such as "The film is violent."
        require: statements that none may contradict.
        veto_threshold: least probability with which `refuse` and `require` leave a document out; not calibrated.
        k: documents to return, at least 1; fewer if there are no more.
        where: filter expression over the metadata.
        reasons: find the sentence of each document that supports its recommendation.
        diversity: 0 ranks by score alone, 1 by dissimilarity to higher ranks; see `simengine.recommend.ListOptions`.
        collapse_cosine: of documents with this cosine or more only the best is kept; 1 keeps all.
        include_seen: also recommend documents that are liked, disliked, or in the history.
    """

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
    veto_threshold: Annotated[
        float,
        Gt(0),
        Le(1),
        Help("Least probability with which a statement leaves a document out; not calibrated."),
    ] = 0.5
    k: Annotated[K, Help("Number of recommendations.")] = 10
    where: Filter = None
    reasons: Annotated[bool, Help("Give the sentence of each document that supports it; slower.")] = False
    diversity: Annotated[
        float, Ge(0), Le(1), Help("0 ranks by score alone, 1 by dissimilarity to higher ranks.")
    ] = 0.0
    collapse_cosine: Annotated[
        float, Gt(0), Le(1), Help("Of documents with this cosine or more only the best is kept; 1 keeps all.")
    ] = 0.98
    include_seen: Annotated[
        bool, Help("Also recommend documents that are liked, disliked, or in the history.")
    ] = False

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class RecommendRequest(RecommendOptions):
    """Documents for a taste, best first, without the liked and disliked ones.

    Attributes:
        liked, disliked: ids of documents.
        liked_texts, disliked_texts: any texts.
    """

    liked: Annotated[tuple[str, ...], Ids(), Help("Ids of documents that are liked.")] = ()
    disliked: Annotated[tuple[str, ...], Ids(), Help("Ids of documents that are disliked.")] = ()
    liked_texts: Annotated[
        tuple[str, ...], Texts("liked text"), Help("Descriptions of what is liked, or texts that are.")
    ] = ()
    disliked_texts: Annotated[
        tuple[str, ...], Texts("disliked text"), Help("Descriptions of what is disliked, or texts that are.")
    ] = ()


@dataclass(frozen=True, slots=True)
class RecommendUsersRequest(RecommendOptions):
    """Documents for users of a history.

    Attributes:
        history: a file of interactions, for `simengine.recommend.read_interactions`.
        users: of the history; () for all of them, whose lists have only ids and scores, unless `reasons`.
        method: "content" ranks by text alone, "blend" by text, popularity and what similar users chose, with weights
            learned from the latest part of the history; "auto" blends if the history is rich enough.
        half_life_days: age, relative to the user's latest interaction, at which a preference counts half; None for no
            decay.
    """

    history: str
    users: Annotated[tuple[str, ...], Ids(), Help("Users of the history.")] = ()
    method: Annotated[
        Method,
        Help(
            "By text alone (content), or by text, popularity and what similar users chose, with weights learned from "
            "the latest part of the history; auto blends if the history is rich enough."
        ),
    ] = "auto"
    half_life_days: Annotated[float | None, Gt(0), Help("Age at which a preference counts half.")] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "history", as_path_name(self.history, "history"))
        RecommendOptions.__post_init__(self)

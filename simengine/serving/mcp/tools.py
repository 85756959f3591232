"""The tools: searching, asking, comparing and recommending, with typed results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, TypeAlias

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from simengine.errors import SimengineError
from simengine.serving.catalogue import Catalogue
from simengine.serving.mcp.results import (
    IndexDescription,
    IndexesToolResult,
    MetadataField,
    RecommendToolResult,
    ScoreToolResult,
    SearchToolResult,
)
from simengine.serving.reading import count_cut_tokens
from simengine.serving.results import AnswerResult, HitResult, RecommendationResult, VerdictResult
from simengine.serving.telling import is_hidden, told

logger = logging.getLogger(__name__)

MAX_QUERY_CHARS = 10_000
MAX_TEXT_CHARS = 200_000

Query: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_QUERY_CHARS, pattern=r"\S")]
LongText: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS, pattern=r"\S")]
Identifiers: TypeAlias = Annotated[list[str], Field(max_length=1_000)]
Texts: TypeAlias = Annotated[list[LongText], Field(max_length=100)]
Statements: TypeAlias = Annotated[list[Query], Field(max_length=20)]
Index: TypeAlias = Annotated[
    str | None, Field(description="Which index, where there are several; see list_indexes.")
]
Where: TypeAlias = Annotated[
    str | None,
    Field(
        max_length=MAX_QUERY_CHARS,
        description='Filter on metadata, such as: year >= 2020 and kind in ("class", "function"). _id and title are '
        "the document's own; list_indexes names the other fields.",
    ),
]


class Tools:
    """The tools over some indexes. Each method is one tool; its docstring is what an agent reads.

    Args:
        catalogue: the indexes; stays its owner's.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def all(self) -> list[Callable[..., Any]]:
        """The tools in the order in which they are offered."""
        return [self.search, self.ask, self.score, self.recommend, self.list_indexes]

    def search(
        self,
        query: Query,
        k: Annotated[int, Field(ge=1, le=100, description="Documents wanted.")] = 10,
        mode: Annotated[
            Literal["hybrid", "dense", "lexical"],
            Field(description="By meaning and words, by meaning, or by words."),
        ] = "hybrid",
        where: Where = None,
        rerank: Annotated[
            bool, Field(description="Let a cross-encoder judge the best candidates; slower.")
        ] = False,
        claim: Annotated[
            bool,
            Field(description="The query is a claim: say of each hit whether it supports or contradicts it."),
        ] = False,
        fusion: Annotated[Literal["auto", "rrf"], Field(description="How hybrid joins both sides.")] = "auto",
        exact: Annotated[
            bool, Field(description="Compare with every vector instead of asking the approximate index.")
        ] = False,
        collapse: Annotated[
            bool, Field(description="Fold hits that say the same into the best of them; slower.")
        ] = False,
        index: Index = None,
    ) -> SearchToolResult:
        """Find documents by meaning and by words. Each hit comes with its best passage, its place and its metadata."""
        with _told():
            served = self._catalogue.find(index)
            found = served.search(
                query,
                k=k,
                mode=mode,
                where=where,
                rerank=rerank or claim,
                claim=claim,
                exact=exact,
                fusion=fusion,
                collapse=collapse,
            )
            notes = served.notes(
                [] if mode == "lexical" else [query], judged=[query] if rerank or claim else []
            )
        n_unjudged = sum(stage.n_wanted - stage.n_judged for stages in found.counts for stage in stages)
        return SearchToolResult(
            index=served.name,
            hits=[HitResult.of(hit) for hit in found.hits[0]],
            n_unjudged=n_unjudged,
            notes=notes,
        )

    def ask(
        self,
        question: Query,
        history: Annotated[
            list[Query],
            Field(max_length=50, description="Earlier questions of the conversation, oldest first."),
        ] = [],  # noqa: B006 - copied by pydantic, and shown in the tool's schema
        where: Where = None,
        threshold: Annotated[
            float | None,
            Field(ge=0, le=1, description="Answers of a lower probability are not given."),
        ] = None,
        candidates: Annotated[
            int, Field(ge=1, le=100, description="Documents that the search offers for the question.")
        ] = 8,
        faq: Annotated[
            Literal["auto", "always", "never"],
            Field(description="Titles as stored questions: those that read like one, all, or none."),
        ] = "auto",
        index: Index = None,
    ) -> AnswerResult:
        """Answer a question out of the documents: the answer, the sentence that it stands on and a verdict.

        The verdict "not found" means that the documents do not say it; the nearest passages are given then.
        """
        from simengine.requests.ask import AnswerOptions

        with _told():
            served = self._catalogue.find(index)
            options = AnswerOptions(where=where, threshold=threshold, candidates=candidates, faq=faq)
            return AnswerResult.of(served.ask(question, history, options))

    def score(
        self,
        text1: LongText,
        text2: LongText,
        nli: Annotated[
            bool, Field(description="Also judge whether text1 entails or contradicts text2.")
        ] = True,
        index: Index = None,
    ) -> ScoreToolResult:
        """Compare two texts: how similar they are, and whether the first entails or contradicts the second."""
        with _told():
            served = self._catalogue.find(index)
            scored = served.score([(text1, text2)])[0]
            verdict = served.nli([(text1, text2)])[0] if nli else None
            graded = served.graded([(text1, text2)])
            cut = count_cut_tokens(served.engine.encoder, [text1, text2])
        return ScoreToolResult(
            cosine=float(scored.score),
            similarity=None if graded is None else float(graded[0]),
            verdict=None if verdict is None else VerdictResult.of(verdict, text1),
            n_truncated=sum(cut),
            told_apart=scored.told_apart,
        )

    def recommend(
        self,
        liked: Annotated[Identifiers, Field(description="Ids of documents.")] = [],  # noqa: B006
        disliked: Annotated[Identifiers, Field(description="Ids of documents.")] = [],  # noqa: B006
        liked_texts: Annotated[Texts, Field(description="Descriptions of what is liked.")] = [],  # noqa: B006
        disliked_texts: Annotated[Texts, Field(description="Descriptions of what is disliked.")] = [],  # noqa: B006
        refuse: Annotated[
            Statements, Field(description="Leave out documents that entail one of these statements.")
        ] = [],  # noqa: B006
        require: Annotated[
            Statements, Field(description="Leave out documents that contradict one of these statements.")
        ] = [],  # noqa: B006
        n: Annotated[int, Field(ge=1, le=100, description="Documents wanted.")] = 10,
        where: Where = None,
        diversity: Annotated[
            float,
            Field(ge=0, le=1, description="0 ranks by score alone, 1 by being unlike what stands above."),
        ] = 0.0,
        reasons: Annotated[
            bool, Field(description="Give the sentence of each document that speaks for it; slower.")
        ] = False,
        index: Index = None,
    ) -> RecommendToolResult:
        """Recommend documents that are near to what somebody likes. Name one document or text at least."""
        with _told():
            served = self._catalogue.find(index)
            found = served.recommend(
                liked,
                disliked,
                refuse,
                require=require,
                liked_texts=liked_texts,
                disliked_texts=disliked_texts,
                n=n,
                where=where,
                reasons=reasons,
                diversity=diversity,
            )
            notes = served.notes(
                [*liked_texts, *disliked_texts], judged=[*refuse, *require], ids=[*liked, *disliked]
            )
        return RecommendToolResult(
            index=served.name,
            recommendations=[RecommendationResult.of(each) for each in found],
            notes=notes,
        )

    def list_indexes(self) -> IndexesToolResult:
        """What can be searched: the indexes, how much they hold, and the metadata fields that filters may name."""
        with _told():
            return IndexesToolResult(
                indexes=[_described(served.facts()) for served in self._catalogue.values()]
            )


@contextmanager
def _told() -> Iterator[None]:
    """Errors that are raised on purpose reach the agent, without this machine's paths; all others stay here."""
    try:
        yield
    except SimengineError as error:
        if is_hidden(error):
            logger.error("%s", error)
        raise ToolError(told(error)) from error


def _described(facts: dict[str, Any]) -> IndexDescription:
    return IndexDescription(
        name=facts["name"],
        documents=facts["counts"]["documents"],
        passages=facts["counts"]["passages"],
        model=facts["settings"]["model_name"],
        fields=[MetadataField(name=name, **field) for name, field in facts["fields"].items()],
    )

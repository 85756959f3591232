"""The tools: each takes the options of a request, asks the engine, and gives a typed result."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, TypeAlias

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from simengine.errors import SimengineError
from simengine.requests.ask import AskRequest
from simengine.requests.check import CheckRequest
from simengine.requests.conflicts import ContradictionsRequest
from simengine.requests.pairs import ClassifyRequest, NLIRequest, ScoreRequest
from simengine.requests.recommend import RecommendRequest
from simengine.requests.rerank import Rerank
from simengine.requests.search import SearchRequest, SimilarRequest
from simengine.serving.catalogue import Catalogue
from simengine.serving.derived import Derived, Kinds, derived_fields, made
from simengine.serving.mcp.results import (
    CheckToolResult,
    ClassifyToolResult,
    ContradictionsToolResult,
    HitsToolResult,
    IndexDescription,
    IndexesToolResult,
    MetadataField,
    RecommendToolResult,
    ScoreToolResult,
    SearchToolResult,
)
from simengine.serving.results import (
    AnswerResult,
    CheckResult,
    ClassificationResult,
    ConflictResult,
    HitResult,
    RecommendationResult,
    VerdictResult,
)
from simengine.serving.served import ServedIndex
from simengine.serving.telling import is_hidden, told
from simengine.text.checks import check_text
from simengine.time_limit import LimitedProgress, time_limit

logger = logging.getLogger(__name__)

MAX_QUERY_CHARS = 10_000
MAX_TEXT_CHARS = 200_000
MOST = {"k": 100, "candidates": 100, "read": 100, "n_nearest": 20, "neighbours": 100, "max_pairs": 20_000}
"""The greatest values that agents may ask for; see also the bounds of the requests."""
MOST_LISTED = {
    "history": 50,
    "liked": 1_000,
    "disliked": 1_000,
    "liked_texts": 100,
    "disliked_texts": 100,
    "refuse": 20,
    "require": 20,
    "texts": 100,
    "labels": 100,
    "templates": 20,
}
SCAN_S = 300.0
"""A tool that reads a whole index gives up after this time."""

Query: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_QUERY_CHARS, pattern=r"\S")]
LongText: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS, pattern=r"\S")]
Identifier: TypeAlias = Annotated[str, Field(min_length=1, max_length=1_024)]
Where: TypeAlias = Annotated[str, Field(max_length=MAX_QUERY_CHARS)]
KINDS = Kinds(
    text=Query,
    identifier=Identifier,
    where=Where,
    named={
        "document_id": Identifier,
        "liked_texts": LongText,
        "disliked_texts": LongText,
        "texts": LongText,
    },
)
WHICH = "Which index, where there are several; see list_indexes."
INDEX = Derived(Annotated[str | None, Field(description=WHICH)], None)
WHERE_HELP = (
    'Filter on metadata, such as: year >= 2020 and kind in ("class", "function"). _id and title are the document\'s '
    "own; list_indexes names the other fields."
)
Answer: TypeAlias = Callable[[ServedIndex, Mapping[str, Any]], Any]


def _required(kind: Any, help_: str) -> Derived:
    return Derived(Annotated[kind, Field(description=help_)], ...)


def _options(request: type[Any], *, omit: Collection[str] = ()) -> dict[str, Derived]:
    """The options of a request as parameters of a tool, within the bounds for agents."""
    return derived_fields(
        request, KINDS, omit=omit, most={**MOST, **MOST_LISTED}, helps={"where": WHERE_HELP}
    )


class Tools:
    """The tools over some indexes. The docstring of each is what an agent reads.

    Args:
        catalogue: the indexes; stays its owner's.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def all(self) -> list[Callable[..., Any]]:
        """The tools in the order in which they are offered."""
        asked = [self._tool(answer, parameters()) for answer, parameters in TOOLS]
        return [*asked, self.list_indexes]

    def _tool(self, answer: Answer, parameters: Mapping[str, Derived]) -> Callable[..., Any]:
        """A function with the parameters of a tool, as the MCP library reads them."""

        listed = {**parameters, "index": INDEX}
        defaults = {name: each.default for name, each in listed.items() if each.default is not ...}

        def call(**arguments: Any) -> Any:
            with _told():
                given = {**defaults, **arguments}
                served = self._catalogue.find(given["index"])
                for name, value in given.items():
                    if isinstance(value, str):
                        check_text(value, name)
                return answer(served, given)

        call.__name__, call.__doc__ = answer.__name__, answer.__doc__
        returns = inspect.signature(answer, eval_str=True).return_annotation
        named = [each.parameter(name) for name, each in listed.items()]
        call.__signature__ = inspect.Signature(named, return_annotation=returns)  # type: ignore[attr-defined]
        return call

    def list_indexes(self) -> IndexesToolResult:
        """What can be searched: the indexes, how much they hold, and the metadata fields that filters may name."""
        with _told():
            return IndexesToolResult(
                indexes=[_described(served.facts()) for served in self._catalogue.values()]
            )


def search(served: ServedIndex, given: Mapping[str, Any]) -> SearchToolResult:
    """Find documents by meaning and by words. Each hit comes with its best passage, its place and its metadata."""
    rerank = Rerank(claim=given["claim"]) if given["rerank"] or given["claim"] else None
    request = made(SearchRequest, given, {"queries": (given["query"],), "rerank": rerank})
    found = served.engine.run(request)
    return SearchToolResult(
        index=served.name,
        hits=[HitResult.of(hit) for hit in found.hits[0]],
        n_unjudged=sum(stage.n_wanted - stage.n_judged for stages in found.counts for stage in stages),
        notes=served.engine.notes(request),
    )


def _search_parameters() -> dict[str, Derived]:
    reranks = "Rerank the best candidates with a cross-encoder; slower."
    claims = "The query is a claim: say of each hit whether it supports or contradicts it."
    options = _options(SearchRequest, omit=("queries", "rerank", "candidates"))
    return {
        "query": _required(Query, "What to look for."),
        **options,
        "rerank": Derived(Annotated[bool, Field(description=reranks)], False),
        "claim": Derived(Annotated[bool, Field(description=claims)], False),
    }


def similar(served: ServedIndex, given: Mapping[str, Any]) -> HitsToolResult:
    """Find the documents nearest in meaning to a document of the index, such as one that a search has found."""
    request = made(SimilarRequest, given)
    hits = [HitResult.of(hit) for hit in served.engine.run(request)]
    return HitsToolResult(index=served.name, hits=hits, notes=served.engine.notes(request))


def ask(served: ServedIndex, given: Mapping[str, Any]) -> AnswerResult:
    """Answer a question out of the documents: the answer, the sentence that it stands on and a verdict.

    The verdict "not found" means that the documents do not say it; the nearest passages are given then.
    """
    request = made(AskRequest, given, {"questions": (given["question"],)})
    return AnswerResult.of(served.engine.run(request)[0])


def _ask_parameters() -> dict[str, Derived]:
    options = _options(AskRequest, omit=("questions", "max_question_chars"))
    return {"question": _required(Query, "A whole question."), **options}


def check(served: ServedIndex, given: Mapping[str, Any]) -> CheckToolResult:
    """Check the claims of a text, such as your own draft of an answer, against the documents, one by one.

    Each claim is supported, contradicted, not found or not sure, with the evidence and the words that nothing supports.
    Give source to check against texts of your own instead of the index.
    """
    source = None if given["source"] is None else tuple(given["source"])
    request = made(CheckRequest, given, {"texts": (given["text"],), "source": source})
    with time_limit(time.monotonic() + SCAN_S):
        (found,) = served.engine.run(request, progress=LimitedProgress())
    notes = served.engine.notes(request)
    return CheckToolResult(index=served.name, **dict(CheckResult.of(found)), notes=notes)


def _check_parameters() -> dict[str, Derived]:
    instead = Field(
        min_length=1,
        max_length=MOST_LISTED["texts"],
        description="Texts to check against instead of the index.",
    )
    return {
        "text": _required(LongText, "The text whose claims are checked."),
        "source": Derived(Annotated[list[LongText] | None, instead], None),
        **_options(CheckRequest, omit=("texts", "source")),
    }


def score(served: ServedIndex, given: Mapping[str, Any]) -> ScoreToolResult:
    """Compare two texts: how similar they are, and whether the first entails or contradicts the second."""
    pair = given["text1"], given["text2"]
    (scored,) = served.engine.run(ScoreRequest((pair,), graded=True))
    verdict = served.engine.run(NLIRequest((pair,)))[0] if given["nli"] else None
    return ScoreToolResult(
        cosine=scored.score,
        similarity=scored.graded,
        verdict=None if verdict is None else VerdictResult.of(verdict, pair[0]),
        n_truncated=sum(served.engine.index.count_cut_tokens(pair)),
        told_apart=scored.told_apart,
    )


def _score_parameters() -> dict[str, Derived]:
    infers = "Also say whether text1 entails or contradicts text2."
    return {
        "text1": _required(LongText, "The first text."),
        "text2": _required(LongText, "The second text."),
        "nli": Derived(Annotated[bool, Field(description=infers)], True),
    }


def nli(served: ServedIndex, given: Mapping[str, Any]) -> VerdictResult:
    """Check a statement against a text that is taken as true: does the text entail it, contradict it, or neither?

    The sentence of the text that decides comes with the verdict. Use it to check a claim against a passage.
    """
    premise = given["premise"]
    (verdict,) = served.engine.run(made(NLIRequest, given, {"pairs": ((premise, given["hypothesis"]),)}))
    return VerdictResult.of(verdict, premise)


def _nli_parameters() -> dict[str, Derived]:
    return {
        "premise": _required(LongText, "The text that is taken as true."),
        "hypothesis": _required(Query, "The statement to check, as one sentence."),
        **_options(NLIRequest, omit=("pairs",)),
    }


def classify(served: ServedIndex, given: Mapping[str, Any]) -> ClassifyToolResult:
    """Sort texts into labels of your own, without training: topics, sentiments or any other short names.

    Give several labels that exclude each other, or multi_label where a text may have any number of them.
    """
    request = made(ClassifyRequest, given)
    return ClassifyToolResult(
        classifications=[ClassificationResult.of(each) for each in served.engine.run(request)],
        notes=served.engine.notes(request),
    )


def recommend(served: ServedIndex, given: Mapping[str, Any]) -> RecommendToolResult:
    """Recommend documents that are near to what somebody likes. Name one document or text at least."""
    old = given["n"] is not None and given["k"] == RecommendRequest().k  # `k` wins where both are given
    request = made(RecommendRequest, given, {"k": given["n"]} if old else {})
    return RecommendToolResult(
        index=served.name,
        recommendations=[RecommendationResult.of(each) for each in served.engine.run(request)],
        notes=served.engine.notes(request),
    )


def _recommend_parameters() -> dict[str, Derived]:
    old = Field(
        ge=1, le=MOST["k"], description="The former name of k.", json_schema_extra={"deprecated": True}
    )
    return {**_options(RecommendRequest), "n": Derived(Annotated[int | None, old], None)}


def contradictions(served: ServedIndex, given: Mapping[str, Any]) -> ContradictionsToolResult:
    """Find claims of the documents that contradict each other, each with its place. Slow: it reads all documents.

    Narrow it down with a filter where the index is large.
    """
    with time_limit(time.monotonic() + SCAN_S):
        found = served.engine.run(made(ContradictionsRequest, given), progress=LimitedProgress())
    return ContradictionsToolResult(
        index=served.name,
        conflicts=[ConflictResult.of(each) for each in found.conflicts[: MOST["k"]]],
        n_conflicts=len(found.conflicts),
        n_claims=found.n_claims,
        n_judged=found.n_judged,
        n_not_judged=found.n_not_judged,
        n_left_out=found.n_left_out,
    )


TOOLS: tuple[tuple[Answer, Callable[[], dict[str, Derived]]], ...] = (
    (search, _search_parameters),
    (ask, _ask_parameters),
    (check, _check_parameters),
    (score, _score_parameters),
    (recommend, _recommend_parameters),
    (similar, lambda: _options(SimilarRequest)),
    (nli, _nli_parameters),
    (classify, lambda: _options(ClassifyRequest, omit=("calibration",))),
    (contradictions, lambda: _options(ContradictionsRequest, omit=("documents", "against"))),
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

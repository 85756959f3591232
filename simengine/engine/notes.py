"""Notes on requests: texts in them that a model can hardly read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from simengine.requests.ask import AskRequest
from simengine.requests.check import CheckRequest
from simengine.requests.hits import RerankRequest
from simengine.requests.pairs import ClassifyRequest, ExplainRequest, NLIRequest, ScoreRequest
from simengine.requests.recommend import RecommendRequest
from simengine.requests.search import SearchRequest, SimilarRequest

if TYPE_CHECKING:
    from simengine.engine.parts import Parts
    from simengine.engine.verbs import Verbs

Reads: TypeAlias = Literal["encoder", "nli", "reranker"]


class Note(str):
    """A sentence for the user; `source` is the model concerned."""

    __slots__ = ("source",)
    source: Reads

    @classmethod
    def of(cls, text: str, source: Reads) -> Note:
        """A sentence about a model."""
        note = cls(text)
        note.source = source
        return note


def notes_of(engine: Verbs, parts: Parts, request: object) -> list[Note]:
    """A note for each model used by a request that can hardly read one of its texts.

    Loads the request's models. Answers, verdicts and scores of pairs have more detailed reasons in themselves.
    """
    encoded, reranked, inferred = _texts_of(parts, request)
    rerank = getattr(request, "rerank", None)
    read: tuple[tuple[Reads, Sequence[str]], ...] = (
        ("encoder", encoded),
        ("reranker", reranked),
        ("nli", inferred),
    )
    notes = (
        Note.of(engine.unreadable(texts, by, rerank=rerank if by == "reranker" else None), by)
        for by, texts in read
        if texts
    )
    return [note for note in notes if note]


def _texts_of(parts: Parts, request: object) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """The texts of a request that the bi-encoder, the reranker, and the NLI model read."""
    match request:
        case SearchRequest():
            encoded = () if request.mode == "lexical" else request.queries
            return encoded, () if request.rerank is None else request.queries, ()
        case RerankRequest():
            passages = [hit.passage.text for hits in request.hits for hit in hits]
            return (), [*request.queries, *passages], ()
        case AskRequest():
            return () if request.mode == "lexical" else request.questions, (), request.questions
        case CheckRequest():
            return () if request.mode == "lexical" else request.texts, (), request.texts
        case SimilarRequest():
            return _documents(parts, [request.document_id]), (), ()
        case RecommendRequest():
            liked = [*request.liked_texts, *request.disliked_texts]
            named = _documents(parts, [*request.liked, *request.disliked])
            return [*liked, *named], (), [*request.refuse, *request.require]
        case ScoreRequest():
            return [text for pair in request.pairs for text in pair], (), ()
        case NLIRequest():
            return (), (), [text for pair in request.pairs for text in pair]
        case ClassifyRequest():
            return (), (), [*request.texts, *request.labels]
        case ExplainRequest():
            return [request.text1, request.text2], (), ()
    return (), (), ()


def _documents(parts: Parts, ids: Sequence[str]) -> list[str]:
    found = [parts.retriever.get(each) for each in ids]
    return [document.text for document in found if document is not None]

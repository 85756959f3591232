"""Notes on requests: texts in them that a model can hardly read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from simengine.engine.inference import label_encoders
from simengine.engine.pipeline import reranker_of
from simengine.requests.ask import AskRequest
from simengine.requests.check import CheckRequest
from simengine.requests.hits import RerankRequest
from simengine.requests.pairs import ClassifyRequest, ExplainRequest, NLIRequest, ScoreRequest
from simengine.requests.recommend import RecommendRequest
from simengine.requests.search import SearchRequest, SimilarRequest
from simengine.results.search import left_alone_note

if TYPE_CHECKING:
    from simengine.engine.parts import Parts
    from simengine.engine.verbs import Verbs

Reads: TypeAlias = Literal["encoder", "nli", "reranker"]
Source: TypeAlias = Literal[Reads, "order"]


class Note(str):
    """A sentence for the user; `source` is the model concerned, or "order": that of the search was kept."""

    __slots__ = ("source",)
    source: Source

    @classmethod
    def of(cls, text: str, source: Source) -> Note:
        """A sentence and its source."""
        note = cls(text)
        note.source = source
        return note


def notes_of(engine: Verbs, parts: Parts, request: object) -> list[Note]:
    """A note for each model used by a request that can hardly read one of its texts.

    Loads the request's models. Answers, verdicts and scores of pairs have more detailed reasons in themselves.
    """
    encoded, reranked, inferred = _texts_of(parts, request)
    left_alone = ""
    if isinstance(request, SearchRequest | RerankRequest) and request.rerank is not None:
        reasons = reranker_of(parts, request).left_alone(request.queries)
        left_alone = left_alone_note(reasons)
        left = {query for query, reason in zip(request.queries, reasons, strict=True) if reason}
        reranked = () if all(reasons) else [text for text in reranked if text not in left]
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
    return [note for note in (*notes, Note.of(left_alone, "order")) if note]


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
            encoders = label_encoders(parts, request)
            alone = [text for text, each in zip(request.texts, encoders, strict=True) if each is None]
            return (), (), [*alone, *request.labels] if alone else ()
        case ExplainRequest():
            return [request.text1, request.text2], (), ()
    return (), (), ()


def _documents(parts: Parts, ids: Sequence[str]) -> list[str]:
    found = [parts.retriever.get(each) for each in ids]
    return [document.text for document in found if document is not None]

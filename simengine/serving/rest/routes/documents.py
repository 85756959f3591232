"""Documents of an index: read, add, replace, delete; and which indexes there are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as PathField

from simengine.errors import UnknownDocumentError, UsageError
from simengine.indexing.report import IndexReport
from simengine.requests.index import IndexOptions
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.paths import register
from simengine.serving.rest.schemas_documents import (
    MAX_ID_CHARS,
    DocumentBody,
    IndexFacts,
    IndexList,
    IndexSummary,
    WriteRequest,
    WriteResult,
)
from simengine.serving.served import ServedIndex

DocumentId = Annotated[str, PathField(min_length=1, max_length=MAX_ID_CHARS)]
IndexName = Annotated[str | None, Query(description="Which index, where several are served.")]


def router(context: ServiceContext) -> APIRouter:
    """/v1/documents and /v1/indexes."""
    register()
    routes = APIRouter(tags=["documents"])

    @routes.post("/v1/documents", summary="Add or replace documents")
    async def write(request: WriteRequest) -> WriteResult:
        _check(context, request)
        served = context.index(request.index)
        documents = [each.document() for each in request.documents]
        options = IndexOptions(check_conflicts=request.check_conflicts)
        change = served.add if request.policy == "add" else served.update
        return await _written(context, served, lambda: change(documents, options))

    @routes.delete("/v1/documents", summary="Delete documents by id, by filter, or both")
    async def delete(
        id: Annotated[list[str], Query(description="May be given several times.")] = [],  # noqa: A002, B006
        where: Annotated[str | None, Query(description="A filter on metadata.")] = None,
        index: IndexName = None,
    ) -> WriteResult:
        if not id and where is None:
            raise UsageError("nothing to delete is named; give id, where, or both")
        context.check_texts(id, "id")
        served = context.index(index)
        return await _written(context, served, lambda: served.delete(id, where=where))

    @routes.get("/v1/documents", summary="A document, by an id that does not fit into a path")
    async def read_by_query(
        id: Annotated[str, Query(min_length=1, max_length=MAX_ID_CHARS)],  # noqa: A002
        index: IndexName = None,
    ) -> DocumentBody:
        return await read(id, index)

    @routes.get("/v1/documents/{document_id:anything}", summary="A document")
    async def read(document_id: DocumentId, index: IndexName = None) -> DocumentBody:
        served = context.index(index)
        return DocumentBody.of(await context.call(lambda: served.document(document_id), quick=True))

    @routes.delete("/v1/documents/{document_id:anything}", summary="Delete a document")
    async def delete_one(document_id: DocumentId, index: IndexName = None) -> WriteResult:
        served = context.index(index)
        return await _written(context, served, lambda: _delete_one(served, document_id))

    @routes.get("/v1/indexes", summary="The served indexes")
    async def indexes() -> IndexList:
        default = context.catalogue.default.name
        summaries = [
            IndexSummary(name=name, documents=len(served.engine), default=name == default)
            for name, served in context.catalogue.items()
        ]
        return IndexList(indexes=summaries)

    @routes.get("/v1/indexes/{name}", summary="What an index holds")
    async def facts(name: str) -> IndexFacts:
        served = context.index(name)
        return IndexFacts.model_validate(await context.call(served.facts, quick=True))

    return routes


def _check(context: ServiceContext, request: WriteRequest) -> None:
    limits = context.settings.limits
    if len(request.documents) > limits.max_documents:
        raise UsageError(
            f"documents: {len(request.documents):,} are given; at most {limits.max_documents:,} are taken at once"
        )
    for number, each in enumerate(request.documents):
        if len(each.text) + len(each.title) > limits.max_text_chars:
            raise UsageError(
                f"documents[{number}] has {len(each.text) + len(each.title):,} characters; at most "
                f"{limits.max_text_chars:,} are taken"
            )


def _delete_one(served: ServedIndex, document_id: str) -> IndexReport:
    report = served.delete([document_id])
    if report.missing:
        raise UnknownDocumentError(f"the index {served.name!r} holds no document {document_id!r:.80}")
    return report


async def _written(
    context: ServiceContext, served: ServedIndex, change: Callable[[], IndexReport]
) -> WriteResult:
    start = time.perf_counter()
    report = await context.write(change)
    return WriteResult.of(served.name, report, (time.perf_counter() - start) * 1000)

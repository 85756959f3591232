"""Writes documents into an engine's index, and says what they contradict there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from simengine.corpus.items import Documents, as_documents
from simengine.engine.writing import write_documents
from simengine.reasoning.claims import extract_claims
from simengine.requests.conflicts import ContradictionsRequest
from simengine.requests.index import IndexOptions, Policy
from simengine.requests.search import SearchOptions
from simengine.types import Document

if TYPE_CHECKING:
    from simengine.engine.parts import Parts
    from simengine.indexing.report import IndexReport
    from simengine.progress import Progress

NEAREST = SearchOptions(k=10)  # documents of the index whose claims each new claim is compared with


def write_into(
    parts: Parts,
    changing: Callable[[], AbstractContextManager[None]],
    documents: Documents,
    policy: Policy,
    options: IndexOptions | None,
    progress: Progress | None,
) -> IndexReport:
    """Write documents into an engine's index; if asked to, report what they contradict there.

    Their claims are compared with the documents that a search for each of them finds, by meaning and by words, among
    those that were there before; a document with the id of a new one is left out. They are written all the same.

    Args:
        parts: of the engine.
        changing: a context in which the index may be changed.
        documents: read once; kept in memory if conflicts are looked for.
        policy, options: see `write_documents`.
        progress: notified of the stages.
    """
    from simengine.engine.inference import run_contradictions

    given: Iterable[Document] = as_documents(documents)
    new: list[Document] = []
    known: list[Document] | None = None
    if options is not None and options.check_conflicts:
        given = new = list(given)
        known = _on_the_same_subjects(parts, new)
    with changing():
        report = write_documents(
            given,
            parts.index.path,
            policy,
            models=parts.index.models,
            options=options,
            encoder=parts.index.encoder,
            progress=progress,
        )
    if known is not None:
        request = ContradictionsRequest(documents=new, against=known)
        report.conflicts = run_contradictions(parts, request, progress=progress)
    return report


def _on_the_same_subjects(parts: Parts, new: list[Document]) -> list[Document]:
    claims = list(dict.fromkeys(place.text for place in extract_claims(new).places))
    if not claims or not parts.index.counts.documents:
        return []
    hits = parts.retriever.run(claims, NEAREST).hits
    ids = dict.fromkeys(hit.id for found in hits for hit in found)
    replaced = {document.id for document in new}
    found = (parts.retriever.get(name) for name in ids if name not in replaced)
    return [document for document in found if document is not None]

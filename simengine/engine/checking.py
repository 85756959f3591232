"""Checking the claims of texts with the parts of an engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from simengine.corpus.items import as_documents
from simengine.engine.fitted import nli_calibration
from simengine.errors import UsageError
from simengine.reasoning.check import ClaimChecker
from simengine.reasoning.check_candidates import Find, SourcePassages
from simengine.requests.search import SearchOptions
from simengine.types import Document, Hit

if TYPE_CHECKING:
    from simengine.calibration.calibration import Calibration
    from simengine.cross_encoders.nli import NLIModel
    from simengine.engine.parts import Parts
    from simengine.engine.reading import SnapshotReader
    from simengine.progress import Progress
    from simengine.requests.check import CheckRequest
    from simengine.results.check import CheckedText


def run_check(parts: Parts, request: CheckRequest, *, progress: Progress | None = None) -> list[CheckedText]:
    """The claims of each text, judged by the index or by a source.

    Raises:
        UsageError: neither a source nor an index.
        DataError: a document of the source cannot be used.
    """
    nli = parts.models.nli()
    with parts.index.lease() as reader:
        calibration = _calibration(parts, reader, request, nli)
    encode = None if request.mode == "lexical" else parts.retriever.encode
    checker = ClaimChecker(nli, _finder(parts, request), encode, request.options(), calibration)
    return checker.check(request.texts, progress=progress)


def _calibration(
    parts: Parts, reader: SnapshotReader | None, request: CheckRequest, nli: NLIModel
) -> Calibration | None:
    """The index's calibration of the NLI model."""
    if reader is not None:
        return nli_calibration(reader.snapshot, nli, note=parts.note)
    if request.source is None:
        raise UsageError("this needs a source, or an index; open one with Engine.open(path)")
    return None


def _finder(parts: Parts, request: CheckRequest) -> Find:
    """Passages of the source, or of the index."""
    if request.source is not None:
        encode = None if request.mode == "lexical" else parts.retriever.encode
        words, k = request.mode != "dense", request.candidates
        return SourcePassages(_documents(request.source), encode, words=words, k=k).find
    options = SearchOptions(k=request.candidates, mode=request.mode, where=request.where)

    def search(claims: Sequence[str]) -> list[list[Hit]]:
        return parts.retriever.run(claims, options).hits if claims else []

    return search


def _documents(source: Iterable[Any]) -> Iterable[Document]:
    """A source's documents; plain texts are numbered from 1."""
    if isinstance(source, (list, tuple)) and all(isinstance(each, str) for each in source):
        return as_documents([Document(str(number), text) for number, text in enumerate(source, 1)])
    return as_documents(source)

"""An engine's methods about claims: checked against documents, and compared with each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, overload

from simengine.text.arguments import as_text, as_texts, expect, is_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simengine.corpus.items import Documents
    from simengine.progress import Progress
    from simengine.requests.check import CheckOptions
    from simengine.requests.conflicts import ContradictionOptions, DuplicateOptions
    from simengine.results.check import CheckedText
    from simengine.results.conflicts import Contradictions, Duplicates


class ClaimVerbs(ABC):
    """Operations on claims, in terms of `run`."""

    @abstractmethod
    def run(self, request: Any, *, progress: Progress | None = None) -> Any:
        """See `Verbs.run`."""

    @overload
    def check(  # type: ignore[overload-overlap]  # a str is a sequence of str: the first overload wins
        self,
        texts: str,
        *,
        source: Documents | None = ...,
        options: CheckOptions | None = ...,
        progress: Progress | None = ...,
    ) -> CheckedText: ...

    @overload
    def check(
        self,
        texts: Sequence[str],
        *,
        source: Documents | None = ...,
        options: CheckOptions | None = ...,
        progress: Progress | None = ...,
    ) -> list[CheckedText]: ...

    def check(
        self,
        texts: str | Sequence[str],
        *,
        source: Documents | None = None,
        options: CheckOptions | None = None,
        progress: Progress | None = None,
    ) -> CheckedText | list[CheckedText]:
        """Which claims of a text are supported, contradicted, not found, or not sure, with evidence.

        Args:
            texts: one text, such as an answer that a language model wrote, or several.
            source: what the claims are checked against instead of the index: a text, or documents as for
                `Engine.build`.
            options: see `CheckOptions`.
            progress: notified of the claims.

        Returns:
            The checked claims of one text; a list of them, in order, for several.

        Raises:
            UsageError: there is neither an index nor a source.
        """
        from simengine.requests.check import CheckOptions, CheckRequest

        one = is_one(texts)
        given = [as_text(texts, "the text")] if one else as_texts(texts, "text")
        chosen = CheckOptions() if options is None else expect(options, CheckOptions, "options")
        documents = [source] if isinstance(source, str) else source
        found: list[CheckedText] = self.run(
            CheckRequest.of(chosen, texts=tuple(given), source=documents), progress=progress
        )
        return found[0] if one else found

    def contradictions(
        self,
        documents: Documents | None = None,
        *,
        against: Documents | None = None,
        where: str | None = None,
        options: ContradictionOptions | None = None,
        progress: Progress | None = None,
    ) -> Contradictions:
        """Conflicting claims, with their positions; see `ContradictionsRequest`."""
        from simengine.requests.conflicts import ContradictionOptions, ContradictionsRequest

        chosen = (
            ContradictionOptions() if options is None else expect(options, ContradictionOptions, "options")
        )
        request = ContradictionsRequest.of(chosen, where=where, documents=documents, against=against)
        found: Contradictions = self.run(request, progress=progress)
        return found

    def duplicates(
        self,
        documents: Documents | None = None,
        *,
        where: str | None = None,
        options: DuplicateOptions | None = None,
        progress: Progress | None = None,
    ) -> Duplicates:
        """Documents that say the same, and similar ones that contradict each other; see `DuplicatesRequest`."""
        from simengine.requests.conflicts import DuplicateOptions, DuplicatesRequest

        chosen = DuplicateOptions() if options is None else expect(options, DuplicateOptions, "options")
        request = DuplicatesRequest.of(chosen, where=where, documents=documents)
        found: Duplicates = self.run(request, progress=progress)
        return found

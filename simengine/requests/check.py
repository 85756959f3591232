"""Checking the claims of texts against an index, or against other texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

from annotated_types import Ge, Le

from simengine.errors import UsageError
from simengine.requests.fields import Filter, Help, Texts, check_fields, values_of
from simengine.requests.search import Mode
from simengine.types import SURE


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How claims are checked.

    Attributes:
        candidates: passages from the search for each claim.
        read: of their sentences, and groups of up to three neighbouring ones, those that the NLI model reads.
        mode, where: of the search; see `SearchOptions`.
        certainty: verdicts of lower probability are "not sure". Half is the least that a verdict can mean.

    Raises:
        UsageError: a value is out of range.
    """

    candidates: Annotated[int, Ge(1), Help("Passages from the search for each claim.")] = 8
    read: Annotated[
        int,
        Ge(1),
        Help("Of their sentences, and groups of neighbouring sentences, how many are judged for each claim."),
    ] = 8
    mode: Annotated[Mode, Help("How that search works: by meaning and words, by meaning, or by words.")] = (
        "hybrid"
    )
    where: Filter = None
    certainty: Annotated[
        float, Ge(0.5), Le(1), Help('A verdict of a lower probability is shown as "not sure".')
    ] = SURE

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class CheckRequest(CheckOptions):
    """The claims of texts, each judged by what an index or a source says.

    Attributes:
        texts: each is checked by itself.
        source: what the claims are checked against instead of an index; read once: documents, mappings, texts, or a
            table.

    Raises:
        UsageError: a filter together with a source.
    """

    texts: Annotated[tuple[str, ...], Texts("text")] = field(default=(), kw_only=True)
    source: Iterable[Any] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        CheckOptions.__post_init__(self)
        if self.where is not None and self.source is not None:
            raise UsageError("where filters the documents of an index; give it or a source, not both")

    @classmethod
    def of(
        cls, options: CheckOptions, *, texts: tuple[str, ...], source: Iterable[Any] | None = None
    ) -> CheckRequest:
        """A request with these options."""
        return cls(**values_of(CheckOptions, options), texts=texts, source=source)

    def options(self) -> CheckOptions:
        """The options without the texts."""
        return CheckOptions(**values_of(CheckOptions, self))

"""Building an index, and writing to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from simengine.requests.fields import Help, Texts, check_fields
from simengine.text.arguments import as_path_name


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How an index is built.

    Attributes:
        recipe: name or path of an index recipe; None means "auto", or what an existing index has.
        chunk_tokens: longest passage in tokens, title and special tokens included; None means what the model reads.
        overlap_tokens: tokens that neighbouring passages of a document share.
        overwrite: build anew beside an existing index, and replace it when done.
        prune: delete documents that the corpus no longer contains.
        seed: of the ANN index's training sample and of the recall measurement.
        sources: resolved paths that the corpus is read from; kept with a new index.
        check_sources: refuse to take other sources into an index that was built from `sources` of its own.
        command: written into the index, for people.
        lock_timeout_s: how long to wait for another writer.

    Raises:
        UsageError: a value is of another type.
    """

    recipe: str | None = None
    chunk_tokens: Annotated[int | None, Ge(1), Help("Longest passage in tokens.")] = None
    overlap_tokens: Annotated[int | None, Ge(0), Help("Tokens that neighbouring passages share.")] = None
    overwrite: bool = False
    prune: bool = False
    seed: Annotated[int, Ge(0)] = 0
    sources: Annotated[tuple[str, ...], Texts("source")] = ()
    check_sources: bool = False
    command: str = ""
    lock_timeout_s: Annotated[float, Ge(0)] = 0.0

    def __post_init__(self) -> None:
        if self.recipe is not None:
            object.__setattr__(self, "recipe", as_path_name(self.recipe, "recipe"))
        check_fields(self)

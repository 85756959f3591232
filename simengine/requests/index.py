"""Building and writing to an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge

from simengine.requests.fields import Help, Texts, check_fields
from simengine.text.arguments import as_path_name

Policy: TypeAlias = Literal["sync", "add", "update"]
"""For a document whose id is in the index with other content: "add" is an error, the others replace it."""


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How an index is built.

    Attributes:
        recipe: name or path of an index recipe; None for "auto", or an existing index's.
        chunk_tokens: longest passage in tokens, title and special tokens included; None for the model's limit.
        overlap_tokens: tokens that neighbouring passages of a document share.
        overwrite: rebuild next to an existing index, and replace it when done.
        prune: delete documents that the corpus no longer contains.
        seed: of the ANN index's training sample and of the recall measurement.
        check_conflicts: report what the documents contradict among those that were there before; `Engine` does it.
        sources: resolved paths of the corpus; stored with a new index.
        check_sources: refuse an index that was built from other sources.
        command: the command line, stored with the index.
        lock_timeout_s: how long to wait for another writer.

    Raises:
        UsageError: a value has the wrong type.
    """

    recipe: Annotated[
        str | None, Help("ANN index: auto, flat, hnsw, ..., or a TOML file with a recipe. [default: auto]")
    ] = None
    chunk_tokens: Annotated[
        int | None, Ge(1), Help("Longest passage in tokens. [default: the model's limit, at most 512]")
    ] = None
    overlap_tokens: Annotated[
        int | None,
        Ge(0),
        Help("Tokens that neighbouring passages share. [default: 32, or a quarter of a shorter passage]"),
    ] = None
    overwrite: Annotated[bool, Help("Rebuild next to an existing index, and replace it when done.")] = False
    prune: Annotated[bool, Help("Delete documents that the corpus no longer contains.")] = False
    seed: Annotated[
        int, Ge(0), Help("Seed of the ANN index's training sample and of the recall measurement.")
    ] = 0
    check_conflicts: Annotated[
        bool, Help("Report which of their claims contradict documents that were there before; slower.")
    ] = False
    sources: Annotated[tuple[str, ...], Texts("source")] = ()
    check_sources: bool = False
    command: str = ""
    lock_timeout_s: Annotated[float, Ge(0)] = 0.0

    def __post_init__(self) -> None:
        if self.recipe is not None:
            object.__setattr__(self, "recipe", as_path_name(self.recipe, "recipe"))
        check_fields(self)

"""Building an index, and writing to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge

from simengine.requests.fields import Help, Texts, check_fields
from simengine.text.arguments import as_path_name

Policy: TypeAlias = Literal["sync", "add", "update"]
"""Of a document with an id that the index holds with other content: "add" is an error, the others replace it."""


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

    recipe: Annotated[
        str | None, Help("ANN index: auto, flat, hnsw, ..., or a TOML file with a recipe. [default: auto]")
    ] = None
    chunk_tokens: Annotated[
        int | None, Ge(1), Help("Longest passage in tokens. [default: what the model reads, at most 512]")
    ] = None
    overlap_tokens: Annotated[
        int | None,
        Ge(0),
        Help("Tokens that neighbouring passages share. [default: 32, or a quarter of a shorter passage]"),
    ] = None
    overwrite: Annotated[bool, Help("Build anew beside an existing index, and replace it when done.")] = False
    prune: Annotated[bool, Help("Delete documents that the corpus no longer contains.")] = False
    seed: Annotated[
        int, Ge(0), Help("Seed of the ANN index's training sample and of the recall measurement.")
    ] = 0
    sources: Annotated[tuple[str, ...], Texts("source")] = ()
    check_sources: bool = False
    command: str = ""
    lock_timeout_s: Annotated[float, Ge(0)] = 0.0

    def __post_init__(self) -> None:
        if self.recipe is not None:
            object.__setattr__(self, "recipe", as_path_name(self.recipe, "recipe"))
        check_fields(self)

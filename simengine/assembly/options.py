"""How an engine is put together, as the caller chooses."""

from __future__ import annotations

from dataclasses import dataclass

from simengine.models.paths import keep_model
from simengine.text.arguments import as_flag, as_path_name, as_whole, expect


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """How texts become vectors on this machine.

    Attributes:
        model: folder or hub name; None means the index's own model, or the default one for a new index.
        device: "auto", "cpu", "cuda" or "cuda:N".
        runtime: "auto", "openvino", "torch" or "sentence-transformers".
        precision: "auto", "f32", "bf16", "f16" (GPUs) or "int8" (see `simengine.encoders.load`).
        threads: in all; None means every core.
        offline: never contact a model hub.

    Raises:
        UsageError: a value is of another type.
    """

    model: str | None = None
    device: str = "auto"
    runtime: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    offline: bool = False

    def __post_init__(self) -> None:
        if self.model is not None:
            object.__setattr__(self, "model", keep_model(as_path_name(self.model, "model")))
        if self.threads is not None:
            object.__setattr__(self, "threads", as_whole(self.threads, "threads"))
        for name in ("device", "runtime", "precision"):
            expect(getattr(self, name), str, name, "a string")
        as_flag(self.offline, "offline")


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How an index is built.

    Attributes:
        recipe: name or path of an index recipe; None means "auto", or what an existing index has.
        chunk_tokens: longest passage in tokens, title and special tokens included; None means what the model reads.
        overlap_tokens: tokens that neighbouring passages of a document share.
        overwrite: build anew beside an existing index, and replace it when done.
        prune: delete documents that the corpus no longer holds.
        seed: of the candidate index's training sample and of the recall measurement.
        sources: resolved paths that the corpus is read from; kept with a new index.
        check_sources: refuse to take other sources into an index that was built from `sources` of its own.
        command: written into the index, for people.
        lock_timeout_s: how long to wait for another writer.

    Raises:
        UsageError: a value is of another type.
    """

    recipe: str | None = None
    chunk_tokens: int | None = None
    overlap_tokens: int | None = None
    overwrite: bool = False
    prune: bool = False
    seed: int = 0
    sources: tuple[str, ...] = ()
    check_sources: bool = False
    command: str = ""
    lock_timeout_s: float = 0.0

    def __post_init__(self) -> None:
        if self.recipe is not None:
            object.__setattr__(self, "recipe", as_path_name(self.recipe, "recipe"))
        for name, least in (("chunk_tokens", 1), ("overlap_tokens", 0), ("seed", 0)):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, as_whole(value, name, least))
        for name in ("overwrite", "prune", "check_sources"):
            as_flag(getattr(self, name), name)

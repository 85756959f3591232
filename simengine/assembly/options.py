"""How an engine is put together, as the caller chooses."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    model: str | None = None
    device: str = "auto"
    runtime: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    offline: bool = False


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

"""The settings an index was built with; fixed for its life."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from simengine.errors import UsageError
from simengine.types import Json


def _writable(value: Json) -> Json:
    # Paths in a command line may contain bytes that are not UTF-8; Python shows them as lone surrogates.
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


@dataclass(frozen=True)
class IndexSettings:
    """The settings of an index.

    Attributes:
        model_name: as the user named the model; informative, never compared.
        fingerprint: identity of the model; another one is refused.
        fingerprint_parts: the digests that `fingerprint` was made from, to report what differs.
        dimension: of the vectors, at least 1.
        max_tokens: tokens per passage that the model sees, special tokens included.
        chunk_tokens: tokens of a passage at most.
        overlap_tokens: tokens that neighbouring passages share.
        recipe: name of the index recipe, or "auto".
        canary_texts_version: which list of canary texts `canary_vectors` were made from.
        canary_vectors: (n, dimension) their vectors, to detect a runtime that computes something else.
        command: the command line or call that built the index.
        created: time of the build, ISO 8601 with zone.
    """

    model_name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    chunk_tokens: int
    overlap_tokens: int
    fingerprint_parts: Mapping[str, str] = field(default_factory=dict)
    recipe: str = "auto"
    canary_texts_version: str = ""
    canary_vectors: Sequence[Sequence[float]] = ()
    command: str = ""
    created: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.dimension <= 1_000_000:
            raise UsageError(f"dimension must be between 1 and 1,000,000, not {self.dimension}")

    def to_dict(self, *, canary: bool = True) -> dict[str, Json]:
        """As JSON; the canary vectors as base64 of little-endian float32, or left out."""
        value: dict[str, Json] = {
            item.name: _writable(getattr(self, item.name))
            for item in fields(self)
            if item.name not in ("canary_vectors", "fingerprint_parts")
        }
        value["fingerprint_parts"] = dict(self.fingerprint_parts)
        if canary:
            matrix = np.asarray(self.canary_vectors, dtype="<f4")
            value["canary_vectors"] = base64.b64encode(matrix.tobytes()).decode("ascii")
        return value

    @classmethod
    def from_dict(cls, value: Mapping[str, Json]) -> IndexSettings:
        """The inverse of `to_dict`.

        Raises:
            ValueError, TypeError, KeyError: `value` is not from `to_dict`.
        """
        known = {item.name for item in fields(cls)}
        if unknown := set(value) - known:
            raise ValueError(f"unknown settings {sorted(unknown)}")
        arguments: dict[str, object] = dict(value)
        flat = np.frombuffer(
            base64.b64decode(str(value.get("canary_vectors", "")), validate=True), dtype="<f4"
        )
        width = int(str(value["dimension"]))
        arguments["canary_vectors"] = tuple(tuple(row) for row in flat.reshape(-1, width).tolist())
        return cls(**arguments)  # type: ignore[arg-type]

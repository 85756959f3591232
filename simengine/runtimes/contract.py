"""The contract of runtimes, and of the models that they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from simengine.models.config import KNOWN_FAMILIES, ModelConfig
from simengine.models.fingerprint import Fingerprint
from simengine.models.tokenization import FastTokenizer
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    from simengine.runtimes.torch_model import TorchModel

T = TypeVar("T")
"""A model's input: a text (str) or a pair of texts (tuple[str, str])."""
Role: TypeAlias = Literal["query", "passage", "text"]


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """How much of n inputs a model read.

    Attributes:
        n_tokens: (n,) int32, tokens of each whole input, special tokens (and the prompt's) included.
        n_truncated: (n,) int32, tokens beyond the model's limit, which were not read.
        n_unknown, unknown_share: (n,) int32 and float32, see `TokenizedTexts`; None if not measured.
    """

    n_tokens: npt.NDArray[np.int32]
    n_truncated: npt.NDArray[np.int32]
    n_unknown: npt.NDArray[np.int32] | None = None
    unknown_share: FloatMatrix | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """n tokenised inputs.

    Attributes:
        ids: n arrays of int64, token ids.
        side: n arrays of int64 of the same lengths, the third input of models that have one: token types, or 1 for
            the tokens that are pooled. None if there is none.
        counts: of the same inputs.
    """

    ids: Sequence[npt.NDArray[np.int64]]
    side: Sequence[npt.NDArray[np.int64]] | None
    counts: TokenCounts


@dataclass(frozen=True, slots=True)
class Check(Generic[T]):
    """A test that a model in a lower precision still gives its fp32 results.

    Attributes:
        inputs: run in both precisions.
        agreement: of the fp32 results and the others; higher is better.
        least: lowest accepted agreement.
        name: of the agreement, in words, as in "smallest cosine to fp32 on 103 texts".
    """

    inputs: Sequence[T]
    agreement: Callable[[FloatMatrix, FloatMatrix], float]
    least: float
    name: str


class Network(ABC, Generic[T]):
    """A model folder as runtimes see it. Each kind of model is one subclass, which every runtime can run.

    Args:
        config: of the model's folder.
    """

    reads_pairs: ClassVar[bool]
    outputs: ClassVar[str]
    """Name of the outputs, for messages: "vectors", "logits"."""
    graph_variant: ClassVar[str] = ""
    """Suffix of the name of an exported graph's folder; changes with the exported computation."""
    tested_families: ClassVar[frozenset[str]] = KNOWN_FAMILIES
    """Architectures whose exported graphs are tested."""
    tokenizer_class: ClassVar[type[FastTokenizer]] = FastTokenizer
    probe: ClassVar[Sequence[Any]]
    """A few inputs, run by torch when a graph is exported and by the graph each time it is opened."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config

    @property
    @abstractmethod
    def fingerprint(self) -> Fingerprint:
        """Identity of the model. Hashes its weights the first time."""

    def open_tokenizer(self, path: Path) -> FastTokenizer:
        """The model's tokenizer, from a tokenizer.json file as saved by transformers.

        Raises:
            ModelDamagedError: the file is missing or cannot be read.
        """
        config = self.config
        return self.tokenizer_class.from_file(
            path,
            max_tokens=config.max_tokens,
            pad_token_id=int(config.architecture.get("pad_token_id") or 0),
            lower_case=config.lower_case,
        )

    @abstractmethod
    def tokenize(self, tokenizer: Any, inputs: Sequence[T], role: Role | None) -> Rows:
        """Token ids as the model expects them.

        Args:
            tokenizer: from `open_tokenizer`.
            inputs: n inputs.
            role: selects the prompt that is prepended; None for no prompt.
        """

    @abstractmethod
    def load(self, attention: str | None = None) -> TorchModel:
        """The model in torch: fp32, evaluation mode, on the CPU.

        Args:
            attention: transformers' name of an attention implementation, or None for the family's default.

        Raises:
            ModelDamagedError: the weights do not fit the configuration, or some are missing or unexpected.
        """

    @abstractmethod
    def unchanged(self, expected: FloatMatrix, got: FloatMatrix, precision: str) -> bool:
        """Whether results (n, dimension) for the probe equal those of fp32 torch up to the precision's rounding."""

    @abstractmethod
    def int8_check(self) -> Check[T]:
        """The test that int8 must pass."""


class Runtime(ABC, Generic[T]):
    """Runs one model. Thread-safe. Made by `choice.open_runtime`.

    Args:
        network: the model.
        device: "cpu", "cuda" or "cuda:N".
        precision: one of `precisions`.
        threads: most processor threads to use.

    Raises:
        ModelDamagedError: the model's files cannot be loaded.
    """

    only_cpu: ClassVar[bool] = False
    precisions: ClassVar[frozenset[str]] = frozenset({"f32", "bf16", "f16"})

    name: str
    """Short name, such as "openvino-f32" or "torch-cuda-bf16"."""
    reason: str = ""
    """Why this runtime was chosen, in words."""
    width: int
    """Outputs per input."""
    max_tokens: int
    """Most tokens per input, special tokens included; longer inputs are truncated and counted."""
    tokenizer: FastTokenizer

    @abstractmethod
    def __init__(self, network: Network[T], *, device: str, precision: str, threads: int) -> None:
        self._network = network
        self.width, self.max_tokens = network.config.dimension, network.config.max_tokens

    @classmethod
    def refuses(cls, network: Network[Any], device: str) -> str | None:  # noqa: ARG003 - not all look at it
        """Why this runtime cannot run a model on "cpu" or "cuda:N"; None if it can."""
        return network.config.unsupported

    @abstractmethod
    def run(self, inputs: Sequence[T], role: Role = "text") -> tuple[FloatMatrix, TokenCounts]:
        """The outputs of n inputs, (n, width) float32, in their order, and how much of each was read.

        Args:
            inputs: n may be 0.
            role: selects the prompt that is prepended to each input.
        """

    @abstractmethod
    def count_tokens(self, inputs: Sequence[T]) -> npt.NDArray[np.int32]:
        """(n,) int32, tokens of each whole input, special tokens and prompt included, without running the model."""

    def close(self) -> None:
        """Release threads and device memory; the runtime cannot be used afterwards."""


class TokenRuntime(Runtime[T]):
    """A runtime whose inputs are token ids."""

    def run(self, inputs: Sequence[T], role: Role = "text") -> tuple[FloatMatrix, TokenCounts]:
        rows = self._network.tokenize(self.tokenizer, inputs, role)
        return self._compute(rows), rows.counts

    def count_tokens(self, inputs: Sequence[T]) -> npt.NDArray[np.int32]:
        return self._network.tokenize(self.tokenizer, inputs, "text").counts.n_tokens

    @abstractmethod
    def _compute(self, rows: Rows) -> FloatMatrix:
        """(n, width) float32."""

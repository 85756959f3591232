"""From a model's name to a cross-encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.config import read_pair_config
from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.cross_encoders.network import PairNetwork
from simengine.models.resolve import resolve_model
from simengine.runtimes.choice import check_names, open_runtime
from simengine.runtimes.contract import Runtime
from simengine.runtimes.hardware import choose_threads

DEFAULT_NLI_MODEL: Final = "minilm-nli"
DEFAULT_RELEVANCE_MODEL: Final = "minilm-relevance"
MULTILINGUAL_NLI_MODEL: Final = "multilingual-nli"


def load_cross_encoder(
    model: str | None = None,
    *,
    device: str = "auto",
    runtime: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    offline: bool = False,
) -> CrossEncoder:
    """Load a cross-encoder.

    Args:
        model: a folder, a bundled model's name, a hub name, or None for the bundled NLI model.
        device: "auto", "cpu", "cuda" or "cuda:N".
        runtime: "openvino" (the default on CPUs), "torch", "sentence-transformers", or "auto". If "auto" takes
            a slower one, the model's `runtime_reason` says why.
        precision: "f32", "bf16", "f16" (GPUs), "int8" (openvino on CPUs with VNNI; refused if it changes a
            probability of a check pair by more than 0.05), or "auto": bf16 on CPUs with AMX, fp32 elsewhere.
        threads: most processor threads to use; None for all that this process may use.
        offline: never contact a hub.

    Raises:
        ModelNotFoundError, ModelDamagedError: see `resolve_model` and `read_pair_config`.
        ModelError: the model is not a cross-encoder.
        DeviceError: CUDA was requested and cannot be used.
        UsageError: an argument has an unknown value, or the runtime cannot run this model.
    """
    check_names(runtime, precision)
    n_threads = choose_threads(threads)
    folder = resolve_model(DEFAULT_NLI_MODEL if model is None else model, offline=offline).path
    network = PairNetwork(read_pair_config(folder))
    opened = open_runtime(network, runtime=runtime, device=device, precision=precision, threads=n_threads)
    return TransformerCrossEncoder(network, opened)


class TransformerCrossEncoder(CrossEncoder):
    """A cross-encoder run by one of the runtimes.

    Args:
        network: the model.
        opened: runs it.
    """

    def __init__(self, network: PairNetwork, opened: Runtime[tuple[str, str]]) -> None:
        self._opened = opened
        self.fingerprint, self.activation = network.fingerprint, network.pairs.activation
        labels, n = network.pairs.labels, opened.width
        if len(labels) != n:  # only sentence-transformers knows the outputs of its modules
            labels = ("score",) if n == 1 else tuple(f"LABEL_{i}" for i in range(n))
        self.labels = labels
        self.max_tokens, self.tokenizer = opened.max_tokens, opened.tokenizer
        self.runtime, self.runtime_reason = opened.name, opened.reason

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        logits, counts = self._opened.run(pairs)
        return Predicted(logits, counts.n_tokens, counts.n_truncated)

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        return self._opened.count_tokens(pairs)

    def close(self) -> None:
        self._opened.close()

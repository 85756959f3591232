"""From a model's name to a cross-encoder: which device, which runtime, which precision."""

from __future__ import annotations

from typing import Final

from simengine.cross_encoders.config import PairConfig, fingerprint_of_pairs, read_pair_config
from simengine.cross_encoders.contract import CrossEncoder
from simengine.models.config import KNOWN_FAMILIES
from simengine.models.resolve import resolve_model
from simengine.runtimes.choice import RuntimeChoice, check_names, choose_runtime
from simengine.runtimes.hardware import choose_threads

DEFAULT_NLI_MODEL: Final = "minilm-nli"
_OPENVINO_FAMILIES = KNOWN_FAMILIES | {"electra"}


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
        model: a folder, a bundled model's name, a hub name, or None for the NLI model that simengine carries.
        device: "auto", "cpu", "cuda" or "cuda:N".
        runtime: "openvino" (the default on CPUs), "torch", "sentence-transformers", or "auto". Where "auto" has to
            take a slower one, the model's `runtime_reason` says why.
        precision: "f32", "bf16", "f16" (GPUs), "int8" (openvino on CPUs with VNNI; refused where a check on pairs
            shows a probability changed by more than 0.05), or "auto": bf16 on CPUs with AMX, fp32 elsewhere.
        threads: processor threads to use at most; None for all that this process may use.
        offline: never contact a hub.

    Raises:
        ModelNotFoundError, ModelDamagedError: see `resolve_model` and `read_pair_config`.
        ModelError: the model is not a cross-encoder.
        DeviceError: CUDA was asked for and cannot be used.
        UsageError: an argument has an unknown value, or the runtime cannot run this model.
    """
    check_names(runtime, precision)
    n_threads = choose_threads(threads)
    config = read_pair_config(
        resolve_model(DEFAULT_NLI_MODEL if model is None else model, offline=offline).path
    )
    chosen = choose_runtime(
        config.model, runtime=runtime, device=device, precision=precision, families=_OPENVINO_FAMILIES
    )
    loaded = _build(config, chosen, n_threads)
    loaded.runtime_reason = chosen.reason
    return loaded


def _build(config: PairConfig, chosen: RuntimeChoice, threads: int) -> CrossEncoder:
    fingerprint, device, precision = fingerprint_of_pairs(config), chosen.device, chosen.precision
    if chosen.runtime == "openvino":
        from simengine.cross_encoders.openvino_runtime import OpenVinoCrossEncoder

        return OpenVinoCrossEncoder(config, fingerprint, precision=precision, threads=threads)
    if chosen.runtime == "torch":
        from simengine.cross_encoders.torch_runtime import TorchCrossEncoder

        return TorchCrossEncoder(config, fingerprint, device=device, precision=precision, threads=threads)
    from simengine.cross_encoders.sentence_transformers_runtime import SentenceTransformersCrossEncoder

    return SentenceTransformersCrossEncoder(
        config, fingerprint, device=device, precision=precision, threads=threads
    )

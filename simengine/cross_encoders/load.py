"""From a model's name to a cross-encoder: which device, which runtime, which precision."""

from __future__ import annotations

from typing import Final

from simengine.cross_encoders.config import PairConfig, fingerprint_of_pairs, read_pair_config
from simengine.cross_encoders.contract import CrossEncoder
from simengine.encoders.hardware import choose_device, choose_threads, has_bf16_matrix_units
from simengine.errors import UsageError
from simengine.models.config import KNOWN_FAMILIES
from simengine.models.resolve import resolve_model

DEFAULT_NLI_MODEL: Final = "minilm-nli"
RUNTIMES: Final = ("auto", "openvino", "torch", "sentence-transformers")
PRECISIONS: Final = ("auto", "f32", "bf16", "f16", "int8")
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
    _check("runtime", runtime, RUNTIMES)
    _check("precision", precision, PRECISIONS)
    n_threads = choose_threads(threads)
    config = read_pair_config(
        resolve_model(DEFAULT_NLI_MODEL if model is None else model, offline=offline).path
    )
    place = choose_device("cpu" if runtime == "openvino" and device == "auto" else device)
    chosen, reason = _choose_runtime(config, runtime, place)
    loaded = _build(config, chosen, place, _choose_precision(precision, chosen, place), n_threads)
    loaded.runtime_reason = reason
    return loaded


def _build(config: PairConfig, runtime: str, device: str, precision: str, threads: int) -> CrossEncoder:
    fingerprint = fingerprint_of_pairs(config)
    if runtime == "openvino":
        from simengine.cross_encoders.openvino_runtime import OpenVinoCrossEncoder

        return OpenVinoCrossEncoder(config, fingerprint, precision=precision, threads=threads)
    if runtime == "torch":
        from simengine.cross_encoders.torch_runtime import TorchCrossEncoder

        return TorchCrossEncoder(config, fingerprint, device=device, precision=precision, threads=threads)
    from simengine.cross_encoders.sentence_transformers_runtime import SentenceTransformersCrossEncoder

    return SentenceTransformersCrossEncoder(
        config, fingerprint, device=device, precision=precision, threads=threads
    )


def _choose_runtime(config: PairConfig, runtime: str, device: str) -> tuple[str, str]:
    if runtime == "sentence-transformers":
        return runtime, "asked for"
    if (problem := config.model.unsupported) is not None:
        if runtime != "auto":
            raise UsageError(
                f"runtime {runtime!r} cannot run {config.model.folder}: {problem}; "
                "use --runtime sentence-transformers"
            )
        return "sentence-transformers", f"the fast runtimes do not know this model: {problem}"
    known = config.model.family in _OPENVINO_FAMILIES
    if runtime == "openvino" and (device != "cpu" or not known):
        problem = (
            f"the device is {device!r}, and it runs on the CPU"
            if device != "cpu"
            else f"the architecture {config.model.family!r} is not one of {', '.join(sorted(_OPENVINO_FAMILIES))}"
        )
        raise UsageError(
            f"runtime 'openvino' cannot run {config.model.folder}: {problem}; use --runtime torch"
        )
    if runtime != "auto":
        return runtime, "asked for"
    if device != "cpu":
        return "torch", "the fastest on GPUs"
    if not known:
        return "torch", f"openvino is not tested with the architecture {config.model.family!r}"
    return "openvino", "the fastest on CPUs"


def _choose_precision(precision: str, runtime: str, device: str) -> str:
    if precision == "auto":
        return "bf16" if runtime == "openvino" and has_bf16_matrix_units() else "f32"
    if precision == "int8" and runtime != "openvino":
        raise UsageError(f"precision 'int8' is of the runtime openvino, not {runtime}; use f32")
    if precision == "f16" and device == "cpu":
        raise UsageError("precision 'f16' is for GPUs; on a CPU use f32, or bf16 where the processor has AMX")
    return precision


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{name} is {value!r}; expected one of {', '.join(allowed)}")

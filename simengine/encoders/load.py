"""From a model's name to a bi-encoder: which device, which runtime, which precision."""

from __future__ import annotations

from simengine.encoders.contract import BiEncoder
from simengine.encoders.hardware import choose_device, choose_threads, has_bf16_matrix_units
from simengine.errors import UsageError
from simengine.models.config import ModelConfig, read_config
from simengine.models.fingerprint import fingerprint_of
from simengine.models.resolve import resolve_model

RUNTIMES = ("auto", "openvino", "torch", "sentence-transformers")
PRECISIONS = ("auto", "f32", "bf16", "f16", "int8")


def load_encoder(
    model: str | None = None,
    *,
    device: str = "auto",
    runtime: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    offline: bool = False,
    truncate_dim: int | None = None,
) -> BiEncoder:
    """Load a bi-encoder.

    Args:
        model: a folder, a hub name, or None for the default all-MiniLM-L6-v2.
        device: "auto", "cpu", "cuda" or "cuda:N".
        runtime: "openvino" (the default on CPUs), "torch", "sentence-transformers", or "auto". Where "auto"
            has to fall back to sentence-transformers, the encoder's `runtime_reason` says why.
        precision: "f32", "bf16", "f16" (GPUs), "int8" (openvino on CPUs with VNNI; refused where a check on
            texts falls under cosine 0.999 to fp32), or "auto": bf16 on CPUs with AMX, fp32 elsewhere.
        threads: processor threads to use at most; None for all that this process may use.
        offline: never contact a hub.
        truncate_dim: keep this many dimensions (for models trained so), None for what the model's files say.

    Raises:
        ModelNotFoundError, ModelDamagedError: see `resolve_model` and `read_config`.
        DeviceError: CUDA was asked for and cannot be used.
        UsageError: an argument has an unknown value, or the runtime cannot run this model.
    """
    _check("runtime", runtime, RUNTIMES)
    _check("precision", precision, PRECISIONS)
    n_threads = choose_threads(threads)
    config = read_config(resolve_model(model, offline=offline).path, truncate_dim=truncate_dim)
    place = choose_device("cpu" if runtime == "openvino" and device == "auto" else device)
    chosen, reason = _choose_runtime(config, runtime, place)
    encoder = _build(config, chosen, place, _choose_precision(precision, chosen, place), n_threads)
    encoder.runtime_reason = reason
    return encoder


def _build(config: ModelConfig, runtime: str, device: str, precision: str, threads: int) -> BiEncoder:
    fingerprint = fingerprint_of(config)
    if runtime == "openvino":
        from simengine.encoders.openvino_runtime import OpenVinoEncoder

        return OpenVinoEncoder(config, fingerprint, precision=precision, threads=threads)
    if runtime == "torch":
        from simengine.encoders.torch_packed import TorchEncoder

        return TorchEncoder(config, fingerprint, device=device, precision=precision, threads=threads)
    from simengine.encoders.sentence_transformers_runtime import SentenceTransformersEncoder

    return SentenceTransformersEncoder(
        config, fingerprint, device=device, precision=precision, threads=threads
    )


def _choose_runtime(config: ModelConfig, runtime: str, device: str) -> tuple[str, str]:
    if runtime == "sentence-transformers":
        return runtime, "asked for"
    if config.unsupported is not None:
        if runtime != "auto":
            raise UsageError(
                f"runtime {runtime!r} cannot run {config.folder}: {config.unsupported}; "
                "use --runtime sentence-transformers"
            )
        return "sentence-transformers", f"the fast runtimes do not know this model: {config.unsupported}"
    if runtime == "openvino" and device != "cpu":
        raise UsageError(f"runtime 'openvino' runs on the CPU, the device is {device!r}; use --runtime torch")
    if runtime != "auto":
        return runtime, "asked for"
    if device == "cpu":
        return "openvino", "the fastest on CPUs"
    return "torch", "the fastest on GPUs"


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

"""Which runtime runs a model, on which device, in which precision."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from simengine.errors import UsageError
from simengine.models.config import ModelConfig
from simengine.runtimes.hardware import choose_device, has_bf16_matrix_units
from simengine.text.arguments import as_choice

RUNTIMES: Final = ("auto", "openvino", "torch", "sentence-transformers")
PRECISIONS: Final = ("auto", "f32", "bf16", "f16", "int8")


@dataclass(frozen=True, slots=True)
class RuntimeChoice:
    """How a model is run.

    Attributes:
        runtime: "openvino", "torch" or "sentence-transformers".
        reason: why this one, for people.
        device: "cpu" or "cuda:N".
        precision: "f32", "bf16", "f16" or "int8".
    """

    runtime: str
    reason: str
    device: str
    precision: str


def check_names(runtime: str, precision: str) -> None:
    """Refuse unknown names, before anything is loaded for them.

    Raises:
        UsageError: naming those that are known.
    """
    as_choice(runtime, "runtime", RUNTIMES)
    as_choice(precision, "precision", PRECISIONS)


def choose_runtime(
    config: ModelConfig, *, runtime: str, device: str, precision: str, families: Set[str] | None = None
) -> RuntimeChoice:
    """The fastest way to run a model, or the one that was asked for.

    Args:
        config: of the model.
        runtime: one of RUNTIMES.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: one of PRECISIONS.
        families: architectures that openvino is tested with; None is all that the fast runtimes know.

    Raises:
        DeviceError: CUDA was asked for and cannot be used.
        UsageError: the runtime cannot run this model, or not there, or not in this precision.
    """
    place = choose_device("cpu" if runtime == "openvino" and device == "auto" else device)
    chosen, reason = _runtime(config, runtime, place, families)
    return RuntimeChoice(chosen, reason, place, _precision(precision, chosen, place))


def _runtime(config: ModelConfig, runtime: str, device: str, families: Set[str] | None) -> tuple[str, str]:
    if runtime == "sentence-transformers":
        return runtime, "asked for"
    if config.unsupported is not None:
        if runtime != "auto":
            raise UsageError(
                f"runtime {runtime!r} cannot run {config.folder}: {config.unsupported}; "
                "use --runtime sentence-transformers"
            )
        return "sentence-transformers", f"the fast runtimes do not know this model: {config.unsupported}"
    tested = families is None or config.family in families
    if runtime == "openvino" and (device != "cpu" or not tested):
        problem = (
            f"the device is {device!r}, and it runs on the CPU"
            if device != "cpu"
            else f"the architecture {config.family!r} is not one of {', '.join(sorted(families or ()))}"
        )
        raise UsageError(f"runtime 'openvino' cannot run {config.folder}: {problem}; use --runtime torch")
    if runtime != "auto":
        return runtime, "asked for"
    if device != "cpu":
        return "torch", "the fastest on GPUs"
    if not tested:
        return "torch", f"openvino is not tested with the architecture {config.family!r}"
    return "openvino", "the fastest on CPUs"


def _precision(precision: str, runtime: str, device: str) -> str:
    if precision == "auto":
        return "bf16" if runtime == "openvino" and has_bf16_matrix_units() else "f32"
    if precision == "int8" and runtime != "openvino":
        raise UsageError(f"precision 'int8' is of the runtime openvino, not {runtime}; use f32")
    if precision == "f16" and device == "cpu":
        raise UsageError("precision 'f16' is for GPUs; on a CPU use f32, or bf16 where the processor has AMX")
    return precision

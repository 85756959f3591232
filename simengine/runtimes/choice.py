"""Which runtime runs a model, on which device, in which precision.

Only `fastest_runtime` and `fastest_precision` decide what is fastest, from the processor's flags and measurements on a
few machines (benchmarks/README.md); a measurement on the user's machine would replace them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from simengine.errors import UsageError
from simengine.runtimes.contract import Network, Runtime, T
from simengine.runtimes.hardware import choose_device, has_bf16_matrix_units
from simengine.text.arguments import as_choice

_CLASSES: Mapping[str, tuple[str, str]] = {
    "openvino": ("simengine.runtimes.openvino_runtime", "OpenVinoRuntime"),
    "torch": ("simengine.runtimes.torch_runtime", "TorchRuntime"),
    "sentence-transformers": (
        "simengine.runtimes.sentence_transformers_runtime",
        "SentenceTransformersRuntime",
    ),
}
"""Module and class of each runtime, imported when used: a new runtime is a file and a line here."""
RUNTIMES: Final = ("auto", *_CLASSES)
PRECISIONS: Final = ("auto", "f32", "bf16", "f16", "int8")


@dataclass(frozen=True, slots=True)
class RuntimeChoice:
    """How a model is run.

    Attributes:
        runtime: "openvino", "torch" or "sentence-transformers".
        reason: why this one, in words.
        device: "cpu" or "cuda:N".
        precision: "f32", "bf16", "f16" or "int8".
    """

    runtime: str
    reason: str
    device: str
    precision: str


def check_names(runtime: str, precision: str) -> None:
    """Refuse unknown names before anything is loaded.

    Raises:
        UsageError: a name is unknown; lists the known ones.
    """
    as_choice(runtime, "runtime", RUNTIMES)
    as_choice(precision, "precision", PRECISIONS)


def open_runtime(
    network: Network[T], *, runtime: str, device: str, precision: str, threads: int
) -> Runtime[T]:
    """A model, loaded and ready to run.

    Args:
        network: the model.
        runtime, device, precision: see `choose_runtime`.
        threads: most processor threads to use.

    Raises:
        DeviceError, UsageError: see `choose_runtime`.
        ModelDamagedError: the model's files cannot be loaded.
    """
    chosen = choose_runtime(network, runtime=runtime, device=device, precision=precision)
    opened = _class_of(chosen.runtime)(
        network, device=chosen.device, precision=chosen.precision, threads=threads
    )
    opened.reason = chosen.reason
    return opened


def choose_runtime(network: Network[Any], *, runtime: str, device: str, precision: str) -> RuntimeChoice:
    """The fastest way to run a model, or the requested one.

    Args:
        network: the model.
        runtime: one of RUNTIMES.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: one of PRECISIONS.

    Raises:
        DeviceError: CUDA was requested and cannot be used.
        UsageError: the runtime cannot run this model, not on this device, or not in this precision.
    """
    only_cpu = runtime != "auto" and _class_of(runtime).only_cpu
    place = choose_device("cpu" if only_cpu and device == "auto" else device)
    if runtime == "auto":
        name, reason = fastest_runtime(network, place)
    elif problem := _class_of(runtime).refuses(network, place):
        other = "torch" if network.config.unsupported is None else "sentence-transformers"
        raise UsageError(
            f"runtime {runtime!r} cannot run {network.config.folder}: {problem}; use --runtime {other}"
        )
    else:
        name, reason = runtime, "requested"
    return RuntimeChoice(name, reason, place, _precision(precision, name, place))


def fastest_runtime(network: Network[Any], device: str) -> tuple[str, str]:
    """The fastest runtime for a model on "cpu" or "cuda:N", and the reason in words."""
    config = network.config
    if config.unsupported is not None:
        return "sentence-transformers", f"the fast runtimes do not support this model: {config.unsupported}"
    if device != "cpu":
        return "torch", "fastest on GPUs"
    if config.family not in network.tested_families:
        return "torch", f"openvino is not tested with the architecture {config.family!r}"
    return "openvino", "fastest on CPUs"


def fastest_precision(runtime: str) -> str:
    """A runtime's fastest precision that preserves the model's results."""
    return "bf16" if runtime == "openvino" and has_bf16_matrix_units() else "f32"


def _precision(precision: str, runtime: str, device: str) -> str:
    if precision == "auto":
        return fastest_precision(runtime)
    if precision == "f16" and device == "cpu":
        raise UsageError("precision 'f16' is for GPUs; on a CPU use f32, or bf16 if the processor has AMX")
    if precision not in _class_of(runtime).precisions:
        raise UsageError(f"precision {precision!r} needs the runtime openvino, not {runtime}; use f32")
    return precision


def _class_of(runtime: str) -> type[Runtime[Any]]:
    module, name = _CLASSES[runtime]
    found: type[Runtime[Any]] = getattr(importlib.import_module(module), name)
    return found

"""Which runtime runs a model, on which device, in which precision.

What is the fastest is decided in `fastest_runtime` and `fastest_precision` alone, from the processor's flags and from
what was measured on a few machines (benchmarks/README.md); a measurement on the machine at hand belongs in their place.
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
"""Module and class of each runtime, which is imported when it is used: a new runtime is its file and a line here."""
RUNTIMES: Final = ("auto", *_CLASSES)
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


def open_runtime(
    network: Network[T], *, runtime: str, device: str, precision: str, threads: int
) -> Runtime[T]:
    """A model, loaded and ready to run.

    Args:
        network: the model.
        runtime, device, precision: see `choose_runtime`.
        threads: processor threads to use at most.

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
    """The fastest way to run a model, or the one that was asked for.

    Args:
        network: the model.
        runtime: one of RUNTIMES.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: one of PRECISIONS.

    Raises:
        DeviceError: CUDA was asked for and cannot be used.
        UsageError: the runtime cannot run this model, or not there, or not in this precision.
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
        name, reason = runtime, "asked for"
    return RuntimeChoice(name, reason, place, _precision(precision, name, place))


def fastest_runtime(network: Network[Any], device: str) -> tuple[str, str]:
    """The fastest runtime for a model on "cpu" or "cuda:N", and why it is taken, for people."""
    config = network.config
    if config.unsupported is not None:
        return "sentence-transformers", f"the fast runtimes do not know this model: {config.unsupported}"
    if device != "cpu":
        return "torch", "the fastest on GPUs"
    if config.family not in network.tested_families:
        return "torch", f"openvino is not tested with the architecture {config.family!r}"
    return "openvino", "the fastest on CPUs"


def fastest_precision(runtime: str) -> str:
    """The fastest precision of a runtime that keeps a model's results."""
    return "bf16" if runtime == "openvino" and has_bf16_matrix_units() else "f32"


def _precision(precision: str, runtime: str, device: str) -> str:
    if precision == "auto":
        return fastest_precision(runtime)
    if precision == "f16" and device == "cpu":
        raise UsageError("precision 'f16' is for GPUs; on a CPU use f32, or bf16 where the processor has AMX")
    if precision not in _class_of(runtime).precisions:
        raise UsageError(f"precision {precision!r} is of the runtime openvino, not {runtime}; use f32")
    return precision


def _class_of(runtime: str) -> type[Runtime[Any]]:
    module, name = _CLASSES[runtime]
    found: type[Runtime[Any]] = getattr(importlib.import_module(module), name)
    return found

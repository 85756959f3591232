"""int8 quantization of exported graphs: weights by group ahead of time, activations by group and token at run time.

Needs no calibration texts: every group of weights along the inner dimension has its own scale, and OpenVINO
scales every token's activations by groups of the same size (DYNAMIC_QUANTIZATION_GROUP_SIZE). The value
projections stay in fp32: measured on all-MiniLM-L6-v2, they cause half of the error and cost a twelfth of the
products. The graph is kept only if real texts keep their vectors, or pairs of texts their probabilities.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.models.cache import create_folder_atomically, exclusive, read_json
from simengine.runtimes.contract import Check, T
from simengine.runtimes.hardware import cpu_flags
from simengine.runtimes.openvino_import import import_openvino
from simengine.types import FloatMatrix

_GROUP_SIZES = (128, 64)  # fastest first
_KEPT_IN_FP32 = re.compile(r"(?:^|[._/])(?:value|v|v_lin|v_proj)[._/]")
_NOTE = "int8.json"

# (path of a graph, settings of its compilation, inputs) -> results
Run = Callable[[Path, dict[str, Any], Sequence[T]], FloatMatrix]


@dataclass(frozen=True, slots=True)
class QuantizedGraph:
    """An int8 graph.

    Attributes:
        path: the graph; its weights are next to it.
        settings: OpenVINO properties for compiling it.
        agreement: with fp32, as measured by its check.
    """

    path: Path
    settings: dict[str, Any]
    agreement: float


def quantized_graph(source: Path, folder: Path, check: Callable[[], Check[T]], run: Run[T]) -> QuantizedGraph:
    """The int8 form of a graph from the cache, made and checked first if it is missing.

    Args:
        source: the fp32 graph.
        folder: where the int8 graph is cached.
        check: makes the test that the int8 graph must pass; called only if there is no graph yet.
        run: runs inputs through a graph.

    Raises:
        UsageError: this processor has no int8 dot products, or int8 changes this model's results too much.
    """
    if not cpu_flags() & {"avx512_vnni", "avx_vnni"}:
        raise UsageError("precision 'int8' needs a processor with VNNI; use f32")
    if found := _read(folder):
        return found
    with exclusive(folder):
        return _read(folder) or _search(source, folder, check(), run)


def _search(source: Path, folder: Path, check: Check[T], run: Run[T]) -> QuantizedGraph:
    """The fastest variant that passes: larger groups first, then more products in fp32."""
    expected = run(source, {}, check.inputs)
    best = -np.inf

    def attempt(target: Path, group: int, kept: str) -> float:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        if not _write(source, target, group, kept):
            return -np.inf  # no product of this model has an inner dimension of whole groups
        return check.agreement(expected, run(target / "graph.xml", _settings(group), check.inputs))

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="int8-trial-") as trial:
        for group, kept in [(group, "") for group in _GROUP_SIZES] + [
            (_GROUP_SIZES[-1], name) for name in _first_feed_forward_products(source)
        ]:
            agreement = attempt(Path(trial) / "graph", group, kept)
            best = max(best, agreement)
            if agreement < check.least:
                continue
            note = {"group": group, "kept": kept, "agreement": agreement}
            create_folder_atomically(folder, functools.partial(_keep, Path(trial) / "graph", note))
            return QuantizedGraph(folder / "graph.xml", _settings(group), agreement)
    if best == -np.inf:
        raise UsageError(
            f"precision 'int8' needs inner dimensions that are multiples of {_GROUP_SIZES[-1]}, which this model does "
            "not have; use f32"
        )
    raise UsageError(
        f"precision 'int8' changes this model's results too much: {check.name} is {best:.4f}, the limit "
        f"{check.least}; use f32"
    )


def _keep(trial: Path, note: dict[str, Any], target: Path) -> None:
    for name in ("graph.xml", "graph.bin"):
        shutil.copyfile(trial / name, target / name)
    content = {**note, "bytes": (target / "graph.bin").stat().st_size}
    (target / _NOTE).write_text(json.dumps(content), encoding="utf-8")


def _first_feed_forward_products(source: Path) -> list[str]:
    """Names of the products that widen the hidden state, last layer first: their inputs contain the few large
    values that layer normalisation does not remove, most of all in late layers."""
    graph = import_openvino().Core().read_model(str(source))
    found = []
    for node in graph.get_ordered_ops():
        if node.get_type_name() == "MatMul":
            shape = node.input_value(1).get_partial_shape()
            static = shape.is_static and len(shape) == 2
            if static and shape[0].get_length() >= 2 * shape[1].get_length():
                found.append(str(node.get_friendly_name()))
    return found[::-1]


def _settings(group: int) -> dict[str, Any]:
    return {"DYNAMIC_QUANTIZATION_GROUP_SIZE": group}


def _read(folder: Path) -> QuantizedGraph | None:
    note = read_json(folder / _NOTE)
    path = folder / "graph.xml"
    if not isinstance(note, dict) or not path.is_file():
        return None
    weights = path.with_suffix(".bin")
    if not weights.is_file() or weights.stat().st_size != note.get("bytes") or "agreement" not in note:
        return None
    return QuantizedGraph(path, _settings(int(note["group"])), float(note["agreement"]))


def _write(source: Path, folder: Path, group: int, kept: str) -> int:
    """Write the int8 graph; returns the number of its int8 products."""
    openvino = import_openvino()
    graph = openvino.Core().read_model(str(source))
    done = 0
    for node in graph.get_ordered_ops():
        name = str(node.get_friendly_name())
        if node.get_type_name() == "MatMul" and name != kept and not _KEPT_IN_FP32.search(name):
            done += _quantize_weights(node, group)
    openvino.save_model(graph, str(folder / "graph.xml"), compress_to_fp16=False)
    return done


def _quantize_weights(product: Any, group: int) -> bool:
    """Replace a product's constant fp32 weights, if it has any, by int8 weights with a scale per group."""
    from openvino import opset13 as opset

    constant = product.input_value(1).get_node()
    if constant.get_type_name() != "Constant" or not product.get_attributes()["transpose_b"]:
        return False
    weights: npt.NDArray[np.float32] = constant.data
    if weights.ndim != 2 or weights.shape[1] % group:
        return False
    rows, columns = weights.shape
    grouped = weights.reshape(rows, columns // group, group)
    scales = np.maximum(np.abs(grouped).max(axis=2, keepdims=True) / 127, np.float32(1e-12)).astype(
        np.float32
    )
    small = np.round(grouped / scales).astype(np.int8)
    restored = opset.multiply(opset.convert(opset.constant(small), "f32"), opset.constant(scales))
    flat = opset.reshape(restored, np.array([rows, columns], np.int64), special_zero=False)
    product.input(1).replace_source_output(flat.output(0))
    return True

"""Compresses the differences between the weights of two models, and restores them. Needs only numpy.

Factors of a low-rank difference are kept on a fixed grid, so that every sum of their products is exact in
float64 whatever its order: the same delta gives the same weights, bit for bit, on every processor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError

Array: TypeAlias = npt.NDArray[Any]
Kind: TypeAlias = Literal["low-rank", "difference", "new", "unchanged"]

# Endings of the names in a delta file.
LEFT, RIGHT, DIFFERENCE, VALUE = ":left", ":right", ":difference", ":value"
# Changes below this part of the largest weight are rounding, not training.
_ROUNDING = 1e-7
# Tensors outside the numbered layers (poolers, classifiers, norms) are kept in full up to this size.
_FULL_BYTES = 1 << 20
_MANTISSA_BITS = 53


@dataclass(frozen=True, slots=True)
class TensorDelta:
    """How one tensor of a fine-tuned model is kept.

    Attributes:
        name: in the fine-tuned model.
        kind: "low-rank", "difference" (in full), "new" (not in the base, in full) or "unchanged".
        shape: of the tensor.
        rank: of a low-rank difference; 0 for the other kinds.
        n_bytes: in the delta file, without its header.
        relative_change: norm of the difference over the norm of the base's tensor (Frobenius norms); 0 for "new".
        relative_error: norm of what is lost over the norm of the difference (of the tensor itself for "new").
        max_error: largest absolute error of a weight.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    rank: int
    n_bytes: int
    relative_change: float
    relative_error: float
    max_error: float


def encode_tensor(
    name: str, base: Array | None, tuned: Array, *, rank: int, dtype: str
) -> tuple[TensorDelta, dict[str, Array]]:
    """The smallest of the forms that keep a tensor: low-rank factors, the difference, or the tensor itself.

    Args:
        name: of the tensor in the fine-tuned model.
        base: the base's tensor of the same shape, or None if it has none.
        tuned: the fine-tuned tensor.
        rank: largest rank of the factors.
        dtype: "f16" or "f32", of everything that is kept of floating-point tensors.

    Returns:
        The form chosen, and the arrays for the delta file by name.

    Raises:
        UsageError: a weight is not finite, or does not fit in float16.
    """
    kept = np.dtype(np.float16 if dtype == "f16" else np.float32)
    if base is None:
        value = _rounded(tuned, kept, name) if tuned.dtype.kind == "f" else tuned
        return _described(name, "new", tuned, None, {name + VALUE: value})
    if np.array_equal(base, tuned):
        return _described(name, "unchanged", tuned, base, {})
    if tuned.dtype.kind != "f":
        return _described(name, "new", tuned, None, {name + VALUE: tuned})
    difference = tuned.astype(np.float64) - base.astype(np.float64)
    if float(np.abs(difference).max()) <= _ROUNDING * float(np.abs(base).max()):
        return _described(name, "unchanged", tuned, base, {})
    if _may_be_factored(name, tuned.shape, kept.itemsize):
        # Rounding of W + BA in float32 has this spectral norm; anything below is not from B and A.
        noise = 2.0**-24 * float(np.abs(base).max()) * sum(math.sqrt(side) for side in tuned.shape)
        left, right = _factors(difference, rank, noise)
        if left.shape[1] * sum(tuned.shape) < tuned.size:
            arrays = {
                name + LEFT: _on_grid(_rounded(left, kept, name), left.shape[1]),
                name + RIGHT: _on_grid(_rounded(right, kept, name), left.shape[1]),
            }
            return _described(name, "low-rank", tuned, base, arrays)
    return _described(name, "difference", tuned, base, {name + DIFFERENCE: _rounded(difference, kept, name)})


def decode_tensor(name: str, base: Array | None, arrays: Mapping[str, Array]) -> Array:
    """A tensor of the fine-tuned model, in float32; what training left alone is the base's, in its own type.

    Args:
        name: in the fine-tuned model.
        base: the base's tensor, or None if it has none.
        arrays: of the delta file.

    Raises:
        KeyError: neither the base nor the delta has the tensor.
        ValueError: shapes do not agree.
    """
    if name + VALUE in arrays:
        value = arrays[name + VALUE]
        return value.astype(np.float32) if value.dtype.kind == "f" else value
    if base is None:
        raise KeyError(name)
    if base.dtype.kind != "f":
        return base
    if name + LEFT in arrays:
        change = arrays[name + LEFT].astype(np.float64) @ arrays[name + RIGHT].astype(np.float64)
    elif name + DIFFERENCE in arrays:
        change = arrays[name + DIFFERENCE].astype(np.float64)
    else:
        return base
    if change.shape != base.shape:
        raise ValueError(f"{name}: a change of shape {change.shape} for a tensor of shape {base.shape}")
    restored: Array = (base.astype(np.float64) + change).astype(np.float32)
    return restored


def names_in(arrays: Mapping[str, Array]) -> Iterator[str]:
    """Names of the tensors that a delta file changes or adds, each once."""
    seen = set()
    for key in arrays:
        name = key.rpartition(":")[0]
        if name not in seen:
            seen.add(name)
            yield name


def _described(
    name: str, kind: Kind, tuned: Array, base: Array | None, arrays: dict[str, Array]
) -> tuple[TensorDelta, dict[str, Array]]:
    arrays = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
    restored = decode_tensor(name, base, arrays).astype(np.float64)
    error = restored - tuned.astype(np.float64)
    change = tuned.astype(np.float64) - (0.0 if base is None else base.astype(np.float64))
    base_norm = 0.0 if base is None else float(np.linalg.norm(base.astype(np.float64)))
    rank = arrays[name + LEFT].shape[1] if kind == "low-rank" else 0
    return (
        TensorDelta(
            name=name,
            kind=kind,
            shape=tuned.shape,
            rank=rank,
            n_bytes=sum(array.nbytes for array in arrays.values()),
            relative_change=_ratio(float(np.linalg.norm(change)), base_norm),
            relative_error=0.0
            if kind == "unchanged"
            else _ratio(float(np.linalg.norm(error)), float(np.linalg.norm(change))),
            max_error=float(np.abs(error).max(initial=0.0)),
        ),
        arrays,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _may_be_factored(name: str, shape: tuple[int, ...], item_bytes: int) -> bool:
    in_layer = any(part.isdigit() for part in name.split("."))
    return len(shape) == 2 and (in_layer or math.prod(shape) * item_bytes > _FULL_BYTES)


def _factors(difference: Array, rank: int, noise: float) -> tuple[Array, Array]:
    """The best approximation of a matrix by a product of (m, r) and (r, n) (Eckart-Young).

    r is at most `rank`, and fewer where the other singular values are not above `noise`. Singular vectors of
    the shorter side come from the Gram matrix, in float64: its error of 1e-8 relative to the largest singular
    value is far below that of float16. Both factors get the same scale.
    """
    if difference.shape[0] < difference.shape[1]:
        right, left = _factors(difference.T, rank, noise)
        return left.T, right.T
    values, vectors = np.linalg.eigh(difference.T @ difference)
    singular = np.sqrt(np.maximum(values[::-1], 0.0))
    n_kept = min(max(int(np.count_nonzero(singular > max(noise, 1e-7 * singular[0]))), 1), rank)
    directions, scale = vectors[:, ::-1][:, :n_kept], np.sqrt(singular[:n_kept])
    return (difference @ directions) / scale, (directions * scale).T


def _rounded(values: Array, dtype: np.dtype[Any], name: str) -> Array:
    with np.errstate(over="ignore"):
        rounded: Array = values.astype(dtype)
    if not np.isfinite(rounded).all():
        raise UsageError(
            f"{name}: a weight is not finite in {dtype}; expected finite weights (try dtype f32)"
        )
    return rounded


def _on_grid(factor: Array, rank: int) -> Array:
    """The factor with its values rounded to multiples of one power of two, at most half a step away.

    Products of two such factors and the sum of `rank` of them then fit in the 53 bits of a float64. The step
    is 2^-22 of the largest value or finer for ranks to 512.
    """
    largest = float(np.abs(factor).max(initial=0.0))
    if largest == 0.0:
        return factor
    exponent = math.frexp(largest)[1]
    bits = (_MANTISSA_BITS - math.ceil(math.log2(max(rank, 1)))) // 2
    snapped: Array = np.ldexp(np.round(np.ldexp(factor.astype(np.float64), bits - exponent)), exponent - bits)
    return snapped.astype(factor.dtype)

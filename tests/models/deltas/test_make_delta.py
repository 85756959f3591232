from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from simengine.errors import UsageError
from simengine.models import resolve
from simengine.models.delta_tensors import LEFT, RIGHT, decode_tensor, encode_tensor
from simengine.models.deltas import DeltaInfo, make_delta, merge_delta
from tests.models.deltas.tensors import (
    BIAS,
    POOLER,
    QUERY,
    SIDE,
    WIDENING,
    WORDS,
)


def kinds(info: DeltaInfo) -> dict[str, str]:
    return {tensor.name: tensor.kind for tensor in info.tensors}


def test_merged_weights_equal_the_fine_tuned_ones_up_to_float16(delta: Path, base: Path, tuned: Path) -> None:
    merged = load_file(merge_delta(delta, base=base) / "model.safetensors")
    expected = load_file(tuned / "model.safetensors")
    assert merged.keys() == expected.keys()
    for name, value in expected.items():
        assert merged[name].dtype == np.float32
        np.testing.assert_allclose(merged[name], value, atol=2e-4)
    np.testing.assert_array_equal(merged[f"bert.{WORDS}"], expected[f"bert.{WORDS}"])


def test_float32_keeps_a_low_rank_change_to_a_millionth(base: Path, tuned: Path, tmp_path: Path) -> None:
    make_delta(base, tuned, tmp_path / "exact", rank=8, dtype="f32")
    merged = load_file(merge_delta(tmp_path / "exact", base=base) / "model.safetensors")
    for name, value in load_file(tuned / "model.safetensors").items():
        np.testing.assert_allclose(merged[name], value, atol=1e-6)


def test_each_tensor_is_kept_in_its_smallest_form(base: Path, tuned: Path, tmp_path: Path) -> None:
    assert kinds(make_delta(base, tuned, tmp_path / "made", rank=8)) == {
        f"bert.{QUERY}": "low-rank",
        f"bert.{WIDENING}": "low-rank",
        f"bert.{BIAS}": "difference",
        f"bert.{POOLER}": "difference",
        f"bert.{WORDS}": "unchanged",
        "classifier.weight": "new",
        "classifier.bias": "new",
    }


def test_a_rank_that_saves_nothing_keeps_the_difference_in_full(
    base: Path, tuned: Path, tmp_path: Path
) -> None:
    save_file(
        {name: value + np.float32(0.01) * np.random.default_rng(5).random(value.shape, np.float32)
         for name, value in load_file(tuned / "model.safetensors").items()},
        tuned / "model.safetensors",
    )  # fmt: skip
    info = make_delta(base, tuned, tmp_path / "made", rank=SIDE)
    assert kinds(info)[f"bert.{QUERY}"] == "difference"


def test_the_rank_of_a_merged_adapter_is_found(base: Path, tuned: Path, tmp_path: Path) -> None:
    ranks = {
        tensor.name: tensor.rank for tensor in make_delta(base, tuned, tmp_path / "made", rank=20).tensors
    }
    assert (ranks[f"bert.{QUERY}"], ranks[f"bert.{WIDENING}"]) == (4, 4)


def test_unchanged_tensors_are_absent_and_the_size_is_as_reported(
    delta: Path, base: Path, tuned: Path, tmp_path: Path
) -> None:
    arrays = load_file(delta / "delta.safetensors")
    assert not any(WORDS in name for name in arrays)
    info = make_delta(base, tuned, tmp_path / "made", rank=8)
    written = sum((delta / name).stat().st_size for name in ("delta.safetensors", "model.json"))
    # The name of the model stands in model.json too.
    assert info.n_bytes == written - len("small-nli") + len("made")


@pytest.mark.parametrize("shape", [(40, 64), (64, 40)])
@pytest.mark.parametrize("rank", [1, 5, 12])
def test_the_error_is_that_of_the_best_approximation(shape: tuple[int, int], rank: int) -> None:
    rng = np.random.default_rng(rank)
    base, change = rng.normal(0, 1, shape), rng.normal(0, 0.1, shape)
    described, _ = encode_tensor(
        "layer.0.w", base.astype(np.float32), (base + change).astype(np.float32), rank=rank, dtype="f32"
    )
    singular = np.linalg.svd(change, compute_uv=False)
    expected = np.sqrt((singular[rank:] ** 2).sum() / (singular**2).sum())
    assert described.relative_error == pytest.approx(expected, rel=1e-4)
    assert described.rank == rank


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 64), st.floats(-6, 3))
def test_the_order_of_summation_changes_no_bit(seed: int, rank: int, magnitude: float) -> None:
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 0.05, (70, 70)).astype(np.float32)
    change = (rng.normal(0, 1, (70, rank)) @ rng.normal(0, 1, (rank, 70))) * 10**magnitude * 1e-3
    _, arrays = encode_tensor("layer.0.w", base, (base + change).astype(np.float32), rank=34, dtype="f16")
    if "layer.0.w" + LEFT not in arrays:
        return
    left, right = (arrays["layer.0.w" + end].astype(np.float64) for end in (LEFT, RIGHT))
    forward, backward = np.zeros(base.shape), np.zeros(base.shape)
    for at in range(left.shape[1]):
        forward += np.outer(left[:, at], right[at])
        backward += np.outer(left[:, -1 - at], right[-1 - at])
    np.testing.assert_array_equal(forward, backward)
    np.testing.assert_array_equal(
        decode_tensor("layer.0.w", base, arrays), (base.astype(np.float64) + forward).astype(np.float32)
    )


@pytest.mark.parametrize(("rank", "dtype"), [(0, "f16"), (-1, "f16"), (4, "int8")])
def test_rank_and_dtype_out_of_range_are_usage_errors(
    base: Path, tuned: Path, tmp_path: Path, rank: int, dtype: Any
) -> None:
    with pytest.raises(UsageError, match="expected"):
        make_delta(base, tuned, tmp_path / "made", rank=rank, dtype=dtype)


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e6])
def test_a_weight_that_float16_cannot_hold_is_refused(
    base: Path, tuned: Path, tmp_path: Path, value: float
) -> None:
    tensors = load_file(tuned / "model.safetensors")
    tensors["classifier.bias"] = np.asarray([0, value, 0], np.float32)
    save_file(tensors, tuned / "model.safetensors")
    with pytest.raises(UsageError, match=r"classifier\.bias"):
        make_delta(base, tuned, tmp_path / "made", rank=4)


def test_a_folder_that_holds_something_else_is_not_replaced(base: Path, tuned: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="something other"):
        make_delta(base, tuned, tmp_path / "mine", rank=4)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_delta_is_replaced_by_its_successor(delta: Path, base: Path, tuned: Path) -> None:
    first = merge_delta(delta, base=base)
    make_delta(base, tuned, delta, rank=2)
    second = merge_delta(delta, base=base)
    assert second != first
    assert (first / "model.safetensors").is_file()


def test_the_card_of_the_fine_tuned_model_comes_along(base: Path, tuned: Path, tmp_path: Path) -> None:
    (tuned / "README.md").write_text("# A careful card\n")
    make_delta(base, tuned, tmp_path / "carded", rank=4)
    assert (merge_delta(tmp_path / "carded", base=base) / "README.md").read_text() == "# A careful card\n"


def test_the_report_names_every_kept_tensor_and_the_size(base: Path, tuned: Path, tmp_path: Path) -> None:
    info = make_delta(base, tuned, tmp_path / "made", rank=8)
    report = info.report()
    assert all(tensor.name in report for tensor in info.tensors if tensor.kind != "unchanged")
    assert f"{info.n_bytes:,} bytes; 1 tensors unchanged" in report


def test_what_ships_stays_under_30_mb() -> None:
    folder = Path(resolve.__file__).parent / "bundled"
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 30_000_000

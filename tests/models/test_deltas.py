from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from simengine.errors import ModelDamagedError, ModelNotFoundError, UsageError
from simengine.models import resolve
from simengine.models.delta_tensors import LEFT, RIGHT, decode_tensor, encode_tensor
from simengine.models.deltas import DeltaInfo, make_delta, measure_delta, merge_delta
from simengine.models.resolve import bundled_names, resolve_model

Make = Callable[..., Path]
Tensors = dict[str, np.ndarray]
SIDE, WIDE = 48, 96
QUERY = "encoder.layer.0.attention.self.query.weight"
WIDENING = "encoder.layer.0.intermediate.dense.weight"
BIAS = "encoder.layer.0.intermediate.dense.bias"
WORDS = "embeddings.word_embeddings.weight"
POOLER = "pooler.dense.weight"


def base_tensors() -> Tensors:
    rng = np.random.default_rng(1)
    shapes = {
        QUERY: (SIDE, SIDE),
        WIDENING: (WIDE, SIDE),
        BIAS: (WIDE,),
        WORDS: (9, SIDE),
        POOLER: (SIDE, SIDE),
    }
    return {name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in shapes.items()}


def low_rank(shape: tuple[int, int], rank: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 0.05, (shape[0], rank)) @ rng.normal(0, 0.3, (rank, shape[1]))).astype(np.float32)


def tuned_tensors(base: Tensors) -> Tensors:
    """As LoRA of rank 4 merged in, with a trained bias and pooler and a new classifier."""
    rng = np.random.default_rng(2)
    changed = dict(base)
    changed[QUERY] = base[QUERY] + low_rank((SIDE, SIDE), 4, 3)
    changed[WIDENING] = base[WIDENING] + low_rank((WIDE, SIDE), 4, 4)
    changed[BIAS] = base[BIAS] + rng.normal(0, 0.01, WIDE).astype(np.float32)
    changed[POOLER] = rng.normal(0, 0.05, (SIDE, SIDE)).astype(np.float32)
    tuned = {f"bert.{name}": value for name, value in changed.items()}
    tuned["classifier.weight"] = rng.normal(0, 0.02, (3, SIDE)).astype(np.float32)
    tuned["classifier.bias"] = np.zeros(3, np.float32)
    return tuned


@pytest.fixture
def base(make_folder: Make) -> Path:
    folder = make_folder("base-model")
    save_file(base_tensors(), folder / "model.safetensors")
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n")
    return folder


@pytest.fixture
def tuned(base: Path, tmp_path: Path, write_json: Callable[[Path, Any], None]) -> Path:
    folder = tmp_path / "tuned-model"
    folder.mkdir()
    labels = {"0": "entailment", "1": "neutral", "2": "contradiction"}
    config = {
        "model_type": "bert",
        "id2label": labels,
        "_name_or_path": "/home/someone/run",
        "torch_dtype": "bfloat16",
    }
    write_json(folder / "config.json", config)
    write_json(folder / "config_sentence_transformers.json", {"model_type": "CrossEncoder"})
    write_json(folder / "tokenizer_config.json", {"model_max_length": 128})
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    tokenizer["truncation"] = {"max_length": 7, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    write_json(folder / "tokenizer.json", tokenizer)
    save_file(tuned_tensors(base_tensors()), folder / "model.safetensors")
    return folder


@pytest.fixture
def delta(base: Path, tuned: Path, tmp_path: Path) -> Path:
    make_delta(base, tuned, tmp_path / "deltas" / "small-nli", rank=8)
    return tmp_path / "deltas" / "small-nli"


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


def test_each_tensor_is_kept_in_its_smallest_form(base: Path, tuned: Path) -> None:
    assert kinds(measure_delta(base, tuned, rank=8)) == {
        f"bert.{QUERY}": "low-rank",
        f"bert.{WIDENING}": "low-rank",
        f"bert.{BIAS}": "difference",
        f"bert.{POOLER}": "difference",
        f"bert.{WORDS}": "unchanged",
        "classifier.weight": "new",
        "classifier.bias": "new",
    }


def test_a_rank_that_saves_nothing_keeps_the_difference_in_full(base: Path, tuned: Path) -> None:
    save_file(
        {name: value + np.float32(0.01) * np.random.default_rng(5).random(value.shape, np.float32)
         for name, value in load_file(tuned / "model.safetensors").items()},
        tuned / "model.safetensors",
    )  # fmt: skip
    info = measure_delta(base, tuned, rank=SIDE)
    assert kinds(info)[f"bert.{QUERY}"] == "difference"


def test_the_rank_of_a_merged_adapter_is_found(base: Path, tuned: Path) -> None:
    ranks = {tensor.name: tensor.rank for tensor in measure_delta(base, tuned, rank=20).tensors}
    assert (ranks[f"bert.{QUERY}"], ranks[f"bert.{WIDENING}"]) == (4, 4)


def test_unchanged_tensors_are_absent_and_the_size_is_as_reported(
    delta: Path, base: Path, tuned: Path
) -> None:
    arrays = load_file(delta / "delta.safetensors")
    assert not any(WORDS in name for name in arrays)
    info = measure_delta(base, tuned, rank=8)
    written = sum((delta / name).stat().st_size for name in ("delta.safetensors", "model.json"))
    # The name of the model stands in model.json too.
    assert info.n_bytes == written - len("small-nli") + len("tuned-model")


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


def test_the_merged_folder_holds_the_models_settings_and_the_bases_tokenizer(delta: Path, base: Path) -> None:
    folder = merge_delta(delta, base=base)
    config = json.loads((folder / "config.json").read_text())
    assert config["id2label"]["2"] == "contradiction"
    assert config["dtype"] == "float32"
    assert "_name_or_path" not in config
    assert "torch_dtype" not in config
    assert (
        json.loads((folder / "config_sentence_transformers.json").read_text())["model_type"] == "CrossEncoder"
    )
    assert json.loads((folder / "tokenizer_config.json").read_text())["model_max_length"] == 128
    for name in ("tokenizer.json", "vocab.txt"):
        assert (folder / name).read_bytes() == (base / name).read_bytes()
    assert "base-model" in (folder / "README.md").read_text()


def test_a_sentence_transformers_folder_keeps_its_modules(
    base: Path, tuned: Path, tmp_path: Path, write_json: Callable[[Path, Any], None]
) -> None:
    inner = tuned / "0_Transformer"
    inner.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"):
        (tuned / name).rename(inner / name)
    modules = [{"name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
               {"name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]  # fmt: skip
    write_json(tuned / "modules.json", modules)
    write_json(tuned / "1_Pooling" / "config.json", {"pooling_mode": "cls"})
    make_delta(base, tuned, tmp_path / "retriever", rank=8)
    folder = merge_delta(tmp_path / "retriever", base=base)
    assert json.loads((folder / "modules.json").read_text()) == modules
    assert json.loads((folder / "1_Pooling" / "config.json").read_text()) == {"pooling_mode": "cls"}
    assert (folder / "0_Transformer" / "tokenizer.json").is_file()
    merged = load_file(folder / "0_Transformer" / "model.safetensors")
    np.testing.assert_array_equal(merged[f"bert.{WORDS}"], base_tensors()[WORDS])


def test_a_module_with_weights_of_its_own_is_refused(
    base: Path, tuned: Path, tmp_path: Path, write_json: Callable[[Path, Any], None]
) -> None:
    modules = [{"path": "", "type": "sentence_transformers.models.Transformer"},
               {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]  # fmt: skip
    write_json(tuned / "modules.json", modules)
    (tuned / "2_Dense").mkdir()
    save_file({"linear.weight": np.ones((2, 2), np.float32)}, tuned / "2_Dense" / "model.safetensors")
    with pytest.raises(UsageError, match="2_Dense"):
        make_delta(base, tuned, tmp_path / "out", rank=4)


def test_merging_again_gives_the_same_folder_untouched(delta: Path, base: Path) -> None:
    first = merge_delta(delta, base=base)
    stamp = (first / "model.safetensors").stat().st_mtime_ns
    assert merge_delta(delta, base=base) == first
    assert (first / "model.safetensors").stat().st_mtime_ns == stamp


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "vocab.txt"])
@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_a_damaged_merged_folder_is_made_again(delta: Path, base: Path, name: str, damage: str) -> None:
    folder = merge_delta(delta, base=base)
    whole = (folder / name).read_bytes()
    if damage == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(
            whole[: len(whole) // 2] if damage == "cut" else whole[:-1] + bytes([whole[-1] ^ 1])
        )
    assert merge_delta(delta, base=base) == folder
    assert (folder / name).read_bytes() == whole


@pytest.mark.parametrize("name", ["delta.safetensors", "model.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "changed"])
def test_a_damaged_delta_is_refused_by_name(delta: Path, base: Path, name: str, damage: str) -> None:
    path = delta / name
    whole = path.read_bytes()
    at = len(whole) // 2
    changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    path.write_bytes({"missing": b"", "empty": b"", "cut": whole[:at], "changed": changed}[damage])
    if damage == "missing":
        path.unlink()
    with pytest.raises(ModelDamagedError, match=name.replace(".", r"\.")):
        merge_delta(delta, base=base)


def test_another_base_is_refused(delta: Path, base: Path, make_folder: Make) -> None:
    other = make_folder("other")
    with pytest.raises(ModelDamagedError, match="base-model"):
        merge_delta(delta, base=other)


def test_a_base_with_another_tokenizer_is_refused(delta: Path, base: Path) -> None:
    path = base / "tokenizer.json"
    path.write_text(path.read_text().replace('"query": 7', '"quest": 7'))
    with pytest.raises(ModelDamagedError, match=r"tokenizer\.json"):
        merge_delta(delta, base=base)


def rewrite_note(delta: Path, **changes: Any) -> None:
    from simengine.models.delta_folder import checksum, json_bytes

    note = json.loads((delta / "model.json").read_text()) | changes
    note["checksum"] = checksum(note)
    (delta / "model.json").write_bytes(json_bytes(note))


@pytest.mark.parametrize(
    "changes", [{"files": {"../../evil.json": {}}}, {"transformer": "/tmp"}, {"name": "../x"}]
)
def test_a_note_may_not_name_files_outside_the_model(
    delta: Path, base: Path, changes: dict[str, Any]
) -> None:
    rewrite_note(delta, **changes)
    with pytest.raises(ModelDamagedError, match="leads out"):
        merge_delta(delta, base=base)


def test_a_newer_format_is_told_from_damage(delta: Path, base: Path) -> None:
    rewrite_note(delta, format=99)
    with pytest.raises(ModelDamagedError, match="newer simengine"):
        merge_delta(delta, base=base)


def test_other_weights_than_expected_after_merging_are_refused(delta: Path, base: Path) -> None:
    rewrite_note(delta, merged_sha256="0" * 64)
    with pytest.raises(ModelDamagedError, match="other weights"):
        merge_delta(delta, base=base)


def test_a_delta_for_another_tokenizer_is_refused(base: Path, tuned: Path, tmp_path: Path) -> None:
    path = tuned / "tokenizer.json"
    path.write_text(path.read_text().replace('"a": 4, "b": 5', '"a": 5, "b": 4'))
    with pytest.raises(UsageError, match="tokenizer"):
        make_delta(base, tuned, tmp_path / "out", rank=4)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("rank", "dtype"), [(0, "f16"), (-1, "f16"), (4, "int8")])
def test_rank_and_dtype_out_of_range_are_usage_errors(base: Path, tuned: Path, rank: int, dtype: Any) -> None:
    with pytest.raises(UsageError, match="expected"):
        measure_delta(base, tuned, rank=rank, dtype=dtype)


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e6])
def test_a_weight_that_float16_cannot_hold_is_refused(base: Path, tuned: Path, value: float) -> None:
    tensors = load_file(tuned / "model.safetensors")
    tensors["classifier.bias"] = np.asarray([0, value, 0], np.float32)
    save_file(tensors, tuned / "model.safetensors")
    with pytest.raises(UsageError, match=r"classifier\.bias"):
        measure_delta(base, tuned, rank=4)


def test_a_folder_that_holds_something_else_is_not_replaced(base: Path, tuned: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="something else"):
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


def test_the_report_names_every_kept_tensor_and_the_size(base: Path, tuned: Path) -> None:
    info = measure_delta(base, tuned, rank=8)
    report = info.report()
    assert all(tensor.name in report for tensor in info.tensors if tensor.kind != "unchanged")
    assert f"{info.n_bytes:,} bytes; 1 tensors unchanged" in report


def test_a_bundled_name_resolves_to_the_merged_folder(
    delta: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "_BUNDLED_DELTAS", delta.parent)
    rewrite_note(delta, base=json.loads((delta / "model.json").read_text())["base"] | {"name": str(base)})
    found = resolve_model("small-nli", offline=True)
    assert (found.name, found.source) == ("small-nli", "bundled")
    assert found.path == merge_delta(delta, base=base)
    assert bundled_names() == ("small-nli",)
    with pytest.raises(ModelNotFoundError, match="small-nli"):
        resolve_model("smal-nli", offline=True)


def test_a_path_to_a_delta_is_a_model_too(delta: Path, base: Path) -> None:
    rewrite_note(delta, base=json.loads((delta / "model.json").read_text())["base"] | {"name": str(base)})
    found = resolve_model(str(delta), offline=True)
    assert found.source == "path"
    assert (found.path / "config.json").is_file()


def test_a_delta_moved_elsewhere_merges_into_the_same_folder(delta: Path, base: Path, tmp_path: Path) -> None:
    moved, other_base = tmp_path / "moved", tmp_path / "moved-base"
    shutil.copytree(delta, moved)
    shutil.copytree(base, other_base)
    assert merge_delta(moved, base=other_base) == merge_delta(delta, base=base)


def test_merging_needs_no_torch(delta: Path, base: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from simengine.models.deltas import merge_delta;"
        f"merge_delta(Path({str(delta)!r}), base=Path({str(base)!r}));"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_transformers_computes_the_same_with_the_merged_model(tmp_path: Path, base: Path) -> None:
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification, BertConfig

    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = BertConfig(
        **shape, vocab_size=9, max_position_embeddings=16, num_labels=3, initializer_range=0.2
    )
    plain, tuned = tmp_path / "plain", tmp_path / "fine"
    AutoModel.from_config(config).save_pretrained(plain)
    model = AutoModelForSequenceClassification.from_pretrained(plain, num_labels=3).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("query.weight"):
                weight += 0.1 * torch.randn(32, 2) @ torch.randn(2, 32)
            elif name.endswith("bias"):
                weight += 0.05 * torch.randn_like(weight)
    model.save_pretrained(tuned)
    for folder in (plain, tuned):
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(base / name, folder / name)
    info = make_delta(plain, tuned, tmp_path / "as-delta", rank=4)
    merged = AutoModelForSequenceClassification.from_pretrained(merge_delta(info.folder, base=plain)).eval()
    ids = torch.tensor([[2, 4, 5, 3, 6, 3], [2, 8, 3, 7, 3, 0]])
    inputs = {"input_ids": ids, "attention_mask": (ids > 0).long(), "token_type_ids": (ids > 5).long()}
    with torch.no_grad():
        np.testing.assert_allclose(merged(**inputs).logits, model(**inputs).logits, atol=5e-3)


def test_what_ships_stays_under_12_mb() -> None:
    folder = Path(resolve.__file__).parent / "bundled"
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 12_000_000

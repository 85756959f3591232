from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simengine.errors import ModelDamagedError, UsageError
from simengine.models.deltas import make_delta, merge_delta
from tests.models.deltas.tensors import (
    rewrite_note,
)

Make = Callable[..., Path]


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

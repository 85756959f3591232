from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TOKENIZER = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
        {"id": i, "content": t, "special": True, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False}
        for i, t in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]"))
    ],
    "normalizer": None,
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
            "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]},
        },
    },
    "decoder": None,
    "model": {
        "type": "WordLevel",
        "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5, "猫": 6, "query": 7, "A": 8},
        "unk_token": "[UNK]",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test reads or writes the user's cache, or a hub's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SIMENGINE_CACHE", str(folder / "simengine"))
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(folder / "hf"))
    monkeypatch.setenv("SIMENGINE_OFFLINE", "1")
    return folder


@pytest.fixture
def write_json() -> Callable[[Path, Any], None]:
    def write(path: Path, value: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")

    return write


@pytest.fixture
def make_folder(tmp_path: Path, write_json: Callable[[Path, Any], None]) -> Callable[..., Path]:
    """Writes a model folder as sentence-transformers 2 did; keyword arguments replace parts of it."""

    def make(name: str = "model", **replaced: Any) -> Path:
        from safetensors.numpy import save_file

        folder = tmp_path / name
        config = {"model_type": "bert", "hidden_size": 4, "max_position_embeddings": 64, "vocab_size": 9}
        write_json(folder / "config.json", config | replaced.get("config", {}))
        types = replaced.get("types", ["Transformer", "Pooling", "Normalize"])
        paths = ["", *(f"{i}_{kind.rsplit('.', 1)[-1]}" for i, kind in enumerate(types) if i)]
        full = [kind if "." in kind else f"sentence_transformers.models.{kind}" for kind in types]
        write_json(
            folder / "modules.json",
            [
                {"idx": i, "name": str(i), "path": path, "type": kind}
                for i, (path, kind) in enumerate(zip(paths, full, strict=True))
            ],
        )
        pooling = {"word_embedding_dimension": 4, "pooling_mode_mean_tokens": True}
        write_json(folder / "1_Pooling" / "config.json", replaced.get("pooling", pooling))
        write_json(folder / "sentence_bert_config.json", replaced.get("settings", {"max_seq_length": 16}))
        write_json(
            folder / "tokenizer_config.json", replaced.get("tokenizer_config", {"model_max_length": 32})
        )
        write_json(folder / "tokenizer.json", replaced.get("tokenizer", TOKENIZER))
        if "sentence_transformers" in replaced:
            write_json(folder / "config_sentence_transformers.json", replaced["sentence_transformers"])
        rng = np.random.default_rng(replaced.get("seed", 0))
        weights = {"b.weight": rng.random((3, 4), np.float32), "a.bias": rng.random(4, np.float32)}
        save_file(weights, folder / "model.safetensors")
        return folder

    return make

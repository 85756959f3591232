"""What makes two models the same model, whatever their folders are called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from simengine.errors import ModelDamagedError
from simengine.files import hash_file
from simengine.models.config import DenseStep, ModelConfig, NormalizeStep, Step
from simengine.models.files import hash_of_tensors, remembered_hash
from simengine.models.folder import read_settings
from simengine.text.checks import parse_own_json

# Keys of config.json that change what the network computes, for the families that the fast runtimes know.
# Saving a model again with a newer transformers adds many keys that change nothing.
_ARCHITECTURE_KEYS = (
    "model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
    "intermediate_size", "hidden_act", "hidden_activation", "layer_norm_eps", "norm_eps",
    "position_embedding_type", "pad_token_id", "max_position_embeddings", "type_vocab_size",
    "relative_attention_num_buckets", "local_attention", "global_attn_every_n_layers", "dim", "n_layers",
    "n_heads", "hidden_dim", "activation", "sinusoidal_pos_embds",
)  # fmt: skip
_IGNORED_KEYS = frozenset(
    {"_name_or_path", "_commit_hash", "transformers_version", "torch_dtype", "dtype", "use_cache", "id2label",
     "label2id", "gradient_checkpointing", "initializer_range", "architectures", "finetuning_task"}
)  # fmt: skip
_SETTINGS_FILES = ("config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
VOCABULARY_NAMES = ("vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model")
_DEFAULTS: Mapping[str, Any] = {"position_embedding_type": "absolute"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Identity of a model as an encoder of texts.

    Attributes:
        digest: hex sha256 over the parts.
        parts: name of a part to its value or its hash: weights, tokenizer, architecture, pooling, prompts,
            normalisation, max_tokens, dimension.
    """

    digest: str
    parts: Mapping[str, str]

    @classmethod
    def from_parts(cls, parts: Mapping[str, str]) -> Fingerprint:
        """The fingerprint whose digest belongs to these parts."""
        return cls(_hash_json(dict(parts)), MappingProxyType(dict(parts)))


def compare(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Names of the parts in which two fingerprints differ, sorted; empty if they are the same model."""
    names = sorted({*a.parts, *b.parts})
    return [name for name in names if a.parts.get(name) != b.parts.get(name)]


def fingerprint_of(config: ModelConfig) -> Fingerprint:
    """Compute the fingerprint of a model folder.

    Args:
        config: the folder's configuration, read by `read_config`.

    Raises:
        ModelDamagedError: a weight file is missing or cannot be read.
    """
    steps = [step.describe() for step in _steps_that_matter(config)]
    prompts = {name: text for name, text in config.prompts.items() if text}
    default = config.default_prompt_name if config.default_prompt_name in prompts else None
    return Fingerprint.from_parts(
        {
            **transformer_parts(config),
            "pooling": json.dumps(steps, sort_keys=True),
            "prompts": json.dumps(
                {"prompts": prompts, "default": default}, sort_keys=True, ensure_ascii=False
            ),
            "normalisation": "L2",
            "max_tokens": str(config.max_tokens),
            "dimension": str(config.dimension),
        }
    )


def transformer_parts(config: ModelConfig) -> dict[str, str]:
    """The parts that a fingerprint of any model has: weights, tokenizer, architecture.

    Raises:
        ModelDamagedError: a weight file is missing or cannot be read.
    """
    return {
        "weights": hash_of_tensors(_weight_files(config)),
        "tokenizer": _tokenizer_hash(config),
        "architecture": _hash_json(_architecture(config)),
    }


def settings_digest(config: ModelConfig) -> str:
    """Hex sha256 of the settings that transformers reads beside the parts of the fingerprint.

    The fingerprint leaves out what another version of transformers writes differently for the same model. What is
    derived from a folder and kept must also follow a setting that is changed in it, such as `do_lower_case`.

    Args:
        config: of the model's folder.
    """
    folder, total = config.transformer_folder, hashlib.sha256()
    for name in _SETTINGS_FILES:
        path = folder / name
        total.update(f"{name} ".encode() + (path.read_bytes() if path.is_file() else b"-"))
    return total.hexdigest()


def _steps_that_matter(config: ModelConfig) -> tuple[Step, ...]:
    """All steps but a last normalisation: the encoder normalises in any case."""
    steps = config.steps
    while steps and isinstance(steps[-1], NormalizeStep):
        steps = steps[:-1]
    return steps


def _architecture(config: ModelConfig) -> dict[str, Any]:
    if config.unsupported is not None:
        return {key: value for key, value in config.architecture.items() if key not in _IGNORED_KEYS}
    chosen = {key: config.architecture.get(key) for key in _ARCHITECTURE_KEYS}
    return {key: value for key, value in chosen.items() if value is not None and value != _DEFAULTS.get(key)}


def _weight_files(config: ModelConfig) -> Iterator[tuple[str, Path]]:
    yield from (("", path) for path in _weights_in(config.transformer_folder))
    for position, step in enumerate(config.steps):
        if isinstance(step, DenseStep):
            yield from ((f"{position}.", path) for path in _weights_in(step.folder))
    for folder in config.other_folders:
        found = (
            [*folder.glob("*.safetensors"), *folder.glob("*.bin")]
            if folder != config.transformer_folder
            else []
        )
        yield from ((f"{folder.name}.", path) for path in found)


def _weights_in(folder: Path) -> list[Path]:
    for single, several in (
        ("model.safetensors", "model-*.safetensors"),
        ("pytorch_model.bin", "pytorch_model-*.bin"),
    ):
        if (folder / single).is_file():
            return [folder / single]
        if shards := sorted(folder.glob(several)):
            _check_shard_names(folder / f"{single}.index.json")
            return shards
    if others := sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin"), *folder.glob("*.pt")]):
        return others
    raise ModelDamagedError(
        f"{folder}: no weights there; expected model.safetensors (or its shards) or pytorch_model.bin"
    )


def _check_shard_names(index: Path) -> None:
    """The files that the list of shards names are those beside it, which are hashed."""
    named = read_settings(index, missing_ok=True).get("weight_map") or {}
    if not isinstance(named, dict) or any(Path(str(name)).name != name for name in named.values()):
        raise ModelDamagedError(
            f"{index}: weight_map does not give a file of this folder for every tensor; fetch the model again"
        )


def _tokenizer_hash(config: ModelConfig) -> str:
    folder = config.transformer_folder
    settings: dict[str, Any] = {"lower_case": config.lower_case}
    path = folder / "tokenizer.json"
    if path.is_file():
        settings["tokenizer"] = tokenizer_file_hash(path)
    else:
        for name in VOCABULARY_NAMES:
            if (folder / name).is_file():
                settings[name] = hash_file(folder / name)
    return _hash_json(settings)


def tokenizer_file_hash(path: Path) -> str:
    """Hex sha256 of what a tokenizer.json says, but for truncation and padding, which every caller overrides.

    Raises:
        ModelDamagedError: the file holds no JSON.
    """
    return remembered_hash("tokenizer", path, lambda: _hash_tokenizer(path))


def _hash_tokenizer(path: Path) -> str:
    try:
        content = parse_own_json(path.read_bytes())
    except ValueError as error:
        raise ModelDamagedError(f"{path}: not valid JSON; fetch the model again") from error
    content.pop("truncation", None)
    content.pop("padding", None)
    return _hash_json(content)


def _hash_json(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

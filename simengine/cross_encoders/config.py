"""The configuration of a cross-encoder's folder: sentence-transformers' layouts, or plain sequence classification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from simengine.errors import ModelDamagedError, ModelError
from simengine.models.config import (
    KNOWN_FAMILIES,
    ModelConfig,
    needs_own_forward,
    reads_pooler,
    saved_prompts,
)
from simengine.models.fingerprint import Fingerprint, transformer_parts
from simengine.models.folder import (
    max_tokens_of,
    module_kind,
    path_inside,
    read_module_list,
    read_settings,
    transformer_settings,
)
from simengine.models.kinds import check_kind
from simengine.models.pair_tokenization import TRUNCATIONS, Truncation

_HEAD = "ForSequenceClassification"
_CAUSAL = "ForCausalLM"
_TASK = "sequence-classification"
# Keys of config.json that change what a classification head computes.
_HEAD_KEYS = ("classifier_pooling", "classifier_activation", "classifier_bias", "embedding_size")


@dataclass(frozen=True, slots=True)
class PairConfig:
    """The configuration of a cross-encoder.

    Attributes:
        model: the transformer; its `unsupported` says why only sentence-transformers itself can run the model.
        labels: names of the outputs; ("relevance",) or ("score",) for one.
        activation: class name in torch.nn of the function on the logits, as in the folder.
        truncation: which text of an overlong pair is truncated.
    """

    model: ModelConfig
    labels: tuple[str, ...]
    activation: str
    truncation: Truncation

    @property
    def prompt(self) -> str:
        """The prompt prepended to every first text; "" if the model has none."""
        return self.model.prompt("text")


def read_pair_config(folder: Path) -> PairConfig:
    """Read a cross-encoder's configuration without loading the model.

    Args:
        folder: saved by sentence-transformers' CrossEncoder, or by a transformers model for sequence
            classification.

    Raises:
        ModelError: the folder has another kind of model.
        ModelDamagedError: a file is missing or invalid.
    """
    check_kind(folder, "cross-encoder")
    entries = read_module_list(folder)
    saved = read_settings(folder / "config_sentence_transformers.json", missing_ok=True)
    if entries is not None and saved.get("model_type", "SentenceTransformer") != "CrossEncoder":
        kind = saved.get("model_type", "SentenceTransformer")
        raise ModelError(
            f"{folder}: this is a {kind}, which encodes texts one by one; expected a cross-encoder"
        )
    place = path_inside(folder, str(entries[0].get("path", ""))) if entries else folder
    architecture = read_settings(place / "config.json")
    name = str((architecture.get("architectures") or ["none"])[0])
    settings = transformer_settings(place)
    task = str(settings.get("transformer_task", _TASK if entries is None else "feature-extraction"))
    if task == _TASK and not name.endswith((_HEAD, _CAUSAL)):
        raise ModelError(
            f"{folder}: its architecture is {name}, without a classification head; expected a cross-encoder "
            f"(an architecture whose name ends in {_HEAD})"
        )
    family = str(architecture.get("model_type", ""))
    unsupported = _unsupported(entries, name, task, place, settings)
    labels = ("score",) if name.endswith(_CAUSAL) else _labels(folder, architecture)
    text = (settings.get("processing_kwargs") or {}).get("text") or {}
    max_tokens = max_tokens_of(place, settings, architecture)
    prompts, default_prompt_name = saved_prompts(folder, saved)
    return PairConfig(
        model=ModelConfig(
            folder=folder,
            transformer_folder=place,
            family=family,
            architecture=MappingProxyType(architecture),
            steps=(),
            max_tokens=min(max_tokens, int(text.get("max_length") or max_tokens)),
            lower_case=bool(settings.get("do_lower_case", False)),
            prompts=prompts,
            default_prompt_name=default_prompt_name,
            dimension=len(labels),
            truncated=False,
            similarity="cosine",
            unsupported=unsupported or needs_own_forward(architecture, settings),
            other_folders=tuple(
                path_inside(folder, str(each.get("path", ""))) for each in (entries or [])[1:]
            ),
            reads_pooler=task == _TASK or reads_pooler(settings),
        ),
        labels=labels,
        activation=_activation(saved, architecture, len(labels)),
        truncation=cast(Truncation, _truncation(text)),
    )


def fingerprint_of_pairs(config: PairConfig) -> Fingerprint:
    """The identity of a cross-encoder, independent of its folder's path.

    Raises:
        ModelDamagedError: a weight file is missing or cannot be read.
    """
    architecture = config.model.architecture
    known = config.model.family in KNOWN_FAMILIES
    head = {key: architecture.get(key) for key in (_HEAD_KEYS if known else sorted(architecture))}
    for volatile in ("_name_or_path", "transformers_version", "torch_dtype", "dtype", "use_cache"):
        head.pop(volatile, None)
    return Fingerprint.from_parts(
        {
            **transformer_parts(config.model),
            "task": "pair classification",
            "head": json.dumps(head, sort_keys=True, ensure_ascii=False),
            "labels": json.dumps(config.labels, ensure_ascii=False),
            "activation": config.activation,
            "prompts": json.dumps(config.prompt, ensure_ascii=False),
            "max_tokens": str(config.model.max_tokens),
            "truncation": config.truncation,
        }
    )


def _labels(folder: Path, architecture: Mapping[str, Any]) -> tuple[str, ...]:
    """As in transformers: id2label, else LABEL_0 to LABEL_n, two by default."""
    given = architecture.get("id2label")
    if given is None:
        n = int(architecture.get("num_labels") or architecture.get("_num_labels") or 2)
        labels = tuple(f"LABEL_{i}" for i in range(n))
    else:
        try:
            labels = tuple(str(given[key]) for key in sorted(given, key=int))
        except (TypeError, ValueError, AttributeError) as error:
            raise ModelDamagedError(
                f"{folder}: id2label of config.json is {given!r}; expected numbers and names"
            ) from error
    if len(labels) == 1:
        return ("relevance",) if labels[0].strip().lower() == "relevance" else ("score",)
    return labels


def _activation(saved: Mapping[str, Any], architecture: Mapping[str, Any], n_labels: int) -> str:
    stored = architecture.get("sentence_transformers") or {}
    path = (
        saved.get("activation_fn")
        or stored.get("activation_fn")
        or architecture.get("sbert_ce_default_activation_function")
    )
    # sentence-transformers does not run functions of other packages and uses its default instead.
    if isinstance(path, str) and path.startswith("torch."):
        return path.rsplit(".", 1)[-1]
    return "Sigmoid" if n_labels == 1 else "Identity"


def _truncation(text: Mapping[str, Any]) -> str:
    wanted = text.get("truncation", "longest_first")
    return wanted if wanted in TRUNCATIONS else "longest_first"


def _unsupported(
    entries: list[dict[str, Any]] | None,
    architecture: str,
    task: str,
    place: Path,
    settings: Mapping[str, Any],
) -> str | None:
    """Why only sentence-transformers can run a folder, or None."""
    kinds = [module_kind(entry["type"]) for entry in entries or []]
    if kinds and kinds != ["Transformer"]:
        return f"its modules are {', '.join(kinds)}"
    if architecture.endswith(_CAUSAL) or task != _TASK:
        return f"its architecture is {architecture} and its task {task}"
    processing = settings.get("processing_kwargs") or {}
    if set(processing) - {"text"} or set(processing.get("text") or {}) - {"truncation", "max_length"}:
        return "its settings have processing_kwargs"
    tokenizer = read_settings(place / "tokenizer_config.json", missing_ok=True)
    for key in ("truncation_side", "padding_side"):
        if tokenizer.get(key, "right") != "right":
            return f"its tokenizer has the {key} {tokenizer[key]!r}"
    return None

"""A model folder's configuration: sentence-transformers layout, old and new, or plain transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from simengine.errors import ModelDamagedError, ModelError, UsageError
from simengine.models.folder import (
    max_tokens_of,
    module_kind,
    path_inside,
    read_module_list,
    read_settings,
    transformer_settings,
)

# Families whose transformers module takes (input_ids, attention_mask) and returns `last_hidden_state`.
KNOWN_FAMILIES = frozenset(
    {"bert", "roberta", "xlm-roberta", "camembert", "mpnet", "distilbert", "modernbert"}
)
_LAST_HIDDEN = {"method": "forward", "method_output_name": "last_hidden_state"}
_POOLING_MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
_OLD_POOLING_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True, slots=True)
class PoolingStep:
    """Token vectors to one vector: the modes' results concatenated, in the given order."""

    modes: tuple[str, ...]
    include_prompt: bool

    def describe(self) -> dict[str, Any]:
        return {"pooling": list(self.modes), "include_prompt": self.include_prompt}


@dataclass(frozen=True, slots=True)
class DenseStep:
    """A linear layer with an activation function, given by its class name in torch.nn."""

    folder: Path
    in_features: int
    out_features: int
    bias: bool
    activation: str
    residual: bool

    def describe(self) -> dict[str, Any]:
        shape = [self.in_features, self.out_features]
        return {"dense": shape, "bias": self.bias, "activation": self.activation, "residual": self.residual}


@dataclass(frozen=True, slots=True)
class NormalizeStep:
    """L2 normalisation of the vector."""

    def describe(self) -> dict[str, Any]:
        return {"normalize": 2}


Step: TypeAlias = PoolingStep | DenseStep | NormalizeStep


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A model folder, read.

    Attributes:
        folder: the model's folder.
        transformer_folder: where config.json, the tokenizer and the transformer's weights are.
        family: `model_type` of config.json.
        architecture: config.json.
        steps: the modules after the transformer, in order.
        max_tokens: tokens per text, special tokens included; the rest is cut off.
        lower_case: lower-case the text before the tokenizer's own rules.
        prompts: the model's prompts by name.
        default_prompt_name: the prompt for texts of no role, or None.
        dimension: length of the vectors that the encoder returns (truncated, if so configured); 0 where the
            files do not say it, as with models that only sentence-transformers can run.
        truncated: whether `dimension` is less than what the last step gives.
        similarity: the similarity function that the model's files name, "cosine" if none.
        unsupported: why only the sentence-transformers runtime can run this model, or None.
        other_folders: folders of modules that only sentence-transformers knows.
        reads_pooler: whether a vector is taken from the transformer's own pooler, so that its weights matter.
    """

    folder: Path
    transformer_folder: Path
    family: str
    architecture: Mapping[str, Any]
    steps: tuple[Step, ...]
    max_tokens: int
    lower_case: bool
    prompts: Mapping[str, str]
    default_prompt_name: str | None
    dimension: int
    truncated: bool
    similarity: str
    unsupported: str | None
    other_folders: tuple[Path, ...] = field(default=())
    reads_pooler: bool = False

    @property
    def excludes_prompt(self) -> bool:
        """Whether the prompt's tokens are left out of the pooling."""
        return any(isinstance(step, PoolingStep) and not step.include_prompt for step in self.steps)

    def prompt(self, role: Literal["query", "passage", "text"]) -> str:
        """The text prepended to every text of a role; "" if the model has none for it."""
        if role == "text":
            return self.prompts.get(self.default_prompt_name or "", "")
        names = ("query",) if role == "query" else ("document", "passage", "corpus")
        return next((self.prompts[name] for name in names if self.prompts.get(name)), "")


@dataclass(slots=True)
class _Modules:
    transformer_folder: Path
    settings: Mapping[str, Any]
    steps: list[Step]
    unsupported: str | None = None
    other_folders: list[Path] = field(default_factory=list)


def read_config(folder: Path, *, truncate_dim: int | None = None) -> ModelConfig:
    """Read a model folder's configuration without loading the model.

    Args:
        folder: a sentence-transformers folder, or a plain transformers one (mean pooling, as
            sentence-transformers does then).
        truncate_dim: keep this many dimensions, overriding the folder; None for the folder's setting.

    Raises:
        ModelDamagedError: a file is missing or invalid.
        ModelError: the folder names code that is not part of torch.
        UsageError: `truncate_dim` is not between 1 and the model's dimension.
    """
    try:
        return _read_config(folder, truncate_dim)
    except UsageError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelDamagedError(
            f"{folder}: a setting has a value of the wrong type, or is missing ({type(error).__name__}: {error}); "
            "fetch the model again"
        ) from error


def _read_config(folder: Path, truncate_dim: int | None) -> ModelConfig:
    listing = read_module_list(folder)
    modules = _read_modules(folder, listing) if listing is not None else None
    transformer_folder = modules.transformer_folder if modules else folder
    architecture = read_settings(
        transformer_folder / "config.json", missing_ok=modules is not None and modules.unsupported is not None
    )
    if modules is None:
        modules = _plain_modules(folder, architecture)
    saved = read_settings(folder / "config_sentence_transformers.json", missing_ok=True)
    family = str(architecture.get("model_type", ""))
    full = _output_dimension(modules.steps, architecture)
    wanted = _saved_dimension(folder, saved) if truncate_dim is None else truncate_dim
    if truncate_dim is not None and not 1 <= truncate_dim <= (full or truncate_dim):
        raise UsageError(
            f"truncate_dim is {truncate_dim}; this model gives {full} dimensions, so 1 to {full}"
        )
    dimension = min(wanted, full or wanted) if wanted else full
    prompts, default_prompt_name = saved_prompts(folder, saved)
    return ModelConfig(
        folder=folder,
        transformer_folder=transformer_folder,
        family=family,
        architecture=MappingProxyType(architecture),
        steps=tuple(modules.steps),
        max_tokens=max_tokens_of(transformer_folder, modules.settings, architecture),
        lower_case=bool(modules.settings.get("do_lower_case", False)),
        prompts=prompts,
        default_prompt_name=default_prompt_name,
        dimension=dimension,
        truncated=bool(wanted) and (dimension < full or not full),
        similarity=saved.get("similarity_fn_name") or "cosine",
        unsupported=modules.unsupported or _unsupported(transformer_folder, architecture, modules.settings),
        other_folders=tuple(modules.other_folders),
        reads_pooler=reads_pooler(modules.settings),
    )


def _saved_dimension(folder: Path, saved: Mapping[str, Any]) -> int | None:
    wanted = saved.get("truncate_dim")
    if wanted is not None and (type(wanted) is not int or wanted < 1):
        raise ModelDamagedError(
            f"{folder / 'config_sentence_transformers.json'}: truncate_dim is {wanted!r}; expected a whole number of "
            "at least 1, or null"
        )
    return wanted


def saved_prompts(folder: Path, saved: Mapping[str, Any]) -> tuple[Mapping[str, str], str | None]:
    """A model's prompts by name, and the name of the one for texts of no role.

    Args:
        folder: of the model.
        saved: its config_sentence_transformers.json.

    Raises:
        ModelDamagedError: the prompts are not texts by name, or the default prompt does not exist.
    """
    given = saved.get("prompts") or {}
    if not isinstance(given, dict) or any(not isinstance(text, str | None) for text in given.values()):
        raise ModelDamagedError(
            f"{folder / 'config_sentence_transformers.json'}: prompts is {given!r}; expected texts by name, as in "
            '{"query": "query: "}'
        )
    prompts = {name: text or "" for name, text in given.items()}
    name = saved.get("default_prompt_name")
    # sentence-transformers has these two, empty, in every model.
    if name is not None and name not in {*prompts, "query", "document"}:
        raise ModelDamagedError(
            f"{folder / 'config_sentence_transformers.json'}: default_prompt_name is {name!r}; expected one of the "
            f"prompts there ({', '.join(map(repr, prompts)) or 'there are none'})"
        )
    return MappingProxyType(prompts), name


def reads_pooler(settings: Mapping[str, Any]) -> bool:
    """Whether a transformer module's settings (see `transformer_settings`) take anything from its pooler."""
    return "pooler_output" in json.dumps(settings.get("modality_config") or {})


def needs_own_forward(architecture: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
    """Why the fast runtimes would compute something other than transformers and sentence-transformers; None if not.

    Args:
        architecture: config.json.
        settings: from `transformer_settings`.
    """
    for key in ("is_decoder", "add_cross_attention"):
        if architecture.get(key):
            return f"its config.json says {key}"
    for key in ("model_kwargs", "model_args", "config_kwargs", "config_args"):
        if settings.get(key):
            return f"its settings have {key}"
    for key in ("processor_kwargs", "tokenizer_args"):
        if set(settings.get(key) or {}) - {"model_max_length"}:
            return f"its settings have {key}"
    return None


def _read_modules(folder: Path, entries: list[dict[str, Any]]) -> _Modules:
    found: _Modules | None = None
    for entry in entries:
        kind, place = module_kind(entry["type"]), path_inside(folder, entry.get("path", ""))
        if found is None:
            found = _Modules(place, transformer_settings(place) if kind == "Transformer" else {}, [])
            if kind != "Transformer":
                found.unsupported = f"its first module is {entry['type']}"
            continue
        step = _read_step(kind, place)
        if step is not None:
            found.steps.append(step)
        elif kind != "Dropout":
            found.unsupported = found.unsupported or f"it has a module {entry['type']}"
            found.other_folders.append(place)
    assert found is not None
    pooled = [isinstance(step, PoolingStep) for step in found.steps]
    if pooled[:1] != [True] or sum(pooled) != 1:
        found.unsupported = found.unsupported or "its second module is not a pooling"
    return found


def _read_step(kind: str, folder: Path) -> Step | None:
    if kind == "Normalize":
        settings = read_settings(folder / "config.json", missing_ok=True)
        return NormalizeStep() if _on_sentence(settings) else None
    if kind == "Pooling":
        settings = read_settings(folder / "config.json")
        return PoolingStep(_pooling_modes(folder, settings), bool(settings.get("include_prompt", True)))
    if kind != "Dense":
        return None
    settings = read_settings(folder / "config.json")
    activation = str(settings.get("activation_function", "torch.nn.modules.activation.Tanh"))
    if not activation.startswith(
        "torch."
    ):  # sentence-transformers would replace it by Tanh, and only log that
        raise ModelError(
            f"{folder / 'config.json'}: its activation function is {activation!r}; expected a class of torch.nn: "
            "simengine runs no other code that a model's folder names"
        )
    if not activation.startswith("torch.nn.") or not _on_sentence(settings):
        return None
    return DenseStep(
        folder=folder,
        in_features=int(settings["in_features"]),
        out_features=int(settings["out_features"]),
        bias=bool(settings.get("bias", True)),
        activation=activation.rsplit(".", 1)[-1],
        residual=bool(settings.get("use_residual", False)),
    )


def _on_sentence(settings: Mapping[str, Any]) -> bool:
    source = settings.get("module_input_name") or "sentence_embedding"
    return source == "sentence_embedding" and (settings.get("module_output_name") or source) == source


def _pooling_modes(folder: Path, settings: Mapping[str, Any]) -> tuple[str, ...]:
    given = settings.get("pooling_mode")
    if given is None:
        modes = tuple(mode for key, mode in _OLD_POOLING_KEYS.items() if settings.get(key)) or ("mean",)
    else:
        modes = (given,) if isinstance(given, str) else tuple(given)
    if unknown := [mode for mode in modes if mode not in _POOLING_MODES]:
        raise ModelDamagedError(
            f"{folder / 'config.json'}: pooling {unknown}; known: {', '.join(_POOLING_MODES)}"
        )
    return modes


def _plain_modules(folder: Path, architecture: Mapping[str, Any]) -> _Modules:
    names = architecture.get("architectures") or [""]
    causal = str(names[0]).endswith("ForCausalLM") and architecture.get("is_causal", True)
    return _Modules(folder, {}, [PoolingStep(("lasttoken" if causal else "mean",), True)])


def _output_dimension(steps: list[Step], architecture: Mapping[str, Any]) -> int:
    size = int(architecture.get("hidden_size") or architecture.get("dim") or architecture.get("d_model") or 0)
    for step in steps:
        if isinstance(step, PoolingStep):
            size *= len(step.modes)
        elif isinstance(step, DenseStep):
            if step.in_features != size and size:
                raise ModelDamagedError(
                    f"{step.folder / 'config.json'}: takes vectors of {step.in_features} numbers, but the module "
                    f"before it gives {size}; fetch the model again"
                )
            size = step.out_features
    return size


def _unsupported(folder: Path, architecture: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
    family = str(architecture.get("model_type", ""))
    if family not in KNOWN_FAMILIES:
        return f"its architecture is {family or 'unnamed'!r}; known: {', '.join(sorted(KNOWN_FAMILIES))}"
    if settings.get("transformer_task", "feature-extraction") != "feature-extraction":
        return f"its task is {settings['transformer_task']!r}"
    if settings.get("module_output_name", "token_embeddings") != "token_embeddings":
        return f"its transformer gives {settings['module_output_name']!r}"
    if settings.get("modality_config", {}).get("text", _LAST_HIDDEN) != _LAST_HIDDEN:
        return "its token vectors are not the transformer's last hidden states"
    if (reason := needs_own_forward(architecture, settings)) is not None:
        return reason
    for key in ("processing_kwargs", "query_length", "document_length", "query_expansion"):
        if settings.get(key):
            return f"its settings have {key}"
    if (
        read_settings(folder / "tokenizer_config.json", missing_ok=True).get("truncation_side", "right")
        != "right"
    ):
        return "its tokenizer cuts texts on the left"
    return None

"""Models on the hub: the client's cache, and downloading what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from simengine.errors import ModelDamagedError, ModelNotFoundError
from simengine.models.cache import cache_directory
from simengine.models.folder import module_kind, path_inside, read_module_list, read_settings
from simengine.paths import expand

_ETAG_TIMEOUT_S = 5.0
_SETTINGS: Final = ("*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.codes", "README.md")
_OTHER_FORMATS: Final = ("onnx/*", "openvino/*", "coreml/*", "tf/*", "flax/*", "checkpoint-*", "runs/*", ".*")
_MARKS: Final = ("config.json", "modules.json", "adapter_config.json")
"""A model's folder has one of these."""
_WEIGHTS: Final = (
    "model.safetensors",
    "model-*.safetensors",
    "pytorch_model.bin",
    "pytorch_model-*.bin",
    "*.safetensors",
)
"""Only the first of these that exists is downloaded from a folder with weights."""
_INDEXES: Final = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
_WITHOUT_WEIGHTS: Final = frozenset(
    {"Pooling", "Normalize", "Dropout", "BoW", "WordWeights", "Router", "Asym", "SpladePooling", "MultiVectorMask",
     "TokenPooling", "LogitScore"}
)  # fmt: skip


def hub_cache() -> Path:
    """The hub's cache folder, as huggingface_hub finds it (read here because importing that takes 0.4 s)."""
    for variable, tail in (("HF_HUB_CACHE", ""), ("HUGGINGFACE_HUB_CACHE", ""), ("HF_HOME", "hub")):
        if value := os.environ.get(variable):
            return expand(os.path.expandvars(value)) / tail
    base = expand(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    if base.parts[:1] == ("~",):  # no home folder: never make a folder of that name
        base = cache_directory()
    return base / "huggingface" / "hub"


def cache_entry(repository: str) -> Path:
    """Where the hub's client keeps a repository."""
    return hub_cache() / ("models--" + repository.replace("/", "--"))


def in_hub_cache(repository: str) -> Path | None:
    """A model's folder in the hub's cache, without contacting the hub; None unless its weights are all there."""
    if not cache_entry(repository).is_dir():
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        # To the client, a folder that lacks any file of the repository is incomplete, unless patterns are given.
        path = Path(
            snapshot_download(
                repository,
                local_files_only=True,
                cache_dir=hub_cache(),
                allow_patterns=list(_MARKS),
            )
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    # Other programs may have fetched only a tokenizer or a model card, and a download may have been interrupted.
    named = any((path / name).is_file() for name in _MARKS)
    return path if named and not any(_lacks_weights(folder) for folder in _weight_folders(path)) else None


def download(repository: str) -> Path | str:
    """Fetch a model from the hub: its settings, its tokenizer, and its weights in one format.

    Returns:
        Its folder, or why it could not be fetched.

    Raises:
        ModelNotFoundError: the model is gated; the message says how to get access.
    """
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        return _fetch(repository)
    except GatedRepoError as error:
        raise ModelNotFoundError(
            f"the model {repository!r} is gated: accept its licence on {_page(repository)}, then run `hf auth login` "
            "(or set HF_TOKEN) and try again; if access must be granted, wait until it is"
        ) from error
    except RepositoryNotFoundError:
        return "not there, or private: then run `hf auth login`"
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
    except Exception as error:  # the transport's own errors: no route, no name service, a proxy's refusal
        return f"{type(error).__name__}: {error}"


def _fetch(repository: str) -> Path:
    from huggingface_hub import snapshot_download

    def fetch(*patterns: str) -> Path:
        folder = snapshot_download(
            repository,
            cache_dir=hub_cache(),
            allow_patterns=list(patterns),
            ignore_patterns=list(_OTHER_FORMATS),
            etag_timeout=_ETAG_TIMEOUT_S,
        )
        return Path(folder)

    path = fetch(*_SETTINGS)
    for name in _WEIGHTS:
        lacking = [folder for folder in _weight_folders(path) if _lacks_weights(folder)]
        if not lacking:
            break
        # A file that always exists keeps the client from warning that nothing matches.
        fetch("*.json", *((folder / name).relative_to(path).as_posix() for folder in lacking))
    return path


def _weight_folders(path: Path) -> Iterator[Path]:
    """The folders of a model that have weights."""
    try:
        entries = read_module_list(path) or [{"type": "sentence_transformers.models.Transformer"}]
        for entry in entries:
            if module_kind(entry["type"]) not in _WITHOUT_WEIGHTS:
                yield path_inside(path, str(entry.get("path") or ""))
    except ModelDamagedError:  # loading the model will say what is wrong
        return


def _lacks_weights(folder: Path) -> bool:
    """Whether a folder has no weights, or not all of the files that its index names."""
    found = {name for name in _WEIGHTS if any(folder.glob(name))}
    if not found:
        return True
    if {"model.safetensors", "pytorch_model.bin"} & found:
        return False
    for index in _INDEXES:
        files = set((read_settings(folder / index, missing_ok=True).get("weight_map") or {}).values())
        if files:
            return not all((folder / str(name)).is_file() for name in files)
    return False


def _page(repository: str) -> str:
    return f"{os.environ.get('HF_ENDPOINT', 'https://huggingface.co').rstrip('/')}/{repository}"

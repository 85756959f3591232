"""The files of a model folder that every kind of model has: settings, the list of modules, the token limit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from simengine.errors import ModelDamagedError
from simengine.text.checks import parse_own_json

# Their position numbers start at pad_token_id + 1, so that many rows of the position table are not usable.
_OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})
TRANSFORMER_CONFIG_NAMES: Final = (
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
)
"""Where sentence-transformers keeps its settings of a transformer module: the first that exists."""
# transformers writes this for "no limit".
_NO_LIMIT = 1_000_000


def read_json_file(path: Path) -> Any:
    """The JSON value in a file.

    Raises:
        ModelDamagedError: the file is missing or not JSON.
    """
    try:
        return parse_own_json(path.read_bytes())
    except FileNotFoundError:
        raise ModelDamagedError(
            f"{path}: missing; expected a sentence-transformers or transformers folder"
        ) from None
    except (OSError, ValueError) as error:
        raise ModelDamagedError(f"{path}: not readable as JSON ({error}); fetch the model again") from error


def read_settings(path: Path, *, missing_ok: bool = False) -> dict[str, Any]:
    """The JSON object in a file.

    Args:
        path: the file.
        missing_ok: a missing file counts as an empty object.

    Raises:
        ModelDamagedError: the file is not a JSON object, or is missing.
    """
    if missing_ok and not path.exists():
        return {}
    value = read_json_file(path)
    if not isinstance(value, dict):
        raise ModelDamagedError(f"{path}: contains a {type(value).__name__}; expected a JSON object")
    return value


def read_module_list(folder: Path) -> list[dict[str, Any]] | None:
    """The entries of a sentence-transformers folder's modules.json; None if there is no such file.

    Raises:
        ModelDamagedError: it is not a list of modules with their types.
    """
    path = folder / "modules.json"
    if not path.is_file():
        return None
    entries = read_json_file(path)
    if not (
        isinstance(entries, list)
        and entries
        and all(isinstance(entry, dict) and isinstance(entry.get("type"), str) for entry in entries)
    ):
        raise ModelDamagedError(f"{path}: expected a list of modules with their types")
    return entries


def module_kind(type_name: str) -> str:
    """Class name of a module of sentence-transformers itself; the whole reference for foreign code."""
    return type_name.rsplit(".", 1)[-1] if type_name.startswith("sentence_transformers.") else type_name


def path_inside(folder: Path, relative: str) -> Path:
    """A module's folder.

    Raises:
        ModelDamagedError: it would be outside the model's folder.
    """
    if PurePosixPath(relative).is_absolute() or ".." in PurePosixPath(relative).parts:
        raise ModelDamagedError(
            f"{folder / 'modules.json'}: the path {relative!r} leads out of the model's folder"
        )
    return folder / relative


def transformer_settings(folder: Path) -> Mapping[str, Any]:
    """sentence-transformers' own settings of a transformer module; empty if there are none."""
    for name in TRANSFORMER_CONFIG_NAMES:
        if settings := read_settings(folder / name, missing_ok=True):
            return settings
    return {}


def max_tokens_of(folder: Path, settings: Mapping[str, Any], architecture: Mapping[str, Any]) -> int:
    """The limit as sentence-transformers finds it: its own setting, the tokenizer's, the network's.

    Args:
        folder: of the transformer.
        settings: from `transformer_settings`.
        architecture: config.json.

    Raises:
        ModelDamagedError: a limit is not a positive number.
    """
    tokenizer = read_settings(folder / "tokenizer_config.json", missing_ok=True)
    processor = settings.get("processor_kwargs") or settings.get("tokenizer_args") or {}
    positions = architecture.get("max_position_embeddings")
    limits = []
    if isinstance(positions, int) and positions > 0:
        offset = architecture.get("model_type") in _OFFSET_POSITIONS
        limits.append(positions - (int(architecture.get("pad_token_id") or 0) + 1 if offset else 0))
    own = processor.get("model_max_length") or settings.get("max_seq_length")
    chosen = own if own is not None else tokenizer.get("model_max_length")
    if chosen is not None and (type(chosen) not in (int, float) or chosen < 1):
        raise ModelDamagedError(
            f"{folder}: its limit of tokens (max_seq_length or model_max_length) is {chosen!r}; expected a number of "
            "at least 1"
        )
    if chosen is not None and chosen < _NO_LIMIT:
        limits.append(int(chosen))
    return min(limits) if limits else 512

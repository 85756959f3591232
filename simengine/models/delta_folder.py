"""The content of a delta folder, and what is read from the two models that it is made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from simengine.errors import ModelDamagedError, UsageError
from simengine.models.delta_tensors import Array
from simengine.models.folder import (
    TRANSFORMER_CONFIG_NAMES,
    path_inside,
    read_json_file,
    read_module_list,
    read_settings,
)

DELTA_NAME: Final = "delta.safetensors"
NOTE_NAME: Final = "model.json"
CARD_NAME: Final = "README.md"
WEIGHTS_NAME: Final = "model.safetensors"
TOKENIZER_NAME: Final = "tokenizer.json"
FORMAT: Final = 1
_TOP_NAMES = ("modules.json", "config_sentence_transformers.json")
_CONFIG_NAMES = (
    "config.json",
    *TRANSFORMER_CONFIG_NAMES,
    "tokenizer_config.json",
    "special_tokens_map.json",
)
# Properties of the training machine, or of the saved file; neither belongs to the model.
_DROPPED_SETTINGS = ("_name_or_path", "name_or_path", "torch_dtype", "dtype")
_PROBES = (
    ("A man isn't playing the guitar, is he?", "Two people play Music-Instruments."),
    ("Ünïcödé naïve café 3.14159, e-mail@example.org #tag", "l'été 2024 – «quotes» “curly” … \t tabs"),
    ("一只猫坐在窗台上。", "雨停了，猫还在睡觉！"),
    ("smile 😀 family 👩‍👩‍👧", "antidisestablishmentarianism " * 3),
    ("[CLS] [SEP] [MASK] <s> </s>", " \n "),
)


def read_note(folder: Path) -> dict[str, Any]:
    """The content of a delta folder's model.json, checked against its own checksum.

    Raises:
        ModelDamagedError: it is missing, cannot be read, was changed, or is of a newer format.
    """
    path = folder / NOTE_NAME
    note = read_settings(path)
    if note.get("format") != FORMAT:
        raise ModelDamagedError(
            f"{path}: format {note.get('format')!r}, expected {FORMAT}; a newer simengine may read it"
        )
    if note.get("checksum") != checksum(note):
        raise ModelDamagedError(f"{path}: its content does not match its checksum")
    for name in (note["name"], note["transformer"], *note["files"]):
        path_inside(folder, name)
    return note


def checksum(note: Mapping[str, Any]) -> str:
    """Hex sha256 of a model.json without its checksum."""
    content = {key: value for key, value in note.items() if key != "checksum"}
    return hashlib.sha256(json_bytes(content)).hexdigest()


def json_bytes(value: Any) -> bytes:
    """JSON as it is written: the same bytes for the same value."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def read_tensors(path: Path) -> dict[str, Array]:
    """All tensors of a safetensors file.

    Raises:
        ModelDamagedError: it is missing, cannot be read, or has a type that numpy lacks (bfloat16).
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(existing(path)))
    except (SafetensorError, OSError, TypeError, ValueError, KeyError) as error:
        raise ModelDamagedError(
            f"{path}: not readable as tensors of float32 or float16 ({error}); expected one safetensors file"
        ) from error


def existing(path: Path) -> Path:
    """The path, if there is a file.

    Raises:
        ModelDamagedError: there is none.
    """
    if not path.is_file():
        raise ModelDamagedError(f"{path}: missing")
    return path


def config_files(model: Path) -> dict[str, Any]:
    """The configuration files of a model folder by relative path, parsed; weights must be float32.

    Raises:
        ModelDamagedError: a file cannot be read, or there is no config.json.
        UsageError: a module other than the transformer has weights.
    """
    found = {name: read_json_file(model / name) for name in _TOP_NAMES if (model / name).is_file()}
    for position, entry in enumerate(read_module_list(model) or [{"path": ""}]):
        relative = str(entry.get("path", ""))
        place = path_inside(model, relative)
        if position and any(True for ending in ("*.safetensors", "*.bin") for _ in place.glob(ending)):
            raise UsageError(f"{place}: has weights; a delta has only those of the transformer")
        for name in ("config.json",) if position else _CONFIG_NAMES:
            if (place / name).is_file():
                found[str(Path(relative) / name)] = read_json_file(place / name)
    settings = found.get(str(Path(transformer_path(found)) / "config.json"))
    if not isinstance(settings, dict):
        raise ModelDamagedError(
            f"{model}: no config.json; expected a transformers or sentence-transformers folder"
        )
    for value in found.values():
        for key in _DROPPED_SETTINGS if isinstance(value, dict) else ():
            value.pop(key, None)
    settings["dtype"] = "float32"
    return found


def transformer_path(files: Mapping[str, Any]) -> str:
    """Where the transformer's files are, relative to the model folder.

    Args:
        files: from `config_files`.
    """
    modules = files.get("modules.json")
    return str(modules[0].get("path", "")) if modules else ""


def check_same_tokenizer(base: Path, tuned: Path) -> None:
    """Two tokenizers must behave alike; transformers rewrites a tokenizer when saving it, so bytes may differ.

    Raises:
        ModelDamagedError: a tokenizer.json is missing or cannot be read.
        UsageError: vocabularies differ, or the tokens of some texts.
    """
    from tokenizers import Tokenizer

    results = []
    for folder in (base, tuned):
        path = existing(folder / TOKENIZER_NAME)
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises plain Exception
            raise ModelDamagedError(f"{path}: not readable as a tokenizer ({error})") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        pairs = [(one.ids, one.type_ids) for one in tokenizer.encode_batch(list(_PROBES))]
        results.append((tokenizer.get_vocab(with_added_tokens=True), pairs))
    if results[0] != results[1]:
        raise UsageError(
            f"{tuned}: its tokenizer is not that of {base}; a delta takes the tokenizer from its base"
        )


def matching_prefixes(base: set[str], tuned: set[str]) -> tuple[str, str]:
    """(prefix of the base's names, prefix of the fine-tuned names) under which most tensors match.

    transformers saves a bare encoder as `encoder.layer...` and one with a head as `bert.encoder.layer...`.
    """
    heads = sorted({""} | {f"{name.split('.')[0]}." for name in base | tuned})
    ways = [(of_base, of_tuned) for of_base in heads for of_tuned in heads if "" in (of_base, of_tuned)]
    return max(ways, key=lambda way: (sum(base_key(name, way) in base for name in tuned), way == ("", "")))


def base_key(name: str, prefixes: tuple[str, str]) -> str:
    """The base's name for a tensor of the fine-tuned model; a name that no base has if there is none.

    Args:
        name: in the fine-tuned model.
        prefixes: from `matching_prefixes`.
    """
    of_base, of_tuned = prefixes
    return of_base + name.removeprefix(of_tuned) if name.startswith(of_tuned) else ":none"

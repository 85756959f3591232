"""A fine-tuned model as a small difference from its base, and back to an ordinary model folder.

A delta folder has `delta.safetensors` (the tensors, see `delta_tensors`), `model.json` (the base, the content
of the configuration files, hashes of everything) and `README.md` (the model card). No torch is needed.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simengine.errors import ModelDamagedError, UsageError
from simengine.models.cache import cache_directory, create_folder_atomically, exclusive
from simengine.models.delta_folder import (
    CARD_NAME,
    DELTA_NAME,
    FORMAT,
    NOTE_NAME,
    TOKENIZER_NAME,
    WEIGHTS_NAME,
    base_key,
    check_same_tokenizer,
    checksum,
    config_files,
    existing,
    json_bytes,
    matching_prefixes,
    read_note,
    read_tensors,
    transformer_path,
)
from simengine.models.delta_tensors import Array, TensorDelta, decode_tensor, encode_tensor, names_in
from simengine.models.files import hash_of_tensors, sha256_of_file
from simengine.models.fingerprint import VOCABULARY_NAMES, tokenizer_file_hash
from simengine.models.packaged import MULTILINGUAL_MODEL, packaged_file, packaged_model


@dataclass(frozen=True, slots=True)
class DeltaInfo:
    """A delta, measured.

    Attributes:
        folder: where it was written.
        rank: largest rank of its factors.
        dtype: "f16" or "f32".
        n_bytes: of delta.safetensors and model.json together.
        sha256: of delta.safetensors.
        tensors: all tensors of the fine-tuned model, in the order of their names.
    """

    folder: Path
    rank: int
    dtype: str
    n_bytes: int
    sha256: str
    tensors: tuple[TensorDelta, ...]

    def report(self) -> str:
        """A human-readable table: one line for each tensor that is kept, the largest error first, and the total."""
        kept = sorted(
            (tensor for tensor in self.tensors if tensor.kind != "unchanged"),
            key=lambda tensor: (-tensor.relative_error, tensor.name),
        )
        lines = [f"{'error':>9} {'max error':>10} {'change':>8} {'rank':>5} {'bytes':>10}  tensor"]
        lines += [
            f"{tensor.relative_error:9.2e} {tensor.max_error:10.2e} {tensor.relative_change:8.4f} "
            f"{tensor.rank or '':>5} {tensor.n_bytes:>10,}  {tensor.name} ({tensor.kind})"
            for tensor in kept
        ]
        unchanged = len(self.tensors) - len(kept)
        lines.append(f"rank {self.rank}, {self.dtype}: {self.n_bytes:,} bytes; {unchanged} tensors unchanged")
        return "\n".join(lines)


def make_delta(
    base: Path,
    tuned: Path,
    target: Path,
    *,
    rank: int,
    dtype: Literal["f16", "f32"] = "f16",
    base_name: str | None = None,
) -> DeltaInfo:
    """Write what fine-tuning changed as a delta folder.

    Args:
        base: folder of the model that was fine-tuned.
        tuned: folder of the result: plain transformers, or of one transformer module of sentence-transformers.
            LoRA adapters must be merged in.
        target: the delta folder; its name is the model's name. An existing delta is replaced.
        rank: largest rank of the factors of a matrix's difference.
        dtype: of what is kept; "f16" halves the size.
        base_name: what `resolve_model` finds the base by; None if the base is the default model, and else
            the base folder's name.

    Returns:
        Sizes and errors of every tensor.

    Raises:
        ModelDamagedError: a file of one of the models is missing or cannot be read.
        UsageError: an argument is out of range, the two models have different tokenizers, the fine-tuned model has
            modules with weights besides its transformer, or `target` is something other than a delta.
    """
    if target.exists() and not (target / NOTE_NAME).is_file() and any(target.iterdir()):
        raise UsageError(f"{target}: contains something other than a delta; give a new or an empty folder")
    info, note, data = _build(base, tuned, rank, dtype, base_name, target)
    card = (tuned / CARD_NAME).read_bytes() if (tuned / CARD_NAME).is_file() else _short_card(note).encode()

    def fill(folder: Path) -> None:
        (folder / DELTA_NAME).write_bytes(data)
        (folder / NOTE_NAME).write_bytes(json_bytes(note))
        (folder / CARD_NAME).write_bytes(card)

    create_folder_atomically(target, fill)
    target.chmod(0o755)
    return info


def merge_delta(folder: Path, *, base: Path | None = None) -> Path:
    """The ordinary model folder of a delta, from the cache; created if missing.

    Its weights are the same, bit for bit, on every machine.

    Args:
        folder: a delta folder.
        base: folder of the base; None to find it by its name in the delta, without contacting a hub.

    Returns:
        A folder in the cache; do not write to it.

    Raises:
        ModelDamagedError: a file of the delta or of the base does not match its hash.
        ModelNotFoundError: the base is missing.
    """
    note = read_note(folder)
    if (found := sha256_of_file(existing(folder / DELTA_NAME))) != note["delta_sha256"]:
        raise ModelDamagedError(f"{folder / DELTA_NAME}: sha256 is {found}, expected {note['delta_sha256']}")
    source = base or _base_folder(note)
    _check_base(source, note)
    name = f"{note['name']}-{hashlib.sha256(json_bytes(note)).hexdigest()[:32]}"
    target = cache_directory() / "merged" / name
    if _is_whole(target, note, folder, source):
        return target
    with exclusive(target):
        if not _is_whole(target, note, folder, source):
            create_folder_atomically(target, functools.partial(_write_merged, note, folder, source))
            if not _is_whole(target, note, folder, source):
                raise ModelDamagedError(
                    f"{folder}: merged with {source} it gives other weights than expected"
                )
    return target


def _build(
    base: Path, tuned: Path, rank: int, dtype: str, base_name: str | None, target: Path
) -> tuple[DeltaInfo, dict[str, Any], bytes]:
    from safetensors.numpy import save

    if rank < 1:
        raise UsageError(f"rank is {rank}; expected 1 or more")
    if dtype not in ("f16", "f32"):
        raise UsageError(f"dtype is {dtype!r}; expected f16 or f32")
    files = config_files(tuned)
    place = transformer_path(files)
    check_same_tokenizer(base, tuned / place)
    base_tensors, tuned_tensors = (
        read_tensors(base / WEIGHTS_NAME),
        read_tensors(tuned / place / WEIGHTS_NAME),
    )
    prefixes = matching_prefixes(set(base_tensors), set(tuned_tensors))
    tensors, arrays, merged = [], {}, {}
    for key in sorted(tuned_tensors):
        value = tuned_tensors[key]
        origin = base_tensors.get(base_key(key, prefixes))
        if origin is not None and origin.shape != value.shape:
            origin = None
        described, parts = encode_tensor(key, origin, value, rank=rank, dtype=dtype)
        tensors.append(described)
        arrays.update(parts)
        merged[key] = decode_tensor(key, origin, parts)
    data = save(arrays)
    note: dict[str, Any] = {
        "format": FORMAT,
        "name": target.name,
        "base": {
            "name": base_name or _name_of_base(base),
            "weights_sha256": sha256_of_file(base / WEIGHTS_NAME),
            "tokenizer_sha256": tokenizer_file_hash(base / TOKENIZER_NAME),
        },
        "rank": rank,
        "dtype": dtype,
        "prefixes": list(prefixes),
        "transformer": place,
        "tensors": sorted(tuned_tensors),
        "files": files,
        "delta_sha256": hashlib.sha256(data).hexdigest(),
        "merged_sha256": _hash_of(merged),
    }
    note["checksum"] = checksum(note)
    size = len(data) + len(json_bytes(note))
    return DeltaInfo(target, rank, dtype, size, note["delta_sha256"], tuple(tensors)), note, data


def _hash_of(tensors: Mapping[str, Array]) -> str:
    """`hash_of_tensors` of a file with these tensors."""
    from safetensors.numpy import save

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS_NAME
        path.write_bytes(save(dict(tensors)))
        return hash_of_tensors([("", path)])


def _write_merged(note: Mapping[str, Any], delta: Path, base: Path, target: Path) -> None:
    from safetensors.numpy import save

    base_tensors, arrays = read_tensors(base / WEIGHTS_NAME), read_tensors(delta / DELTA_NAME)
    prefixes = (note["prefixes"][0], note["prefixes"][1])
    unknown = set(names_in(arrays)) - set(note["tensors"])
    try:
        merged = {
            key: decode_tensor(key, base_tensors.get(base_key(key, prefixes)), arrays)
            for key in note["tensors"]
        }
    except (KeyError, ValueError) as error:
        raise ModelDamagedError(f"{delta / DELTA_NAME}: does not fit the base ({error})") from error
    if unknown:
        raise ModelDamagedError(f"{delta / DELTA_NAME}: has tensors with unknown names: {sorted(unknown)}")
    for name, content in _merged_files(note, delta, base).items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)
    (target / note["transformer"] / WEIGHTS_NAME).write_bytes(save(merged, {"format": "pt"}))


def _merged_files(note: Mapping[str, Any], delta: Path, base: Path) -> dict[str, Path | bytes]:
    """The merged folder's files except the weights: content, or the file to copy."""
    found: dict[str, Path | bytes] = {name: json_bytes(value) for name, value in note["files"].items()}
    place = Path(note["transformer"])
    for name in (TOKENIZER_NAME, *VOCABULARY_NAMES):
        if (base / name).is_file():
            found[str(place / name)] = base / name
    if (delta / CARD_NAME).is_file():
        found[CARD_NAME] = delta / CARD_NAME
    return found


def _is_whole(target: Path, note: Mapping[str, Any], delta: Path, base: Path) -> bool:
    """Whether a merged folder is correct, byte for byte. Hashes are cached, so this is fast."""
    try:
        for name, content in _merged_files(note, delta, base).items():
            if isinstance(content, Path):
                if sha256_of_file(target / name) != sha256_of_file(content):
                    return False
            elif (target / name).read_bytes() != content:
                return False
        weights = target / note["transformer"] / WEIGHTS_NAME
        return bool(hash_of_tensors([("", weights)]) == note["merged_sha256"])
    except (OSError, ModelDamagedError):
        return False


def _base_folder(note: Mapping[str, Any]) -> Path:
    # resolve.py finds bundled deltas and so imports this module.
    from simengine.models.resolve import resolve_model

    if note["base"]["name"] == MULTILINGUAL_MODEL:
        return packaged_model()  # not the hub's, whose weights have not gone through 4 bits
    return resolve_model(note["base"]["name"], offline=True).path


def _check_base(base: Path, note: Mapping[str, Any]) -> None:
    for name, compute, expected in (
        (WEIGHTS_NAME, sha256_of_file, note["base"]["weights_sha256"]),
        (TOKENIZER_NAME, tokenizer_file_hash, note["base"]["tokenizer_sha256"]),
    ):
        found = compute(existing(base / name))
        if found != expected:
            raise ModelDamagedError(
                f"{base / name}: not the file that {note['name']} was made from "
                f"(sha256 {found}, expected {expected}); its base is {note['base']['name']}"
            )


def _name_of_base(base: Path) -> str:
    from simengine.models.resolve import DEFAULT_MODEL, DEFAULT_MODEL_WEIGHTS_SHA256

    if sha256_of_file(existing(base / WEIGHTS_NAME)) == DEFAULT_MODEL_WEIGHTS_SHA256:
        return DEFAULT_MODEL
    packaged = packaged_file() is not None and packaged_model().resolve() == base.resolve()
    return MULTILINGUAL_MODEL if packaged else base.name


def _short_card(note: Mapping[str, Any]) -> str:
    return f"# {note['name']}\n\nA fine-tuned model, kept as a difference to {note['base']['name']}.\n"

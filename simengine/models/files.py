"""Hashes of model files: computed once per file, remembered by path, size, modification time and inode."""

from __future__ import annotations

import contextlib
import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from simengine.errors import ModelDamagedError, StoreError
from simengine.files import hash_file, replace_file
from simengine.models.cache import cache_directory, read_json
from simengine.text.checks import parse_own_json

_CHUNK_BYTES = 1 << 20
_MAX_HEADER_BYTES = 100_000_000


def sha256_of_file(path: Path) -> str:
    """Hex sha256 of a file's bytes, from the cache if the file was hashed before and is unchanged."""
    return _remembered("sha256", (path,), lambda: hash_file(path))


def hash_of_tensors(files: Iterable[tuple[str, Path]]) -> str:
    """Hex sha256 over the tensors in weight files: names, dtypes, shapes and bytes.

    The order of tensors in a file and their distribution over files do not matter for safetensors. Other
    formats (pickles) are hashed as plain bytes, because reading them would run code.

    Args:
        files: (prefix, path) pairs; the prefix stands in front of the names of the tensors in that file.
    """
    parts = sorted(files, key=lambda part: (part[0], str(part[1])))
    kind = "tensors:" + "|".join(prefix for prefix, _ in parts)
    return _remembered(kind, tuple(path for _, path in parts), lambda: _hash_tensors(parts))


def remembered_hash(kind: str, path: Path, compute: Callable[[], str]) -> str:
    """The hash that `compute` makes of a file, from the cache if the file is unchanged.

    Args:
        kind: names the way of hashing; another kind is remembered apart.
        path: the file.
        compute: reads the file and returns the hash.
    """
    return _remembered(kind, (path,), compute)


def _hash_tensors(parts: list[tuple[str, Path]]) -> str:
    entries: list[str] = []
    for prefix, path in parts:
        if path.suffix == ".safetensors":
            entries.extend(f"{prefix}{line}" for line in _tensor_lines(path))
        else:
            entries.append(f"{prefix}file {hash_file(path)}")
    total = hashlib.sha256()
    for entry in sorted(entries):
        total.update(entry.encode() + b"\n")
    return total.hexdigest()


def _tensor_lines(path: Path) -> Iterator[str]:
    """For each tensor of a safetensors file: "name dtype shape sha256". The format: 8 bytes little endian
    length of a JSON header, the header, the data (https://github.com/huggingface/safetensors)."""
    try:
        with path.open("rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            if size > _MAX_HEADER_BYTES:
                raise ModelDamagedError(f"{path}: its header claims {size} bytes; fetch the model again")
            header: dict[str, Any] = parse_own_json(file.read(size))
            for name, entry in header.items():
                # `position_ids` is a counting buffer that some versions store and others do not.
                if name == "__metadata__" or name.endswith("position_ids"):
                    continue
                start, end = entry["data_offsets"]
                file.seek(8 + size + start)
                yield f"{name} {entry['dtype']} {entry['shape']} {_sha256_of(file, end - start, path)}"
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise ModelDamagedError(f"{path}: not a readable safetensors file; fetch the model again") from error


def _sha256_of(file: Any, n_bytes: int, path: Path) -> str:
    digest = hashlib.sha256()
    while n_bytes:
        chunk = file.read(min(n_bytes, _CHUNK_BYTES))
        if not chunk:
            raise ModelDamagedError(f"{path}: the file ends before its tensors do; fetch the model again")
        digest.update(chunk)
        n_bytes -= len(chunk)
    return digest.hexdigest()


def _remembered(kind: str, paths: tuple[Path, ...], compute: Callable[[], str]) -> str:
    identity = [kind]
    for path in paths:
        status = path.stat()
        identity.append(f"{path.resolve()} {status.st_size} {status.st_mtime_ns} {status.st_ino}")
    key = hashlib.sha256("\n".join(identity).encode()).hexdigest()
    try:
        entry = cache_directory() / "hashes" / f"{key[:40]}.json"
    except StoreError:
        return compute()
    known = read_json(entry)
    if isinstance(known, dict) and known.get("identity") == identity and isinstance(known.get("digest"), str):
        return str(known["digest"])
    digest = compute()
    with contextlib.suppress(OSError):  # the next start hashes again
        entry.parent.mkdir(parents=True, exist_ok=True)
        replace_file(entry, json.dumps({"identity": identity, "digest": digest}).encode())
    return digest

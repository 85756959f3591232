"""Reader of weight files in 4-bit blocks (magic "E5S1"): a tokenizer, a character map and named tensors."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.errors import ModelDamagedError
from simengine.types import FloatMatrix

MAGIC = b"E5S1"
BLOCK = 32
_BLOCK_BYTES = 18  # an f16 scale and 32 values of 4 bits
_F32, _BLOCKS = 0, 1


@dataclass(frozen=True, slots=True)
class BlockFile:
    """The content of such a file.

    Attributes:
        hidden, layers, heads, intermediate, vocabulary, positions, types: sizes of the network.
        epsilon: of the layer norms.
        bos, eos, pad, unk: ids of the special pieces.
        pieces: (text, unigram log probability), in the order of their ids.
        characters: from a character to its replacement before tokenising, "" to drop it.
        tensors: by name, flat: float32, or 4-bit blocks not yet unpacked (see `tensor`).
    """

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: tuple[tuple[str, float], ...]
    characters: Mapping[str, str]
    tensors: Mapping[str, npt.NDArray[Any]]

    def tensor(self, name: str, *shape: int) -> FloatMatrix:
        """A tensor in float32.

        Args:
            name: as the file has it.
            shape: the expected shape.

        Raises:
            ModelDamagedError: the file has no such tensor, or one of another size.
        """
        flat = self.tensors.get(name)
        if flat is None:
            raise ModelDamagedError(f"the weight file has no tensor {name!r}")
        values = flat if flat.dtype == np.float32 else unpack_blocks(flat)
        if values.size != int(np.prod(shape)):
            raise ModelDamagedError(f"tensor {name!r} has {values.size:,} elements; expected {shape}")
        return values.reshape(shape)


def unpack_blocks(raw: npt.NDArray[np.uint8]) -> FloatMatrix:
    """Values of 4-bit blocks: `(nibble - 8) * scale`, low nibbles before high ones. (n,) float32.

    Args:
        raw: (n_blocks * 18,) uint8.
    """
    blocks = raw.reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    values = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)
    values -= 8
    values *= scales
    return values.reshape(-1)


def read_block_file(path: Path) -> BlockFile:
    """Read a weight file; large tensors stay mapped.

    Raises:
        ModelDamagedError: not such a file, or truncated.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(data[:4]) != MAGIC:
        raise ModelDamagedError(f"{path}: does not begin with {MAGIC!r}")
    try:
        return _parse(_Cursor(data))
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise ModelDamagedError(f"{path}: not readable as a weight file ({error})") from error


class _Cursor:
    """Reads one value after another."""

    def __init__(self, data: npt.NDArray[np.uint8]) -> None:
        self.data, self.at = data, len(MAGIC)

    def take(self, layout: str) -> tuple[Any, ...]:
        size = struct.calcsize("<" + layout)
        return struct.unpack("<" + layout, self.bytes(size))

    def one(self, layout: str) -> Any:
        return self.take(layout)[0]

    def bytes(self, n: int) -> bytes:
        if n < 0 or self.at + n > self.data.size:
            raise ValueError("it ends too early")
        self.at += n
        return self.data[self.at - n : self.at].tobytes()

    def part(self, start: int, n: int) -> npt.NDArray[np.uint8]:
        if start + n > self.data.size:
            raise ValueError("it ends too early")
        return self.data[start : start + n]


def _parse(cursor: _Cursor) -> BlockFile:
    version = cursor.one("I")
    if version != 1:
        raise ValueError(f"version {version}, expected 1")
    hidden, layers, heads, intermediate, vocabulary, positions, types = cursor.take("7i")
    epsilon, block = cursor.take("fi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, expected {BLOCK}")
    n_pieces, bos, eos, pad, unk = cursor.take("5i")
    n_bytes = cursor.one("Q")
    offsets = np.frombuffer(cursor.bytes(4 * (n_pieces + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.bytes(4 * n_pieces), "<f4").tolist()
    text = cursor.bytes(n_bytes)
    pieces = tuple(
        (text[start:end].decode(), score)
        for start, end, score in zip(offsets, offsets[1:], scores, strict=False)
    )
    characters = _characters(cursor)
    return BlockFile(
        hidden, layers, heads, intermediate, vocabulary, positions, types, epsilon, bos, eos, pad, unk,
        pieces, characters, _tensors(cursor),
    )  # fmt: skip


def _characters(cursor: _Cursor) -> dict[str, str]:
    n, n_bytes = cursor.take("iI")
    end = cursor.at + n_bytes
    found = {}
    for _ in range(n):
        code, length = cursor.take("IB")
        found[chr(code)] = "".join(map(chr, cursor.take(f"{length}I")))
    if cursor.at != end:
        raise ValueError("its character map has another length than it says")
    return found


def _tensors(cursor: _Cursor) -> dict[str, npt.NDArray[Any]]:
    found: dict[str, npt.NDArray[Any]] = {}
    for _ in range(cursor.one("i")):
        name = cursor.bytes(cursor.one("H")).decode()
        kind, n, start, n_bytes = cursor.take("BIQQ")
        raw = cursor.part(start, n_bytes)
        if kind == _F32 and n_bytes == 4 * n:
            found[name] = np.frombuffer(raw.tobytes(), "<f4")
        elif kind == _BLOCKS and n_bytes * BLOCK == n * _BLOCK_BYTES:
            found[name] = raw
        else:
            raise ValueError(f"tensor {name!r} has type {kind} and {n_bytes} bytes for {n} elements")
    return found

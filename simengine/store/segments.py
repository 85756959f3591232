"""Vector segments: immutable .npy files of little-endian float32 that are memory-mapped."""

from __future__ import annotations

import hashlib
import io
import mmap
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simengine.errors import DamagedIndexError, StoreError
from simengine.files import discard_file, sync_fd, sync_folder
from simengine.store.contract import Segment
from simengine.store.files import writing
from simengine.store.ours import refuse_link
from simengine.types import FloatMatrix

SMALL_ROWS = 2_048
"""Segments with fewer rows are small: a commit folds them into its own once there are `MANY_SMALL`."""
MANY_SMALL = 64
HASHED_AT_OPEN_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """What the database says of a segment file."""

    first_row: int
    n_rows: int
    name: str
    bytes: int
    sha256: str

    def crc(self) -> int:
        """Check sum of this record."""
        return zlib.crc32(repr((self.first_row, self.n_rows, self.name, self.bytes, self.sha256)).encode())


def _header(n_rows: int, dimension: int) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "<f4", "fortran_order": False, "shape": (n_rows, dimension)}
    )
    return buffer.getvalue()


def segment_path(folder: Path, number: int) -> Path:
    """File of a segment by its number."""
    return folder / f"{number:06d}.npy"


def write_segment(
    folder: Path, number: int, first_row: int, parts: Iterable[FloatMatrix], shape: tuple[int, int]
) -> SegmentRecord:
    """Write a segment file; it is durable, name and content, when this returns.

    Args:
        folder: the generation's `vectors` folder.
        number: of the file, never used before in this generation.
        first_row: row of the generation that its first vector belongs to.
        parts: matrices (n, dim) float32 that together have shape `shape`.
        shape: (rows, dim).

    Raises:
        StorageFullError, StoreError: no file is left behind then; a file of that name is never overwritten.
    """
    path = segment_path(folder, number)
    header = _header(*shape)
    hasher = hashlib.sha256(header)
    size = len(header)
    with writing(path):
        try:
            with path.open("xb") as file:
                file.write(header)
                for part in parts:
                    block = _bytes(part)
                    hasher.update(block)
                    file.write(block)
                    size += block.nbytes
                file.flush()
                sync_fd(file.fileno())
            sync_folder(folder)
        except FileExistsError:
            raise
        except BaseException:
            discard_file(path)
            raise
    if size != len(header) + shape[0] * shape[1] * 4:
        discard_file(path)
        raise ValueError(f"{size} bytes of vectors do not make a matrix of shape {shape}")
    return SegmentRecord(first_row, shape[0], path.name, size, hasher.hexdigest())


def open_segment(folder: Path, record: SegmentRecord, dimension: int) -> Segment:
    """Memory-map a segment after checking its header and size.

    Raises:
        FileNotFoundError: there is no such file (any more).
        DamagedIndexError: size or header is not what was written, or a symbolic link stands there.
        StoreError: it cannot be read or mapped (permissions, limits of the system).
    """
    path = folder / record.name
    refuse_link(path)
    header = _header(record.n_rows, dimension)
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            if size != record.bytes or size != len(header) + record.n_rows * dimension * 4:
                raise DamagedIndexError(path, f"has {size:,} bytes, {record.bytes:,} were written")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"{path}: cannot read: {error.strerror or error}") from error
    if mapped[: len(header)] != header:
        raise DamagedIndexError(path, "its header is not what was written")
    vectors = np.frombuffer(mapped, dtype="<f4", offset=len(header)).reshape(record.n_rows, dimension)
    return Segment(record.first_row, vectors)


def _bytes(matrix: FloatMatrix) -> memoryview:
    return np.ascontiguousarray(matrix, dtype="<f4").reshape(-1).view(np.uint8).data


def check_segment(folder: Path, record: SegmentRecord, vectors: FloatMatrix) -> None:
    """Compare a mapped segment's content with its sha256.

    Raises:
        DamagedIndexError: they differ.
    """
    hasher = hashlib.sha256(_header(*vectors.shape))
    hasher.update(_bytes(vectors))
    if hasher.hexdigest() != record.sha256:
        raise DamagedIndexError(folder / record.name, "its content is not what was written (sha256 differs)")


def foldable(records: list[SegmentRecord]) -> list[SegmentRecord]:
    """The small segments at the end that the next commit should fold into its own, or none."""
    tail: list[SegmentRecord] = []
    for record in reversed(records):
        if record.n_rows >= SMALL_ROWS:
            break
        tail.append(record)
    return tail[::-1] if len(tail) >= MANY_SMALL - 1 else []

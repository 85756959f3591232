"""Matrices written to .npy files block by block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from simengine.cli.output import open_binary_output
from simengine.errors import UsageError
from simengine.types import FloatMatrix


class MatrixWriter:
    """Appends rows to an (n, dim) float32 array; the header says n once `finish` was called."""

    def __init__(self, file: BinaryIO, dimension: int) -> None:
        self._file, self._dimension, self.n_rows = file, dimension, 0
        self._write_header()
        self._header_bytes = file.tell()

    def write(self, rows: FloatMatrix) -> None:
        """Append (m, dim) rows."""
        self._file.write(rows.astype("<f4", copy=False).tobytes())
        self.n_rows += len(rows)

    def finish(self) -> None:
        """Write the header again, now that the number of rows is known; numpy pads it for that."""
        self._file.seek(0)
        self._write_header()
        if self._file.tell() != self._header_bytes:
            raise RuntimeError("numpy no longer leaves room in the header for a growing first axis")

    def _write_header(self) -> None:
        from numpy.lib.format import write_array_header_1_0

        shape = (self.n_rows, self._dimension)
        write_array_header_1_0(self._file, {"descr": "<f4", "fortran_order": False, "shape": shape})


@contextmanager
def open_matrix(path: Path, dimension: int) -> Iterator[MatrixWriter]:
    """A .npy file that appears whole or not at all.

    Raises:
        UsageError: `path` exists and is not a regular file.
        OSError: it cannot be written; names `path`.
    """
    with open_binary_output(path) as file:
        writer = MatrixWriter(file, dimension)
        yield writer
        writer.finish()


def check_npy(path: Path | None) -> Path:
    """The path, when it is one for an array.

    Raises:
        UsageError: there is none, or it does not end in .npy.
    """
    if path is None or path.suffix != ".npy":
        given = "" if path is None else f"; {path} was given"
        raise UsageError(f"vectors need --output NAME.npy{given}")
    return path

"""Lists of recommendations as a file that appears only when it is complete."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt

from simengine.errors import MissingExtraError, UsageError

Ids = npt.NDArray[np.object_]
Scores = npt.NDArray[np.float32]


class ListWriter(ABC):
    """Writes to a file beside `path`, and puts it in its place when the `with` block ends without an error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = path.with_name(f".{path.name}.partial")

    @abstractmethod
    def write(self, users: Sequence[str], ids: Ids, scores: Scores) -> None:
        """Add the lists of q users: ids and scores (q, places), "" and -inf where a list is shorter."""

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        if kind is None:
            os.replace(self._partial, self.path)  # noqa: PTH105 - atomic on every system
        else:
            self._partial.unlink(missing_ok=True)


class JsonlWriter(ListWriter):
    """A line for each user: {"user": ..., "items": [...], "scores": [...]}."""

    _file: IO[str]

    def _open(self) -> None:
        self._file = self._partial.open("w", encoding="utf-8")

    def write(self, users: Sequence[str], ids: Ids, scores: Scores) -> None:
        """See `ListWriter`."""
        for user, items, values in kept(users, ids, scores):
            record = {"user": user, "items": items, "scores": [round(value, 6) for value in values]}
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def _close(self) -> None:
        self._file.close()


class ParquetWriter(ListWriter):
    """A row for each user: `user` string, `items` list of string, `scores` list of float."""

    _writer: Any = None

    def _open(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._schema = pa.schema(
            [("user", pa.string()), ("items", pa.list_(pa.string())), ("scores", pa.list_(pa.float32()))]
        )
        self._writer = pq.ParquetWriter(self._partial, self._schema, compression="zstd")

    def write(self, users: Sequence[str], ids: Ids, scores: Scores) -> None:
        """See `ListWriter`."""
        import pyarrow as pa

        rows = [dict(zip(self._schema.names, row, strict=True)) for row in kept(users, ids, scores)]
        self._writer.write_table(pa.Table.from_pylist(rows, self._schema))

    def _close(self) -> None:
        self._writer.close()


def open_writer(path: Path) -> ListWriter:
    """The writer for a file's suffix; nothing is written yet.

    Raises:
        UsageError: neither .jsonl nor .parquet.
        MissingExtraError: pyarrow is not installed.
    """
    if path.suffix == ".jsonl":
        return JsonlWriter(path)
    if path.suffix != ".parquet":
        raise UsageError(f"the output is {path.name}; expected a .jsonl or a .parquet file")
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("pyarrow", "files", "writing .parquet files") from error
    return ParquetWriter(path)


def kept(users: Sequence[str], ids: Ids, scores: Scores) -> list[tuple[str, list[str], list[float]]]:
    """Users with their items and scores, without the places that are not filled."""
    rows = []
    for user, own, values in zip(users, ids, scores, strict=True):
        there = own != ""
        rows.append((str(user), [str(id_) for id_ in own[there]], values[there].tolist()))
    return rows

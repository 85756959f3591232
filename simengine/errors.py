"""The exceptions that simengine raises on purpose.

::

    SimengineError                     exit code 1
    ├── UsageError (ValueError)        exit code 2   the call itself is wrong
    │   ├── FilterError                              a filter expression that cannot be read or typed
    │   └── RecipeError                              an index recipe that cannot be read
    ├── FingerprintMismatchError       exit code 3   another model than the one that built the index
    ├── DataError                      exit code 4   the input data is wrong; names file and line
    │   └── LeakageError                             training data stands in dev or test
    ├── ModelError
    │   ├── ModelNotFoundError
    │   └── ModelDamagedError
    ├── StoreError                                   the index directory
    │   ├── IndexNotFoundError
    │   ├── IndexExistsError
    │   ├── IndexLockedError
    │   ├── DamagedIndexError                        names the damaged file
    │   └── StorageFullError
    ├── UnknownDocumentError                         the index holds no document of that id
    ├── DeviceError                                  a GPU was asked for and cannot be used
    └── MissingExtraError                            an optional package is not installed

Every message says what was given, what was expected and what to do about it.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class SimengineError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns for it."""

    exit_code: ClassVar[int] = 1


class UsageError(SimengineError, ValueError):
    """An argument has a value that cannot be used."""

    exit_code = 2


class FilterError(UsageError):
    """A filter expression cannot be parsed, or compares values of types that cannot be compared.

    Args:
        reason: what is wrong.
        expression: the whole expression as given.
        position: character offset of the fault in `expression`, or None when it concerns the whole.
    """

    def __init__(self, reason: str, expression: str, position: int | None = None) -> None:
        self.reason, self.expression, self.position = reason, expression, position
        pointer = "" if position is None else f"\n  {expression}\n  {' ' * position}^"
        super().__init__(f"filter: {reason}{pointer}")


class RecipeError(UsageError):
    """An index recipe is unknown, or its TOML holds an unknown key or a value out of range."""


class FingerprintMismatchError(SimengineError):
    """The index was built with another model than the one given."""

    exit_code = 3


class DataError(SimengineError):
    """A record of the input cannot be used.

    Args:
        reason: what is wrong with the record.
        source: the file's path as the user gave it, or "<stdin>".
        line: 1-based line (row for tables) of the record, or None when the whole file is meant.
    """

    exit_code = 4

    def __init__(self, reason: str, source: str, line: int | None = None) -> None:
        self.reason, self.source, self.line = reason, source, line
        super().__init__(f"{source}: {reason}" if line is None else f"{source}:{line}: {reason}")


class LeakageError(DataError):
    """Training examples also stand in held-out data, and the guard was told to refuse that.

    `source` and `line` are those of the first such training example.
    """


class ModelError(SimengineError):
    """A model cannot be used."""


class ModelNotFoundError(ModelError):
    """No model of that name at any place that was searched."""


class ModelDamagedError(ModelError):
    """A model's files are incomplete or do not have the hash they should have."""


class StoreError(SimengineError):
    """An index directory cannot be used."""


class IndexNotFoundError(StoreError):
    """There is no index at that path."""


class IndexExistsError(StoreError):
    """There is an index at that path already."""


class IndexLockedError(StoreError):
    """Another process is writing to the index."""


class DamagedIndexError(StoreError):
    """A file of the index is missing or its content is not what was written.

    Args:
        path: the damaged file.
        reason: what was found.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path, self.reason = Path(path), reason
        super().__init__(f"{path}: {reason}")


class StorageFullError(StoreError):
    """The disk (or a quota, or a file size limit) is full; what was committed before is kept."""


class UnknownDocumentError(SimengineError):
    """The index holds no document of that id."""


class DeviceError(SimengineError):
    """A device was asked for that this machine or this installation cannot offer."""


class MissingExtraError(SimengineError):
    """An optional package is needed and not installed.

    Args:
        package: the import name that is missing.
        extra: the extra of simengine that brings it.
        purpose: what it is needed for, as in "reading .parquet files".
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.package, self.extra, self.purpose = package, extra, purpose
        super().__init__(f"{purpose} needs the package {package}: {install_command(extra)}")


def install_command(*extras: str) -> str:
    """The shell command that installs extras of simengine."""
    return f"pip install 'simengine-search[{','.join(extras)}]'"

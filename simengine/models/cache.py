"""Where derived files are kept, and how they come into being whole or not at all."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

from simengine.errors import StoreError
from simengine.paths import expand
from simengine.text.checks import parse_own_json

LOCK_TIMEOUT_S = 600.0


def cache_directory() -> Path:
    """The folder for exported graphs and hashes of model files; created if needed, always writable.

    `SIMENGINE_CACHE` names it; else it is `simengine` in the platform's cache folder (`XDG_CACHE_HOME` or
    `~/.cache` on Linux). Where that cannot be written, a private folder among the temporary files is used.

    Returns:
        An existing folder that this process can write to.

    Raises:
        StoreError: there is none at all.
    """
    for candidate in (_named_directory(), _temporary_directory()):
        if candidate is not None and _is_writable(candidate):
            return candidate
    return _process_directory()


@functools.cache
def _process_directory() -> Path:
    """The last resort, for this process alone."""
    try:
        return Path(tempfile.mkdtemp(prefix="simengine-"))
    except OSError as error:
        raise StoreError(
            "no folder can be written to: neither one of the home folder nor a temporary one; "
            "SIMENGINE_CACHE names one that can"
        ) from error


def _named_directory() -> Path | None:
    if given := os.environ.get("SIMENGINE_CACHE"):
        return expand(given).absolute()
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return expand(xdg).absolute() / "simengine"
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "simengine" / "Cache"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return (
        home / "Library" / "Caches" / "simengine"
        if sys.platform == "darwin"
        else home / ".cache" / "simengine"
    )


def _temporary_directory() -> Path | None:
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    try:
        path = Path(tempfile.gettempdir()) / f"simengine-{user}"
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
    except OSError:
        return None
    # Another user could have made a folder of this name and put files of theirs there.
    owned = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return path if owned and not path.is_symlink() else None


def _is_writable(path: Path) -> bool:
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock that belongs to `path`, so that two processes do not make the same file twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(path.name + ".lock"), timeout=LOCK_TIMEOUT_S):
        yield


def create_folder_atomically(target: Path, fill: Callable[[Path], None]) -> None:
    """Make the folder `target` by filling a new folder beside it and moving that into place.

    Args:
        target: what stands there already is replaced.
        fill: writes the files into the folder it is given.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=target.name + "."))
    try:
        fill(fresh)
        if target.exists():
            retired = Path(tempfile.mkdtemp(dir=target.parent, prefix=target.name + ".old."))
            target.rename(retired / "folder")
            shutil.rmtree(retired, ignore_errors=True)
        fresh.rename(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def read_json(path: Path) -> Any | None:
    """The JSON value in a cache file, or None if there is none that can be read (it is made again then)."""
    try:
        return parse_own_json(path.read_bytes())
    except (OSError, ValueError):
        return None

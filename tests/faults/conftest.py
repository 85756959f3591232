"""What the tests of faults share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.operations import Operations
from tests.faults.processes import Server
from tests.faults.syscalls import why_not


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Forks children."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    server = Server(tmp_path_factory.mktemp("children"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def no_supervision(server: Server) -> str:
    """Why system calls cannot be supervised here; "" where they can."""
    outcome = server.run(why_not)
    return outcome.error or str(outcome.value or "")


@pytest.fixture(scope="session")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one: a kill leaves there what it leaves on a disk, and syncing is free."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path_factory.mktemp("indexes")
        return
    folder = Path(tempfile.mkdtemp(prefix="simengine-faults-", dir=memory))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder(quick_folder: Path) -> Iterator[Path]:
    """A folder for one test."""
    folder = Path(tempfile.mkdtemp(dir=quick_folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def operations(server: Server, no_supervision: str, quick_folder: Path) -> Operations:
    """Undisturbed runs."""
    place = quick_folder / "operations"
    place.mkdir()
    return Operations(server, place, count_calls=not no_supervision)

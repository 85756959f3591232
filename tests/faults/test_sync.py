"""What a power cut would find: nothing is named before it is on the device. Read off the system calls of each command;
a kill cannot show it, because the system keeps what a killed process wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.jobs import command_with_fault
from tests.faults.operations import COMMANDS, Operations, copy_index

WRITES = ("write", "pwrite64", "writev", "pwritev", "fallocate", "copy_file_range")


def matters(path: str) -> bool:
    """Not what SQLite makes anew or who holds the lock; nor the lexical index, which can be made anew itself."""
    return not path.endswith(("write.lock", "documents.sqlite-shm")) and "/lexical" not in path


class Device:
    """Which files and folders of an index directory have changes that are not on the device."""

    def __init__(self) -> None:
        self.dirty: dict[str, str] = {}

    def see(self, call: str) -> None:
        """Follow one call, given as name and path."""
        name, _, path = call.partition(" ")
        folder = path.rpartition("/")[0]
        if name in ("fsync", "fdatasync"):
            self.dirty.pop(path, None)
        elif not matters(path):
            return
        elif name in WRITES:
            self.dirty[path] = call
        elif name.startswith(("rename", "mkdir")) or (name.startswith("open") and not path.endswith("-wal")):
            self.dirty[folder] = call  # SQLite syncs the folder itself when it first writes to a log
        elif name.startswith("unlink"):
            self.dirty.pop(path, None)

    def unsynced(self, prefix: str) -> list[str]:
        return sorted(call for path, call in self.dirty.items() if path.startswith(prefix))


@pytest.mark.parametrize("name", COMMANDS)
def test_files_are_on_the_device_before_anything_names_them(
    operations: Operations, no_supervision: str, folder: Path, name: str
) -> None:
    if no_supervision:
        pytest.skip(no_supervision)
    index = folder / "index"
    copy_index(operations.undisturbed(name).base, index)
    arguments = operations.arguments(name, index)
    supervised = operations.server.call(command_with_fault, arguments, folder / "ledger", index, "none", 0)
    device, n_commits, n_manifests = Device(), 0, 0
    for call in supervised.calls:
        what, _, path = call.partition(" ")
        generation = path.partition("/documents.sqlite")[0]
        if what.startswith("rename"):
            assert path not in device.dirty, f"renamed before it was synced: {call}"
        if what.startswith("rename") and path.startswith("/manifest.json"):
            n_manifests += 1
            assert device.unsynced("/gen-") == []
        if what in ("fsync", "fdatasync") and path.endswith("documents.sqlite-wal"):
            n_commits += 1
            assert device.unsynced(f"{generation}/vectors") == []
            assert device.unsynced(f"{generation}/ann") == []
        device.see(call)
    assert n_commits
    assert n_manifests
    assert device.unsynced("/gen-") == []

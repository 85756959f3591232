"""Beginning a generation: what stands at a path already, and an empty database under its final name."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from simengine.errors import DamagedIndexError, IndexExistsError, IndexNotFoundError
from simengine.files import random_name, sync_folder
from simengine.store import schema
from simengine.store.files import DATABASE, VECTORS, generation_name, writing
from simengine.store.generations import discard, empty_enough, leftovers, locate
from simengine.store.manifest import Pointer, write_manifest
from simengine.store.ours import discard_tree
from simengine.store.records import put_named, put_state
from simengine.store.settings import IndexSettings
from simengine.store.snapshot import Snapshot

BUILDING, COMPLETE = "building", "complete"


def what_stands(root: Path, *, overwrite: bool) -> tuple[bool, Pointer | None]:
    """Whether an index stands at `root`, and its pointer where it can be read.

    Raises:
        IndexExistsError: an index that must not be overwritten, or files that are none.
    """
    try:
        number, pointer = locate(root)
    except IndexNotFoundError as error:
        if not empty_enough(root):
            raise IndexExistsError(
                f"{root}: this folder holds other files; name a new or empty folder for the index"
            ) from error
        discard(leftovers(root, 0))
        return False, None
    except DamagedIndexError:
        if not overwrite:
            raise
        return True, None
    if not overwrite:
        raise IndexExistsError(
            f"{root}: there is an index already; add to it, continue its build, or say to overwrite it"
        )
    if pointer is None:
        # Two generations without a manifest would be ambiguous to readers: name the old one first.
        with Snapshot.open_generation(root, number, None) as old:
            write_manifest(root, old.manifest)
    return True, pointer


def begin_generation(root: Path, number: int, settings: IndexSettings) -> None:
    """Make the folder of an empty generation; it appears under its name when it is complete and durable.

    Raises:
        StorageFullError, StoreError: nothing is left behind.
    """
    staging = root / f"{generation_name(number)}.{random_name()}.tmp"
    with writing(staging):
        try:
            (staging / VECTORS).mkdir(parents=True)
            _create_database(staging / DATABASE, settings)
            sync_folder(staging)
            staging.replace(root / generation_name(number))
        except BaseException:
            discard_tree(staging)
            raise
        sync_folder(root)


def _create_database(path: Path, settings: IndexSettings) -> None:
    with (
        contextlib.closing(schema.connect_writer(path, create=True)) as connection,
        schema.translated(path),
        schema.transaction(connection),
    ):
        connection.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
        for statement in schema.SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        put_named(connection, "head", "generation", {"id": os.urandom(16).hex()})
        put_named(connection, "head", "settings", settings.to_json())
        put_state(connection, BUILDING, 0)

"""What clients are told of errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from simengine.errors import (
    DamagedIndexError,
    DataError,
    FilterError,
    IndexLockedError,
    ModelDamagedError,
    SimengineError,
    UsageError,
)
from simengine.serving.batching import OverloadedError
from simengine.serving.naming import UnknownModelError
from simengine.serving.telling import is_hidden, told, without_folders

OWN = [
    UsageError("k is 0; expected at least 1"),
    DataError("no text", "documents", 3),
    FilterError("year is no text", "year ~ 3", 5),
    OverloadedError("search"),
    UnknownModelError("there is no model 'x'"),
]
HIDDEN = [
    DamagedIndexError(Path("/home/ann/index"), "/home/ann/index/segment: checksum"),
    IndexLockedError("/home/ann/index is locked by process 12"),
    ModelDamagedError("/home/ann/model has no weights"),
]


@pytest.mark.parametrize("error", OWN, ids=lambda error: type(error).__name__)
def test_what_the_caller_gave_is_told_in_full(error: SimengineError):
    assert told(error) == str(error)
    assert not is_hidden(error)


@pytest.mark.parametrize("error", HIDDEN, ids=lambda error: type(error).__name__)
def test_files_and_processes_of_this_machine_are_not_told(error: SimengineError):
    assert "/home" not in told(error)
    assert "12" not in told(error)
    assert is_hidden(error)


def test_absolute_paths_become_their_last_part():
    given = {"cosine": {"fitted_on": "/home/me/pairs.jsonl", "n": 7, "of": ["/a/b", "a/b", "org/name", None]}}
    assert without_folders(given) == {
        "cosine": {"fitted_on": "pairs.jsonl", "n": 7, "of": ["b", "a/b", "org/name", None]}
    }

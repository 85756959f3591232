from __future__ import annotations

import json

import pytest

from simengine.errors import UsageError
from simengine.store.settings import IndexSettings
from tests.store.samples import settings


def test_settings_come_back_from_json_with_exact_canary_vectors() -> None:
    given = settings()
    back = IndexSettings.from_dict(json.loads(json.dumps(given.to_dict())))
    assert back == settings(canary_vectors=tuple(tuple(row) for row in given.canary_vectors))


def test_canary_vectors_can_be_left_out() -> None:
    assert "canary_vectors" not in settings().to_dict(canary=False)
    assert IndexSettings.from_dict(settings().to_dict(canary=False)).canary_vectors == ()


def test_undecodable_bytes_of_a_command_line_are_kept_readable() -> None:
    value = settings(command="simengine index \udcff").to_dict()
    assert value["command"] == "simengine index \\udcff"


def test_unknown_settings_and_impossible_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        IndexSettings.from_dict({**settings().to_dict(), "colour": "red"})
    with pytest.raises(UsageError, match="dimension"):
        settings(dimension=0)

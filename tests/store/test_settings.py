from __future__ import annotations

import json

import pytest

from simengine.errors import UsageError
from simengine.store.settings import IndexSettings
from tests.store.samples import settings


def test_settings_come_back_from_json_with_exact_canary_vectors() -> None:
    given = settings()
    back = IndexSettings.from_json(json.loads(json.dumps(given.to_json())))
    assert back == settings(canary_vectors=tuple(tuple(row) for row in given.canary_vectors))


def test_canary_vectors_can_be_left_out() -> None:
    assert "canary_vectors" not in settings().to_json(canary=False)
    assert IndexSettings.from_json(settings().to_json(canary=False)).canary_vectors == ()


def test_undecodable_bytes_of_a_command_line_are_kept_readable() -> None:
    value = settings(command="simengine index \udcff").to_json()
    assert value["command"] == "simengine index \\udcff"


def test_unknown_settings_and_impossible_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        IndexSettings.from_json({**settings().to_json(), "colour": "red"})
    with pytest.raises(UsageError, match="dimension"):
        settings(dimension=0)

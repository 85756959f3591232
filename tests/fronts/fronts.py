"""One request through each front end, in this process."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from mcp import Client

from simengine.cli.main import _run
from simengine.serving.catalogue import Catalogue
from simengine.serving.mcp import build_server
from tests.serving.rest.support import served


def command_line(capfd: pytest.CaptureFixture[str], *words: object) -> Any:
    """What a command prints as JSON."""
    capfd.readouterr()
    assert _run([str(word) for word in words]) == 0
    return json.loads(capfd.readouterr().out)


def http(catalogue: Catalogue, route: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of a route."""
    with served(catalogue) as client:
        answer = client.post(route, json=request)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def tool(catalogue: Catalogue, name: str, request: dict[str, Any]) -> dict[str, Any]:
    """The structured result of an agent's tool."""

    async def call() -> Any:
        async with Client(build_server(catalogue)) as client:
            return await client.call_tool(name, request)

    result = anyio.run(call)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    return found


def as_json(value: Any) -> Any:
    """As it comes out of JSON."""
    return json.loads(json.dumps(value))

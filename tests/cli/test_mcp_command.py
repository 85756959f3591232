"""`simengine mcp`: what it refuses before it serves. Serving itself is tested in tests/serving/mcp."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simengine.cli.main import COMMANDS


@pytest.fixture(autouse=True)
def _listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "mcp", ("mcp", "Serve indexes to an agent."))


def test_a_port_needs_http(call, tmp_path: Path) -> None:
    result = call("mcp", tmp_path, "--port", "9000")
    assert (result.code, result.out) == (2, "")
    assert "--port needs --http" in result.err


def test_an_allowed_host_needs_http(call, tmp_path: Path) -> None:
    result = call("mcp", tmp_path, "--allowed-host", "agent.example")
    assert (result.code, result.out) == (2, "")
    assert "--allowed-host needs --http" in result.err


def test_a_missing_index_is_named(call, tmp_path: Path) -> None:
    pytest.importorskip("mcp", reason="the extra mcp is not installed")
    result = call("mcp", tmp_path / "none")
    assert (result.code, result.out) == (1, "")
    assert "none" in result.err


def test_arguments_and_option_exclude_each_other(call, tmp_path: Path) -> None:
    result = call("mcp", tmp_path / "a", tmp_path / "b", "--index", tmp_path / "c")
    assert result.code == 2
    assert "--index" in result.err


def test_without_the_package_the_extra_is_named(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "mcp"]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("simengine.serving.mcp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    result = call("mcp", tmp_path)
    assert result.code == 1
    assert "simengine-search[mcp]" in result.err

"""`simengine demo`: it says where the page is, a port in use is named, Ctrl-C ends it quietly."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from simengine.engine import Engine
from tests.serving.library import DOCUMENTS, word_models

START_S = 120
PROGRAM = """
import signal
import sys
from importlib import import_module
from tests.serving.library import patch_models

def put(name, value):
    module, attribute = name.rsplit(".", 1)
    setattr(import_module(module), attribute, value)

patch_models(put)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born without
from simengine.cli.main import main
main()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with word_models():
        Engine.build(DOCUMENTS, tmp_path / "films").close()
    return tmp_path / "films"


def test_a_port_in_use_is_an_error_that_says_what_to_do(call, path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = call("demo", path, "--port", port, "--no-browser")
    assert result.code == 1
    assert f"port {port} of 127.0.0.1 is in use" in result.err
    assert "--port" in result.err
    assert "Traceback" not in result.err


def test_other_machines_are_let_in_only_when_told(call, path: Path):
    result = call("demo", path, "--host", "0.0.0.0", "--port", 0, "--no-browser")
    assert result.code == 2
    assert "--insecure" in result.err


def test_an_address_that_is_not_here_is_named(call, path: Path):
    result = call("demo", path, "--host", "192.0.2.1", "--insecure", "--port", 0, "--no-browser")
    assert result.code == 1
    assert "cannot listen on 192.0.2.1" in result.err


def test_an_index_that_is_not_there_is_named(call, tmp_path: Path):
    result = call("demo", tmp_path / "none", "--port", 0, "--no-browser")
    assert result.code == 1
    assert "none" in result.err


def test_it_prints_its_address_serves_the_page_and_ends_quietly_with_130(path: Path):
    pytest.importorskip("gradio", reason="the page needs simengine-search[demo]")
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "demo", str(path), "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(address, timeout=START_S) as response:
                page = response.read().decode()
            assert "films · simengine" in page
            with urllib.request.urlopen(address + "gradio_api/info", timeout=START_S) as response:
                assert b'"named_endpoints":{}' in response.read().replace(b" ", b"")
            stopped = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert time.monotonic() - stopped < 60
        finally:
            process.kill()
        assert process.stderr is not None
        err = process.stderr.read()
    assert "Traceback" not in err
    assert err.strip().splitlines()[-1] == "Interrupted."

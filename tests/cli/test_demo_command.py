"""`simengine demo`: it says where the page is, a port in use is named, Ctrl-C ends it quietly."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

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


def test_an_allowed_host_has_to_be_a_name(call, path: Path):
    result = call("demo", path, "--allowed-host", "http://a.example/", "--port", 0, "--no-browser")
    assert result.code == 2
    assert "http://a.example/" in result.err
    assert "host name" in result.err


@contextlib.contextmanager
def running(path: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the address that it prints."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "demo", str(path), "--port", "0", "--no-browser", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "GRADIO_TEMP_DIR": str(path.parent)},
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://")
            yield process, address
        finally:
            process.kill()


def status(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=START_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_names_are_added_on_every_address_and_uploads_go_at_the_end(path: Path):
    pytest.importorskip("gradio", reason="the page needs simengine-search[demo]")
    with running(path, "--host", "::", "--insecure", "--allowed-host", "search.test") as (process, address):
        url = f"http://[::1]:{urlsplit(address).port}/config"
        for host in ("[::1]", "search.test", "SEARCH.test:80", "192.168.1.7:80", "localhost"):
            assert status(url, host=host) == 200, host
        assert status(url, host="search.test", origin="https://search.test") == 200
        assert status(url, host="evil.test") == 421
        assert status(url, host="search.test", origin="http://evil.test") == 403
        (folder,) = path.parent.glob("simengine-page-*")
        (folder / "left").write_text("over")
        process.terminate()
        assert process.wait(60) == 0
        assert not folder.exists()


def test_an_index_that_is_not_there_is_named(call, tmp_path: Path):
    result = call("demo", tmp_path / "none", "--port", 0, "--no-browser")
    assert result.code == 1
    assert "none" in result.err


def test_it_prints_its_address_serves_the_page_and_ends_quietly_with_130(path: Path):
    pytest.importorskip("gradio", reason="the page needs simengine-search[demo]")
    with running(path) as (process, address):
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
        assert process.stderr is not None
        err = process.stderr.read()
    assert "Traceback" not in err
    assert err.strip().splitlines()[-1] == "Interrupted."

"""The service over the library, listening on this machine."""

from __future__ import annotations

import io
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
import httpx
import uvicorn
from fastapi import FastAPI

from simengine.engine import Engine
from simengine.serving.catalogue import Catalogue
from simengine.serving.rest.app import create_app
from simengine.serving.rest.logs import JsonLog
from simengine.serving.settings import Limits, ServiceSettings
from simengine.types import Document
from tests.serving.library import build_library, word_models

LIMITS = Limits(max_body_bytes=200_000, max_texts=50, max_text_chars=20_000, max_query_chars=1_000, max_k=100)
READY_S = 180


@pytest.fixture(scope="module")
def log() -> io.StringIO:
    """What the service wrote down."""
    return io.StringIO()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """The indexes "library" and "other"."""
    folder = tmp_path_factory.mktemp("served")
    with word_models():
        build_library(folder / "library").close()
        Engine.build([Document("only", "One lonely text.")], folder / "other").close()
        with Catalogue.open([folder / "library", folder / "other"]) as opened:
            yield opened


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Iterator[Engine]:
    """What the service has to agree with."""
    with word_models(), Engine.open(catalogue.default.engine.path) as opened:
        yield opened


@pytest.fixture(scope="module")
def app(catalogue: Catalogue, log: io.StringIO) -> FastAPI:
    return create_app(catalogue, ServiceSettings(limits=LIMITS), log=JsonLog(log))


@pytest.fixture(scope="module")
def url(app: FastAPI) -> Iterator[str]:
    with listening(app) as address:
        yield address


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """An app that listens on a free port in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, name="service")
    thread.start()
    try:
        end = time.monotonic() + READY_S
        while not server.started and time.monotonic() < end:
            time.sleep(0.02)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        while httpx.get(address + "/ready").status_code != 200 and time.monotonic() < end:
            time.sleep(0.02)
        yield address
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as opened:
        yield opened


@pytest.fixture
def given(client: httpx.Client) -> Callable[..., Any]:
    """Posts JSON and gives back what came, which must be 200."""

    def post(path: str, **body: object) -> Any:
        answer = client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert not list(_odd_numbers(found))
        return found

    return post


@pytest.fixture
def refused(client: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Posts JSON and gives back the error, which must have the status that is given."""

    def post(status: int, path: str, body: object = None, **fields: object) -> dict[str, Any]:
        answer = client.post(path, json=fields if body is None else body)
        assert answer.status_code == status, answer.text
        error: dict[str, Any] = answer.json()["error"]
        assert isinstance(error["type"], str)
        assert isinstance(error["message"], str)
        assert error["request_id"] == answer.headers["x-request-id"]
        return error

    return post


def _odd_numbers(value: object) -> Iterator[float]:
    if isinstance(value, float) and not math.isfinite(value):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _odd_numbers(each)


def folder_of(catalogue: Catalogue) -> Path:
    """Where the indexes lie."""
    return catalogue.default.engine.path.parent

"""A small service for the tests of what stands around the routes."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from simengine.serving.catalogue import Catalogue
from simengine.serving.rest.app import create_app
from simengine.serving.rest.logs import JsonLog
from simengine.serving.settings import ServiceSettings


@contextmanager
def served(catalogue: Catalogue, log: io.StringIO | None = None, **settings: Any) -> Iterator[TestClient]:
    chosen = ServiceSettings(**settings)
    app = create_app(catalogue, chosen, log=JsonLog(log or io.StringIO(), texts=chosen.log_texts))
    with TestClient(app, "http://localhost", raise_server_exceptions=False, follow_redirects=False) as client:
        while client.get("/ready").status_code != 200:
            time.sleep(0.01)
        yield client


def problem(answer: Any) -> tuple[int, str]:
    """Status and type of an error, which must be whole."""
    error = answer.json()["error"]
    assert error["message"]
    assert error["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, error["type"]

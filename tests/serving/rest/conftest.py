"""Fixtures for the tests of what stands around the routes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from starlette.testclient import TestClient

from simengine.serving.catalogue import Catalogue
from tests.serving.library import build_library, word_models
from tests.serving.rest.support import served


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with word_models(), Catalogue.of([build_library(tmp_path / "library")]) as opened:
        yield opened


@pytest.fixture
def client(catalogue: Catalogue) -> Iterator[TestClient]:
    with served(catalogue) as opened:
        yield opened

"""A catalogue of two indexes over the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine.engine import Engine
from simengine.serving.catalogue import Catalogue
from simengine.types import Document
from tests.serving.library import build_library, word_models


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the indexes "library" and "other"."""
    folder = tmp_path_factory.mktemp("mcp")
    with word_models():
        build_library(folder / "library").close()
        Engine.build([Document("only", "One lonely text.")], folder / "other").close()
    return folder


@pytest.fixture(scope="module")
def catalogue(folder: Path) -> Iterator[Catalogue]:
    with word_models(), Catalogue.open([folder / "library", folder / "other"]) as opened:
        yield opened

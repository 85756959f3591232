"""`simengine serve` before it listens; the process itself is tested in tests/serving/rest/test_server.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from simengine.cli.serve_command import command, mount_pages
from simengine.errors import IndexNotFoundError, MissingExtraError, UsageError
from simengine.serving.catalogue import Catalogue
from tests.serving.library import build_library, word_models


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Path]:
    with word_models():
        build_library(tmp_path / "library").close()
        yield tmp_path / "library"


def call(*arguments: object) -> None:
    command.main([str(each) for each in arguments], standalone_mode=False)


def test_listening_wider_than_this_machine_needs_keys_or_the_word(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--insecure"):
        call(tmp_path, "--host", "0.0.0.0")


def test_a_missing_index_or_file_of_keys_is_named(library: Path, tmp_path: Path) -> None:
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    with pytest.raises(IndexNotFoundError):
        call(tmp_path / "nothing")
    with pytest.raises(UsageError, match="simengine keys create"):
        call(library, "--keys", tmp_path / "none.json")
    with pytest.raises(UsageError, match="one name"):
        call(library, library)


@pytest.mark.parametrize(
    "wrong", [("--port", "70000"), ("--max-k", "0"), ("--timeout-s", "0"), ("--drain-s", "-1")]
)
def test_options_out_of_range_are_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(click.BadParameter):
        call(*wrong)


@pytest.mark.parametrize(
    ("package", "extra"), [("fastapi", "serve"), ("uvicorn", "serve"), ("prometheus_client", "serve")]
)
def test_a_missing_package_names_the_extra(
    library: Path, monkeypatch: pytest.MonkeyPatch, package: str, extra: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("simengine.serving.rest")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"simengine-search\[{extra}\]"):
        call(library)


def test_a_missing_gradio_names_the_extra(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fastapi = pytest.importorskip("fastapi", reason="the extra serve is not installed")
    for name in [name for name in sys.modules if name.startswith("simengine.serving.demo")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name == "gradio" or name.startswith("gradio.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "gradio", None)
    with (
        Catalogue.open([library]) as catalogue,
        pytest.raises(MissingExtraError, match=r"simengine-search\[demo\]"),
    ):
        mount_pages(fastapi.FastAPI(), catalogue)

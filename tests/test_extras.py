"""Optional packages and the extras that bring them."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from simengine.errors import MissingExtraError, install_command
from simengine.extras import PACKAGES, is_installed, missing_packages, needing, optional_module

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
IMPORTED = {
    "faiss-cpu": ["faiss"],
    "faiss-gpu": ["faiss"],
    "scikit-learn": ["sklearn"],
    "sentence-transformers[train]": ["accelerate", "datasets"],
}
"""Modules by the requirement that brings them, where they have other names."""


def modules_of(extra: str, declared: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    for requirement in declared[extra]:
        name = re.match(r"[\w.-]+(?:\[[\w,]+\])?", requirement)[0]  # type: ignore[index]
        if name.startswith("simengine-search["):
            found |= modules_of(name.removeprefix("simengine-search[").rstrip("]"), declared)
        else:
            found.update(IMPORTED.get(name, [name.replace("-", "_")]))
    return found


def test_the_table_says_what_the_project_declares() -> None:
    declared = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(PACKAGES) == set(declared) - {"bench", "dev"}
    for extra, packages in PACKAGES.items():
        assert set(packages) == modules_of(extra, declared), extra
        assert len(set(packages)) == len(packages)


def test_a_module_that_is_there_is_imported() -> None:
    assert optional_module("json.decoder", "judge", "testing") is sys.modules["json.decoder"]


def test_a_missing_package_is_named_with_its_extra() -> None:
    said = r"^testing needs the package nowhere: pip install 'simengine-search\[evaluate\]'$"
    with pytest.raises(MissingExtraError, match=said) as caught:
        optional_module("nowhere.to.be", "evaluate", "testing")
    assert (caught.value.package, caught.value.extra, caught.value.purpose) == (
        "nowhere",
        "evaluate",
        "testing",
    )
    assert isinstance(caught.value.__cause__, ImportError)


def fail(error: Exception, package: str = "") -> None:
    with needing("files", "testing", package):
        raise error


@pytest.mark.parametrize(("package", "named"), [("", "pyarrow"), ("zstandard", "zstandard")])
def test_an_error_that_does_not_say_what_is_missing_names_the_package(package: str, named: str) -> None:
    with pytest.raises(MissingExtraError) as caught:
        fail(ImportError("a library is damaged"), package)
    assert caught.value.package == named


@pytest.mark.parametrize("error", [ImportError("x", name="simengine.qa.gone"), ValueError("x")])
def test_other_errors_are_not_taken_for_a_missing_package(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        fail(error)
    assert caught.value is error


def test_what_is_installed_is_found_without_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_installed("json.decoder")
    assert not is_installed("nowhere")
    assert not is_installed("nowhere.to.be")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pyarrow" in missing_packages("files")


def test_an_install_command_takes_several_extras() -> None:
    assert install_command("serve", "mcp") == "pip install 'simengine-search[serve,mcp]'"

"""`pip install simengine` brings a stranger's package: no document and no message may say it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {".md", ".py", ".sh", ".toml", ".txt", ".service", ".yml", ".yaml", ".cfg", ".ipynb", ".html"}
NAMES = {"Makefile", "Containerfile", "Dockerfile", "run"}
SKIPPED = {".git", "__pycache__", "dist", "build", "demo", "node_modules"}
INSTALLS = re.compile(r"\b(?:install|add|uvx|pipx run|uv tool run|uv run --with)\b(?P<words>[^\n`#;&|]*)")
STRANGER = re.compile(
    r"""(?<![\w./\\{-])["']?simengine(?:\[[^\]]*\])?(?:\s*[=<>~!@][^\s"']*)?["']?(?=[\s"',)]|$)"""
)


def documents() -> list[Path]:
    found = []
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = any((part.startswith(".") and part != ".ci") or part in SKIPPED for part in parts)
        if not hidden and path.is_file() and (path.suffix in SUFFIXES or path.name in NAMES):
            found.append(path)
    return found


def strangers(text: str) -> list[str]:
    """The lines of a text that would install the distribution `simengine`."""
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [
        line
        for line in lines
        if re.search(r"\b(?:pip3?|uv|uvx|pipx|poetry|pdm)\b", line)
        and any(STRANGER.search(match["words"]) for match in INSTALLS.finditer(line))
    ]


@pytest.mark.parametrize(
    "line",
    [
        "pip install simengine",
        "pip install 'simengine[cpu,demo]'",
        'RUN python -m pip install --no-cache-dir "simengine[cpu]>=0.1"',
        "uv pip install -U simengine==0.1.0",
        "/opt/simengine/bin/pip install \\\n    'simengine[serve]'",
        "pipx install simengine",
        "uv add simengine",
        "uvx simengine index corpus.jsonl",
    ],
)
def test_the_strangers_package_is_recognised(line: str) -> None:
    assert strangers(line)


@pytest.mark.parametrize(
    "line",
    [
        "pip install '.[cpu,demo]'",
        "pip install 'simengine-search[cpu]'",
        "/opt/simengine/bin/pip install -c constraints.txt '.[cpu]'   # a checkout of simengine",
        "pip install dist/simengine_search-0.1.0-py3-none-any.whl",
        "pip install . && simengine doctor",
        "pip install -e /src/simengine",
    ],
)
def test_what_installs_this_project_is_not_mistaken_for_it(line: str) -> None:
    assert not strangers(line)


def test_no_document_and_no_message_installs_a_strangers_package() -> None:
    looked_at = documents()
    assert {"README.md", "Makefile", "Containerfile", "errors.py"} <= {path.name for path in looked_at}
    wrong = {
        str(path.relative_to(ROOT)): lines
        for path in looked_at
        if path != Path(__file__).resolve() and (lines := strangers(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


def test_extras_that_name_the_project_itself_name_its_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "simengine-search"
    assert list(project["scripts"]) == ["simengine"]
    own = [
        requirement
        for extra in project["optional-dependencies"].values()
        for requirement in extra
        if requirement.startswith("simengine")
    ]
    assert own
    assert all(requirement.startswith("simengine-search[") for requirement in own)


def test_every_extra_in_an_install_line_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {
        extra.strip()
        for path in documents()
        if path.suffix == ".md"
        for extras in re.findall(
            r"(?:'\.|simengine[-_]search[^\s\[]*)\[([\w,\s-]+)\]", path.read_text(encoding="utf-8")
        )
        for extra in extras.split(",")
    }
    assert {"cpu", "demo", "mcp"} <= named
    assert named <= set(project["optional-dependencies"])

"""The container file, the systemd unit and the page about the service say what the command knows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from simengine.cli.keys_command import create
from simengine.cli.serve_command import command, page_paths

FOLDER = Path(__file__).parents[2] / "apps" / "service"
FLAGS = {
    name
    for each in (command, create)
    for option in each.params
    for name in (*option.opts, *option.secondary_opts)
}
VARIABLES = {str(option.envvar) for each in (command, create) for option in each.params if option.envvar}
ELSEWHERE = {"SIMENGINE_CACHE"}


@pytest.mark.parametrize("name", ["README.md", "Containerfile", "simengine.service"])
def test_flags_and_variables_exist(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    variables = set(re.findall(r"SIMENGINE_[A-Z_]+", text))
    assert variables <= VARIABLES | ELSEWHERE
    said = re.findall(r"simengine (?:serve|keys)\b(.*)", text) + re.findall(r"`(--[a-z-]+)", text)
    for flag in re.findall(r"(?<![\w-])--[a-z-]+", " ".join(said)):
        assert flag in FLAGS | {"--help"}


def test_the_container_copies_what_the_package_is_built_from() -> None:
    container = (FOLDER / "Containerfile").read_text(encoding="utf-8")
    allowed = (FOLDER / "Containerfile.dockerignore").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (?!--from)(.+)$", container, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (FOLDER.parents[1] / source).exists()
            assert f"!{source}\n" in allowed


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    text = (FOLDER / "simengine.service").read_text(encoding="utf-8")
    unit = tmp_path / "simengine.service"
    unit.write_text(text.replace("/opt/simengine/bin/simengine", "/bin/true"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60
    )
    faults = [line for line in done.stderr.splitlines() if unit.name in line]
    assert faults == []


def test_each_index_has_a_page_of_its_own_under_a_plain_path() -> None:
    names = ["films", "my films", "my-films", "../..", "猫", "{x}"]
    paths = page_paths(dict.fromkeys(names))
    assert list(paths) == names
    assert len(set(paths.values())) == len(names)
    assert all(re.fullmatch(r"/demo/[A-Za-z0-9_.-]+", path) and ".." not in path for path in paths.values())

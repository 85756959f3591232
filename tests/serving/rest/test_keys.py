"""API keys: what is kept of them, what opens, and what `simengine keys` prints."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from click.testing import CliRunner

from simengine.cli.keys_command import command
from simengine.errors import UsageError
from simengine.serving.rest import keys as module
from simengine.serving.rest.keys import ForbiddenError, KeyFile, MissingKeyError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyFile:
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.0)
    return KeyFile(tmp_path / "keys.json")


def test_a_key_opens_what_its_scopes_say(file: KeyFile) -> None:
    key, token = file.create("reader", ["read"])
    assert file.check(token, "read") == key
    with pytest.raises(ForbiddenError, match="needs the scope write"):
        file.check(token, "write")
    _, both = file.create("both", ["write", "read"])
    assert file.check(both, "write").scopes == ("read", "write")
    _, writer = file.create("writer", ["write"])
    with pytest.raises(ForbiddenError):
        file.check(writer, "read")


def test_neither_the_token_nor_its_secret_is_kept(file: KeyFile) -> None:
    _, token = file.create("reader", ["read"])
    content = file.path.read_text()
    assert token not in content
    assert token.split("-", 3)[3] not in content
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    _, other = file.create("again", ["read"])
    salts = [each["salt"] for each in json.loads(file.path.read_text())["keys"]]
    assert len(set(salts)) == 2
    assert other != token


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.upper(),
        lambda token: token + "A",
        lambda token: token.replace("sk-sim", "sk-sin"),
        lambda token: "",
        lambda token: "é" * 50,
        lambda token: "\ud800",
        lambda token: "x" * 100_000,
    ],
)
def test_what_is_not_quite_a_key_opens_nothing(file: KeyFile, change: Callable[[str], str]) -> None:
    _, token = file.create("reader", ["read"])
    with pytest.raises(MissingKeyError):
        file.check(change(token), "read")


def test_a_key_of_the_secret_of_another_opens_nothing(file: KeyFile) -> None:
    first, token = file.create("one", ["read"])
    second, _ = file.create("two", ["read"])
    with pytest.raises(MissingKeyError):
        file.check(token.replace(first.id, second.id), "read")


def test_a_revoked_key_opens_nothing_any_more_in_a_process_that_runs(file: KeyFile) -> None:
    key, token = file.create("reader", ["read"])
    assert file.check(token, "read")
    KeyFile(file.path).revoke(key.id)
    with pytest.raises(MissingKeyError):
        file.check(token, "read")
    with pytest.raises(UsageError, match="revoked already"):
        file.revoke(key.id)
    with pytest.raises(UsageError, match="is not in"):
        file.revoke("nobody")


def test_a_file_that_others_may_read_is_refused(file: KeyFile) -> None:
    file.create("reader", ["read"])
    file.path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        file.keys()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 2, "keys": []}', '{"version": 1, "keys": [{}]}']
)
def test_a_file_of_something_else_is_refused(file: KeyFile, content: str) -> None:
    file.path.touch(0o600)
    file.path.write_text(content)
    with pytest.raises(UsageError, match=r"not a file of keys|version"):
        file.keys()
    with pytest.raises(UsageError):
        file.create("reader", ["read"])
    assert file.path.read_text() == content


def _garbled(path: Path) -> None:
    path.write_text(path.read_text()[:-40])


def _replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _replaced_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _replaced_by_a_link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _bad_salt(path: Path) -> None:
    table = json.loads(path.read_text())
    table["keys"][0]["salt"] = "no hexadecimal"
    path.write_text(json.dumps(table))


FAULTS = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_text(""),
    "half written": _garbled,
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe"),
    "too deep": lambda path: path.write_text("[" * 100_000),
    "a folder": _replaced_by_a_folder,
    "a pipe": _replaced_by_a_pipe,
    "a link to itself": _replaced_by_a_link_to_itself,
    "readable by all": lambda path: path.chmod(0o644),
    "the folder is gone": lambda path: shutil.rmtree(path.parent),
    "a link to zeros": lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
    "a bad salt": _bad_salt,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_breaks_while_it_is_in_use_leaves_the_last_good_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.0)
    folder = tmp_path / "keys"
    said: list[str] = []
    file = KeyFile(folder / "keys.json", said.append)
    key, token = file.create("reader", ["read"])
    assert (file.check(token, "read"), file.stale, said) == (key, False, [])
    kept = file.path.read_text()
    FAULTS[fault](file.path)
    for _ in range(3):
        assert file.check(token, "read") == key
        with pytest.raises(MissingKeyError):
            file.check(token[:-3] + "AAA", "read")
    assert file.stale
    assert len(said) == 1, said
    assert str(file.path) in said[0]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    file.path.touch(0o600)
    file.path.write_text(kept)
    KeyFile(file.path).revoke(key.id)
    with pytest.raises(MissingKeyError):
        file.check(token, "read")
    assert not file.stale
    assert said[1:] == [""]


def test_a_file_that_does_not_answer_holds_up_no_request(
    file: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, token = file.create("reader", ["read"])
    file.refresh()
    began, go = threading.Event(), threading.Event()

    def hang() -> str:
        began.set()
        go.wait(60)
        return ""

    monkeypatch.setattr(file, "_look", hang)
    monkeypatch.setattr(module, "ANSWER_S", 0.01)
    monkeypatch.setattr(module, "LOOK_TIMEOUT_S", 0.0)

    async def ask() -> None:
        for _ in range(3):
            await module.refreshed(file)
            assert file.find(token, "read") == key
        assert began.is_set()
        assert file.stale
        go.set()

    asyncio.run(ask())
    assert not file.stale


def test_scopes_and_names_have_to_make_sense(file: KeyFile) -> None:
    for name, scopes in (("a", ["admin"]), ("a", []), (" ", ["read"])):
        with pytest.raises(UsageError):
            file.create(name, scopes)
    assert not file.path.exists()
    with pytest.raises(UsageError, match="no file of keys"):
        file.keys()


def test_the_command_makes_lists_and_revokes(tmp_path: Path) -> None:
    path, runner = str(tmp_path / "k" / "keys.json"), CliRunner()

    def run(*arguments: str) -> str:
        result = runner.invoke(command, [*arguments, "--keys", path], catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    token = run("create", "importer", "--scope", "read", "--scope", "write").strip()
    assert KeyFile(Path(path)).check(token, "write").name == "importer"
    (listed,) = json.loads(run("list", "--format", "json"))
    assert (listed["name"], listed["scopes"], listed["revoked"]) == ("importer", ["read", "write"], None)
    assert "digest" not in listed
    run("revoke", listed["id"])
    assert "revoked" in run("list")
    with pytest.raises(MissingKeyError):
        KeyFile(Path(path)).check(token, "read")

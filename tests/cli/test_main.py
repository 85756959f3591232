"""What the group of commands does with failures, pipes and colours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from simengine.cli.main import cli, describe_os_error


def shell(command: str) -> subprocess.CompletedProcess[str]:
    program = f"{sys.executable} -m simengine.cli.main"
    line = command.replace("SIMENGINE", program)
    return subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False)


def commands(command: click.Command, name: str = "simengine") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            yield from commands(found, f"{name} {each}")


def test_help_explains_every_option_and_cuts_no_sentence() -> None:
    for name, command in commands(cli):
        if isinstance(command, click.Group):
            assert "..." not in command.get_help(click.Context(command)).replace("[ARGS]...", ""), name
        for param in command.params:
            if isinstance(param, click.Option) and not param.hidden:
                assert param.help, f"{name} {param.opts}"


def test_output_to_a_full_device_is_one_line_and_exit_1(index: Path) -> None:
    for command in (f"SIMENGINE info {index}", f"SIMENGINE export {index}", "SIMENGINE --help"):
        result = shell(f"{command} > /dev/full")
        assert result.returncode == 1, command
        assert result.stderr.strip().endswith("No space left on device"), result.stderr
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "command", ["export {index} -o", "export {index} --what vectors -o", "corpus python-docs -o"]
)
def test_a_file_that_cannot_be_written_is_named(call, index: Path, command: str) -> None:
    target = "/proc/nowhere/x.npy"
    result = call(*command.format(index=index).split(), target)
    assert result.code == 1
    assert result.err.startswith(f"Error: {target}: ") or result.err.startswith("Error: /proc/nowhere: ")
    assert len(result.err.splitlines()) == 1


def test_errors_of_the_system_are_told_with_path_and_reason() -> None:
    assert describe_os_error(PermissionError(13, "Permission denied", "/a/b")) == "/a/b: Permission denied"
    assert describe_os_error(OSError("only words")) == "only words"
    assert describe_os_error(OSError(28, "No space left on device")) == "No space left on device"


def test_verbose_shows_where_an_error_came_from(call, index: Path, monkeypatch) -> None:
    monkeypatch.setenv("SIMENGINE_VERBOSE", "1")
    with pytest.raises(OSError):
        call("export", index, "-o", "/proc/nowhere/x")
    assert "SIMENGINE_VERBOSE" in call("--help").out


def test_what_nobody_foresaw_is_one_line_and_not_a_traceback(call, monkeypatch) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr("simengine.cli.info_command.command.callback", fail)
    result = call("info")
    assert result.code == 1
    assert result.err.startswith("Error: simengine failed unexpectedly (RuntimeError: no such luck). ")
    assert "Traceback" not in result.err
    monkeypatch.setenv("SIMENGINE_VERBOSE", "1")
    with pytest.raises(RuntimeError):
        call("info")


def test_a_reader_that_stops_early_is_exit_0(index: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text("".join(f"stocks and planets {n}\n" for n in range(600)))
    search = f"search -i {index} --mode lexical --queries {queries} --format jsonl"
    for command in (search, "corpus python-docs"):
        result = shell(f"SIMENGINE {command} | head -n 1")
        assert (result.returncode, result.stdout.count("\n")) == (0, 1), result.stderr
        assert "rror" not in result.stderr


@pytest.mark.parametrize(("value", "colour"), [("1", False), ("", None)])
def test_no_color_that_is_not_empty_turns_colour_off(monkeypatch, value: str, colour: bool | None) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    seen: list[bool | None] = []
    monkeypatch.setitem(
        __import__("simengine.cli.main", fromlist=["COMMANDS"]).COMMANDS, "probe", ("info", "")
    )
    probe = click.Command("probe", callback=lambda: seen.append(click.get_current_context().color))
    monkeypatch.setattr("simengine.cli.info_command.command", probe)
    cli.main(["probe"], standalone_mode=False)
    assert seen == [colour]


@pytest.mark.parametrize(
    "command", ["info LOOP", "search -i LOOP words", "export INDEX -o LOOP", "index LOOP"]
)
def test_a_link_that_leads_to_itself_is_named(call, index: Path, tmp_path: Path, command: str) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    result = call(*command.replace("LOOP", str(loop)).replace("INDEX", str(index)).split())
    assert result.code in (1, 4)
    assert result.err.startswith(f"Error: {loop}: ")
    assert loop.is_symlink()


def test_the_doctor_counts_one_thread(call, monkeypatch) -> None:
    for number, said in ((1, "1 thread;"), (2, "2 threads;")):
        monkeypatch.setattr("simengine.runtimes.hardware.available_threads", lambda number=number: number)
        assert said in call("doctor").out

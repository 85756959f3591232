"""Whatever shows progress takes the same calls."""

from __future__ import annotations

import inspect

import pytest

from simengine.cli.terminal import Bar, progress_bar
from simengine.progress import NoProgress, Progress


@pytest.mark.parametrize("shown", [NoProgress, Bar])
@pytest.mark.parametrize("method", ["stage", "advance"])
def test_what_shows_progress_has_the_methods_of_the_protocol(shown: type, method: str) -> None:
    assert inspect.signature(getattr(shown, method)) == inspect.signature(getattr(Progress, method))


def test_what_a_bar_takes_can_be_given_to_none() -> None:
    public = {name for name in vars(Bar) if not name.startswith("_")} - {"finish"}
    assert public == {name for name in vars(NoProgress) if not name.startswith("_")}


def test_nothing_is_shown_where_stderr_is_not_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(hidden=False) as progress:
        progress.stage("reading", 3)
        progress.expect(2)
        progress.advance(2)
    assert isinstance(progress, NoProgress)
    assert capsys.readouterr() == ("", "")

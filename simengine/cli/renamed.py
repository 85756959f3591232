"""Options that had other names: the old ones work for a version, with a note on stderr, and are not in the help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource

from simengine.cli.terminal import note


class RenamedOption(click.Option):
    """An option that takes its value from hidden options where it is not given itself."""

    old: Mapping[str, str] = {}
    """Name of a hidden parameter → what the user typed for it."""
    instead = ""
    """What the note recommends; "" for the option itself."""

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """As click does, else the value of an old name."""
        for hidden, spelled in self.old.items():
            if hidden in opts:
                note(f"{spelled} is deprecated; use {self.instead or self.opts[0]}")
                if self.name not in opts:
                    return opts[hidden], ParameterSource.COMMANDLINE
        return super().consume_value(ctx, opts)


def option(
    *names: str, settings: Mapping[str, Any], old: Sequence[str] = (), instead: str = ""
) -> Callable[[Any], Any]:
    """As `click.option`.

    Args:
        names: as click takes them.
        settings: the other arguments of `click.option`.
        old: names that are deprecated, as in "--judge".
        instead: what the note recommends in their place; "" for the option itself.
    """
    if not old:
        return click.option(*names, **settings)
    hidden = {f"old_{each.lstrip('-').replace('-', '_')}": each for each in old}
    kind = type("RenamedOption", (RenamedOption,), {"old": hidden, "instead": instead})
    shape = {name: settings[name] for name in ("is_flag", "multiple") if name in settings}
    if not shape.get("is_flag"):
        shape["type"] = click.UNPROCESSED

    def decorate(function: Any) -> Any:
        for name, spelled in hidden.items():
            function = click.option(spelled, name, hidden=True, expose_value=False, **shape)(function)
        return click.option(*names, cls=kind, **settings)(function)

    return decorate

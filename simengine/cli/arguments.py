"""What stands on the command line has to be text, unless it names a file."""

from __future__ import annotations

from typing import Any

import click

from simengine.errors import DataError
from simengine.text.checks import text_fault

PATHS = frozenset(
    (
        "base", "compare", "corpus", "cross_encoder", "dev_files", "first_model", "model", "nli", "reader",
        "recipe", "reranker", "similarity", "sources", "train_files",
    )
)  # fmt: skip
"""Parameters that may name a file or folder; such names need not be UTF-8."""


def with_checked_texts(command: click.Command) -> click.Command:
    """The command itself, whose text parameters refuse what is not UTF-8 with the parameter's name."""
    if isinstance(command, click.Group):
        for part in command.commands.values():
            with_checked_texts(part)
    for param in command.params:
        if isinstance(param.type, click.types.StringParamType) and param.name not in PATHS:
            _check(param)
    return command


def _check(param: click.Parameter) -> None:
    before = param.callback
    if getattr(before, "checks_texts", False):
        return  # the command was fetched before

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        several = isinstance(value, tuple)
        for number, text in enumerate(value if several else (value,), 1):
            if isinstance(text, str) and (fault := text_fault(text)):
                raise DataError(fault, _place(param) + (f" {number}" if several else ""))
        return value if before is None else before(ctx, param, value)

    callback.checks_texts = True  # type: ignore[attr-defined]
    param.callback = callback


def _place(param: click.Parameter) -> str:
    if isinstance(param, click.Option):
        return f"option {param.opts[-1]}"
    return f"argument {(param.name or '').upper()}"

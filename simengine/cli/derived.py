"""Command-line options made of the fields of a request (see `simengine.requests`): an option is declared once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from annotated_types import Ge, Gt, Le

from simengine.requests.fields import Help, field_types

F = TypeVar("F", bound=Callable[..., Any])


def request_options(
    request: Any,
    names: Mapping[str, Sequence[str]],
    *,
    to: str,
    defaults: Mapping[str, Any] | None = None,
    helps: Mapping[str, str] | None = None,
    envvars: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """A decorator that adds an option for each of some fields, and hands the command a request made of them.

    Args:
        request: a dataclass of `simengine.requests`.
        names: field to the option's names, in the order of the help; `()` stands for the field's own with dashes. A
            flag that is on by default takes "--name/--no-name".
        to: the command's parameter that gets a function from further fields (by keyword) to the request.
        defaults: other defaults than the fields'.
        helps: other help than the fields'.
        envvars: field to the environment variable that stands in for its option.

    Example:
        >>> from simengine.requests.ask import AnswerOptions
        >>> decorate = request_options(AnswerOptions, {"candidates": ("-k", "--candidates"), "faq": ()}, to="options")
    """
    types = field_types(request)
    known = {each.name: each for each in fields(request)}
    options = []
    for name, words in names.items():
        kind, optional, notes = types[name]
        field = known[name]
        default = field.default if field.default is not MISSING else None
        default = (defaults or {}).get(name, default)
        help_ = (helps or {}).get(name) or next((str(note) for note in notes if isinstance(note, Help)), None)
        spelled = words or (_spelled(name, kind, default),)
        settings = _settings(kind, notes, default, optional=optional)
        options.append(click.option(*spelled, name, help=help_, envvar=(envvars or {}).get(name), **settings))

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(**given: Any) -> Any:
            values = {name: _value(given.pop(name), known[name].default) for name in names}
            return function(**given, **{to: functools.partial(request, **values)})

        wrapped: Any = call
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return decorate


def _spelled(name: str, kind: Any, default: object) -> str:
    dashed = name.replace("_", "-")
    return f"--{dashed}/--no-{dashed}" if kind is bool and default is True else f"--{dashed}"


def _settings(kind: Any, notes: Sequence[object], default: object, *, optional: bool) -> dict[str, Any]:
    """What click needs to know of a field."""
    if kind is bool:
        return {"is_flag": True, "default": default, "show_default": default is True}
    if get_origin(kind) is tuple:
        return {"multiple": True}
    low = next((note for note in notes if isinstance(note, (Ge, Gt))), None)
    high = next((note.le for note in notes if isinstance(note, Le)), None)
    least = None if low is None else low.ge if isinstance(low, Ge) else low.gt
    type_: Any = kind
    if get_origin(kind) is Literal:
        type_ = click.Choice(list(get_args(kind)))
    elif kind is int:
        type_ = click.IntRange(least, None if high is not None and high > 10**9 else high)  # type: ignore[arg-type,operator]
    elif kind is float:
        type_ = click.FloatRange(least, high, min_open=isinstance(low, Gt))  # type: ignore[arg-type]
    return {"type": type_, "default": default, "show_default": not optional and default is not None}


def _value(given: Any, default: Any) -> Any:
    """Of options that may be repeated, none given means the default."""
    return default if given == () and isinstance(default, tuple) else given

"""Command-line options made of the fields of a request (see `simengine.requests`): an option is declared once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from annotated_types import Ge, Gt, Le, Lt

from simengine.cli.renamed import option
from simengine.requests.fields import Help, field_types

F = TypeVar("F", bound=Callable[..., Any])


def request_options(
    request: Any,
    names: Mapping[str, Sequence[str]],
    *,
    to: str,
    prefix: str = "",
    defaults: Mapping[str, Any] | None = None,
    helps: Mapping[str, str] | None = None,
    metavars: Mapping[str, str] | None = None,
    envvars: Mapping[str, str | Sequence[str]] | None = None,
    old: Mapping[str, Sequence[str]] | None = None,
) -> Callable[[F], F]:
    """A decorator that adds an option for each of some fields, and hands the command a request made of them.

    Args:
        request: a dataclass of `simengine.requests`.
        names: field to the option's names, in the order of the help; `()` stands for the field's own with dashes. A
            flag that is on by default takes "--name/--no-name". A tuple is an option that may be repeated; one that may
            be None is a list with commas.
        to: the command's parameter that gets a function from further fields (by keyword) to the request.
        prefix: of click's names of the parameters, where those of two requests would be the same.
        defaults: other defaults than the fields'.
        helps: other help than the fields'.
        metavars: what the help shows as the value.
        envvars: field to the environment variable, or variables, that stand in for its option.
        old: deprecated names; see `simengine.cli.renamed`.

    Example:
        >>> from simengine.requests.ask import AnswerOptions
        >>> decorate = request_options(AnswerOptions, {"candidates": ("-k", "--candidates"), "faq": ()}, to="options")
    """
    types = field_types(request)
    known = {each.name: each for each in fields(request)}
    options = []
    for name, words in names.items():
        kind, optional, notes = types[name]
        default = None if known[name].default is MISSING else known[name].default
        default = (defaults or {}).get(name, default)
        settings = _settings(kind, notes, default, optional=optional)
        settings["help"] = (helps or {}).get(name) or _help(notes)
        for setting, given in (("metavar", metavars), ("envvar", envvars)):
            if given and name in given:
                settings[setting] = given[name]
        spelled = words or (_spelled(name, kind, default),)
        options.append(option(*spelled, prefix + name, old=(old or {}).get(name, ()), settings=settings))

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(**given: Any) -> Any:
            values = {
                name: _value(given.pop(prefix + name), types[name][0], known[name].default) for name in names
            }
            return function(**given, **{to: functools.partial(request, **values)})

        wrapped: Any = call
        for add in reversed(options):
            wrapped = add(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return decorate


def _help(notes: Sequence[object]) -> str | None:
    """The last help, which is nearest to the field."""
    return next((str(note) for note in reversed(notes) if isinstance(note, Help)), None)


def _spelled(name: str, kind: Any, default: object) -> str:
    dashed = name.replace("_", "-")
    return f"--{dashed}/--no-{dashed}" if kind is bool and default is True else f"--{dashed}"


def _settings(kind: Any, notes: Sequence[object], default: object, *, optional: bool) -> dict[str, Any]:
    """What click needs to know of a field."""
    if kind is bool:
        return {"is_flag": True, "default": default, "show_default": default is True}
    if get_origin(kind) is tuple:
        if optional:
            return {"metavar": "A,B,C"}
        return {"multiple": True, "type": get_args(kind)[0]}
    low = next((note for note in notes if isinstance(note, (Ge, Gt))), None)
    high = next((note for note in notes if isinstance(note, (Le, Lt))), None)
    least = None if low is None else low.ge if isinstance(low, Ge) else low.gt
    most: Any = None if high is None else high.le if isinstance(high, Le) else high.lt
    type_: Any = kind
    if get_origin(kind) is Literal:
        type_ = click.Choice(list(get_args(kind)))
    elif kind is int:
        type_ = click.IntRange(least, None if most is not None and most > 10**9 else most)  # type: ignore[arg-type]
    elif kind is float:
        type_ = click.FloatRange(least, most, min_open=isinstance(low, Gt), max_open=isinstance(high, Lt))  # type: ignore[arg-type]
    return {"type": type_, "default": default, "show_default": not optional and default is not None}


def _value(given: Any, kind: Any, default: Any) -> Any:
    """Of options that may be repeated, none given means the default; a list with commas is taken apart."""
    if get_origin(kind) is tuple and isinstance(given, str):
        return tuple(part.strip() for part in given.split(","))
    return default if given == () and isinstance(default, tuple) else given

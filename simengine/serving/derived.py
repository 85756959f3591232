"""Fields of pydantic models, and parameters of tools, made of the fields of a request: an option is declared once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import reduce
from inspect import Parameter
from typing import Annotated, Any, TypeVar, get_args, get_origin

import pydantic
from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from simengine.requests.fields import Help, Ids, Pairs, Texts, Where, field_types

R = TypeVar("R")
M = TypeVar("M", bound=pydantic.BaseModel)


@dataclass(frozen=True, slots=True)
class Kinds:
    """What texts a front end takes.

    Attributes:
        text: a text that is not blank.
        identifier: of a document.
        where: a filter expression.
        named: what fields of some names take in place of `text`.
        nested: from a dataclass inside of requests to its model.
    """

    text: Any
    identifier: Any
    where: Any
    named: Mapping[str, Any] = field(default_factory=dict)
    nested: Mapping[type, type[pydantic.BaseModel]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Derived:
    """A field of a request as pydantic takes it.

    Attributes:
        kind: its type, with bounds and help.
        default: `...` where it has to be given.
    """

    kind: Any
    default: Any

    def parameter(self, name: str) -> Parameter:
        """The same as a parameter of a function that is called by names."""
        default = Parameter.empty if self.default is ... else self.default
        return Parameter(name, Parameter.KEYWORD_ONLY, annotation=self.kind, default=default)


def derived_fields(
    request: type[Any],
    kinds: Kinds,
    *,
    omit: Collection[str] = (),
    most: Mapping[str, int] | None = None,
    helps: Mapping[str, str] | None = None,
) -> dict[str, Derived]:
    """The fields of a request, with the bounds, helps and defaults that are declared there.

    Args:
        request: a dataclass of `simengine.requests`.
        kinds: of texts.
        omit: fields that callers cannot set.
        most: greatest values of numbers, and greatest lengths of lists.
        helps: other helps than the fields'.
    """
    found, limits, types = {}, most or {}, field_types(request)  # type: ignore[arg-type]
    for each in fields(request):
        if each.name in omit:
            continue
        declared, optional, notes = types[each.name]
        kind = _kind(each.name, declared, notes, kinds)
        bounds = [note for note in notes if isinstance(note, (Ge, Gt, Le, MinLen, MaxLen))]
        if each.name in limits:
            upper = MaxLen if get_origin(kind) is list else Le
            bounds = [*(note for note in bounds if not isinstance(note, upper)), upper(limits[each.name])]
        default = _default(each.default, each.default_factory, kind)
        bounded = reduce(lambda inner, bound: Annotated[inner, bound], bounds, kind)
        help_ = (helps or {}).get(each.name) or next(
            (str(note) for note in notes if isinstance(note, Help)), None
        )
        wanted = bounded | None if optional else bounded
        found[each.name] = Derived(Annotated[wanted, pydantic.Field(description=help_)], default)
    return found


def derived(
    request: type[Any],
    kinds: Kinds,
    *,
    omit: Collection[str] = (),
    most: Mapping[str, int] | None = None,
) -> Callable[[type[M]], type[M]]:
    """A decorator that adds the fields of a request to a model, which is then called as the request.

    `made_of` of the model is the request; see `made`.
    """

    def decorate(model: type[M]) -> type[M]:
        hidden = {*omit, *model.model_fields}
        added: dict[str, Any] = {
            name: (each.kind, each.default)
            for name, each in derived_fields(request, kinds, omit=hidden, most=most).items()
        }
        body = pydantic.create_model(
            request.__name__, __base__=model, __doc__=model.__doc__, __module__=model.__module__, **added
        )
        body.made_of = request  # type: ignore[attr-defined]
        return body

    return decorate


def made(
    request: type[R],
    given: Mapping[str, Any] | pydantic.BaseModel,
    more: Mapping[str, Any] | None = None,
) -> R:
    """A request of the values that a front end has.

    Args:
        request: a dataclass of `simengine.requests`.
        given: values by name; those that are not fields of the request are left out. Models inside of it have a
            method `request`.
        more: values in place of these.

    Raises:
        UsageError, DataError: as the request.
    """
    values = {**dict(given), **(more or {})}
    known = {each.name for each in fields(request)}  # type: ignore[arg-type]
    return request(**{name: _value(value) for name, value in values.items() if name in known})


def _kind(name: str, declared: Any, notes: tuple[Any, ...], kinds: Kinds) -> Any:
    text = kinds.named.get(name, kinds.text)
    for note in notes:
        if isinstance(note, Texts):
            return list[text]  # type: ignore[valid-type]
        if isinstance(note, Ids):
            return list[kinds.identifier]  # type: ignore[name-defined]
        if isinstance(note, Pairs):
            return dict[str, text]  # type: ignore[valid-type]
        if isinstance(note, Where):
            return kinds.where
    if is_dataclass(declared):
        return kinds.nested[declared]  # type: ignore[index]
    if get_origin(declared) is tuple:
        each, *rest = get_args(declared)
        return Annotated[list[each], MinLen(1 + len(rest)), MaxLen(1 + len(rest))]  # type: ignore[valid-type]
    return text if declared is str else declared


def _default(default: Any, factory: Any, kind: Any) -> Any:
    if default is MISSING and factory is MISSING:
        return ...
    value = factory() if default is MISSING else default
    if isinstance(value, tuple):
        return dict(value) if get_origin(kind) is dict else list(value)
    return kind() if is_dataclass(value) else value


def _value(given: Any) -> Any:
    """A value as requests take it."""
    if isinstance(given, list):
        return tuple(given)
    if isinstance(given, dict):
        return tuple(given.items())
    convert = getattr(given, "request", None)
    return given if convert is None else convert()

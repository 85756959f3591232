"""Training recipes from TOML files and from flags; where their data files are looked for."""

from __future__ import annotations

import copy
import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from simengine.corpus.sources import is_stream, refuse_special
from simengine.errors import RecipeError
from simengine.extras import needing
from simengine.paths import expand
from simengine.training.recipe import DataSource, Recipe

DATA_VARIABLE = "SIMENGINE_DATA"


def load_recipe(path: Path, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe.

    Args:
        path: a TOML file, or the name of one that comes with simengine ("minilm-nli"). Its data paths may be
            absolute, relative to the file, to the current folder or to the
            folder that the environment variable SIMENGINE_DATA names.
        overrides: dotted key → value, such as {"optimisation.epochs": 1}; they win over the file.

    Raises:
        RecipeError: the file cannot be read, or holds an unknown key or a value out of range.
    """
    packaged = Path(__file__).parent / "recipes" / f"{path}.toml"
    if path.suffix != ".toml" and len(path.parts) == 1 and packaged.is_file():
        path = packaged
    refuse_special(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: the recipe cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: the recipe is not TOML: {error}") from error
    return recipe_from_table(table, str(path), folder=path.parent, overrides=overrides)


def recipe_from_table(
    table: Mapping[str, Any],
    where: str,
    *,
    folder: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Recipe:
    """A recipe from plain values, every key and range checked, every data path found.

    Args:
        table: as a TOML file would give it.
        where: what error messages call it.
        folder: where relative data paths are looked for first.
        overrides: see `load_recipe`.

    Raises:
        RecipeError: see `load_recipe`.
    """
    values = copy.deepcopy(dict(table))
    for key, value in (overrides or {}).items():
        _set(values, key.split("."), value, where)
    recipe = _validate(values, where)
    held_out = tuple(_found(source, folder, where) for source in recipe.leakage.held_out)
    recipe = replace(
        recipe,
        train=tuple(_found(source, folder, where) for source in recipe.train),
        dev=tuple(_found(source, folder, where) for source in recipe.dev),
        leakage=replace(recipe.leakage, held_out=held_out),
    )
    _check_names(recipe, where)
    return recipe


def _validate(values: dict[str, Any], where: str) -> Recipe:
    with needing("train", "reading a training recipe", "pydantic"):
        from pydantic import TypeAdapter, ValidationError
    _check_keys(Recipe, values, where)
    try:
        recipe: Recipe = TypeAdapter(Recipe).validate_python(values)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'the recipe'} is {_shown(fault['input'])}: "
            f"{fault['msg']}"
            for fault in error.errors()
        ]
        raise RecipeError(f"{where}: " + "; ".join(dict.fromkeys(lines))) from error
    return recipe


def _check_keys(kind: Any, values: Any, where: str) -> None:
    """Refuse unknown keys, naming the nearest known one, through all nested tables."""
    if not isinstance(values, dict):
        return
    known = {item.name: item for item in fields(kind)}
    for key, value in values.items():
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f", did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"
            raise RecipeError(f"{where}: unknown key {key!r}{hint}")
        nested = _nested(kind, key)
        if nested is not None:
            for item in value if isinstance(value, list | tuple) else [value]:
                _check_keys(nested, item, f"{where} [{key}]")


def _nested(kind: Any, key: str) -> Any:
    from typing import get_args, get_type_hints

    todo = [get_type_hints(kind)[key]]
    while todo:
        hint = todo.pop()
        if is_dataclass(hint):
            return hint
        todo.extend(get_args(hint))
    return None


def _found(source: DataSource, folder: Path | None, where: str) -> DataSource:
    given = expand(source.path)
    data = os.environ.get(DATA_VARIABLE)
    roots = [folder, Path(), Path(data) if data else None]
    places = [given] if given.is_absolute() else [root / given for root in roots if root is not None]
    for place in places:
        if place.exists():
            if is_stream(place):
                raise RecipeError(
                    f"{where}: {source.path!r} is a pipe or a device; training reads its files twice"
                )
            name = source.name or (Path(place.parent.name) / place.name.split(".")[0]).as_posix()
            return replace(source, path=str(place), name=name)
    searched = ", ".join(dict.fromkeys(str(place) for place in places))
    hint = "" if data or given.is_absolute() else f"; {DATA_VARIABLE} may name the folder of the data sets"
    raise RecipeError(f"{where}: no file {source.path!r}; looked for {searched}{hint}")


def _check_names(recipe: Recipe, where: str) -> None:
    for part in (recipe.train, recipe.dev):
        names = [source.name for source in part]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise RecipeError(f"{where}: two sources are called {twice[0]!r}; give them different names")


def _set(values: dict[str, Any], keys: list[str], value: Any, where: str) -> None:
    *path, last = keys
    for key in path:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            raise RecipeError(f"{where}: {'.'.join(keys)} cannot be set, {key} is no table")
    values[last] = value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."

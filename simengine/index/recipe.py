"""Index recipes: which FAISS index to build, how to search it, and what is known about it. Read from TOML."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from simengine.corpus.sources import refuse_special
from simengine.errors import RecipeError

AUTO = "auto"
POINTS_PER_CENTROID = 39  # k-means below this is not well determined; FAISS warns from here on
DIMS_PER_CODE = (3, 4, 2, 5, 6, 8, 1)  # widths of a product quantiser's parts, best first; 1 always divides


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How an index is trained and filled.

    Attributes:
        train_size: most vectors that training sees, at least 1; a sample spread over all rows is drawn.
        ef_construction: HNSW's candidate list while building, at least 1 (FAISS's default is 40).
        max_nlist: most inverted lists, for recipes whose factory holds {nlist}.
    """

    train_size: int = 65_536
    ef_construction: int = 40
    max_nlist: int = 65_536


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How an index is searched.

    Attributes:
        over_fetch: candidates taken from the index for each hit asked for, at least 1; all are scored exactly from
            the stored vectors and the best are returned.
        min_candidates: fewest candidates taken, whatever k is.
        nprobe: inverted lists visited by a query, for IVF recipes.
        ef_search: HNSW's candidate list while searching.
    """

    over_fetch: float = 1.0
    min_candidates: int = 1
    nprobe: int = 16
    ef_search: int = 64


@dataclass(frozen=True, slots=True)
class Recipe:
    """A kind of candidate index.

    Attributes:
        name: as given to `--recipe`.
        description: one line for people.
        factory: a FAISS index factory string. {m} stands for the number of a product quantiser's parts and {nlist}
            for the number of inverted lists; both are chosen to fit. "Flat" means exact search, which needs no file.
        limits: what the recipe cannot do or where it is a poor choice.
        gpu: whether FAISS can train, fill and search it on a GPU.
        min_rows: below this many rows `build_index` searches exactly instead (there is too little to train on).
        auto_from: `choose_recipe` takes the recipe with the largest auto_from that n_rows reaches; -1 is never.
        build: how it is trained and filled.
        search: how it is searched.
    """

    name: str
    description: str
    factory: str
    limits: str = ""
    gpu: bool = False
    min_rows: int = 0
    auto_from: int = -1
    build: BuildOptions = BuildOptions()
    search: SearchOptions = SearchOptions()

    @property
    def exact(self) -> bool:
        """Whether searches scan the stored vectors themselves, so that nothing is built."""
        return self.factory == "Flat"


def list_recipes() -> list[Recipe]:
    """All recipes that come with simengine, by name."""
    return [_read(path) for path in sorted(_folder().glob("*.toml"))]


def load_recipe(name: str | Path) -> Recipe:
    """Read a recipe.

    Args:
        name: the name of a recipe that comes with simengine, or the path of a TOML file (it ends in .toml).

    Raises:
        RecipeError: no such recipe, or a key or value in it that is not known.
    """
    if str(name).endswith(".toml"):
        return _read(Path(name))
    path = _folder() / f"{name}.toml"
    names = sorted(found.stem for found in _folder().glob("*.toml"))
    if str(name) not in names:
        raise RecipeError(
            f"unknown recipe {str(name)!r:.60}{_nearest(str(name), [*names, AUTO])}; "
            f"there are {', '.join(names)}, and auto"
        )
    return _read(path)


def choose_recipe(n_rows: int, dimension: int) -> Recipe:
    """The recipe that "auto" means for an index of this size.

    The borders come from the table in indexes/README.md, measured at 384 dimensions; exact search reads the whole
    matrix, so its border is counted in values, not in rows.

    Args:
        n_rows: rows of the index.
        dimension: of its vectors.
    """
    automatic = sorted((r for r in list_recipes() if r.auto_from >= 0), key=lambda r: r.auto_from)
    equivalent_rows = n_rows * dimension // 384
    return [r for r in automatic if r.auto_from <= equivalent_rows or r.auto_from == 0][-1]


def resolve_factory(recipe: Recipe, n_rows: int, dimension: int) -> tuple[str, tuple[str, ...]]:
    """The factory string with its placeholders filled for this size, and notes on what had to be adapted.

    Raises:
        RecipeError: a fixed number of parts in the factory string does not divide the dimension.
    """
    notes: list[str] = []
    values: dict[str, int] = {}
    if "{m}" in recipe.factory:
        width = next(width for width in DIMS_PER_CODE if dimension % width == 0)
        values["m"] = dimension // width
    if "{nlist}" in recipe.factory:
        wanted = min(recipe.build.max_nlist, 2 ** round(math.log2(4 * math.sqrt(max(n_rows, 1)))))
        possible = max(1, n_rows // POINTS_PER_CENTROID)
        values["nlist"] = min(wanted, 2 ** int(math.log2(possible)))
        if values["nlist"] < wanted:
            notes.append(
                f"{values['nlist']} inverted lists instead of {wanted}: "
                f"k-means needs {POINTS_PER_CENTROID} vectors a list"
            )
    factory = recipe.factory.format(**values)
    for part in factory.split(","):
        if part.startswith("PQ") and "x" in part and part[2 : part.index("x")].isdigit():
            parts = int(part[2 : part.index("x")])
            if dimension % parts:
                raise RecipeError(
                    f"recipe {recipe.name}: {part} cuts vectors into {parts} parts, which does not divide the "
                    f"dimension {dimension}; write PQ{{m}} to let a fitting number be chosen"
                )
    return factory, tuple(notes)


def recipe_to_table(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain values, for a manifest: an index keeps its recipe when the file that it came from changes."""
    return asdict(recipe)


def recipe_from_table(table: Mapping[str, Any], where: str) -> Recipe:
    """A recipe from plain values: what `recipe_to_table` made, or a TOML file's content.

    Args:
        table: its keys; only name, description and factory are required.
        where: the file's path, for error messages.

    Raises:
        RecipeError: a key or value that is not known.
    """
    values = dict(table)
    build = _options(BuildOptions, values.pop("build", {}), f"{where} [build]")
    search = _options(SearchOptions, values.pop("search", {}), f"{where} [search]")
    recipe: Recipe = _options(Recipe, values, where, build=build, search=search)
    try:
        recipe.factory.format(m=1, nlist=1)
    except (KeyError, IndexError, ValueError) as error:
        raise RecipeError(
            f"{where}: factory {recipe.factory!r} holds a placeholder other than {{m}} and {{nlist}}"
        ) from error
    return recipe


def _folder() -> Path:
    """Where the recipes lie: in the installed package, else in the checkout's indexes/."""
    packaged = Path(__file__).parent / "recipes"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "indexes"


def _nearest(given: str, known: list[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _read(path: Path) -> Recipe:
    refuse_special(path)
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except OSError as error:
        raise RecipeError(f"{path}: the recipe cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: the recipe is not TOML: {error}") from error
    table.setdefault("name", path.stem)
    return recipe_from_table(table, str(path))


def _options(kind: Any, table: Any, where: str, **done: Any) -> Any:
    """One dataclass from one TOML table, every key and type checked."""
    if not isinstance(table, dict):
        raise RecipeError(f"{where} is {table!r}; expected a table")
    table = dict(table)
    types = {field.name: field.type for field in fields(kind) if field.name not in done}
    for key, value in list(table.items()):
        if key not in types:
            raise RecipeError(f"{where}: unknown key {key!r}{_nearest(key, [*types, *done])}")
        wanted = types[key]
        if wanted == "float" and type(value) is int:
            table[key] = float(value)
        elif type(value).__name__ != wanted:
            raise RecipeError(f"{where}: {key} is {value!r}; expected {wanted}")
        if kind is not Recipe and value < 1:
            raise RecipeError(f"{where}: {key} is {value!r}; expected at least 1")
    for required in ("name", "description", "factory"):
        if required in types and not table.get(required):
            raise RecipeError(f"{where}: {required} is missing")
    return kind(**table, **done)

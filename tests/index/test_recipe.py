"""Recipes: what is read, what is refused, what auto chooses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simengine.errors import RecipeError
from simengine.index.recipe import (
    IndexRecipe,
    choose_recipe,
    list_recipes,
    load_recipe,
    recipe_from_dict,
    recipe_to_dict,
    resolve_factory,
)

GOOD = 'description = "d"\nfactory = "SQ8"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_recipe_says_what_it_is_and_where_it_is_poor() -> None:
    recipes = list_recipes()
    assert {"flat", "hnsw", "ivf-flat", "ivf-sq8", "ivf-pq-fastscan", "pq-fastscan", "sq8"} <= {
        r.name for r in recipes
    }
    for recipe in recipes:
        assert recipe.description
        assert recipe.limits
        assert load_recipe(recipe.name) == recipe
        assert recipe_from_dict(json.loads(json.dumps(recipe_to_dict(recipe))), "manifest.json") == recipe


def test_a_recipe_of_ones_own_is_read_from_its_path(tmp_path: Path) -> None:
    recipe = load_recipe(
        written(tmp_path, GOOD + "gpu = false\n[search]\nover_fetch = 3\n[build]\ntrain_size = 9\n")
    )
    assert (recipe.name, recipe.factory, recipe.search.over_fetch, recipe.build.train_size) == (
        "mine",
        "SQ8",
        3.0,
        9,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "gppu = true\n", "unknown key 'gppu', did you mean 'gpu'"),
        (GOOD + "[search]\nnprobes = 3\n", "unknown key 'nprobes', did you mean 'nprobe'"),
        (GOOD + "[serach]\nnprobe = 3\n", "unknown key 'serach', did you mean 'search'"),
        (GOOD + "[search]\nnprobe = 0\n", "expected at least 1"),
        (GOOD + '[search]\nnprobe = "9"\n', "expected int"),
        (GOOD + "gpu = 1\n", "expected bool"),
        (GOOD + "search = 1\n", "expected a table"),
        ('description = "d"\n', "factory is missing"),
        ('description = "d"\nfactory = "PQ{bits}"\n', "placeholder"),
        ("factory = ", "not TOML"),
    ],
)
def test_a_faulty_recipe_is_refused_with_the_reason(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        load_recipe(written(tmp_path, text))


def test_an_unknown_name_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="did you mean 'hnsw'"):
        load_recipe("hnws")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match="unknown recipe"):
        load_recipe("../indexes/flat")


@pytest.mark.parametrize(
    ("n_rows", "dimension", "name"),
    [
        (0, 384, "flat"),
        (5_000, 384, "flat"),
        (100_000, 384, "pq-fastscan"),
        (100_000, 32, "flat"),
        (1_000_000, 384, "pq-fastscan"),
        (2_000_000, 384, "ivf-pq-fastscan"),
    ],
)
def test_auto_chooses_by_the_number_of_values(n_rows: int, dimension: int, name: str) -> None:
    assert choose_recipe(n_rows, dimension).name == name


@pytest.mark.parametrize(
    ("dimension", "parts"),
    [(384, 128), (768, 256), (1024, 256), (256, 64), (100, 25), (50, 25), (7, 7), (25, 5)],
)
def test_a_number_of_parts_that_divides_the_dimension_is_chosen(dimension: int, parts: int) -> None:
    assert resolve_factory(load_recipe("pq-fastscan"), 1_000, dimension) == (f"PQ{parts}x4fs", ())


def test_a_fixed_number_of_parts_that_does_not_divide_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"PQ\{m\}"):
        resolve_factory(IndexRecipe("mine", "d", "PQ96x4fs"), 1_000, 100)


def test_lists_are_as_many_as_k_means_can_fill_and_a_note_says_so() -> None:
    recipe = IndexRecipe("mine", "d", "IVF{nlist},Flat")
    assert resolve_factory(recipe, 1_000_000, 8) == ("IVF4096,Flat", ())
    factory, notes = resolve_factory(recipe, 5_000, 8)
    assert factory == "IVF128,Flat"
    assert notes == ("128 inverted lists instead of 256: k-means needs 39 vectors a list",)
    assert resolve_factory(recipe, 1, 8)[0] == "IVF1,Flat"

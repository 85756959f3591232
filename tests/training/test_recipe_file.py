"""Recipes from TOML: what is refused, and where data files are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from simengine.errors import RecipeError
from simengine.training.recipe_file import load_recipe, recipe_from_dict


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "sets").mkdir()
    for name in ("train", "dev"):
        (tmp_path / "sets" / f"{name}.jsonl").write_text("{}\n", encoding="utf-8")
    return tmp_path


def table(**more: object) -> dict[str, object]:
    return {"task": "nli", "train": [{"path": "sets/train.jsonl"}], **more}


def test_toml_file_is_read_with_defaults_and_overrides(data: Path) -> None:
    path = data / "mine.toml"
    path.write_text(
        'task = "similarity"\n[optimisation]\nepochs = 2\n[[train]]\npath = "sets/train.jsonl"\nlimit = 5\n'
        '[[dev]]\npath = "sets/dev.jsonl"\n',
        encoding="utf-8",
    )
    recipe = load_recipe(path, {"optimisation.epochs": 0.5, "freezing.layers": 2})
    assert (recipe.task, recipe.optimisation.epochs, recipe.freezing.layers) == ("similarity", 0.5, 2)
    assert recipe.optimisation.batch_size == 32
    assert recipe.train[0].limit == 5
    assert Path(recipe.train[0].path) == data / "sets" / "train.jsonl"
    assert [source.name for source in (*recipe.train, *recipe.dev)] == ["sets/train", "sets/dev"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimisaton": {}}, "unknown key 'optimisaton', did you mean 'optimisation'"),
        ({"optimisation": {"epoch": 1}}, "unknown key 'epoch', did you mean 'epochs'"),
        ({"train": [{"path": "sets/train.jsonl", "limt": 1}]}, "did you mean 'limit'"),
        ({"optimisation": {"epochs": 0}}, "optimisation.epochs is 0"),
        ({"optimisation": {"epochs": "three"}}, "optimisation.epochs is 'three'"),
        ({"task": "nil"}, "task is 'nil'"),
        ({"peft": {"method": "adapter"}}, "peft.method is 'adapter'"),
        ({"train": []}, "train is"),
        ({"train": [{"path": "nowhere.jsonl"}]}, "no file 'nowhere.jsonl'; looked for"),
        ({"distillation": {}}, "distillation.teacher"),
        ({"train": [{"path": "sets/train.jsonl"}] * 2}, "two sources are named"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(data: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message.replace(".", r"\.")):
        recipe_from_dict(table(**change), "mine", folder=data)


def test_data_is_found_below_the_folder_that_the_environment_names(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(RecipeError, match="SIMENGINE_DATA may name the folder"):
        recipe_from_dict(table(), "mine")
    monkeypatch.setenv("SIMENGINE_DATA", str(data))
    assert recipe_from_dict(table(), "mine").train[0].path == str(data / "sets" / "train.jsonl")


def test_missing_broken_and_foreign_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml: the recipe cannot be read"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("task = [", encoding="utf-8")
    with pytest.raises(RecipeError, match="is not TOML"):
        load_recipe(tmp_path / "bad.toml")


def test_as_dict_can_be_read_again(data: Path) -> None:
    recipe = recipe_from_dict(
        table(peft={"rank": 4}, loss={"class_weights": {"neutral": 2.0}}), "mine", folder=data
    )
    assert recipe_from_dict(recipe.to_dict(), "again") == recipe

"""Models by the names that clients may use."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from simengine.engine.loaded import LoadedModels
from simengine.engine.models import Models
from simengine.serving.catalogue import Catalogue
from simengine.serving.naming import UnknownModelError, find_model, served_models
from simengine.serving.telling import public_name
from simengine.store.settings import IndexSettings

SETTINGS = IndexSettings("all-MiniLM-L6-v2", "f" * 64, 384, 256, 254, 32, created="2026-01-02T00:00:00+00:00")


def index(name: str, settings: IndexSettings, judge: str | None = None) -> Any:
    models = LoadedModels(Models(reranker=judge))
    return SimpleNamespace(name=name, engine=SimpleNamespace(settings=settings), models=models)


def catalogue(*indexes: Any) -> Catalogue:
    return Catalogue(cast("list[Any]", list(indexes)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("all-MiniLM-L6-v2", "all-MiniLM-L6-v2"),
        ("intfloat/e5-small", "intfloat/e5-small"),
        ("/srv/models/mine", "mine"),
        ("/srv/models/mine/", "mine"),
        ("./mine", "mine"),
        ("../mine", "mine"),
        ("~/mine", "mine"),
        ("runs/nli/model", "model"),
        (".", "."),
        ("/", "/"),
    ],
)
def test_names_of_hubs_stay_and_of_paths_the_last_part(given: str, expected: str) -> None:
    assert public_name(given) == expected


def test_indexes_of_one_encoder_share_its_entry() -> None:
    later = replace(SETTINGS, created="2026-03-01T00:00:00+00:00")
    models = served_models(catalogue(index("a", later), index("b", SETTINGS)))
    assert [(model.id, model.task) for model in models] == [
        ("all-MiniLM-L6-v2", "embeddings"),
        ("minilm-relevance", "rerank"),
    ]
    assert [served.name for served in models[0].indexes] == ["a", "b"]
    assert (models[0].dimension, models[0].max_tokens) == (384, 256)
    assert models[0].created_s == 1_767_312_000  # the earlier of both


def test_other_weights_of_the_same_name_get_another_id() -> None:
    other = replace(SETTINGS, fingerprint="0123456789" * 6 + "abcd", model_name="/srv/all-MiniLM-L6-v2")
    models = served_models(catalogue(index("a", SETTINGS), index("b", other)))
    assert [model.id for model in models[:2]] == ["all-MiniLM-L6-v2", "all-MiniLM-L6-v2@01234567"]


def test_a_model_is_found_by_its_whole_name_and_by_its_last_part() -> None:
    known = catalogue(index("a", replace(SETTINGS, model_name="intfloat/e5-small"), "/srv/runs/judge"))
    assert find_model(known, "embeddings", "intfloat/e5-small").id == "intfloat/e5-small"
    assert find_model(known, "embeddings", "e5-small").id == "intfloat/e5-small"
    assert find_model(known, "rerank", None).id == "judge"


def test_an_unknown_model_is_refused_with_the_names_of_the_known_ones() -> None:
    known = catalogue(index("a", SETTINGS))
    with pytest.raises(
        UnknownModelError, match="'gpt-9' is served for embeddings; there is: all-MiniLM-L6-v2"
    ):
        find_model(known, "embeddings", "gpt-9")
    with pytest.raises(UnknownModelError, match="minilm-relevance"):
        find_model(known, "rerank", "all-MiniLM-L6-v2")


def test_an_index_that_does_not_say_when_it_was_built_counts_as_the_beginning_of_time() -> None:
    assert served_models(catalogue(index("a", replace(SETTINGS, created=""))))[0].created_s == 0

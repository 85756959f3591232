"""Requests check their fields, name the wrong one, and group options."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simengine.requests
from simengine import Rerank
from simengine.errors import DataError, UsageError
from simengine.requests.ask import AnswerOptions, AskRequest
from simengine.requests.conflicts import ContradictionOptions, ContradictionsRequest, DuplicatesRequest
from simengine.requests.fields import Help, field_types
from simengine.requests.index import IndexOptions
from simengine.requests.pairs import ClassifyRequest, ScoreRequest
from simengine.requests.recommend import RecommendRequest
from simengine.requests.search import SearchOptions, SearchRequest, SimilarRequest


def requests() -> list[type]:
    """All dataclasses of the package."""
    modules = [
        importlib.import_module(each.name)
        for each in pkgutil.iter_modules(simengine.requests.__path__, "simengine.requests.")
    ]
    values = [(module, value) for module in modules for value in vars(module).values()]
    return [
        value
        for module, value in values
        if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__
    ]


@pytest.mark.parametrize("request_", requests(), ids=lambda kind: kind.__name__)
def test_a_request_is_frozen_and_its_fields_can_be_read(request_: Any) -> None:
    assert request_.__dataclass_params__.frozen
    assert field_types(request_).keys() == {field.name for field in fields(request_)}
    assert request_.__doc__
    helps = [
        note for _, _, notes in field_types(request_).values() for note in notes if isinstance(note, Help)
    ]
    assert all(text.endswith((".", "]", "`.")) or ":" in text for text in helps), helps


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SearchOptions(k=0), "k is 0; expected a whole number of at least 1"),
        (
            lambda: SearchOptions(k=2**31),
            "k is 2147483648; expected a whole number between 1 and 2,147,483,647",
        ),
        (lambda: SearchOptions(k=True), "k is True"),
        (lambda: SearchOptions(k="3"), "k is '3'"),  # type: ignore[arg-type]
        (lambda: SearchOptions(mode="fuzzy"), "mode is 'fuzzy'; expected one of hybrid, dense, lexical"),  # type: ignore[arg-type]
        (lambda: SearchOptions(where=3), "where is 3; expected a filter expression"),  # type: ignore[arg-type]
        (lambda: SearchOptions(exact="no"), "exact is 'no'; expected True or False"),  # type: ignore[arg-type]
        (lambda: Rerank(weight=1.5), "weight is 1.5; expected a number between 0 and 1"),
        (lambda: Rerank(budget_ms=0), "budget_ms is 0; expected a number above 0"),
        (lambda: Rerank(labels="yes"), "put it in a list"),  # type: ignore[arg-type]
        (lambda: AnswerOptions(precision=0.9, threshold=0.5), "a precision or a threshold, not both"),
        (lambda: AskRequest(questions=("a", "b"), history=("c",)), "a history belongs to one question"),
        (lambda: RecommendRequest(liked=("a", None)), "id 2 is None"),  # type: ignore[arg-type]
        (lambda: ScoreRequest((("a",),)), "pair 1 is"),  # type: ignore[arg-type]
        (lambda: ContradictionOptions(min_cosine=2), "min_cosine is 2; expected a number between -1 and 1"),
        (lambda: SimilarRequest("  "), "document_id is blank"),
        (lambda: IndexOptions(chunk_tokens=0), "chunk_tokens is 0"),
    ],
)
def test_a_wrong_field_is_named(make: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        make()


def test_texts_that_cannot_be_stored_are_data_errors() -> None:
    with pytest.raises(DataError):
        SearchRequest(queries=("\ud800",))


def test_values_are_converted_to_the_declared_types() -> None:
    request = SearchRequest(k=np.int64(3), queries=["a", "b"], collapse=np.bool_(True))  # type: ignore[arg-type]
    assert (request.k, request.queries, request.collapse) == (3, ("a", "b"), True)
    assert [type(value) for value in (request.k, request.collapse)] == [int, bool]
    assert RecommendRequest(liked=[7]).liked == ("7",)  # type: ignore[arg-type, list-item]
    assert ClassifyRequest(("a",), ("x", "y"), descriptions=[["x", "about x"]]).descriptions == (  # type: ignore[arg-type, list-item]
        ("x", "about x"),
    )


def test_a_request_is_made_of_options_and_returns_them() -> None:
    options = AnswerOptions(candidates=3, faq="never")
    assert AskRequest.of(options, questions=("Why?",)).options() == options
    conflicts = ContradictionOptions(neighbours=2)
    assert ContradictionsRequest.of(conflicts, where="a == 1").options() == conflicts
    assert DuplicatesRequest(min_cosine=0.9).options().min_cosine == 0.9
    search = SearchRequest(k=3, queries=("a",), rerank=Rerank(), where="x > 1")
    assert search.options() == SearchOptions(k=3, where="x > 1")


def test_a_folder_is_named_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Rerank("model").model == str(tmp_path / "model")
    assert Rerank("org/model").model == "org/model"

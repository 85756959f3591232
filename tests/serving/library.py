"""A tiny library with models that answer in microseconds, for the tests of all fronts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.engine import Engine
from simengine.types import Document
from tests.faults.encoder import load_word_encoder
from tests.qa.fakes import TableModel

TOWER = "When was the tower built?"
DOCUMENTS = [
    Document("tower", "The tower was built in 1889. It is 300 metres high.", "The tower", {"year": 1889}),
    Document("cats", "Cats purr when they are content.", "", {"year": 2001, "tags": ["animals", "pets"]}),
    Document("dogs", "Dogs bark when they are not content.", "", {"year": 2002, "tags": ["animals", "pets"]}),
    Document("rates", "The central bank raised interest rates.", "Money <b>now</b>", {"year": 2022}),
    Document("market", "The stock market fell sharply.", "", {"year": 2021, "nested": {"a": [1, None, 0.5]}}),
    Document("violent", "A film of blood and war.", "War", {"year": 1999, "kind": "film"}),
    Document("quiet", "A film of cats and dogs who are content.", "Peace", {"year": 2000, "kind": "film"}),
    Document("猫", "猫喜欢在阳光下睡觉。", "", {"year": 2020, "language": "zh"}),
    Document("=cmd|' /C calc'!A0", "<script>alert(1)</script> is text here.", "<img src=x>", {"year": 3}),
]
RULES = (
    ("1889", "tower built", "entailment"),
    ("1889", "The tower was built in 1889.", "entailment"),
    ("1889", "The tower was built in 1920.", "contradiction"),
    ("1889", TOWER, "entailment"),
    ("blood", "The film is violent.", "entailment"),
    ("guitar", "makes music", "entailment"),
    ("guitar", "Nobody", "contradiction"),
)


def load_table_judge(name: str | None, **options: object) -> TableModel:
    """In place of `load_cross_encoder`."""
    return TableModel(*RULES)


@contextmanager
def word_models() -> Iterator[None]:
    """Inside it engines load the word encoder, and judges read the table."""
    with pytest.MonkeyPatch.context() as patch:
        patch_models(patch.setattr)
        yield


def patch_models(set_attribute: object) -> None:
    """As `word_models`, for a process of its own; `set_attribute` takes a dotted name and a value."""
    assert callable(set_attribute)
    set_attribute("simengine.engine.encoder.load_encoder", load_word_encoder)
    set_attribute("simengine.engine.loaded.load_cross_encoder", load_table_judge)


def graded_model(set_attribute: object) -> None:
    """Inside `word_models`: the model "graded" is one for similarity, which reads the logit after the word "score"."""

    def load(name: str | None, **options: object) -> CrossEncoder:
        return ScoreModel() if name == "graded" else load_table_judge(name, **options)

    assert callable(set_attribute)
    set_attribute("simengine.engine.loaded.load_cross_encoder", load)


class ScoreModel(TableModel):
    """One output: the number after the word "score" in either text, else -3."""

    def __init__(self) -> None:
        super().__init__()
        self.labels, self.activation = ("score",), "Sigmoid"

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        found = super()._predict(pairs)
        numbers = [re.search(r"score (-?\d+)", " ".join(pair)) for pair in pairs]
        logits = np.asarray([[float(each[1]) if each else -3.0] for each in numbers], np.float32)
        return replace(found, logits=logits)


def build_library(path: Path) -> Engine:
    """The documents, indexed; the caller closes the engine."""
    return Engine.build(DOCUMENTS, path)

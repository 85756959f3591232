"""The parts of an engine's answers, and what was fitted for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simengine.engine import Engine
from simengine.engine.answering import AnswerModels, fit_answers, open_answerer, store_decision
from simengine.errors import UsageError
from simengine.qa.fitting import LabelledQuestion
from simengine.requests.ask import AnswerOptions
from simengine.types import Document
from tests.faults.encoder import load_word_encoder
from tests.qa.fakes import TableModel

WHEN = "When was the tower built?"
TOWER = Document("tower", "The tower was built in 1889. It is 300 metres high.")


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    monkeypatch.setattr(
        "simengine.engine.answering.load_cross_encoder",
        lambda *args, **options: TableModel(("1889", "tower built", "entailment")),
    )


def test_what_is_fitted_counts_for_whoever_answers_next_and_outlives_a_compaction(tmp_path: Path) -> None:
    with Engine.build([TOWER], tmp_path / "index") as engine:
        plain = open_answerer(engine, engine.path)
        assert not plain.ask(WHEN).calibrated
        labelled = [
            LabelledQuestion(f"{WHEN} {n}" if n % 2 else f"Who knows? {n}", ("1889",) if n % 2 else ())
            for n in range(60)
        ]
        store_decision(engine.path, fit_answers(plain, labelled))
        answer = open_answerer(engine, engine.path).ask(f"{WHEN} 1")
        assert answer.calibrated
        assert answer.text == "The tower was built in 1889."
        engine.compact()
        assert open_answerer(engine, engine.path).ask(f"{WHEN} 1") == answer


def test_names_of_outputs_must_be_as_many_as_outputs(tmp_path: Path) -> None:
    with Engine.build([TOWER], tmp_path / "index") as engine:
        turned = AnswerModels(labels=("contradiction", "neutral", "entailment"))
        assert open_answerer(engine, engine.path, turned).ask(WHEN).scores["relevance"] < 0.1
        with pytest.raises(UsageError, match="the model has 3:"):
            open_answerer(engine, engine.path, AnswerModels(labels=("entailment", "neutral")))
        with pytest.raises(UsageError, match="nothing was fitted"):
            open_answerer(engine, engine.path, options=AnswerOptions(precision=0.9))

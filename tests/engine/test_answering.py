"""An engine's answers, and the decision fitted for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simengine import Models, NLIModel
from simengine.engine import Engine
from simengine.errors import UsageError
from simengine.qa.fitting import LabelledQuestion
from simengine.requests.ask import AnswerOptions
from simengine.types import Document
from tests.faults.encoder import WordEncoder
from tests.qa.fakes import TableModel

WHEN = "When was the tower built?"
TOWER = Document("tower", "The tower was built in 1889. It is 300 metres high.")


def models() -> Models:
    return Models(WordEncoder(), NLIModel(TableModel(("1889", "tower built", "entailment"))))


def test_a_fitted_decision_is_used_by_later_engines_and_outlives_a_compaction(tmp_path: Path) -> None:
    with Engine.build([TOWER], tmp_path / "index", models=models()) as engine:
        assert not engine.ask(WHEN).calibrated
        labelled = [
            LabelledQuestion(f"{WHEN} {n}" if n % 2 else f"Who knows? {n}", ("1889",) if n % 2 else ())
            for n in range(60)
        ]
        engine.fit_answers(labelled)
        answer = engine.ask(f"{WHEN} 1")
        assert answer.calibrated
        assert answer.text == "The tower was built in 1889."
        engine.compact()
        assert engine.ask(f"{WHEN} 1") == answer


def test_a_precision_without_a_fit_and_unknown_fields_are_refused(tmp_path: Path) -> None:
    with Engine.build([TOWER], tmp_path / "index", models=models()) as engine:
        with pytest.raises(UsageError, match="nothing was fitted"):
            engine.ask(WHEN, options=AnswerOptions(precision=0.9))
        engine.add([Document("more", "Text.", "", {"faq": "a question?"})])
        with pytest.raises(UsageError, match="no document has a field 'q'"):
            engine.ask(WHEN, options=AnswerOptions(question_fields=("q",)))

"""Contradictions, duplicates, labels and monitors with and without an index, by models whose answers are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from simengine import Document, Engine, Models, TextEngine
from simengine.calibration.calibration import Calibration
from simengine.engine.evaluating import kind_of, with_default
from simengine.errors import UsageError
from simengine.models.fingerprint import Fingerprint
from simengine.reasoning.contradictions import find_contradictions
from simengine.reasoning.duplicates import find_duplicates
from simengine.reasoning.zero_shot import ZeroShotClassifier
from simengine.requests.conflicts import ContradictionOptions, ContradictionsRequest, DuplicateOptions
from simengine.requests.monitor import MonitorOptions, StreamText
from simengine.requests.pairs import ClassifyRequest
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import WordEncoder, load_word_encoder
from tests.reasoning.judges import CONTRADICTS, ENTAILS, TableJudge
from tests.reasoning.keyword_model import keyword_nli

OPEN, CLOSED, AGAIN = "The shop is open today.", "The shop is closed today.", "Today the shop is open."
NLI = "simengine.engine.loaded.LoadedModels.nli"
OPTIONS = ContradictionOptions(min_cosine=0.0, rule="either", min_probability=0.9)


class Judge(TableJudge):
    def __init__(self) -> None:
        super().__init__()
        self.model = SimpleNamespace(fingerprint=Fingerprint.from_parts({}))
        self.both(OPEN, CLOSED, CONTRADICTS).both(OPEN, AGAIN, ENTAILS)


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    monkeypatch.setattr(NLI, lambda *given: Judge())


@pytest.fixture
def texts() -> Iterator[TextEngine]:
    with TextEngine(Models(offline=True)) as engine:
        yield engine


def documents(*given: str) -> list[Document]:
    return [Document(f"d{number}", text) for number, text in enumerate(given)]


def test_documents_that_are_given_need_no_index(texts: TextEngine) -> None:
    read = documents(OPEN, CLOSED, AGAIN)
    encode, judge = WordEncoder().encode, Judge()
    expected = find_contradictions(read, encode=encode, judge=judge, options=OPTIONS)
    assert texts.contradictions(read, options=OPTIONS) == expected
    assert len(expected.conflicts) == 1
    options = DuplicateOptions(min_cosine=0.0)
    same = find_duplicates(read, encode=encode, judge=judge, options=options)
    assert texts.duplicates(read, options=options) == same
    assert [group.id for group in same.groups] == ["d0"]


def test_mappings_and_texts_are_documents_too(texts: TextEngine) -> None:
    found = texts.contradictions([{"id": "a", "text": OPEN}, CLOSED], options=OPTIONS).conflicts
    assert [each.claim1.document_id for each in found] == ["a"]


def test_two_sides_are_compared_with_each_other_only(texts: TextEngine) -> None:
    assert not texts.contradictions(
        documents(OPEN, CLOSED), against=[Document("x", "Rain falls often.")], options=OPTIONS
    ).conflicts
    (found,) = texts.contradictions(
        documents(OPEN, "Rain falls often."), against=[Document("x", CLOSED)], options=OPTIONS
    ).conflicts
    assert (found.claim1.document_id, found.claim2.document_id) == ("d0", "x")


def test_without_documents_and_without_an_index_it_says_what_to_give(texts: TextEngine) -> None:
    for ask in (texts.contradictions, texts.duplicates):
        with pytest.raises(UsageError, match="needs documents, or an index"):
            ask()
    with pytest.raises(UsageError, match="give it or documents"):
        ContradictionsRequest(where="a == 1", documents=[])


def test_an_index_is_looked_through_and_may_be_one_of_two_sides(tmp_path: Path) -> None:
    with Engine.build(documents(OPEN, CLOSED), tmp_path / "index") as engine:
        assert len(engine.contradictions(options=OPTIONS).conflicts) == 1
        assert not engine.contradictions(where='_id == "d0"', options=OPTIONS).conflicts
        (found,) = engine.contradictions(against=[Document("x", CLOSED)], options=OPTIONS).conflicts
        assert found.claim2.document_id == "x"
        assert not engine.contradictions([Document("x", CLOSED)], options=OPTIONS).conflicts


def test_without_a_guard_no_nli_model_is_loaded(texts: TextEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NLI, lambda *given: pytest.fail("loaded"))
    found = texts.duplicates(documents(OPEN, AGAIN), options=DuplicateOptions(min_cosine=0.0, guard=None))
    assert not found.guarded
    assert [member.kind for member in found.groups[0].members] == ["near"]


def test_texts_that_the_model_cannot_read_are_noted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judge, "readings", ascii_readings, raising=False)
    said: list[str] = []
    with TextEngine(Models(offline=True), note=said.append) as engine:
        engine.contradictions(documents("租期为三年。", "租期为5年。"), options=OPTIONS)
    (line,) = said
    assert "does not know the characters of '租期为三年。'" in line


def test_labels_go_through_a_calibration(texts: TextEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    nli = keyword_nli({"sport": 5.0, "bank": 4.0})
    monkeypatch.setattr(NLI, lambda *given: nli)
    made = Calibration(
        "platt", nli.model.fingerprint.digest, "classification", "probability",
        {"slope": 0.5, "intercept": -1.0}, 100, "x", "2026-11-22", 0.2, 0.02, 0.5,
    )  # fmt: skip
    request: Callable[..., Any] = ClassifyRequest
    asked = request(("a day of sport",), ("sport", "bank"), calibration=made.to_dict())
    expected = ZeroShotClassifier(nli, calibration=made, encoder=WordEncoder()).classify(
        asked.texts, asked.labels
    )
    assert texts.run(asked) == expected
    assert expected[0].calibrated
    with pytest.raises(UsageError, match="give at least two labels"):
        request(("a",), ("sport",))
    assert texts.classify(["a day of sport"], ["sport"], multi_label=True)[0].labels == ("sport",)


def test_a_monitor_goes_on_from_its_state_with_the_same_options(
    texts: TextEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NLI, lambda *given: keyword_nli({"price": 6.0, "outage": 6.0}))
    options = MonitorOptions(("price", "outage"), window=20)
    stream = [StreamText("a price")] * 100 + [StreamText("an outage")] * 40
    whole = texts.monitor(options)
    alerts = whole.add(stream)
    assert alerts
    first = texts.monitor(options)
    begun = first.add(stream[:70])
    assert [*begun, *texts.monitor(options, first.state()).add(stream[70:])] == alerts
    with pytest.raises(UsageError, match="other topics"):
        texts.monitor(MonitorOptions(("price", "weather"), window=20), first.state())


def test_a_model_for_a_task_is_the_named_one_or_the_one_that_ships() -> None:
    assert with_default(Models(), "nli").encoder_name == "minilm-nli"
    assert with_default(Models(), "rerank").encoder_name == "minilm-relevance"
    assert with_default(Models("own/model"), "nli").encoder_name == "own/model"
    assert kind_of(with_default(Models(offline=True), "rerank")) == "cross-encoder"
    with pytest.raises(UsageError, match="ships no model for reading"):
        with_default(Models(), "reading")

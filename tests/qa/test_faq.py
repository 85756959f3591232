"""Documents that keep the question which they answer."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.qa.answerer import Answerer
from simengine.qa.faq import MAX_ANSWER_CHARS, reads_like_question, stored_question
from simengine.requests.ask import AnswerOptions
from simengine.types import Document, Hit, Passage
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import vector_of
from tests.qa.fakes import UNSURE, Library, TableModel, table

RETURN = Document("return", " Within thirty days, with the receipt. ", "Can I return an item?")
OPEN = Document("open", "From nine to five.", metadata={"question": "When are you open?"})


def hit(title: str = "", **metadata: str) -> Hit:
    return Hit("h", 1.0, 1, title, Passage(0, 1, "x"), metadata, {})


def test_the_same_question_is_answered_by_the_whole_document() -> None:
    answer = Answerer(Library(RETURN, OPEN), table()).ask("Can I return an item?")
    assert (answer.verdict, answer.source) == ("answer", "faq")
    assert answer.text == "Within thirty days, with the receipt."
    assert answer.span is not None
    assert RETURN.text[answer.span.start : answer.span.end] == answer.text
    assert answer.scores["similarity"] == pytest.approx(1.0, abs=1e-5)
    assert answer.scores["relevance"] == pytest.approx(UNSURE, abs=1e-5)
    assert answer.probability == pytest.approx((1 + answer.scores["cosine"]) / 2, abs=1e-5)


def test_the_question_is_compared_with_the_stored_question_and_by_the_search_with_its_answer() -> None:
    question = "When are you open today?"
    answer = Answerer(Library(OPEN, RETURN), table()).ask(question)
    similarity = float(vector_of(question) @ vector_of("When are you open?"))
    cosine = float(vector_of(question) @ vector_of(" From nine to five."))
    assert (answer.text, answer.source) == ("From nine to five.", "faq")
    assert answer.scores["similarity"] == pytest.approx(similarity, abs=1e-5)
    assert answer.probability == pytest.approx((similarity + max(cosine, 0.0)) / 2, abs=1e-5)


def test_a_long_stored_answer_is_given_by_its_best_passage() -> None:
    document = Document("long", "yes " * MAX_ANSWER_CHARS, "Is it long?")
    library = Library(document)
    library._hits = lambda query, k: [  # type: ignore[method-assign]
        Hit("long", 1.0, 1, document.title, Passage(4, 8, "yes "), {}, {})
    ]
    answer = Answerer(library, table()).ask("Is it long?")
    assert (answer.text, answer.span) == ("yes ", answer.evidence and answer.evidence.span)
    assert answer.span is not None
    assert (answer.span.start, answer.span.end) == (4, 8)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Can I return an item?", True),
        ("How to reset a password", True),
        ("Normans", False),
        ("The history of what we know", False),
        ("如何申请退款", True),
        ("可以退货吗", True),
        ("退款政策", False),
        ("", False),
    ],
)
def test_a_title_is_a_stored_question_where_it_reads_like_one(title: str, expected: bool) -> None:
    assert reads_like_question(title) is expected
    assert (stored_question(hit(title), AnswerOptions()) is not None) is expected


def test_fields_of_metadata_come_in_the_order_of_the_options() -> None:
    found = hit("A title", question="  asked ", frage="gefragt")
    assert stored_question(found, AnswerOptions()) == "asked"
    assert stored_question(found, AnswerOptions(question_fields=("frage",))) == "gefragt"
    assert stored_question(found, AnswerOptions(question_fields=("title",), faq="always")) == "A title"
    assert stored_question(found, AnswerOptions(faq="never")) is None
    assert stored_question(hit("A title"), AnswerOptions()) is None


def test_without_faq_a_question_title_is_a_title() -> None:
    answerer = Answerer(Library(RETURN), table(), options=AnswerOptions(faq="never"))
    assert answerer.ask("Can I return an item?").verdict == "not found"


def test_a_question_that_the_encoder_cannot_read_matches_itself_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its vector may be that of any other question; its words may still be the very same."""
    stored = Document("zh", "三十天内。", "如何退货？")
    monkeypatch.setattr(
        Library, "encode", lambda self, texts, role="text": np.ones((len(texts), 1), np.float32)
    )
    answerer = Answerer(Library(stored), table())
    assert answerer.ask("如何联系客服？").source == "faq"
    monkeypatch.setattr(Library, "readings", ascii_readings, raising=False)
    assert answerer.ask("如何联系客服？").verdict == "not found"
    same = answerer.ask("如何退货？")
    assert (same.verdict, same.text) == ("answer", "三十天内。")


def test_a_judge_that_cannot_read_the_question_answers_stored_ones_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    library = Library(Document("zh", "三十天内。", "如何退货？"), Document("p", "如何退货？三十天内寄回。"))
    same = Answerer(library, table()).ask("如何退货？")
    assert (same.source, same.text) == ("faq", "三十天内。")
    assert same.notes == ("the model does not know 如, 何, 退, 货, …: it can answer stored questions only",)
    options = AnswerOptions(faq="never")
    assert Answerer(library, table(), options=options).ask("如何退货？").verdict == "not found"

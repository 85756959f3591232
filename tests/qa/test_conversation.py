"""Several turns: the subject stays, and what was judged is shown."""

from __future__ import annotations

import pytest

from simengine.errors import UsageError
from simengine.qa.answerer import Answerer
from simengine.qa.conversation import Conversation
from simengine.requests.ask import AnswerOptions
from simengine.types import Document
from tests.qa.fakes import Library, table

TOWER = Document("tower", "The tower was built in 1889. It is 300 metres high.")
FIRST, SECOND, FULL = "When was the tower built?", "How high is it?", "How high is the tower?"
BUILT, HIGH = ("1889", FIRST, "entailment"), ("300", FULL, "entailment")


def talk(*rules: tuple[str, str, str], followups: str = "better") -> Conversation:
    options = AnswerOptions(followups=followups)  # type: ignore[arg-type]
    return Conversation(Answerer(Library(TOWER), table(*rules), options=options))


def test_a_follow_up_keeps_the_subject_and_says_so() -> None:
    conversation = talk(("300", f"{FIRST} {SECOND}", "entailment"), BUILT, HIGH)
    assert conversation.ask(FIRST).asked == ""
    answer = conversation.ask(SECOND)
    assert (answer.text, answer.question, answer.asked) == ("It is 300 metres high.", FULL, SECOND)
    assert [turn.question for turn in conversation.turns] == [FIRST, FULL]


def test_the_subject_outlives_several_follow_ups() -> None:
    conversation = talk(BUILT, HIGH, ("1889", "Who built the tower?", "entailment"))
    for question in (FIRST, SECOND):
        conversation.ask(question)
    assert conversation.ask("Who built it?").question == "Who built the tower?"


def test_the_question_as_asked_is_taken_where_the_full_form_finds_nothing() -> None:
    conversation = talk(BUILT, ("300", SECOND, "entailment"))
    conversation.ask(FIRST)
    answer = conversation.ask(SECOND)
    assert (answer.verdict, answer.question, answer.asked) == ("answer", SECOND, "")


@pytest.mark.parametrize(("followups", "question"), [("expand", FULL), ("off", SECOND)])
def test_the_options_say_which_form_is_judged(followups: str, question: str) -> None:
    conversation = talk(BUILT, ("300", SECOND, "entailment"), followups=followups)
    conversation.ask(FIRST)
    assert conversation.ask(SECOND).question == question


def test_a_history_of_questions_as_asked_is_followed_from_the_first() -> None:
    answerer = Answerer(Library(TOWER), table(HIGH, ("1889", "Who built the tower?", "entailment")))
    assert answerer.ask("Who built it?", [FIRST, SECOND]).question == "Who built the tower?"


def test_a_refused_question_leaves_the_conversation_as_it_was() -> None:
    conversation = talk(BUILT, HIGH)
    conversation.ask(FIRST)
    with pytest.raises(UsageError):
        conversation.ask("  ")
    assert len(conversation.turns) == 1
    assert conversation.ask(SECOND).question == FULL


def test_what_is_forgotten_is_not_followed() -> None:
    conversation = talk(BUILT, HIGH)
    conversation.ask(FIRST)
    conversation.forget()
    assert conversation.ask(SECOND).question == SECOND


def test_no_more_turns_are_kept_than_wanted() -> None:
    conversation = Conversation(Answerer(Library(TOWER), table()), max_turns=2)
    for number in range(5):
        conversation.ask(f"Who is number {number} of the list?")
    assert [turn.question[-14:-9] for turn in conversation.turns] == ["3 of ", "4 of "]
    with pytest.raises(UsageError):
        Conversation(Answerer(Library(TOWER), table()), max_turns=0)


def test_a_chinese_follow_up_keeps_its_subject() -> None:
    document = Document("zh", "铁塔建于1889年。铁塔高三百米。")
    answerer = Answerer(Library(document), table(("三百", "铁塔有多高？", "entailment")))
    answer = answerer.ask("它有多高？", ["铁塔是什么时候建的？"])
    assert (answer.text, answer.question, answer.asked) == ("铁塔高三百米。", "铁塔有多高？", "它有多高？")

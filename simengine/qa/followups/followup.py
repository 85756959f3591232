"""Follow-up questions: whether a question depends on the previous one, and its full form. English and Chinese."""

from __future__ import annotations

import re

from simengine.qa.followups import chinese, english, topics
from simengine.qa.followups.fragments import ENDS
from simengine.text.scripts import is_chinese
from simengine.text.words import content_words

MAX_SUBJECT_CHARS = 200
_ASKING = re.compile("^.*[?\uff1f]", re.DOTALL)


def expand(question: str, before: str) -> str | None:
    """The question completed from the previous one; None if it seems self-contained.

    - A pronoun is replaced by the subject of the previous question: "How much does it cost?"
    - "And Germany?", "What about express?", "On Sundays too?": the previous question, with this in place of what it
      replaces there, or appended.
    - "Until when?", "Why?": the previous question, asked by these words.

    Args:
        question: as asked.
        before: the previous question, in full; what follows its question mark is left out of the result.
    """
    if not before.strip():
        return None
    asked = question.strip()
    asking = _ASKING.match(before)
    full = before if asking is None else asking[0]
    found = chinese.expand(asked, full) if is_chinese(asked) else english.expand(asked, full)
    return found if found and found.casefold() != asked.casefold() else None


def with_context(question: str, before: str) -> str:
    """What is searched for: the question, and what the previous one names and is about, if it names nothing itself.

    Args:
        question: in full.
        before: the previous question; "" without one.
    """
    if not before.strip():
        return question
    if is_chinese(question):
        return chinese.with_context(question, before)
    return topics.with_context(question, before)


def remembered(question: str, before: str) -> str:
    """What the next question may depend on: this one in full, with what only the questions before it name behind it.

    Args:
        question: in full.
        before: what was remembered of the questions before it; "" without one.
    """
    mark = "\uff1f" if is_chinese(question) else "?"
    return with_context(f"{question.rstrip(ENDS)}{mark}", before)


def subject_of(question: str) -> str:
    """A question's subject in its own words: the grammatical subject, else the object, else its content words."""
    if is_chinese(question):
        return chinese.topic_of(question)[:MAX_SUBJECT_CHARS]
    found = topics.topic_of(question) or " ".join(content_words(question))
    return found[:MAX_SUBJECT_CHARS].strip()

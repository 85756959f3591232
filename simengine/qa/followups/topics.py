"""What an English question is about, and what is searched for beside a question that depends on it."""

from __future__ import annotations

from simengine.qa.cues import names_of
from simengine.qa.english import take_apart
from simengine.qa.followups.antecedent import antecedent
from simengine.qa.followups.fragments import ENDS
from simengine.qa.followups.noun_phrase import has_name
from simengine.qa.followups.sentences import full_forms, sentences_of
from simengine.rules.cues import stem
from simengine.text.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    WORD,
    content_words,
)

_MOST_WORDS = 12


def with_context(question: str, before: str) -> str:
    """What is searched for: the question, and what the previous one names and is about, if it names nothing itself.

    Args:
        question: in full.
        before: the previous question.
    """
    if _names_in(question):
        return question
    asked = {stem(word.casefold()) for word in WORD.findall(question)}
    words = [word for word in content_words(_without_capitals(before)) if not word[:1].isdigit()]
    more = [word for word in [*_names_in(before), *words] if stem(word.casefold()) not in asked]
    return " ".join([question, *list(dict.fromkeys(more))[:_MOST_WORDS]])


def topic_of(question: str) -> str:
    """The noun phrase that a question is about; "" if there is none."""
    if take_apart(question) is None:
        return ""
    return antecedent(question) or antecedent(question, "they") or antecedent(question, "she")


def _names_in(text: str) -> list[str]:
    """The names in a text; the first word of a sentence is none, nor is "I'm" anywhere."""
    closed = AUXILIARIES | QUESTION_WORDS | PRONOUNS | DETERMINERS | PREPOSITIONS | CONJUNCTIONS
    names = [name for name in names_of(_without_capitals(text)) if name[:1].isupper() and has_name(name)]
    return [name for name in names if name.lower() not in closed]


def _without_capitals(text: str) -> str:
    """A text without the capital letters that begin a sentence; words behind the last question mark are none."""
    sentences = sentences_of(full_forms(text))
    return " ".join(
        each if at and each[-1:] not in ENDS else each[:1].lower() + each[1:]
        for at, each in enumerate(sentences)
    )

"""What a pronoun of an English follow-up question stands for: a noun phrase of the previous question."""

from __future__ import annotations

import re

from simengine.qa.followups.noun_phrase import NounPhrase, Role
from simengine.qa.followups.phrases import noun_phrases
from simengine.qa.followups.sentences import (
    as_questions,
    asks,
    full_forms,
    sentences_of,
    situation_and_question,
    without_lead,
)
from simengine.text.words import WORD, words_of

_PLACING = {"in": "in", "at": "at", "to": "at", "from": "at", "into": "in", "through": "in", "of": "at"}
_INDEFINITE = words_of("a an any some")
_PERSONAL = words_of("he him his she her hers")
_SAME = (words_of("it its"), words_of("he him"), words_of("she her hers"), words_of("they them"))
_OF_A_POINTED_ONE = re.compile(
    r"^(?:is|was|are|were) (?:it|that|this|these|those|they) (?:an?|the)\b", re.IGNORECASE
)
_EMPTY = re.compile(r"\bit(?= (?:cost|take|matter)\b)", re.IGNORECASE)
_RANKS: dict[Role, float] = {"subject": 3.0, "asked": 2.5, "object": 2.0, "attached": 1.0}
_NAMED, _DEFINITE = 1.5, 0.5


def antecedent(question: str, pronoun: str = "it") -> str:
    """What a pronoun of the next question stands for, as a definite noun phrase; "" if nothing fits.

    Looked for in what the previous question asks, then in what it tells. What stands behind the same
    pronoun is not meant by it.

    Args:
        question: the previous question, of one or more sentences.
        pronoun: in small letters: "it", "they", "her".
    """
    for clause in _clauses(question):
        if found := _in_clause(clause, pronoun):
            return found
    return ""


def place_of(question: str) -> str:
    """What "there" of the next question stands for: "at the pool"; "" if no place is named.

    Args:
        question: the previous question.
    """
    return next((found for clause in _clauses(question) if (found := _place_in(clause))), "")


def _clauses(question: str) -> list[str]:
    """What is asked first, then each clause of what is told, the last in front."""
    told, asked = situation_and_question(question)
    lead, asked = without_lead(asked)
    told = f"{told} {lead}".strip()
    if not asks(asked) and asked.rstrip().endswith("."):
        told, asked = f"{told} {asked}".strip(), ""
    clauses = [clause for each in sentences_of(told) for clause in _read(each)] if told else []
    return [*([full_forms(asked)] if asked else []), *reversed(clauses)]


def _read(sentence: str) -> list[str]:
    return [full_forms(sentence)] if asks(sentence) else as_questions(sentence)


def _alike(pronoun: str) -> frozenset[str]:
    """The pronouns that stand for the same thing in neighbouring sentences."""
    return next((each for each in _SAME if pronoun in each), frozenset())


def _in_clause(clause: str, pronoun: str) -> str:
    if _OF_A_POINTED_ONE.match(clause):
        return ""
    phrases = noun_phrases(clause)
    fitting = [phrase for phrase in phrases if phrase.fits(pronoun)]
    topics = [phrase for phrase in fitting if phrase.preposition not in ("at", "in", "on", "of", "during")]
    if not topics and any(phrase.role in ("subject", "object") for phrase in phrases):
        return ""
    if not fitting:
        return ""
    alike = _alike(pronoun)
    own = next(
        (each.start() for each in WORD.finditer(_EMPTY.sub(_blank, clause)) if each[0].lower() in alike),
        len(clause),
    )
    topics = [phrase for phrase in topics or fitting if phrase.start < own]
    if not topics:
        return ""
    best = max(topics, key=_rank)
    words = best.owner.split() if pronoun in _PERSONAL and best.owner else best.text.split()
    if best.start == 0 and best.determiner:
        words[0] = words[0].lower()
    if best.determiner in _INDEFINITE:
        words = ["the", *words[1:]]
    elif best.role == "asked" and not best.determiner:
        words = ["the", *words]
    return " ".join(words)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _place_in(clause: str) -> str:
    phrases = [each for each in noun_phrases(clause) if not each.date and not each.time]
    for phrase in sorted(phrases, key=lambda each: each.named, reverse=True):
        if phrase.preposition in _PLACING or (phrase.preposition == "on" and not phrase.determiner):
            words = phrase.text.split()
            text = " ".join(["the", *words[1:]]) if phrase.determiner in _INDEFINITE else phrase.text
            return f"{_PLACING.get(phrase.preposition, 'on')} {text}"
    named = next((each.text for each in phrases if _only_name(each)), "")
    return f"at {named}" if named else ""


def _only_name(phrase: NounPhrase) -> bool:
    words = phrase.core.removeprefix("the ").split()
    return not phrase.person and all(word[:1].isupper() for word in words)


def _rank(phrase: NounPhrase) -> float:
    definite = bool(phrase.determiner) and phrase.determiner not in _INDEFINITE
    return _RANKS[phrase.role] + _NAMED * phrase.named + _DEFINITE * definite

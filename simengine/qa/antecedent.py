"""What a pronoun of an English follow-up question stands for: a noun phrase of the previous question."""

from __future__ import annotations

from simengine.qa.noun_phrase import NounPhrase, Role
from simengine.qa.phrases import noun_phrases
from simengine.text.words import words_of

_PLACING = {"in": "in", "at": "at", "to": "at", "from": "at", "into": "in", "through": "in", "of": "at"}
_INDEFINITE = words_of("a an any some")
_RANKS: dict[Role, float] = {"subject": 3.0, "asked": 2.5, "object": 2.0, "attached": 1.0}
_NAMED, _DEFINITE = 1.5, 0.5


def antecedent(question: str, pronoun: str = "it") -> str:
    """What a pronoun of the next question stands for, as a definite noun phrase; "" if nothing fits.

    Args:
        question: the previous question.
        pronoun: in small letters: "it", "they", "her".
    """
    phrases = noun_phrases(question)
    fitting = [phrase for phrase in phrases if phrase.fits(pronoun)]
    topics = [phrase for phrase in fitting if phrase.preposition not in ("at", "in", "on", "of", "during")]
    if not topics and any(phrase.role in ("subject", "object") for phrase in phrases):
        return ""
    if not fitting:
        return ""
    best = max(topics or fitting, key=_rank)
    words = best.text.split()
    if best.start == 0 and best.determiner:
        words[0] = words[0].lower()
    if best.determiner in _INDEFINITE:
        words = ["the", *words[1:]]
    elif best.role == "asked" and not best.determiner:
        words = ["the", *words]
    return " ".join(words)


def place_of(question: str) -> str:
    """What "there" of the next question stands for: "at the pool"; "" if no place is named.

    Args:
        question: the previous question.
    """
    phrases = [each for each in noun_phrases(question) if not each.date]
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

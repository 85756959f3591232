"""The pronouns of an English follow-up question, replaced by what they stand for."""

from __future__ import annotations

import re

from simengine.qa.followups.antecedent import antecedent, place_of
from simengine.qa.followups.noun_phrase import NounPhrase
from simengine.qa.followups.phrases import noun_phrases
from simengine.qa.followups.sentences import situation_and_question
from simengine.text.words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    DETERMINERS,
    DO,
    MODAL,
    PREPOSITIONS,
    VERBS,
    WORD,
    is_adjective,
    words_of,
)

POSSESSIVE = frozenset(("its", "his", "her", "their"))
PERSONAL = words_of("it its he him his she her hers they them their theirs")
_POINTING = frozenset(("this", "that", "these", "those"))
_NO_SUBJECT = re.compile(
    r"\bis it to\s|\b(?:is|was|isn't) it (?:(?!like)\w+ ){1,4}(?:to|that)\s|\bit be (?:\w+ ){1,3}(?:to|that|for)\s|"
    r"\bit (?:cost|take|mean|matter)\b.* (?:to|if|when|until|that)\b|\bit happen\b|\bhow far is it\b|"
    r"^it is\b|^is it (?:his|her|their|possible|true|allowed|okay|safe)\b|"
    r"\bit(?:'s| is| was| gets| starts)?\s+(?:rains?|snows?|freez(?:es|ing)|cloudy|dark|raining|snowing)\b",
    re.IGNORECASE,
)
_CLAUSE_INSIDE = re.compile(
    r"(?<=\s)(?:if|when|while|unless|because|once|until|before|after|which|as|who)\s|,\s", re.IGNORECASE
)
_MOVING = words_of("get go drive walk travel come")
_BINDING = words_of("do doing done what")
_EVENT = words_of("mean happen because include make")


def with_antecedent(question: str, before: str) -> str | None:
    """The first pronoun that the previous question explains, replaced."""
    if _NO_SUBJECT.search(question) is not None:
        return None
    told, asked = situation_and_question(question)
    own = noun_phrases(question)
    clause = _CLAUSE_INSIDE.search(question)
    previous = ""
    for found in WORD.finditer(question):
        word, earlier = found[0].lower(), previous
        previous = word
        put = ""
        if word == "there":
            following = WORD.search(question, found.end())
            exists = following is not None and following[0].lower() in BE
            elsewhere = exists or told != "" or not earlier or earlier in AUXILIARIES
            put = "" if elsewhere else place_of(before)
            put = re.sub("^(?:at|in|on)", "to", put) if earlier in _MOVING else put
            put = put.partition(" ")[2] if earlier in PREPOSITIONS else put
        elif word in _POINTING:
            put = antecedent(before, word) if _is_subject(question, found, earlier) else ""
        elif word in PERSONAL and earlier not in _BINDING and not _is_bound(word, found, own, clause):
            own_told = told if found.start() >= question.find(asked) > 0 else ""
            put = "" if own_told and antecedent(own_told, word) else antecedent(before, word)
        if put and put.split(" of ")[0].split()[-1].lower() not in question.lower():
            bare_plural = earlier == "of" and put[:1].islower() and put.split()[0] not in DETERMINERS
            put = in_form(f"the {put}" if bare_plural else put, found, question)
            return question[: found.start()] + put + question[found.end() :]
    return None


def _is_bound(word: str, found: re.Match[str], own: list[NounPhrase], clause: re.Match[str] | None) -> bool:
    """Whether the question itself says what a pronoun stands for."""
    for phrase in own:
        named = phrase.named and phrase.role == "subject" and word not in ("it", "they", "them")
        owner = named or (word in POSSESSIVE and phrase.role != "asked" and phrase.fits(word))
        if phrase.end > found.start() or not (owner or phrase.fits(word)):
            continue
        if owner or (clause is not None and phrase.end <= clause.start() < found.start()):
            return True
    return False


def _is_subject(question: str, found: re.Match[str], earlier: str) -> bool:
    """Whether "that" or "this" is a subject that stands for a thing, not for something that happened."""
    following = WORD.search(question, found.end())
    word = "" if following is None else following[0].lower()
    acts = word != "" and word not in PREPOSITIONS
    asks = not earlier or earlier in BE | MODAL or (earlier in DO and acts)
    determines = word != "" and not (
        word in AUXILIARIES | PREPOSITIONS | VERBS | ADVERBS or is_adjective(word)
    )
    return asks and word not in _EVENT and not determines


def in_form(put: str, found: re.Match[str], question: str) -> str:
    """A noun phrase in the form of the pronoun it replaces."""
    word = found[0].lower()
    following = WORD.search(question, found.end())
    her_own = (
        word == "her" and following is not None and following[0].lower() not in AUXILIARIES | PREPOSITIONS
    )
    if word in POSSESSIVE and (word != "her" or her_own):
        put = f"{put}'" if put.endswith("s") else f"{put}'s"
    return put[:1].upper() + put[1:] if found.start() == 0 else put

"""Follow-up questions: whether a question depends on the previous one, and its full form. English and Chinese."""

from __future__ import annotations

import re

from simengine.qa import chinese_followup, hypothesis
from simengine.qa.cues import names_of
from simengine.qa.english import EnglishQuestion, split_subject, take_apart
from simengine.rules.cues import stem
from simengine.text.scripts import is_chinese
from simengine.text.words import (
    ADVERBS,
    AUXILIARIES,
    BACK_REFERENCES,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    WORD,
    content_words,
    words_of,
)

MAX_SUBJECT_CHARS = 200
_OPENING = re.compile(r"^(?:and|but|or|so|then|ok(?:ay)?|also|well)\b,?\s+", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:what|how) (?:about|if it(?:'s| is))\s+", re.IGNORECASE)
_EVEN = re.compile(r"^(?:not\s+)?even\s+", re.IGNORECASE)
_ALSO = re.compile(r",?\s+(?:too|as well|also|then|though|instead)$", re.IGNORECASE)
_CLAUSE = re.compile(r"^(?:if|when|unless|because|after|before|once|while)\b", re.IGNORECASE)
_CONTRACTED = re.compile(r"\b(what|where|who|when|how|it|that|there)['\u2019]s\b", re.IGNORECASE)
_POSSESSIVE = frozenset(("its", "his", "her", "their"))
_POINTING = frozenset(("this", "that", "these", "those"))
_NO_SUBJECT = re.compile(
    r"^it(?:'s| is| was)?\s+(?:possible|true|safe|ok|okay|allowed|necessary|better)\b|^there\b", re.I
)
_ENDS = "?\uff1f!\uff01.\u3002 "
_CAPITALISED = re.compile(r"(?<!^)\b(?!I\b)[A-Z][\w-]*(?:\s+[A-Z\d][\w-]*)*")
_DATE_NAMES = re.compile(
    r"^(?:january|february|march|april|may|june|july|august|september|october|november|december|(?:mon|tues|wednes|thurs|"
    r"fri|satur|sun)days?)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\b(?:in|at|on|to|from)\s+((?:the\s+)?[A-Z]\w*(?:[\s-]+(?:of\s+)?[A-Z]\w*)*)")
_BARE_WORDS = words_of("much many long often far so not from to until till since by on at for with in how")
_FRAGMENT_WORDS, _SHORT_WORDS, _POINTING_WORDS = 8, 4, 5


def expand(question: str, before: str) -> str | None:
    """The question completed from the previous one; None if it seems self-contained.

    - A pronoun is replaced by the subject of the previous question: "How much does it cost?"
    - "And Germany?", "What about express?", "On Sundays too?": the previous question, with this in place of what it
      replaces there, or appended.
    - "Until when?", "Why?": the previous question, asked by these words.

    Args:
        question: as asked.
        before: the previous question, in full.
    """
    if not before.strip():
        return None
    asked = question.strip()
    found = chinese_followup.expand(asked, before) if is_chinese(asked) else _english(asked, before)
    return found if found and found.casefold() != asked.casefold() else None


def with_context(question: str, before: str) -> str:
    """What is searched for: the question, and names of the previous one if it names nothing itself.

    Args:
        question: in full.
        before: the previous question; "" without one.
    """
    if not before or names_of(question):
        return question
    if is_chinese(question):
        topic = chinese_followup.topic_of(before)
        return question if not topic or topic in question else f"{question} {topic}"
    names = [name for name in names_of(before) if name not in question]
    return " ".join([question, *names])


def subject_of(question: str) -> str:
    """A question's subject in its own words: the grammatical subject, else the object, else its content words."""
    if is_chinese(question):
        return chinese_followup.topic_of(question)[:MAX_SUBJECT_CHARS]
    found = _antecedent(question) or " ".join(content_words(question))
    return found[:MAX_SUBJECT_CHARS].strip()


def _antecedent(question: str) -> str:
    """The subject or object that a pronoun of the next question may stand for; "" if there is none."""
    text = _CONTRACTED.sub(r"\1 is", question)
    found = hypothesis.subject(text)
    if not found:
        parts = take_apart(text)
        found = "" if parts is None else _object(parts)
    return "" if len(found.split()) == 1 and found.lower() in PRONOUNS else found[:MAX_SUBJECT_CHARS].strip()


def _object(parts: EnglishQuestion) -> str:
    """What is done something to: "my overdraft limit" of "how do I lower my overdraft limit in the app"."""
    words = list(parts.rest)
    while words and (words[0].lower() in ADVERBS or words[0].lower().endswith("ly")):
        words = words[1:]
    words = words[1:]
    if not words or words[0].lower() in PREPOSITIONS | {"to", "if", "when"}:
        return ""
    chosen, _ = split_subject(words)
    while len(chosen) < len(words) and words[len(chosen)].lower() not in PREPOSITIONS | {
        "if",
        "when",
        "and",
        "or",
    }:
        chosen = words[: len(chosen) + 1]
    return " ".join(chosen)


def _english(question: str, before: str) -> str | None:
    text = _CONTRACTED.sub(r"\1 is", question)
    opened = _OPENING.sub("", text)
    about = _ABOUT.sub("", opened)
    bare = _ALSO.sub("", _EVEN.sub("", about).rstrip(_ENDS)).strip()
    words = [word.lower() for word in WORD.findall(bare)]
    if not words:
        return None
    shortened = len(bare) < len(question.rstrip(_ENDS))
    if _asks_bare(words):
        return _asked_by(bare, before)
    fragment = words[0] not in QUESTION_WORDS | AUXILIARIES and take_apart(bare) is None
    if fragment and len(words) <= (_FRAGMENT_WORDS if shortened else _SHORT_WORDS):
        return _with_fragment(bare, before)
    if opened != text:
        opened = opened[:1].upper() + opened[1:]
        return _english(opened, before) or opened
    subject = _antecedent(before)
    if (
        subject
        and any(word in BACK_REFERENCES | {"there"} for word in words)
        and not _stands_alone(text, words)
    ):
        return _with_subject(text, subject, before, len(words))
    return None


def _asks_bare(words: list[str]) -> bool:
    """ "Why?", "Until when?", "How much?": question words without a verb."""
    return any(word in QUESTION_WORDS for word in words) and all(
        word in QUESTION_WORDS | _BARE_WORDS for word in words
    )


def _asked_by(words: str, before: str) -> str:
    """The previous question, asked by other question words."""
    parts = take_apart(before)
    asked = words[:1].upper() + words[1:]
    if parts is None or parts.kind == "place":
        return f"{asked} {' '.join(content_words(before)) or before.rstrip(_ENDS)}?"
    rest = " ".join([parts.auxiliary, *parts.subject, *parts.rest]).strip()
    return f"{asked} {rest}?"


def _stands_alone(question: str, words: list[str]) -> bool:
    """Whether the pronoun has no antecedent: "is it possible to ...", "that" after its noun."""
    if take_apart(question) is not None and words[:1] and words[0] in AUXILIARIES:
        alone = _NO_SUBJECT.match(" ".join(words[1:])) is not None
        return alone and not any(word in BACK_REFERENCES for word in words[2:])
    referring = [at for at, word in enumerate(words) if word in BACK_REFERENCES]
    # "the shop that sells", "this card": not pronouns by themselves
    return (
        all(words[at] in _POINTING and 0 < at < len(words) - 1 for at in referring) and "there" not in words
    )


def _with_subject(question: str, subject: str, before: str, n_words: int) -> str | None:
    """The first pronoun replaced by the subject."""
    previous = ""
    for found in WORD.finditer(question):
        word = found[0].lower()
        existential = word == "there" and (not previous or previous in AUXILIARIES)
        pointing = word in _POINTING and n_words > _POINTING_WORDS
        if word not in BACK_REFERENCES | {"there"} or existential or pointing:
            previous = word
            continue
        put = subject
        if word == "there":
            place = _PLACE.search(before)
            put = place[0] if place is not None else f"at {subject}"
        following = WORD.search(question, found.end())
        her_own = word == "her" and following is not None and following[0].lower() not in AUXILIARIES
        if word in _POSSESSIVE and (word != "her" or her_own):
            put = f"{subject}'" if subject.endswith("s") else f"{subject}'s"
        if found.start() == 0:
            put = put[:1].upper() + put[1:]
        return question[: found.start()] + put + question[found.end() :]
    return None


def _with_fragment(fragment: str, before: str) -> str:
    """The previous question with a fragment in place of what it replaces, or appended."""
    full = before.rstrip(_ENDS)
    if _CLAUSE.match(fragment):
        return f"{full} {fragment}?"
    first = fragment.split()[0].lower()
    if first in PREPOSITIONS:
        fragment = fragment[:1].lower() + fragment[1:]
        return _with_phrase(fragment, first, full)
    for replaced in (_by_shared_word, _by_name):
        if (found := replaced(fragment, full)) is not None:
            return f"{found}?"
    return _by_noun(fragment, full)


def _with_phrase(fragment: str, preposition: str, full: str) -> str:
    """ "And to Germany?": the phrase with the same preposition is replaced, or this one is appended."""
    there = list(re.finditer(rf"\b{preposition}\s+", full, re.IGNORECASE))
    if there:
        words = full[there[-1].end() :].split()
        phrase, _ = split_subject(words)
        if phrase and phrase[0].lower() not in AUXILIARIES:
            rest = " ".join(words[len(phrase) :])
            return f"{full[: there[-1].start()]}{fragment} {rest}".rstrip() + "?"
    return f"{full} {fragment}?"


def _by_shared_word(fragment: str, full: str) -> str | None:
    """ "zone B" by "zone C", "the first dose" by "the second dose"."""
    theirs = fragment.split()
    ours = full.split()
    stems = [stem(word.lower().strip(",")) for word in ours]
    for at, word in enumerate(theirs):
        known = stem(word.lower())
        if known not in stems or word.lower() in DETERMINERS | PREPOSITIONS | AUXILIARIES | PRONOUNS:
            continue
        place = stems.index(known)
        before, after = min(at, place), len(theirs) - at - 1
        while before and ours[place - before].lower() in PREPOSITIONS | AUXILIARIES | QUESTION_WORDS:
            before -= 1
        return " ".join([*ours[: place - before], *theirs, *ours[place + after + 1 :]])
    return None


def _by_name(fragment: str, full: str) -> str | None:
    """A name or a number in place of another one."""
    new = _CAPITALISED.search(f" {fragment}")
    if new is None and re.fullmatch(r"\d[\d.,]*(?:st|nd|rd|th)?", fragment):
        numbers = list(re.finditer(r"\b\d[\d.,]*(?:st|nd|rd|th)?\b", full))
        return f"{full[: numbers[-1].start()]}{fragment}{full[numbers[-1].end() :]}" if numbers else None
    if new is None:
        return None
    dated = _DATE_NAMES.match(new[0]) is not None
    there = [
        found for found in _CAPITALISED.finditer(full) if (_DATE_NAMES.match(found[0]) is not None) == dated
    ]
    if not there:
        return None
    last = there[-1]
    return f"{full[: last.start()]}{new[0]}{full[last.end() :]}"


def _by_noun(fragment: str, full: str) -> str:
    """A thing in place of the subject, or of the object if the subject is a person who asks."""
    parts = take_apart(full)
    if parts is None:
        return f"{full}, {fragment}?"
    subject = " ".join(parts.subject)
    old = _object(parts) if not subject or subject.lower() in PRONOUNS else subject
    if not old or old not in full:
        return f"{full}, {fragment}?"
    put = fragment
    if (
        old.split()[0].lower() in DETERMINERS
        and fragment.split()[0].lower() not in DETERMINERS
        and not fragment[:1].isupper()
    ):
        put = fragment if fragment.endswith("s") else f"{old.split()[0]} {fragment}"
    return f"{full.replace(old, put, 1)}?"

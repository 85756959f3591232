"""English follow-up questions, completed from the question before."""

from __future__ import annotations

import re

from simengine.qa.english import take_apart
from simengine.qa.followups.fragments import ENDS, asked_by, asks_bare, complete, full_phrase, names_agent
from simengine.qa.followups.pronouns import PERSONAL, POSSESSIVE, in_form, with_antecedent
from simengine.qa.followups.quantities import another_amount
from simengine.qa.followups.sentences import sentences_of, situation_and_question
from simengine.text.words import (
    AUXILIARIES,
    DETERMINERS,
    PREPOSITIONS,
    QUESTION_WORDS,
    WORD,
    words_of,
)

_OPENING = re.compile(
    r"^(?:(?:and|but|or|so|ok(?:ay)?|also|well|then)\b(?!\s+(?:far|long|much))|say\s+(?=at|in|on|by|for)),?\s*",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^(?:what|how) (?:about|if it(?:'s| is))\s+", re.IGNORECASE)
_EVEN = re.compile(r"^(?:not\s+)?even\s+", re.IGNORECASE)
_WHAT_IF = re.compile(r"^what if (?P<what>(?!it(?:'s| is)\s+(?:an?|the|my|our)\b).+)$", re.IGNORECASE)
_TOO = re.compile(r"\s(?:too|as well|also|instead)$", re.IGNORECASE)
_SUBJECTS = words_of("he she they it that this those these")
_ALSO = re.compile(r",?\s+(?:too|as well|also|then|though|instead)$", re.IGNORECASE)
_CONTRACTED = re.compile(r"\b(what|where|who|when|how|it|that|there)['\u2019]s\b", re.IGNORECASE)
_WHY_THAT = re.compile(r"^why is (?:that|it|this)(?: so)?$|^how (?:come|so)$", re.IGNORECASE)
_TWO = re.compile(
    r"^(?P<about>[^,?]+),\s+(?:so\s+)?(?P<asked>(?:(?:by|until|since|from|at|in|for)\s+)?(?:{})\b.*)$".format(
        "|".join(sorted(AUXILIARIES | QUESTION_WORDS))
    ),
    re.IGNORECASE,
)
_CLAUSE_WORDS = words_of("if when unless because after before once while")
_BARE_WORDS = words_of("much many long often far so not only exactly for")
_FRAGMENT_WORDS, _SHORT_WORDS, _LONG_FRAGMENT_WORDS = 8, 4, 14


def expand(question: str, before: str) -> str | None:
    """The question completed from the previous one; None if it seems self-contained.

    Args:
        question: as asked.
        before: the previous question, in full.
    """
    before = _CONTRACTED.sub(r"\1 is", before)
    text = _CONTRACTED.sub(r"\1 is", question)
    opened = _OPENING.sub("", text)
    told, asked = situation_and_question(before)
    if (found := _supposed(opened, told, asked)) is not None:
        return found
    about = _ABOUT.sub("", opened)
    bare = _ALSO.sub("", _EVEN.sub("", about).rstrip(ENDS)).strip()
    words = [word.lower() for word in WORD.findall(bare)]
    if not words:
        return None
    if _WHY_THAT.match(bare):
        bare, words = "why", ["why"]
    if asks_bare(words, _BARE_WORDS):
        return _under(told, asked, asked_by(bare, asked))
    two = _TWO.match(about.rstrip(ENDS))
    if two is not None and (found := _about_another(two, before)) is not None:
        return found
    also = _TOO.search(about.rstrip(ENDS)) is not None
    shortened = len(about) < len(text) or also
    parts = take_apart(bare)
    asks = parts is not None and parts.kind != "place" and parts.auxiliary != ""
    begins_so = words[0] in PREPOSITIONS | _CLAUSE_WORDS and not (
        asks and words[0] not in ("if", "while", "unless")
    )
    fragment = begins_so or (words[0] not in QUESTION_WORDS | AUXILIARIES and parts is None)
    fragment = fragment and len(sentences_of(bare)) == 1
    if fragment and two is None and len(words) <= _longest(words, shortened=shortened):
        begins = len(about) == len(text)
        found = _under(told, asked, complete(_owned(bare, before), asked, begins=begins))
        if found is not None:
            return found
    if opened != text:
        opened = opened[:1].upper() + opened[1:]
        return expand(opened, before) or opened
    elliptic = begins_so and two is None and len(sentences_of(text)) == 1
    return None if elliptic else with_antecedent(text, before)


def _owned(fragment: str, before: str) -> str:
    """Somebody whose "his" or "her" the previous question explains: "my son's brother"."""
    first = fragment.split()[0]
    if first.lower() not in POSSESSIVE or not names_agent(fragment):
        return fragment
    found = (with_antecedent(f"{fragment}?", before) or fragment).rstrip(ENDS)
    named = found.split()[0].lower()
    return f"{found[:1].lower()}{found[1:]}" if named in DETERMINERS else found


def _supposed(opened: str, told: str, asked: str) -> str | None:
    """ "What if he is late?", "And if it is only £6,000?": the previous question under another condition."""
    sentences = sentences_of(opened.rstrip(ENDS))
    whole = sentences[0].rstrip(ENDS)
    if (found := another_amount(whole, told, asked)) is not None:
        return found
    supposed = _WHAT_IF.match(whole)
    if supposed is None or len(sentences) > 1 or _TWO.match(supposed["what"]) is not None:
        return None
    what = f"if {supposed['what']}"
    parts = take_apart(asked)
    if parts is None or parts.kind != "yes/no":
        return f"{opened[:1].upper()}{opened[1:]}"
    return _under(told, asked, complete(what, asked, begins=False))


def _under(told: str, asked: str, found: str | None) -> str | None:
    """A completed question behind what was told, unless it is about another person than that."""
    if found is None or not told:
        return found
    gone = {word.lower() for word in WORD.findall(asked)} - {word.lower() for word in WORD.findall(found)}
    if gone & _SUBJECTS:
        return found
    parts = take_apart(found)
    someone = parts is not None and parts.subject[:1] and parts.subject[0].lower() in ("he", "she", "they")
    return f"{told} {with_antecedent(found, told) or found}" if someone else f"{told} {found}"


def _longest(words: list[str], *, shortened: bool) -> int:
    """The most words of a fragment: one that begins like a phrase or a clause may be long."""
    if words[0] in PREPOSITIONS | _CLAUSE_WORDS:
        return _LONG_FRAGMENT_WORDS
    return _FRAGMENT_WORDS if shortened else _SHORT_WORDS


def _about_another(two: re.Match[str], before: str) -> str | None:
    """ "And my dog, does she travel free?": what is named in front takes the pronoun's place."""
    about = two["about"].strip()
    words = [word.lower() for word in about.split()]
    says = any(word in AUXILIARIES | {"i", "we", "it"} for word in words) or "'" in words[0]
    if says or words[0] in PREPOSITIONS | _CLAUSE_WORDS:
        return None
    asked = two["asked"]
    for found in WORD.finditer(asked):
        if found[0].lower() in PERSONAL | {"this", "that"}:
            put = in_form(full_phrase(about, before), found, asked)
            text = asked[: found.start()] + put + asked[found.end() :]
            return f"{text[:1].upper()}{text[1:]}?"
    return None

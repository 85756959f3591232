"""What is asked: for yes or no, whether a claim is true, or for something else. English and Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from simengine.qa import chinese, hypothesis
from simengine.qa.english import take_apart
from simengine.qa.told import as_told
from simengine.text.scripts import is_chinese
from simengine.text.words import (
    AUXILIARIES,
    PREPOSITIONS,
    QUESTION_WORDS,
    is_adjective,
    is_participle,
    words_of,
)

Kind: TypeAlias = Literal["yes/no", "claim", "other"]

_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening)|excuse me|sorry|thanks|thank you|please|pls|plz|"
    r"ok(?:ay)?|well|so|and|but|also|then|um+|oh|quick question|just wondering|btw|by the way)\b"
    r"(?: there\b| again\b| everyone\b| all\b)?[ ,:;!.\u2013-]+)+",
    re.IGNORECASE,
)
_SHORT_FORMS = (
    (re.compile(r"\bu\b", re.IGNORECASE), "you"),
    (re.compile(r"\bur\b", re.IGNORECASE), "your"),
    (re.compile(r"\bi\b"), "I"),
    (re.compile(r"\bi['\u2019](?=m\b|d\b|ve\b|ll\b)"), "I'"),
)
_TELL = (
    r"(?:(?:can|could|would|will) (?:you|anyone|someone|somebody)(?: please| pls)? (?:tell me|say|confirm|"
    r"check|explain|"
    r"let me know)|do you (?:know|happen to know)|does anyone know|(?:i['\u2019]?d| i would)? ?(?:like|love|"
    r"want|need) to know|"
    r"i['\u2019]?m (?:just )?wondering|i (?:was |am )?(?:just )?wonder(?:ing)?|(?:just )?wondering|any idea|"
    r"(?:please )?(?:tell me|let me know))"
)
_WHETHER = re.compile(rf"^(?:i )?{_TELL} (?:if|whether) (.+)$", re.IGNORECASE)
_TELL_WHAT = re.compile(rf"^(?:i )?{_TELL},? (?=(?:{'|'.join(sorted(QUESTION_WORDS))})\b)", re.IGNORECASE)
_TRUE_THAT = re.compile(
    r"^(?:is it|it's|it is) (?:true|right|correct|the case|certain) that (.+)$", re.IGNORECASE
)
_FINE = r"(?:ok|okay|fine|alright|all right|allowed|permitted|acceptable|possible|cool)"
_FINE_IF = re.compile(
    rf"^(?:is it |it's |would it be )?{_FINE} (?:if|when) (?:(i|we)\b) (.+)$", re.IGNORECASE
)
_FINE_TO = re.compile(rf"^(?:is it |it's |would it be )?{_FINE} (?:for (?:me|us) )?to (.+)$", re.IGNORECASE)
_AGREED = re.compile(
    r"^(.+?),?\s+(?:right|correct|yes|ok(?:ay)?|eh|huh|yeah|is that (?:right|correct)|or not|or no)$", re.I
)
_TAG = re.compile(r"^(.+?),\s*([a-z]+(?:n['\u2019]t)?) (?:i|you|he|she|it|we|they|there)$", re.IGNORECASE)
_NOT = re.compile(r"n['\u2019]t\b| not\b")
_SAID = re.compile(
    r"^(?:i|you|we|they|it|he|she|there|this|that|these|those|my|your|the|all)\b", re.IGNORECASE
)
_ANY = re.compile(r"^(?:any|is any)(thing|one|body)?\s+(.+)$", re.IGNORECASE)
_NEEDED = re.compile(r"^(?:need|have to|got to|gotta|must)\b", re.IGNORECASE)
_ORDERS = words_of("tell show give list explain describe find name compare summarise summarize please help")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_ENDS = "?!. \t\n"
_CLAIM_WORDS = 4
_SHORT_PREDICATE = 7


@dataclass(frozen=True, slots=True)
class Understood:
    """What a question asks for.

    Attributes:
        kind: "yes/no"; "claim" (a statement whose truth is asked for); "other".
        statement: what "yes" would say, or the claim; None for "other".
        question: the question without a greeting or "do you know ...".
    """

    kind: Kind
    statement: str | None
    question: str


def understand(question: str) -> Understood:
    """What is asked for.

    The statement answers the question as asked: "Isn't it open?" and "It is open, right?" become "It is open."; "Is it
    not allowed?" and "It isn't open, right?" keep their negation, as does a Chinese question: "不能退吗?". "I" and
    "you" become "you" and "we", see `simengine.qa.told`.

    Args:
        question: English or Chinese, also in the tone of a chat.
    """
    if is_chinese(question):
        statement = chinese.yes_statement(question)
        if statement is not None:
            return Understood("yes/no", as_told(statement), question)
        kind: Kind = "claim" if chinese.is_claim(question) else "other"
        return Understood(kind, question.strip() if kind == "claim" else None, question)
    direct = _direct(question)
    untagged = _untagged(direct)
    if untagged is not None and take_apart(untagged) is None:
        return Understood("yes/no", as_told(_as_sentence(untagged)), direct)
    statement = _framed(direct) or hypothesis.yes_statement(untagged or direct) or _elliptic(direct)
    if statement is not None:
        return Understood("yes/no", as_told(statement), direct)
    if _is_claim(question.strip()):
        return Understood("claim", question.strip(), question)
    return Understood("other", None, direct)


def _direct(question: str) -> str:
    """Without greetings, short forms of chats, and sentences before the question."""
    text = " ".join(question.split())
    sentences = _SENTENCES.split(text)
    if len(sentences) > 1 and sentences[-1].endswith("?"):
        text = sentences[-1]
    text = _GREETING.sub("", text) or text
    for short, long in _SHORT_FORMS:
        text = short.sub(long, text)
    text = _TELL_WHAT.sub("", text)
    plain = any(word.isalpha() for word in text.split()[:1])  # and no identifier
    return text[:1].upper() + text[1:] if plain else text


def _framed(text: str) -> str | None:
    """The statement in "do you know if ...", "is it true that ...", "is it ok to ..."; None without such a frame."""
    bare = text.rstrip(_ENDS)
    for pattern in (_WHETHER, _TRUE_THAT):
        if (found := pattern.match(bare)) is not None:
            return _as_sentence(found[1])
    if (found := _FINE_IF.match(bare)) is not None:
        return _as_sentence(f"{found[1]} may {found[2]}")
    if (found := _FINE_TO.match(bare)) is not None:
        return _as_sentence(f"I can {found[1]}")
    return None


def _elliptic(text: str) -> str | None:
    """The statement of a question for yes or no that does not begin with an auxiliary: "Breakfast included?"."""
    bare = text.rstrip(_ENDS)
    if (
        not text.rstrip().endswith("?")
        or not bare
        or bare.split()[0].lower() in QUESTION_WORDS | PREPOSITIONS
    ):
        return None
    if take_apart(bare) is not None:
        return None  # "It is open when?"
    if (found := _ANY.match(bare)) is not None:
        return _as_sentence(f"there is some{found[1] or ''} {found[2]}")
    if _NEEDED.match(bare) is not None:
        return _as_sentence(f"I {bare[:1].lower()}{bare[1:]}")
    if _says(bare):
        return _as_sentence(bare)
    return _with_be(bare.split())


def _untagged(text: str) -> str | None:
    """A statement with a tag, without it; None without a tag."""
    bare = text.rstrip(_ENDS)
    found = _TAG.match(bare)
    if found is not None and found[2].lower().replace("\u2019", "'") in AUXILIARIES:
        negated = _NOT.search(found[1]) is not None and _NOT.search(found[2]) is None
        return _NOT.sub("", found[1], count=1) if negated else found[1]
    found = _AGREED.match(bare)
    return None if found is None else found[1]


def _says(text: str) -> bool:
    """Whether words are a statement: a subject and a verb."""
    words = [word.lower().strip(",") for word in text.split()]
    if len(words) < 2:
        return False
    if any(word in AUXILIARIES for word in words[1:6]):
        return words[0] not in QUESTION_WORDS
    return _SAID.match(text) is not None and len(words) > 2 and words[0] not in ("the", "my", "your", "all")


def _with_be(words: list[str]) -> str | None:
    """ "Breakfast included?" as "Breakfast is included."."""
    if not 2 <= len(words) <= _SHORT_PREDICATE:
        return None
    place = next(
        (at for at, word in enumerate(words[1:], 1) if is_participle(word) or is_adjective(word)), None
    )
    if place is None or words[place].lower().endswith("ing"):
        return None
    if place + 1 < len(words) and words[place + 1].lower() not in PREPOSITIONS:
        return None
    noun = words[place - 1].lower()
    be = "are" if noun.endswith("s") and not noun.endswith("ss") else "is"
    return _as_sentence(" ".join([*words[:place], be, *words[place:]]))


def _is_claim(text: str) -> bool:
    words = text.split()
    if text.endswith("?") or len(words) < _CLAIM_WORDS:
        return False
    first = words[0].lower().strip(",")
    if first in QUESTION_WORDS or first in AUXILIARIES or first in _ORDERS:
        return False
    return text.endswith((".", "!")) or _says(text)


def _as_sentence(text: str) -> str:
    text = text.strip(" ,;:")
    return f"{text[:1].upper()}{text[1:]}."

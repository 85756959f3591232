"""Parses English questions by rules: question word, auxiliary, subject and the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simengine.text.words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    DETERMINERS,
    DO,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    VERBS,
    is_adjective,
    is_participle,
    words_of,
)

MAX_NOUN_WORDS = 6
_JOINERS = frozenset(("of", "the", "and", "de", "von", "van", "al", "&"))
_MEASURES = frozenset(("many", "much"))
_DEGREES = words_of("more most less least very too so as somewhere")
_PREDICATES = words_of("included free available extra necessary enough")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class EnglishQuestion:
    """The parts of a question, each a list of its words.

    Attributes:
        kind: "yes/no"; "subject" (the question word is the subject: who painted it); "other" (it is an object or an
            adverb: what did he paint, when was it built); "place" (it is where the answer goes: he was born in
            which year).
        lead: words before the question, such as "According to the report,"; for "place" all before it.
        preposition: before the question word, such as "in" of "in what year"; "" without one.
        word: the question word; "" for "yes/no".
        noun: the noun of the question word, such as "year" of "what year"; "many moons" of "how many moons".
        auxiliary: "did", "is", "can"; "" without one.
        subject: of the auxiliary.
        rest: everything after it.
    """

    kind: Literal["yes/no", "subject", "other", "place"]
    lead: tuple[str, ...]
    preposition: str
    word: str
    noun: tuple[str, ...]
    auxiliary: str
    subject: tuple[str, ...]
    rest: tuple[str, ...]


def take_apart(question: str) -> EnglishQuestion | None:
    """The parts of a question; None if it begins with neither a question word nor an auxiliary.

    Args:
        question: one sentence.
    """
    words = _SPACES.sub(" ", question.strip()).rstrip("?!. ").split()
    lowered = [_bare(word) for word in words]
    if not words:
        return None
    if lowered[0] in AUXILIARIES:
        return _yes_no((), words)
    place = next((i for i, word in enumerate(lowered) if word in QUESTION_WORDS), None)
    comma = next((i for i, word in enumerate(words[:-1]) if word.endswith(",")), None)
    if comma is not None and comma + 1 < len(words) and lowered[comma + 1] in AUXILIARIES and place is None:
        return _yes_no(words[: comma + 1], words[comma + 1 :])
    if place is None:
        return None
    lead, preposition = words[:place], ""
    if lead and lowered[place - 1] in PREPOSITIONS and (place == 1 or lead[-2].endswith(",")):
        lead, preposition = lead[:-1], lowered[place - 1]
    if lead and not lead[-1].endswith(","):
        noun, rest = _noun_phrase(words[place + 1 :])
        return EnglishQuestion(
            "place", tuple(words[:place]), "", lowered[place], tuple(noun), "", (), tuple(rest)
        )
    return _with_question_word(tuple(lead), preposition, lowered[place], words[place + 1 :])


def split_subject(words: Sequence[str], *, before_verb: bool = False) -> tuple[list[str], list[str]]:
    """Where the subject after an auxiliary ends: "the moon made of cheese" after its second word.

    A guess from word classes, without a model.

    Args:
        words: those after the auxiliary.
        before_verb: a verb must follow the subject, as after "did": "the man in the hat run" is split before "run".
    """
    if not words:
        return [], []
    joined = {"of", "and", "or"} | (PREPOSITIONS if before_verb else set())
    end = _noun_phrase_end(words)
    while end + 1 < len(words) and words[end].lower() in joined:
        longer = end + 1 + _noun_phrase_end(words[end + 1 :])
        if before_verb and longer >= len(words):
            break
        end = longer
    if _bare(words[0]) not in PRONOUNS:
        end = _with_noun(words, end, before_verb=before_verb)
    return list(words[:end]), list(words[end:])


def _with_noun(words: Sequence[str], end: int, *, before_verb: bool) -> int:
    """The end of a subject of two nouns: "the season ticket renew", "the PIN letter free"."""
    if end + 1 >= len(words):
        return end
    head, following = words[end].lower(), words[end + 1].lower()
    if head in ADVERBS or head in _DEGREES or head.endswith("ly"):
        return end
    if before_verb:
        longer = head not in VERBS and following in VERBS
        return end + 1 if longer or (head in VERBS and following in ("have", "be", "get", "need")) else end
    plain = not (_ends_phrase(head) or is_adjective(head) or head[:1].isdigit())
    if not plain or (is_participle(head) and not head.endswith("ing")):
        return end
    predicate = is_adjective(following) or following in _PREDICATES
    return end + 1 if predicate or (is_participle(following) and not is_participle(head)) else end


def _noun_phrase_end(words: Sequence[str]) -> int:
    """The number of words of the leading noun phrase; at least 1."""
    if not words:
        return 0
    if _bare(words[0]) in PRONOUNS and (len(words) == 1 or not _may_be_noun(words[0], words[1])):
        return 1
    at = 1 if words[0].lower() in DETERMINERS and len(words) > 1 else 0
    if words[at][:1].isupper() or words[at][:1].isdigit():
        end = at + 1
        while end < len(words) and (words[end][:1].isupper() or _joins(words, end)):
            end += 1
        if words[end - 1].endswith(("'s", "\u2019s")) and end < len(words):
            return end + _noun_phrase_end(words[end:])
        return end
    while at + 1 < len(words) and is_adjective(words[at]) and not _ends_phrase(words[at + 1]):
        at += 1
    if words[at].endswith(("'s", "s'", "\u2019s", "s\u2019")) and at + 1 < len(words):
        return at + 1 + _noun_phrase_end(words[at + 1 :])
    return at + 1


def _may_be_noun(first: str, second: str) -> bool:
    """Whether "this", "that" and the like are followed by their noun."""
    determiner = first.lower() in ("this", "that", "these", "those")
    return determiner and not _ends_phrase(second) and not is_adjective(second) and not is_participle(second)


def _joins(words: Sequence[str], at: int) -> bool:
    """Whether "of", "the", ... is inside a name."""
    following = words[at + 1 : at + 3]
    if words[at].lower() not in _JOINERS or not following:
        return False
    return following[0][:1].isupper() or (following[0].lower() in _JOINERS and following[-1][:1].isupper())


def _ends_phrase(word: str) -> bool:
    lowered = _bare(word)
    return lowered in PREPOSITIONS or lowered in AUXILIARIES or lowered in DETERMINERS


def _yes_no(lead: Sequence[str], words: Sequence[str]) -> EnglishQuestion | None:
    subject, rest = split_subject(words[1:], before_verb=_bare(words[0]) not in BE)
    if not subject:
        return None
    return EnglishQuestion("yes/no", tuple(lead), "", "", (), words[0].lower(), tuple(subject), tuple(rest))


def _with_question_word(
    lead: tuple[str, ...], preposition: str, word: str, tail: Sequence[str]
) -> EnglishQuestion:
    n_noun = next((i for i, each in enumerate(tail[:MAX_NOUN_WORDS]) if _bare(each) in AUXILIARIES), None)
    noun: Sequence[str]
    rest: Sequence[str]
    if n_noun and (
        word not in ("what", "which", "whose", "how") or (word == "what" and is_participle(tail[0]))
    ):
        n_noun = None  # "who painted what is": the auxiliary belongs to something else
    if n_noun is None:
        noun, rest = ([], list(tail)) if word in ("who", "whom") else _noun_phrase(tail, word)
        return EnglishQuestion("subject", lead, preposition, word, tuple(noun), "", (), tuple(rest))
    noun, auxiliary, behind = tail[:n_noun], _bare(tail[n_noun]), tail[n_noun + 1 :]
    if not preposition and _asks_for_subject(word, noun, auxiliary, behind):
        return EnglishQuestion("subject", lead, "", word, tuple(noun), auxiliary, (), tuple(behind))
    subject: Sequence[str]
    subject, rest = split_subject(behind, before_verb=auxiliary not in BE)
    if auxiliary in BE and word in ("what", "who", "which", "how") and not _has_predicate(rest):
        subject, rest = behind, []
    return EnglishQuestion(
        "other", lead, preposition, word, tuple(noun), auxiliary, tuple(subject), tuple(rest)
    )


def _asks_for_subject(word: str, noun: Sequence[str], auxiliary: str, behind: Sequence[str]) -> bool:
    """Whether the question word (with its noun) is the auxiliary's subject."""
    if auxiliary in DO or word in ("when", "where", "why", "whom") or (word == "how" and not noun):
        return False
    if word == "how" and noun and noun[0].lower() not in _MEASURES:
        return False
    if not behind:
        return True
    head = behind[0]
    if is_participle(head) or head.lower() in PREPOSITIONS:
        return True
    if auxiliary in BE:
        return False
    subject_follows = _bare(head) in PRONOUNS or head.lower() in DETERMINERS or head[:1].isupper()
    return not subject_follows


def _has_predicate(rest: Sequence[str]) -> bool:
    """Whether a predicate precedes the answer: "used for" of "what is it used for"."""
    if not rest:
        return False
    return is_participle(rest[0]) or rest[-1].lower() in PREPOSITIONS or rest[0].lower() in ADVERBS


def _noun_phrase(tail: Sequence[str], word: str = "what") -> tuple[list[str], list[str]]:
    """The noun of a question word, and the rest; no noun if a verb seems to follow at once."""
    if not tail or word in ("when", "where", "why"):
        return [], list(tail)
    if word == "how" and tail[0].lower() in _MEASURES:
        n = min(2, len(tail))
        return list(tail[:n]), list(tail[n:])
    verb = is_participle(tail[0]) or tail[0].lower().endswith("s") or _bare(tail[0]) in AUXILIARIES
    if word in ("what", "how") and verb:
        return [], list(tail)
    end = 1
    while end < len(tail) and is_adjective(tail[end - 1]):
        end += 1
    return list(tail[:end]), list(tail[end:])


def _bare(word: str) -> str:
    return word.lower().strip(",;:\"'\u201c\u201d()").replace("\u2019", "'")

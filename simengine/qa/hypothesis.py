"""A question and its answer as one statement that evidence can entail or contradict."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.qa import chinese
from simengine.qa.english import EnglishQuestion, take_apart
from simengine.text.scripts import is_chinese
from simengine.text.words import ADVERBS, BACK_REFERENCES, BE, PREPOSITIONS, PRONOUNS

_CONTRACTED = {"can't": "can", "cannot": "can", "won't": "will", "shan't": "shall"}
_IRREGULAR = {"have": "has", "do": "does", "go": "goes"}
_PERIODS = frozenset(("year", "century", "decade", "month"))
_DAYS = frozenset(("day", "date"))


def yes_statement(question: str) -> str | None:
    """The statement that "yes" would make; None if it is not a yes/no question.

    A negative question is turned into the positive statement: "isn't it cold?" becomes "It is cold."

    Args:
        question: English or Chinese.
    """
    if is_chinese(question):
        return chinese.yes_statement(question)
    parts = take_apart(question)
    if parts is None or parts.kind != "yes/no" or "or" in (*parts.subject, *parts.rest):
        return None
    return _sentence(parts, _predicate(parts))


def statement(question: str, answer: str) -> str:
    """A question and its answer, a phrase, as one statement.

    Args:
        question: English or Chinese; for other languages the two are concatenated.
        answer: a phrase such as "Paris" or "in 1889", or a whole sentence.

    Returns:
        "Paris is the capital of France."; the question and the answer concatenated if no rule applies.
    """
    if is_chinese(question):
        return chinese.statement(question, answer) or question_and_answer(question, answer)
    parts = take_apart(question)
    if parts is None or parts.kind == "yes/no":
        return question_and_answer(question, answer)
    phrase = answer.strip().rstrip(".").split()
    if parts.kind == "place":
        return _sentence(parts, [*phrase, *parts.rest])
    if parts.kind == "subject":
        auxiliary = [parts.auxiliary] if parts.auxiliary else []
        return _sentence(parts, [*_asked(parts, phrase), *auxiliary, *parts.rest])
    if not parts.subject:
        return question_and_answer(question, answer)
    said = _predicate(parts)
    if _object_follows_verb(parts):
        n_before = len(said) - len(parts.rest) + 1
        return _sentence(parts, [*said[:n_before], *_asked(parts, phrase), *said[n_before:]])
    return _sentence(parts, [*said, *_behind(parts, phrase)])


def question_and_answer(question: str, answer: str) -> str:
    """The form that always works."""
    return f"{question.strip()} {answer.strip()}"


def _predicate(parts: EnglishQuestion) -> list[str]:
    """Subject, auxiliary and the rest, in the order of a statement."""
    auxiliary, rest = _positive(parts.auxiliary), list(parts.rest)
    subject = list(parts.subject)
    if parts.kind == "yes/no" and not rest and auxiliary in BE and len(subject) > 1 and not _is_name(subject):
        subject, rest = subject[:-1], subject[-1:]
    if auxiliary == "do":
        return [*subject, *rest]
    if auxiliary == "does" and rest and rest[0].isalpha() and rest[0].islower() and rest[0] not in ADVERBS:
        return [*subject, _third_person(rest[0]), *rest[1:]]
    return [*subject, auxiliary, *rest]


def _object_follows_verb(parts: EnglishQuestion) -> bool:
    """Whether the answer belongs between a verb and its complement: "Napoleon did invade Russia in 1812"."""
    asks_for_thing = parts.word in ("what", "which", "who", "whom") or parts.noun[:1] in (
        ("many",),
        ("much",),
    )
    period = bool(parts.noun) and parts.noun[-1].lower() in _PERIODS | _DAYS
    if not asks_for_thing or period or parts.preposition or parts.auxiliary in BE or len(parts.rest) < 2:
        return False
    return parts.rest[1].lower() in PREPOSITIONS and parts.rest[-1].lower() not in PREPOSITIONS


def _is_name(subject: Sequence[str]) -> bool:
    return all(word[:1].isupper() for word in subject)


def _asked(parts: EnglishQuestion, phrase: list[str]) -> list[str]:
    """The answer with the noun that a number counts: "two" of "how many moons" is "two moons"."""
    if parts.word != "how" or not parts.noun or parts.noun[0].lower() not in ("many", "much"):
        return phrase
    counted = [word for word in parts.noun[1:] if word.lower() not in (each.lower() for each in phrase)]
    return [*phrase, *counted]


def _behind(parts: EnglishQuestion, phrase: list[str]) -> list[str]:
    """The answer with the preposition that its position in the statement requires."""
    noun = parts.noun[-1].lower() if parts.noun else ""
    if parts.word == "how" and parts.noun:
        many = parts.noun[0].lower() in ("many", "much")
        return _asked(parts, phrase) if many or parts.auxiliary not in BE else [*phrase, *parts.noun]
    if phrase and phrase[0].lower() in PREPOSITIONS | {"because"}:
        return phrase
    preposition = parts.preposition
    if not preposition and not (parts.rest and parts.rest[-1].lower() in PREPOSITIONS):
        if parts.word == "when" or noun in _PERIODS or noun in _DAYS:
            preposition = _before_time(phrase, noun)
        elif parts.word == "where" and not _is_place_adverb(phrase):
            preposition = "in"
        elif parts.word == "why":
            preposition = "because"
        elif parts.word == "how":
            preposition = "by"
    return [preposition, *phrase] if preposition else phrase


def _before_time(phrase: list[str], noun: str) -> str:
    adverb = phrase and phrase[-1].lower() in ("ago", "yesterday", "today", "tomorrow", "now")
    if adverb:
        return ""
    with_day = any(word.strip(",").isdigit() and len(word.strip(",")) <= 2 for word in phrase)
    return "on" if noun in _DAYS or (with_day and len(phrase) > 1) else "in"


def _is_place_adverb(phrase: list[str]) -> bool:
    return bool(phrase) and phrase[0].lower() in ("here", "there", "everywhere", "nowhere", "abroad", "home")


def _positive(auxiliary: str) -> str:
    if auxiliary in _CONTRACTED:
        return _CONTRACTED[auxiliary]
    return auxiliary.removesuffix("n't")


def _third_person(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def _sentence(parts: EnglishQuestion, words: Sequence[str]) -> str:
    text = " ".join(word for word in [*parts.lead, *words] if word)
    first = text[:1].upper() + text[1:]
    return f"{first.rstrip(',;: ')}."


def subject(question: str) -> str:
    """A question's subject, as words of the question; "" if unknown.

    Args:
        question: English or Chinese.
    """
    if is_chinese(question):
        return chinese.subject(question)
    parts = take_apart(question)
    if parts is None:
        return ""
    words = list(parts.subject)
    if parts.kind == "subject":  # who painted the Mona Lisa: what follows the verb
        words = list(parts.rest[1:])
        while words and words[0].lower() in PREPOSITIONS:
            words = words[1:]
    if not words or (len(words) == 1 and words[0].lower() in PRONOUNS | BACK_REFERENCES):
        return ""
    return " ".join(words)

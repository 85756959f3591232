"""The sentences of an English question: what it tells first, and what it asks. "I'm 24. Do I pay?"."""

from __future__ import annotations

import re

from simengine.qa.followups.phrases import BASE_VERBS
from simengine.text.words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    WORD,
    words_of,
)

_SENTENCE = re.compile(
    r"(?<=[.!?;])(?<!\bNo\.)(?<!\bSt\.)(?<!\bMr\.)(?<!\bDr\.)(?<!\bMs\.)(?<!\bCo\.)(?<!\be\.g\.)\s+"
)
_OPENERS = AUXILIARIES | QUESTION_WORDS
_LEAD = re.compile(
    r"^([^?]*?),\s+(?:so\s+|and\s+|but\s+)?(?=(?:{})\b)".format("|".join(sorted(_OPENERS))), re.IGNORECASE
)
_CLAUSE = re.compile(
    r"(?:,|;|,?\s+and|,?\s+but|,?\s+so)\s+"
    r"(?=(?:i|we|he|she|it|they|you|my|our|the|this|there|his|her)\b(?!\s+and\b))",
    re.IGNORECASE,
)
_SHORT = (
    (re.compile(r"\b(I)['\u2019]?m\b", re.IGNORECASE), r"\1 am"),
    (
        re.compile(r"\b(it|he|she|that|there|what|where|who|when|how)['\u2019]s\b", re.IGNORECASE),
        r"\1 is",
    ),
    (re.compile(r"\b(we|you|they)['\u2019]re\b", re.IGNORECASE), r"\1 are"),
    (re.compile(r"\b(I['\u2019]?|(?:we|you|they)['\u2019])ve\b", re.IGNORECASE), r"\1 have"),
    (re.compile(r"\b(I|we|you|they|he|she|it)['\u2019]ll\b", re.IGNORECASE), r"\1 will"),
    (re.compile(r"\b(I|we|you|they|he|she|it)['\u2019]d\b", re.IGNORECASE), r"\1 would"),
    (re.compile(r"\b([a-z]+)['\u2019](?=\s(?:have)\b)", re.IGNORECASE), r"\1"),
)
_PAST = words_of(
    "had took lost fell got bought broke left woke forgot went came made gave found paid put ran saw sent sold told "
    "wrote brought caught hit hurt burned spent wore met"
)
_SUBJECTS = words_of("i we he she it they you")
_FARTHEST_VERB = 7


def situation_and_question(text: str) -> tuple[str, str]:
    """What is told before the last sentence that asks, and that sentence; all told is "" without one.

    Args:
        text: a question as asked, of one or more sentences.
    """
    sentences = _SENTENCE.split(text.strip())
    asking = [at for at, each in enumerate(sentences) if asks(each)]
    if not asking:
        return "", text.strip()
    at = asking[-1]
    return " ".join([*sentences[:at], *sentences[at + 1 :]]), sentences[at]


def without_lead(sentence: str) -> tuple[str, str]:
    """What is told in front of a question in the same sentence, and the question: "my son is ill, may he swim?"."""
    first = next((word.lower() for word in WORD.findall(full_forms(sentence))), "")
    lead = None if first in _OPENERS | PREPOSITIONS | CONJUNCTIONS | {"when"} else _LEAD.match(sentence)
    return ("", sentence) if lead is None else (f"{lead[1]}.", sentence[lead.end() :])


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, in order."""
    return _SENTENCE.split(text.strip())


def asks(sentence: str) -> bool:
    """Whether a sentence has the form of a question."""
    first = next((word.lower() for word in WORD.findall(full_forms(sentence))), "")
    leading = re.search(r",\s+(\w+)", sentence)
    later = leading is not None and leading[1].lower() in _OPENERS
    bare = sentence.rstrip()
    told = bare.endswith((".", "!", ";", ".?", "!?"))
    return not told and (bare.endswith("?") or first in _OPENERS or later)


def full_forms(text: str) -> str:
    """A text without contractions of a pronoun and its auxiliary: "I'm" is "I am"."""
    for pattern, put in _SHORT:
        text = pattern.sub(put, text)
    return text


def as_questions(statement: str) -> list[str]:
    """Each clause of a statement with its verb in front, as questions have it: "Did my son take the lamp".

    Args:
        statement: a sentence that tells something.
    """
    clauses = _CLAUSE.split(full_forms(statement).strip().rstrip(".!;? "))
    return [found for clause in clauses if (found := _inverted(clause))]


def _inverted(clause: str) -> str:
    words = clause.split()
    lowered = [word.lower().strip(",") for word in words]
    if not words:
        return ""
    if lowered[0] in DETERMINERS | PRONOUNS and words[0] != "I":
        words[0] = words[0].lower()
    if _is_past(lowered[0]) or lowered[0] in BASE_VERBS:
        return f"did I {clause}"
    at = next((i for i, word in enumerate(lowered[:_FARTHEST_VERB]) if i and word in AUXILIARIES), None)
    if at is not None:
        ends = "," if lowered[at] in BE else ""
        return f"{' '.join([words[at], *words[:at]])}{ends} {' '.join(words[at + 1 :])}"
    if lowered[0] in _SUBJECTS:
        rest = [word for i, word in enumerate(words[1:]) if i or word.lower() not in ADVERBS]
        return " ".join(["did", words[0], *rest])
    for i, word in enumerate(lowered[:_FARTHEST_VERB]):
        counted = i > 1 and word.endswith("s") and "".join(lowered[i + 1 : i + 2])[:1].isdigit()
        third = word.endswith("s") and (word[:-1] in BASE_VERBS or counted)
        if i and (third or _is_past(word)) and lowered[i - 1] not in PRONOUNS:
            base = word[:-1] if third and not counted else "have"
            return " ".join(["did", *words[:i], base, *words[i + 1 :]])
    return clause


def _is_past(word: str) -> bool:
    return word in _PAST or (word.endswith("ed") and len(word) > 4 and word not in ("hundred", "sacred"))

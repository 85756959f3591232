"""Follow-up questions: whether a question depends on the previous one, and its full form. English and Chinese."""

from __future__ import annotations

import re

from simengine.qa import hypothesis
from simengine.qa.english import take_apart
from simengine.text.scripts import has_chinese, is_chinese
from simengine.text.words import (
    AUXILIARIES,
    BACK_REFERENCES,
    QUESTION_WORDS,
    WORD,
    content_words,
)

MAX_SUBJECT_CHARS = 200
_WHAT_ABOUT = re.compile(
    r"^(?:and|but|or|so|then|ok(?:ay)?|also)?,?\s*(?:what|how)\s+about\s+(.+)$|^(?:and|or|but)\s+(.+)$",
    re.IGNORECASE,
)
_POSSESSIVE = frozenset(("its", "his", "her", "their"))
_NO_SUBJECT = re.compile(
    r"^it(?:'s| is| was)?\s+(?:possible|true|safe|ok|okay|allowed|necessary|better)\b|^there\b", re.I
)
_CHINESE_PRONOUN = re.compile("它们|他们|她们|这个|那个|这些|那些|它|他|她|其(?![他它实中次余])|此")
_CHINESE_ELLIPSIS = re.compile("^(?:那么?|还有|然后|以及)?[，,]?(.+?)呢[?？。]?$")
_CHINESE_AND = re.compile("^(?:那么?|还有|然后|以及|另外)[，,]?(?!里|儿|个|些|位)(.+)$")
_ENDS = "?\uff1f!\uff01.\u3002 "
_CAPITALISED = re.compile(r"(?<!^)\b[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*")
_NUMBER = re.compile(r"\b\d[\d.,]*\b")
_SHORT_WORDS = 3
_SHORT_CHARS = 4


def expand(question: str, before: str) -> str | None:
    """The question completed from the previous one; None if it seems self-contained.

    - A pronoun is replaced by the subject of the previous question: "How much does it cost?"
    - "And Germany?", "What about express?": the previous question, with this in place of a name or number of the
      same kind, or appended.
    - A bare question word or only a few words: the content words of the previous question are added.

    Args:
        question: as asked.
        before: the previous question, in full.
    """
    if not before.strip():
        return None
    found = _chinese(question.strip(), before) if is_chinese(question) else _english(question.strip(), before)
    return found if found and found.casefold() != question.strip().casefold() else None


def subject_of(question: str) -> str:
    """A question's subject in its own words: the grammatical subject, else its content words."""
    found = hypothesis.subject(question)
    if not found:
        found = _chinese_topic(question) if is_chinese(question) else " ".join(content_words(question))
    return found[:MAX_SUBJECT_CHARS].strip()


def _english(question: str, before: str) -> str | None:
    about = _WHAT_ABOUT.match(question)
    if about is not None:
        rest = (about[1] or about[2]).strip().rstrip(_ENDS)
        if _is_fragment(rest):
            return _with_fragment(rest, before)
        question = rest[:1].upper() + rest[1:] + "?"
        return _english(question, before) or question
    words = [word.lower() for word in WORD.findall(question)]
    subject = subject_of(before)
    if subject and any(word in BACK_REFERENCES for word in words) and not _stands_alone(question, words):
        return _with_subject(question, subject)
    bare = all(
        word in QUESTION_WORDS | AUXILIARIES | {"much", "many", "long", "often", "so", "not"}
        for word in words
    )
    if words and (bare or (len(words) <= _SHORT_WORDS and _is_fragment(question))):
        return _with_fragment(question.rstrip(_ENDS), before) if not bare else _with_topic(question, before)
    return None


def _stands_alone(question: str, words: list[str]) -> bool:
    """Whether the pronoun has no antecedent: "is it possible to ...", "that" after its noun."""
    if take_apart(question) is not None and words[:1] and words[0] in AUXILIARIES:
        return _NO_SUBJECT.match(" ".join(words[1:])) is not None and not any(
            word in BACK_REFERENCES for word in words[2:]
        )
    referring = [at for at, word in enumerate(words) if word in BACK_REFERENCES]
    # "the shop that sells", "this card": not pronouns by themselves
    return all(
        words[at] in ("that", "this", "these", "those") and 0 < at < len(words) - 1 for at in referring
    )


def _is_fragment(text: str) -> bool:
    words = [word.lower() for word in WORD.findall(text)]
    return bool(words) and words[0] not in QUESTION_WORDS | AUXILIARIES and len(words) <= 6


def _with_subject(question: str, subject: str) -> str:
    """The first pronoun replaced by the subject."""
    for found in WORD.finditer(question):
        word = found[0].lower()
        if word not in BACK_REFERENCES:
            continue
        put = subject
        following = WORD.search(question, found.end())
        her_own = word == "her" and following is not None and following[0].lower() not in AUXILIARIES
        if word in _POSSESSIVE and (word != "her" or her_own):
            put = f"{subject}'" if subject.endswith("s") else f"{subject}'s"
        if found.start() == 0:
            put = put[:1].upper() + put[1:]
        return question[: found.start()] + put + question[found.end() :]
    return question


def _with_fragment(fragment: str, before: str) -> str:
    """The previous question with a fragment in place of what it replaces, or appended."""
    full = before.rstrip(_ENDS)
    for kind in (_NUMBER, _CAPITALISED):
        there = list(kind.finditer(full))
        if there and kind.search(f" {fragment}"):
            last, new = there[-1], kind.search(f" {fragment}")
            return f"{full[: last.start()]}{new[0] if new else fragment}{full[last.end() :]}?"
    return f"{full}, {fragment}?"


def _with_topic(question: str, before: str) -> str:
    topic = " ".join(content_words(before)) or before
    return f"{question.rstrip(_ENDS)} {topic[:MAX_SUBJECT_CHARS]}?"


def _chinese(question: str, before: str) -> str | None:
    topic = subject_of(before)
    ellipsis = _CHINESE_ELLIPSIS.match(question)
    if ellipsis is not None and len(ellipsis[1]) <= 12 and not _asks_chinese(ellipsis[1]):
        return f"{ellipsis[1]}，{before.rstrip(_ENDS)}？"
    pronoun = _CHINESE_PRONOUN.search(question)
    if pronoun is not None and topic:
        put = f"{topic}的" if pronoun[0] in ("其",) else topic
        return question[: pronoun.start()] + put + question[pronoun.end() :]
    more = _CHINESE_AND.match(question)
    text = more[1] if more else question
    if topic and (more is not None or len(text.rstrip(_ENDS + "呢")) <= _SHORT_CHARS) and topic not in text:
        return f"{topic}{text}"
    return None


def _asks_chinese(text: str) -> bool:
    return re.search("什么|哪|谁|多少|几|怎|如何|何时", text) is not None


def _chinese_topic(question: str) -> str:
    """The longest run of Chinese characters between mere question words."""
    runs = re.split(
        "[^\\w]+|什么|哪里|哪儿|哪个|哪|谁|多少|怎么|怎样|如何|为什么|请问|可以|需要|是否|吗|呢|的|了|是|有|在|要|能",
        question,
    )
    known = [run for run in runs if run and has_chinese(run)]
    return max(known, key=len, default="")

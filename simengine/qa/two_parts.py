"""Two questions in one: "How much is it and can I pay by card?". English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from simengine.qa import chinese
from simengine.qa.english import take_apart
from simengine.qa.followups.followup import expand
from simengine.text.scripts import is_chinese
from simengine.text.words import AUXILIARIES, QUESTION_WORDS
from simengine.types import Answer

MAX_PARTS = 4
_ASKING = "|".join(sorted(map(re.escape, QUESTION_WORDS)))
_BEGINNING = "|".join(sorted(map(re.escape, AUXILIARIES | QUESTION_WORDS)))
_JOINT = re.compile(
    rf",?\s+(?:and|but|or)\s+(?:also,?\s+|if so,?\s+)?(?=(?:{_BEGINNING})\b)|,\s*(?=(?:{_ASKING})\s)",
    re.IGNORECASE,
)
_CHINESE_JOINT = re.compile(
    "[，,；;、]\\s*(?:另外|还有|還有|以及|而且|并且|並且|同时|同時|顺便|順便|那)?[，,]?"
)
_CHINESE_ASKS = re.compile("什么|什麼|哪|谁|誰|多少|多久|多长|多長|几|幾|怎么|怎麼|怎样|怎樣|如何|为何|何时")
_ENDS = "?？!！.。 "
_WORDS = 3
_CHARS = 4


def split_parts(question: str) -> list[str]:
    """The questions that a question consists of, in order; itself if it is one.

    A later part that depends on the one before is completed from it, as a follow-up question would be.

    Args:
        question: English or Chinese.
    """
    pieces = _chinese(question) if is_chinese(question) else _english(question)
    if not 1 < len(pieces) <= MAX_PARTS:
        return [question]
    full = [pieces[0]]
    for piece in pieces[1:]:
        full.append(expand(piece, full[-1]) or piece)
    return full


def _english(question: str) -> list[str]:
    sentences = [each.strip() for each in re.split(r"(?<=\?)\s+", question.strip()) if each.strip()]
    if len(sentences) > 1:
        return sentences if all(map(_whole_english, sentences)) else [question]
    for joint in _JOINT.finditer(question):
        first, second = question[: joint.start()].strip(), question[joint.end() :].strip()
        if _whole_english(first) and _whole_english(second):
            return [f"{first}?", *_english(second[:1].upper() + second[1:])]
    return [question]


def _whole_english(text: str) -> bool:
    """Whether a text is a question with a subject and something asked of it."""
    bare = text.rstrip(_ENDS)
    parts = take_apart(bare)
    if parts is None or len(bare.split()) < _WORDS or parts.kind == "place":
        return False
    if parts.kind == "yes/no":
        return bool(parts.subject) and bool(parts.rest)
    return bool(parts.auxiliary or parts.rest)


def _chinese(question: str) -> list[str]:
    sentences = [each for each in re.split("(?<=[?？])\\s*", question.strip()) if each.strip()]
    if len(sentences) > 1:
        return sentences if all(map(_whole_chinese, sentences)) else [question]
    clauses = _CHINESE_JOINT.split(question.strip())
    for at in range(1, len(clauses)):
        first, second = "，".join(clauses[:at]), "，".join(clauses[at:])
        if _whole_chinese(first) and _whole_chinese(second) and not chinese.is_tag(second):
            return [f"{first.rstrip(_ENDS)}？", *_chinese(second)]
    return [question]


def _whole_chinese(text: str) -> bool:
    bare = text.rstrip(_ENDS)
    if len(bare) < _CHARS:
        return False
    return chinese.is_yes_no(bare) or _CHINESE_ASKS.search(bare) is not None


def joint_answer(question: str, parts: Sequence[Answer]) -> Answer:
    """One answer that summarises those to the parts of a question.

    Its verdict is that of all parts if they have the same one, else "answer"; "not found" only if no part was answered.
    Evidence, source and against are those of the first part that was answered, the probability is the lowest of theirs.

    Args:
        question: the whole.
        parts: at least one.
    """
    answered = [part for part in parts if part.verdict != "not found"]
    first = min(answered, key=lambda part: part.probability) if answered else parts[0]
    verdicts = {part.verdict for part in parts}
    return replace(
        first,
        question=question,
        verdict=verdicts.pop() if len(verdicts) == 1 else "answer",
        text=" ".join(part.text for part in answered),
        evidence=answered[0].evidence if answered else None,
        source=answered[0].source if answered else "",
        span=None,
        against=next((part.against for part in parts if part.against is not None), None),
        sure=all(part.sure for part in answered),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        calculation="",
        parts=tuple(parts),
    )

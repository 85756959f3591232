"""Subjects of sentences by rule, in English and Chinese: of what a pronoun stands for, and whether a clause has one."""

from __future__ import annotations

import re

from simengine.text.scripts import HAN, has_chinese
from simengine.text.words import (
    ADVERBS,
    AUXILIARIES,
    BACK_REFERENCES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
)

MAX_SUBJECT_WORDS = 6
_WORD = re.compile(r"[^\W_]+(?:['\u2019.-][^\W_]+)*|[,;:()]")
# Finite verbs that are no auxiliaries, in the forms that plain statements have.
_VERB_FORMS = """
opens opened closes closed starts started begins began ends ended lasts lasted runs ran costs cost pays paid includes
included covers covered requires required needs needed offers offered provides provided takes took gives gave gets got
receives received sells sold makes made holds held owns owned contains contained allows allowed uses used works worked
lives lived moves moved joins joined founded won wins lost loses rose rises fell falls grew grows reached reaches
remains remained becomes became says said means meant leads led plays played wrote writes stands stood lies lay comes
came goes went stays stayed applies applied expires expired arrives arrived leaves left sits sat weighs weighed serves
served supports supported sends sent keeps kept
"""
_VERBS = AUXILIARIES | frozenset(_VERB_FORMS.split())
_ENGLISH_PRONOUN = re.compile(r"(It|He|She|They)(?=\s)|(Its|His|Her|Their)(?=\s)", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"it\s+(?:is|was|will be|takes|took|seems|appears|rains|snows)\b.*\b(?:that|to)\b", re.IGNORECASE
)
_ENGLISH_POINTER = re.compile(
    rf"(?:this|that|these|those|both|such|the (?:former|latter))\s+(?:{'|'.join(sorted(map(re.escape, _VERBS)))})\b",
    re.IGNORECASE,
)
_CHINESE_PRONOUN = re.compile("([它他她]们?)(的?)")
_CHINESE_POINTER = re.compile(
    "(?:这|那|此|其)(?:是|意味|表示|说明|使|让|也|一|种|些|个|次|项)|对此|为此|因此|其中|两者|前者|后者"
)
_PREDICATE = (
    "是|位于|坐落|拥有|设有|没有|有|必须|需要|需|须|应当|应该|应|可以|可|不得|不能|不会|不|将|会|能|已|由|为|在|属于|"
    "包括|提供|成立|全长|免费|收费|开放|营业|实行|采用|支持|达到|达"
)
_CHINESE_SUBJECT = re.compile(rf"([{HAN}A-Za-z0-9·“”《》]{{2,12}}?)(?:{_PREDICATE})")
_NO_SUBJECT = re.compile(
    "(?:[在从自于按如若因为对并而但且也还则就均都即每周月日年今明昨前后当由经据根随与和或以及同]|其[中他余次]|[0-9一二三四五六七八九十]"
    "|(?:[它他她]们?|这|那|此|该|另外|此外|同时|不过|所以|因此|共|只|仅|可|需|须|应|不|没|有|是))"
)


def standalone(text: str, before: str) -> str | None:
    """A sentence with the pronoun that begins it replaced; None if it can only be read after another sentence.

    Args:
        text: a sentence; one that begins without a pronoun is returned as it is.
        before: the sentence before it, "" if there is none.
    """
    return _standalone_chinese(text, before) if has_chinese(text) else _standalone_english(text, before)


def is_clause(text: str) -> bool:
    """Whether a part of a sentence has a subject of its own and a finite verb; False if that is not certain."""
    text = text.strip()
    if not has_chinese(text):
        return _english_subject(text, pronouns=True) is not None
    return _chinese_subject(text) is not None or _CHINESE_PRONOUN.match(text) is not None


def _standalone_english(text: str, before: str) -> str | None:
    if _ENGLISH_POINTER.match(text):
        return None
    pronoun = _ENGLISH_PRONOUN.match(text)
    if pronoun is None or _EXPLETIVE.match(text):
        return text
    subject = _english_subject(before, pronouns=False)
    if subject is None or not _agrees(pronoun[0].lower(), subject):
        return None
    return f"{subject}{_genitive(subject) if pronoun[2] else ''}{text[pronoun.end() :]}"


def _agrees(pronoun: str, subject: str) -> bool:
    head = re.split(r"\s+of\s+", subject)[0].split()[-1]
    common = head[0].islower() or " " not in subject  # the first word of a sentence has a capital anyway
    plural = head.endswith("s") and not head.endswith("ss") and common
    if pronoun in ("they", "their"):
        return plural
    if pronoun in ("he", "his", "she", "her"):
        return head[0].isupper()
    return not plural


def _genitive(subject: str) -> str:
    return "'" if subject.endswith("s") else "'s"


def _english_subject(text: str, *, pronouns: bool) -> str | None:
    """The words before the first finite verb if they are one plain noun phrase, else None."""
    words = list(_WORD.finditer(text))
    place = next(
        (at for at, word in enumerate(words[: MAX_SUBJECT_WORDS + 1]) if word[0].lower() in _VERBS), 0
    )
    subject = [word[0] for word in words[:place]]
    lowered = [word.lower() for word in subject]
    if not subject or any(word in ",;:()" for word in lowered):
        return None
    if len(subject) == 1 and lowered[0] in PRONOUNS | BACK_REFERENCES:
        return text[: words[place - 1].end()] if pronouns else None
    if lowered[0] in PREPOSITIONS | CONJUNCTIONS | ADVERBS or lowered[-1] in DETERMINERS | PREPOSITIONS:
        return None
    if lowered[0] in PRONOUNS | BACK_REFERENCES and lowered[0] not in DETERMINERS:
        return None
    if not pronouns and lowered[0] in BACK_REFERENCES:
        return None
    if any(word in CONJUNCTIONS or (word in PREPOSITIONS and word != "of") for word in lowered[1:]):
        return None
    return text[: words[place - 1].end()].strip()


def _standalone_chinese(text: str, before: str) -> str | None:
    if _CHINESE_POINTER.match(text):
        return None
    pronoun = _CHINESE_PRONOUN.match(text)
    if pronoun is None:
        return text
    subject = _chinese_subject(before)
    if subject is None or pronoun[1].endswith("们"):  # Chinese nouns do not show whether they are several
        return None
    return f"{subject}{pronoun[2]}{text[pronoun.end() :]}"


def _chinese_subject(text: str) -> str | None:
    """The characters before the first predicate if they look like a noun phrase, else None."""
    text = text.strip()
    found = _CHINESE_SUBJECT.match(text)
    return None if found is None or _NO_SUBJECT.match(text) else found[1]

"""What the words alone say about whether a text answers a question; no model is asked."""

from __future__ import annotations

import re

from simengine.lexical.analysis import passage_terms, query_terms
from simengine.text.scripts import HAN, KANA, is_chinese
from simengine.text.tokens import text_units

_LETTER = rf"[^\W_{KANA}{HAN}]"
_NAME = re.compile(rf"(?<!{_LETTER})(?:[A-Z](?:{_LETTER}|-)*|(?:{_LETTER})*?\d(?:{_LETTER}|[.,-](?=\d))*)")
_DENIES = re.compile(
    r"\b(?:not|never|no|without|neither|nor|except|cannot|unable|fail(?:s|ed)?|\w+n['\u2019]t)\b|不|没|无法|未|并非|除了",
    re.IGNORECASE,
)
_ASKING = frozenset("的了吗呢吧么啊是有在多少什哪里儿谁怎几何如为请问个这那")
_PARTICLES = re.compile(f"是不是|有没有|能不能|会不会|可不可以|([{HAN}])不\\1|不同|不少|不断")


def cues(question: str, passage: str, evidence: str) -> dict[str, float]:
    """What the words of a question, of a passage and of the evidence in it have in common.

    Args:
        question: English or Chinese; other languages as far as words are words.
        passage: where the evidence stands, with its title.
        evidence: a sentence or more.

    Returns:
        `coverage` and `overlap`, the share of the question's words (stems, by weight as in lexical search; Chinese
        characters one by one) that stand in the passage and in the evidence; `names`, the share of its names and
        numbers that the passage holds, 1 where it has none; `denied`, 1 where the question denies something (not,
        never, without) and the evidence denies nothing, else 0.
    """
    share = _chinese_share if is_chinese(question) else _share
    lowered = passage.casefold()
    names = names_of(question)
    return {
        "coverage": share(question, passage),
        "overlap": share(question, evidence),
        "names": sum(name.casefold() in lowered for name in names) / len(names) if names else 1.0,
        "denied": float(denies(question) and not denies(evidence)),
    }


def names_of(question: str) -> list[str]:
    """Capitalised words behind the first one, and words with digits, each once."""
    found = _NAME.finditer(question.strip())
    return list(dict.fromkeys(name[0] for name in found if name.start() or any(map(str.isdigit, name[0]))))


def denies(text: str) -> bool:
    """Whether a text holds a word that denies."""
    return _DENIES.search(_PARTICLES.sub("", text)) is not None


def _share(question: str, text: str) -> float:
    terms = query_terms(question, names=False)
    total = sum(terms.values())
    if not total:
        return 0.0
    known = passage_terms(text)
    return sum(weight for term, weight in terms.items() if term in known) / total


def _chinese_share(question: str, text: str) -> float:
    """Of characters that do not only ask, and of words of other scripts."""
    words, characters = text_units(question.casefold())
    wanted = {*words, *characters} - _ASKING
    if not wanted:
        return 0.0
    lowered = text.casefold()
    return sum(unit in lowered for unit in wanted) / len(wanted)

"""Which words of a claim the evidence does not support, by alignment; and which of its phrases can be left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from simengine.lexical.analysis import passage_terms
from simengine.lexical.names import STOP_WORDS
from simengine.rules.cues import profile
from simengine.rules.quantities import LABEL, Quantity, quantities
from simengine.text.scripts import HAN, has_chinese
from simengine.text.words import AUXILIARIES, PREPOSITIONS, PRONOUNS
from simengine.types import Span

MOST_PHRASES, SAME_CHARACTERS = 6, 2
_UNIT = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:['\u2019.-][^\W_{HAN}]+)*")
_FUNCTION_WORDS = STOP_WORDS | AUXILIARIES | PREPOSITIONS | PRONOUNS
_FUNCTION_CHARACTERS = frozenset(
    "的了是在有和与及也都就而或之于以为对把被将会能可要这那个些其它他她们着过得地等从到由所并且但"
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|\w+n['\u2019]t)\b|不得|不能|不可|不会|没有|无需|禁止|并非|未|不|没|无",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"\s*[,;]\s*|\s+(?=(?:and|or|but)\b)|[，；、]|(?=(?:并且|而且|以及|但是))", re.IGNORECASE
)
_PHRASE = re.compile(
    r"\s+(?=(?:because|since|if|when|unless|until|after|before|while|although|though|for|with|without|from|by|within|"
    r"during|on|at|in|to|except|including)\b)",
    re.IGNORECASE,
)


def missing_words(claim: str, evidence: str) -> list[Span]:
    """The words, numbers and names of a claim that the evidence does not have, neighbours in one span.

    Words count as the same in other forms (walk, walked), quantities where their values are equal. Chinese is compared
    by pairs of neighbouring characters. A negation is missing where the evidence denies nothing.

    Args:
        claim: one claim.
        evidence: what it was judged by; "" finds all of the claim missing.
    """
    known, text = passage_terms(evidence), evidence.casefold()
    values = {_value(each) for each in quantities(evidence)}
    measured = [each for each in quantities(claim) if each.dimension != LABEL]
    only_claim_denies = profile(claim).negated and not profile(evidence).negated
    negations = [found.span() for found in _NEGATION.finditer(claim)]
    found: list[Span] = []
    open_run = False  # whether the last word that counts is missing
    for unit in _UNIT.finditer(claim):
        start, end = unit.span()
        quantity = next((each for each in measured if each.start <= start < each.end), None)
        if quantity is not None:
            missing = _value(quantity) not in values
            start, end = quantity.start, quantity.end
        elif any(low <= unit.start() < high for low, high in negations):
            if not only_claim_denies:
                continue
            missing = True
        elif _is_function(unit[0]):
            continue
        else:
            missing = not _is_known(claim, unit, known, text)
        if missing and open_run and found:
            found[-1] = Span(found[-1].start, max(end, found[-1].end))
        elif missing:
            found.append(Span(start, end))
        open_run = missing
    return found


def same_matter(claim: str, passage: str) -> bool:
    """Whether a passage has a content word of a claim, in Chinese two characters: it cannot contradict it otherwise.

    True for texts of two languages, whose words cannot be compared.
    """
    units = {unit[0] for unit in _UNIT.finditer(claim) if not _is_function(unit[0])}
    if has_chinese(claim) != has_chinese(passage) or not units:
        return True
    text = passage.casefold()
    if has_chinese(claim) and sum(unit in text for unit in units if has_chinese(unit)) >= SAME_CHARACTERS:
        return True
    known = passage_terms(passage)
    return any(not _terms(unit).isdisjoint(known) for unit in units if not has_chinese(unit))


def phrases(claim: str) -> list[tuple[Span, str]]:
    """The phrases that can be left out of a claim, and what is left: at most MOST_PHRASES, the last first.

    What follows a comma or "and" reaches to the next of these, what follows a preposition to the next of either kind.
    """
    body = claim.rstrip(" .!?。！")
    clauses = [found.span() for found in _CLAUSE.finditer(body)]
    all_ = sorted({*clauses, *(found.span() for found in _PHRASE.finditer(body))})
    found = []
    for cut, after in reversed(all_):
        ends = clauses if (cut, after) in clauses else all_
        end = next((start for start, _ in ends if start > cut), len(body))
        left = claim[:cut] + claim[end:]
        if end > after and left.strip(" ,;，；、.。"):
            found.append((Span(after, end), left))
    return found[:MOST_PHRASES]


def _is_function(unit: str) -> bool:
    return unit in _FUNCTION_CHARACTERS if has_chinese(unit) else unit.lower() in _FUNCTION_WORDS


def _is_known(claim: str, unit: re.Match[str], known: set[str], text: str) -> bool:
    """Whether the evidence has a word, or a Chinese character together with one of its neighbours."""
    if not has_chinese(unit[0]):
        return unit[0].casefold() in text.split() or not _terms(unit[0]).isdisjoint(known)
    start, end = unit.span()
    pairs = [claim[max(start - 1, 0) : end], claim[start : end + 1]]
    return any(len(pair) == 2 and pair in text for pair in pairs)


@lru_cache(maxsize=20_000)
def _terms(word: str) -> frozenset[str]:
    return frozenset(passage_terms(word))


def _value(quantity: Quantity) -> tuple[object, ...]:
    return quantity.dimension, quantity.base, quantity.low, quantity.high, quantity.date


def merged(spans: Iterator[Span]) -> tuple[Span, ...]:
    """Rising spans without overlaps."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)

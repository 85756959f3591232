"""The same words with the parts exchanged: who does what to whom, active and passive, "sells to" and "buys from"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

from simengine.rules.changes import RuleEvidence
from simengine.rules.lexicon import FORBID, PERMIT, exclusive, lemma
from simengine.rules.parties import said_otherwise
from simengine.rules.reading import JOINT, MODAL, NEGATION, QUANTIFIER, QUANTITY, WORD, Token, Unit
from simengine.rules.scope import conditional
from simengine.text.words import PREPOSITIONS

Keys: TypeAlias = tuple[str, ...]

MAX_TOKENS = 40
_BE = frozenset("is are was were be been being get got".split())  # noqa: SIM905 - as the lists below
_SYMMETRIC = """meet marry married equal same similar beside next near with between differ different resemble adjacent
inseparable compatible alike correlate neighbour neighbor border cousin sibling twin partner far join connect link
parallel agree talk share versus vs play
跟 同 相 等于 邻 附近 对面 朋友 同学 同事 兄弟 姐妹 夫妻 结婚 合 互"""
_STATES = "love like know admire trust respect hate miss envy 喜欢 爱 认识 信任 尊敬 讨厌 羡慕 想念"
"""What two may feel for each other at one time; exchanged, it is left open. Of an act that is told, one is the doer."""
_FUTURE = frozenset(("will", "would", "shall"))
_TOWARDS = {"to": "from", "from": "to", "给": "从", "从": "给", "向": "给"}


def roles(premise: Unit, hypothesis: Unit) -> RuleEvidence | None:
    """Evidence of two sentences of the same words, or of a word and its converse, in another order."""
    found = (
        said_otherwise(premise, hypothesis)
        or _exchanged(premise, hypothesis)
        or _exchanged_in_part(premise, hypothesis)
    )
    if not found:
        return None
    if found == "kept":
        if _FUTURE.isdisjoint(premise.raw) != _FUTURE.isdisjoint(hypothesis.raw):
            return None
        return RuleEvidence("roles", "entailment", "the same said the other way round")
    open_ = not _keys(_STATES).isdisjoint(token.key for token in premise.tokens) or (
        premise.chinese and any(word in "".join(premise.raw) for word in _keys(_STATES) if len(word) > 1)
    )
    return RuleEvidence("roles", "neutral" if open_ else "contradiction", "the same words, roles exchanged")


def _exchanged(premise: Unit, hypothesis: Unit) -> str:
    """ "exchanged" if the hypothesis has the parts of the premise exchanged, "kept" if it says the same, or ""."""
    ours, theirs = premise.tokens, hypothesis.tokens
    if max(len(ours), len(theirs)) > MAX_TOKENS or abs(len(ours) - len(theirs)) > 1:
        return ""
    first, second = tuple(t.key for t in ours), tuple(t.key for t in theirs)
    if len(first) != len(second) and (turned := _converse(_without_from(first), _without_from(second))):
        plain = [token for token in ours if token.key != "from"]
        same = sorted(turned) == sorted(_without_from(first))
        return "kept" if same and _swapped(plain, _without_from(first), turned) else ""
    if sorted(first) == sorted(second):
        return "exchanged" if _swapped(ours, first, second) else ""
    for passive, active, unit in ((first, second, premise), (second, first, hypothesis)):
        if len(passive) == len(active) + 1:
            return _voices(passive, active, unit)
    converse = _converse(first, second)
    same = converse is not None and sorted(converse) == sorted(first)
    return "kept" if same and converse is not None and _swapped(ours, first, converse) else ""


def _exchanged_in_part(premise: Unit, hypothesis: Unit) -> str:
    """ "exchanged" if the premise begins with the parts of the hypothesis the other way round, and says more."""
    if premise.chinese != hypothesis.chinese or conditional(premise):
        return ""
    ours, theirs = premise.tokens, hypothesis.tokens
    keys, claimed = tuple(t.key for t in ours), tuple(t.key for t in theirs)
    for size in range(len(theirs), 2, -1):
        rest = claimed[size:]
        inner, said = ours[:size], claimed[:size]
        if len(ours) <= size or sorted(keys[:size]) != sorted(said) or not set(rest) <= set(keys[size:]):
            continue
        if any(token.kind not in (WORD, MODAL) or token.key in (PERMIT, FORBID) for token in inner):
            return ""
        for left in range(1, size - 1):
            for right in range(1, size - left):
                middle = keys[left : size - right]
                if said != keys[size - right : size] + middle + keys[:left]:
                    continue
                if keys[:left] == keys[size - right : size]:
                    return ""
                acted = any(key not in PREPOSITIONS for key in middle)
                again = _in_order(keys[size:], (claimed[0], claimed[size - 1]))
                symmetric = not _keys(_SYMMETRIC).isdisjoint(keys)
                return "exchanged" if acted and not again and not symmetric else ""
    return ""


def _in_order(keys: Keys, wanted: Keys) -> bool:
    """Whether some keys stand in others in this order."""
    rest = iter(keys)
    return all(key in rest for key in wanted)


def _swapped(tokens: Sequence[Token], first: Keys, second: Keys) -> bool:
    """Whether the second is the first with two blocks exchanged around a part that is not symmetric."""
    low = next((i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b), len(first))
    high = len(first)
    while high > low and first[high - 1] == second[high - 1]:
        high -= 1
    ours, theirs, inner = first[low:high], second[low:high], tokens[low:high]
    if any(token.kind in (JOINT, QUANTITY, QUANTIFIER, NEGATION) for token in inner):
        return False
    for left in range(1, len(ours) - 1):
        for right in range(1, len(ours) - left):
            middle = ours[left : len(ours) - right]
            if theirs == ours[len(ours) - right :] + middle + ours[:left]:
                return _keys(_SYMMETRIC).isdisjoint(first)
    return False


def _voices(passive: Keys, active: Keys, unit: Unit) -> str:
    """What a passive sentence says of an active one of the same words, "by" or 被 aside."""
    mark = "被" if unit.chinese else "by"
    if mark not in passive or sorted(passive) != sorted((*active, mark)):
        return ""
    at = passive.index(mark)
    if unit.chinese:
        patient, rest = passive[:at], passive[at + 1 :]
        if not patient or not rest:
            return ""
        return "exchanged" if active[: len(patient)] == patient else "kept" if active[0] == rest[0] else ""
    if at < 2 or _BE.isdisjoint(unit.raw):
        return ""
    verb, patient, rest = passive[at - 1], passive[: at - 1], passive[at + 1 :]
    if verb not in active:
        return ""
    place = active.index(verb)
    subject, remainder = active[:place], active[place + 1 :]
    if subject == patient and remainder[: len(rest)] == rest:
        return "exchanged"
    kept = bool(subject) and rest[: len(subject)] == subject and remainder[: len(patient)] == patient
    return "kept" if kept else ""


def _without_from(keys: Keys) -> Keys:
    return tuple(key for key in keys if key != "from")


def _converse(first: Keys, second: Keys) -> Keys | None:
    """The second with its one word of opposite sense replaced by the first's, and "from" by "to"."""
    table = exclusive()
    out, new = set(first) - set(second), set(second) - set(first)
    for one in out:
        for other in new:
            sides = table.get(other, ())
            if any((line, 1 - side) in sides for line, side in table.get(one, ())):
                turned = {other: one} | {theirs: ours for ours, theirs in _TOWARDS.items() if ours in out}
                return tuple(turned.get(key, key) for key in second)
    return None


@cache
def _keys(words: str) -> frozenset[str]:
    return frozenset(map(lemma, words.split()))

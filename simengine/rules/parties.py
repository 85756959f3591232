"""The same said from the other side in other words: "gave to" and "received from", "is the uncle of" and "the nephew
of", "taller than" and "shorter than"; or the parties exchanged. English; Chinese is in `parties_zh`.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from simengine.rules.converses import (
    COMPARED,
    GENERIC_RECEIPTS,
    GIFTS,
    NOUNS,
    PLACES,
    RECEIPTS,
    opposed,
)
from simengine.rules.frames import Frame, Together, together
from simengine.rules.lexicon import lemma
from simengine.rules.parties_zh import said_in_chinese
from simengine.rules.reading import NEGATION, QUANTIFIER, Unit

_GIVE, _RECEIVE, _NOUN, _VERB, _MORE, _LESS, _PLACE = "give receive noun verb more less place".split()  # noqa: SIM905
_VERBS: Final = "supervise manage employ teach tutor train coach succeed"
"""Verbs of which one of the parties has a name: "manages" and "is the manager of"."""
_STEM_LETTERS: Final = 4
_BE: Final = frozenset("is are was were be become became being been remains remained".split())  # noqa: SIM905


def said_otherwise(premise: Unit, hypothesis: Unit) -> str:
    """ "kept" if the hypothesis says from the other side what the premise says, "exchanged" if it turns it, or ""."""
    if premise.chinese != hypothesis.chinese:
        return ""
    if (
        any(token.kind in (NEGATION, QUANTIFIER) for token in (*premise.tokens, *hypothesis.tokens))
        and not hypothesis.chinese
    ):
        return ""
    if hypothesis.chinese:
        return said_in_chinese(premise, hypothesis)
    found = {
        verdict
        for one in together(premise, hypothesis, _frames())
        if (verdict := _verdict(one, premise, hypothesis))
    }
    return found.pop() if len(found) == 1 else ""


@cache
def _frames() -> tuple[Frame, ...]:
    gifts, receipts = "|".join(sorted(GIFTS)), "|".join(sorted(RECEIPTS))
    nouns, places = "|".join(sorted(NOUNS)), "|".join(sorted(PLACES, key=len, reverse=True))
    verbs = "|".join(map(lemma, _VERBS.split()))
    give, receive = f"(?=(?:{gifts}) )<v>", f"(?=(?:{receipts}) )<v>"
    return (
        Frame(f"<a>{give}<t>to <b>", _GIVE),
        Frame(f"<a>{give}<b><t>", _GIVE),
        Frame(f"<t>{give}to <b>by <a>", _GIVE),
        Frame(f"<b>{give}<t>by <a>", _GIVE),
        Frame(f"<b>{receive}<t>from <a>", _RECEIVE),
        Frame(f"<a>(?=(?:{nouns}) )<v>of <b>", _NOUN),
        Frame("<a>(?=(?:report|answer) )<v>to <b>", _VERB),
        Frame(f"<a>(?=(?:{verbs}) )<v><b>", _VERB),
        Frame(f"<b>(?=(?:{verbs}) )<v>by <a>", _VERB),
        Frame(f"<a><k>{lemma('more')} <v>than <b>", _MORE),
        Frame("<a><k>less <v>than <b>", _LESS),
        Frame("<a><k><v>than <b>", _MORE),
        Frame(f"<a><k>(?:to )?(?=(?:{places}) )<v>of <b>", _PLACE),
    )


def _verdict(one: Together, premise: Unit, hypothesis: Unit) -> str:
    """What two sentences in two frames say of each other."""
    turned = _turned(one, premise, hypothesis)
    if turned is None:
        return ""
    verdict = "exchanged" if turned != one.exchanged else "kept"
    ours = set(one.more.split())
    added = [word for word in one.more_new.split() if word not in ours and not _of_verb(word, one)]
    same_form = one.one_frame and one.first == one.second and not one.exchanged
    return "" if added or same_form else verdict


def _turned(one: Together, premise: Unit, hypothesis: Unit) -> bool | None:
    """Whether the words of the two frames are opposites of each other; None if they have nothing in common."""
    kinds = set(one.kinds)
    if kinds <= {_GIVE, _RECEIVE}:
        return False if _one_transfer(one) else None
    if kinds <= {_NOUN, _VERB}:
        named = ((premise, one.kinds[0], one.first), (hypothesis, one.kinds[1], one.second))
        if not all(_is_said(unit, word) for unit, kind, word in named if kind == _NOUN):
            return None
        return opposed(NOUNS, one.first, one.second)
    if kinds == {_PLACE}:
        return opposed(PLACES, one.first, one.second)
    if kinds <= {_MORE, _LESS}:
        turned = opposed(COMPARED, one.first, one.second) if not _bare(one) else None
        return None if turned is None else turned != (one.kinds[0] != one.kinds[1])
    return None


def _bare(one: Together) -> bool:
    return bool({one.first, one.second} & {lemma("more"), "less", "rather", "other"}) or not all(
        word in COMPARED or kind == _LESS or word == other
        for word, kind, other in (
            (one.first, one.kinds[0], one.second),
            (one.second, one.kinds[1], one.first),
        )
    )


def _one_transfer(one: Together) -> bool:
    """Whether a word of giving and a word of getting, or the same word twice, may be of one act."""
    first, second = one.first, one.second
    if one.kinds[0] == one.kinds[1]:
        return first == second
    gift, receipt = (first, second) if one.kinds[0] == _GIVE else (second, first)
    return receipt in GENERIC_RECEIPTS or gift in RECEIPTS.get(receipt, ())


def _is_said(unit: Unit, noun: str) -> bool:
    """Whether a noun is what somebody is said to be: "is the uncle of"."""
    token = next(token for token in unit.tokens if token.key == noun)
    before = [word for word in unit.raw[max(0, token.at - 3) : token.at] if word not in ("a", "an", "the")]
    return bool(before) and before[-1] in _BE


def _of_verb(word: str, one: Together) -> bool:
    """Whether a word only repeats what the verb says: "as a donation" of what was donated."""
    stems = {lemma(each)[:_STEM_LETTERS] for each in (one.first, one.second)}
    return word in ("as", "a") or (len(word) >= _STEM_LETTERS and word[:_STEM_LETTERS] in stems)

"""The same said from the other side in Chinese: 把…给 and 从…收到, 是…的老师 and 是…的学生, 比…高 and 比…矮, 由…管."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from simengine.rules.converses import (
    COMPARED_ZH,
    GENERIC_RECEIPTS_ZH,
    NOUNS_ZH,
    RECEIPTS_ZH,
    opposed,
)
from simengine.rules.frames import Frame, Together, together
from simengine.rules.reading import JOINT, NEGATION, QUANTIFIER, Unit

_GIVE, _RECEIVE, _NOUN, _MORE, _ACT, _BY = "give", "receive", "noun", "more", "act", "by"
_DENIED_MORE: Final = re.compile("没有?|不如")
_OF_MANY: Final = re.compile("[都最更]|谁|除了|以及|如果|只要")
_NO_AGENT_VERB: Final = re.compile("[组构]成|[改变换转]|来|于|此|到")
"""After 由, no word of what somebody does: 由三部分组成, 由红变绿."""
_ENDS: Final = re.compile("(?:[了着过]|得多|一些|一点|很多|许多)+$")


def said_in_chinese(premise: Unit, hypothesis: Unit) -> str:
    """ "kept" if the hypothesis says from the other side what the premise says, "exchanged" if it turns it, or ""."""
    texts = tuple("".join(unit.raw) for unit in (premise, hypothesis))
    kinds = {token.kind for unit in (premise, hypothesis) for token in unit.tokens}
    if not kinds.isdisjoint((JOINT, QUANTIFIER)) or any(map(_OF_MANY.search, texts)):
        return ""
    denied = [sum(token.kind == NEGATION for token in unit.tokens) for unit in (premise, hypothesis)]
    compared = [len(_DENIED_MORE.findall(text)) for text in texts]
    if any(n > less for n, less in zip(denied, compared, strict=True)):
        return ""
    found = {verdict for one in together(premise, hypothesis, _frames()) if (verdict := _verdict(one))}
    return found.pop() if len(found) == 1 else ""


@cache
def _frames() -> tuple[Frame, ...]:
    source = "(?:那里|那儿|这里|手里|手中|手上|处|名下)?"
    when = "(?:昨天|今天|前天|上周|上个月|去年|今年|刚刚?|已经?|后来|当天|每[天月周年])?"
    receipts = _any(RECEIPTS_ZH)
    nouns = _any(NOUNS_ZH)
    receive = f"(?=(?:{receipts}))<v>"
    compared = _any(COMPARED_ZH)
    than = "(?:那么|这么|那样)?"
    return (
        Frame(f"<a>{when}[把将]<t><v>给了?<b>", _GIVE),
        Frame(f"<t>{when}[被由]<a><v>给了?<b>", _GIVE),
        Frame(f"<a>{when}<v>给了?<b><t>", _GIVE),
        Frame(f"<b>{when}从<a>{source}{receive}[了到]?<t>", _RECEIVE),
        Frame(f"<b>{when}向<a>(?=[借租买]|购买)<v>了?<t>", _RECEIVE),
        Frame(f"<b>{when}(?:接受|收到|收下|得到|拿到|获得|接过)了?<a><v>(?:来|过来|回来|出)?的<t>", _GIVE),
        Frame(f"<a>(?:是|为|当|担任)<b>的(?=(?:{nouns})(?:$|\\n))<v>", _NOUN),
        Frame(f"<b>的(?=(?:{nouns})[是为])<v>[是为]<a>", _NOUN),
        Frame(f"<a>的?<k>比<b>(?=(?:{compared})(?:得多|一些|一点|很多|许多)?了?(?:$|\\n))<v>", _MORE),
        Frame("<a>的?<k>比<b><v>", _MORE),
        Frame("<a>的?<k>(?=(?:[高低多少早晚大小长短快慢强弱]于))<v>于<b>", _MORE),
        Frame(f"<b>的?<k>(?:没有?|不如)<a>{than}<v>", _MORE),
        Frame(f"<b>{when}(?:被|由|归)<a><v>", _BY),
        Frame(f"<a>{when}<v>[了着过]?<b>", _ACT),
    )


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def _verdict(one: Together) -> str:
    turned = _turned(one)
    if turned is None or (one.kinds[0] == one.kinds[1] == _ACT):
        return ""
    return "exchanged" if turned != one.exchanged else "kept"


def _turned(one: Together) -> bool | None:
    """Whether the words of the two frames are opposites of each other; None if they have nothing in common."""
    kinds = set(one.kinds)
    first, second = (_ENDS.sub("", word) for word in (one.first, one.second))
    if kinds == {_GIVE}:
        return False if first == second else None
    if kinds == {_GIVE, _RECEIVE}:
        gift, receipt = (first, second) if one.kinds[0] == _GIVE else (second, first)
        return False if receipt in GENERIC_RECEIPTS_ZH or gift in RECEIPTS_ZH.get(receipt, ()) else None
    if kinds == {_RECEIVE}:
        return False if first == second else None
    if kinds == {_NOUN}:
        return opposed(NOUNS_ZH, first, second)
    if kinds == {_MORE}:
        return opposed(COMPARED_ZH, first, second)
    if kinds == {_BY, _ACT}:
        return False if first == second and _NO_AGENT_VERB.search(first) is None else None
    return None

"""Where a change in a sentence does not reach its assertion: conditions, relative clauses, reported speech, "some"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simengine.rules.lexicon import MOST, ONLY, SOME
from simengine.rules.reading import NEGATION, QUANTIFIER, QUANTITY, Token, Unit

_CONDITIONS = frozenset(
    """if unless whether when whenever once until till while because since although though except
    otherwise""".split()  # noqa: SIM905 - one list, wrapped
)
_CONDITIONS_CHINESE = re.compile("如果|若|除非|只要|假如|要是|倘|凡|否则|的话|除了|虽然|即使|哪怕|因为|只有")
_RELATIVE = frozenset("who whom whose which where whoever whatever why how than".split())  # noqa: SIM905
_REPORTING = frozenset(
    """say says said believe believes believed think thinks thought claimed deny denies denied denying
    refuse refused fail failed pretend pretends pretended admit hope hopes hoped want wants wanted planned
    rumour rumor allege alleged allegedly suggests expect expects expected reportedly perhaps
    possibly probably maybe likely might seem seems""".split()  # noqa: SIM905
)
_REPORTING_CHINESE = re.compile(
    "说|称|认为|以为|觉得|希望|想|打算|计划|据|可能|也许|或许|大概|未必|不见得|拟"
)
_SUBORDINATING_CHINESE = frozenset(("的", "者", "时", "后", "前", "期", "以上", "以下", "之前", "之后"))
_LOCATED = re.compile("[里上中下内外旁边处侧面]$")
_THING = re.compile("[挂放摆停贴写种住坐站装存画刻印]着?[^的]+的[^的]{1,3}")
"""After a place, what there is or is not: 墙上没有挂着他的照片. Its 的 makes no relative clause of the denial."""
_AUXILIARIES = frozenset("is are was were has have had must may can will shall should do does did".split())  # noqa: SIM905

_COLLECTIVE = frozenset(
    "together between combined total both share shared equal same either jointly mixture mix".split()  # noqa: SIM905
)
_COLLECTIVE_CHINESE = re.compile("一起|共|合计|之间|相|互|同时|任选|其一|等")


def collective(unit: Unit) -> bool:
    """Whether it speaks of several things together, so that it need not hold of each."""
    return not _COLLECTIVE.isdisjoint(unit.raw) or (
        unit.chinese and _COLLECTIVE_CHINESE.search("".join(unit.raw)) is not None
    )


def conditional(unit: Unit) -> bool:
    """Whether it says something under a condition."""
    return not _CONDITIONS.isdisjoint(unit.raw) or (
        unit.chinese and _CONDITIONS_CHINESE.search("".join(unit.raw)) is not None
    )


def asserted(unit: Unit, token: Token) -> bool:
    """Whether a token belongs to what the unit asserts."""
    before, after = unit.around(token)
    if not unit.chinese:
        if token.kind == QUANTITY:
            before = before[:-1]  # "until 8 pm"
        return (_CONDITIONS | _RELATIVE | _REPORTING).isdisjoint(before)
    text = "".join(before)
    if token.kind == NEGATION and _LOCATED.search(text) and _THING.fullmatch("".join(after)):
        return _CONDITIONS_CHINESE.search(text) is None
    if _CONDITIONS_CHINESE.search(text) or _REPORTING_CHINESE.search(text):
        return False
    return _SUBORDINATING_CHINESE.isdisjoint(after[:-1])


def unconditional(tokens: Sequence[Token]) -> bool:
    """Whether words that one sentence has and the other lacks put what is said under no condition or report."""
    words = [token.text.lower() for token in tokens]
    text = "".join(words)
    return (_CONDITIONS | _RELATIVE | _REPORTING).isdisjoint(words) and not (
        _CONDITIONS_CHINESE.search(text) or _REPORTING_CHINESE.search(text) or "时" in words
    )


def begins_with_predicate(unit: Unit) -> bool:
    """Whether the subject of an English clause stands before it: "may go beyond the flags"."""
    return not unit.whole and unit.raw[0] in _AUXILIARIES


def vague(unit: Unit, token: Token) -> bool:
    """Whether "some", "most", "only" or a number before the token lets both a statement and its denial be true."""
    earlier = [other for other in unit.tokens if other.at < token.at]
    return any(other.kind == QUANTIFIER and other.key in (SOME, MOST, ONLY) for other in earlier) or (
        bool(earlier) and earlier[0].kind == QUANTITY
    )


def stated(unit: Unit, token: Token) -> bool:
    """Whether a quantity is what the unit states, rather than part of what it speaks of."""
    if not asserted(unit, token) or token is unit.tokens[0]:
        return False
    _, after = unit.around(token)
    return unit.chinese or _AUXILIARIES.isdisjoint(after)

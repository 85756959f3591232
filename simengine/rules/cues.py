"""Cheap signs that two claims may conflict. They decide which pairs are checked first, never the verdict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from simengine.rules.quantities import Quantity, quantities
from simengine.text.scripts import FIRST_EAST_ASIAN, HAN
from simengine.types import FloatMatrix, RowArray

_TOKEN = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]+(?:['\u2019][^\W\d_{HAN}]+)?")
_FUNCTION_WORDS = frozenset(
    """a an the of in on at to for from by with as and or but if than then that this these those there here it its he
    she they them his her their we you i our your who which what when where while is are was were be been being am do
    does did has have had will would shall should may might must can could not no so such into over under up out about
    one some any all each every other also very more most both""".split()  # noqa: SIM905 - one list, wrapped
)
_NEGATIONS = frozenset(
    "not no never none nobody nothing neither nor without cannot nowhere hardly fail fails failed lack lacks".split()  # noqa: SIM905
)
_CHINESE_NEGATION = re.compile(
    "(?:不得|不能|不可|不会|不是|不需|无需|无法|没有|并非|禁止|未|非|勿|没|不)(?!过|仅|但|断|同)"
)
_PRONOUNS = frozenset("it he she they this that these those we you i his her its their such".split())  # noqa: SIM905
_CHINESE_PRONOUN = re.compile("[他她它这那我你您该此其]")
# Each line has words of one sense, a bar, and words of the opposite sense.
_OPPOSITES = """
open opened | closed shut
allow allowed permit permitted | forbid forbidden prohibit prohibited ban banned
accept accepted approve approved | reject rejected refuse refused deny denied
increase increased rise rose grow grew | decrease decreased fall fell decline declined shrink
start started begin began | end ended stop stopped finish finished
include included including | exclude excluded excluding
mandatory required obligatory must | optional voluntary
free | paid
always | never
all every everyone everybody | none nobody
before | after
above over | below under
on onto | off
up upwards | down downwards
into | out
clean cleaning | dirty dirtying
climbing | descending
inside indoors indoor | outside outdoors outdoor
early | late
high higher highest | low lower lowest
large big larger bigger | small little smaller tiny
long | short
fast quick | slow
hot warm | cold cool
wet | dry
full | empty
young | old elderly
new | used
alive living | dead
married | single unmarried divorced
present | absent
true correct right | false wrong incorrect
safe | dangerous unsafe
easy simple | difficult hard complex
cheap inexpensive | expensive costly
public | private
legal lawful | illegal unlawful
possible | impossible
valid | invalid void
success succeed succeeded win won | failure fail failed lose lost
buy buys buying bought | sell sells selling sold
push pushing | pull pulling
stand standing walk walking run running | sit sitting lie lying sleep sleeping
awake | asleep sleeping
day daytime | night nighttime
man men boy boys male father son | woman women girl girls female mother daughter
happy smiling laughing | sad crying angry
alone | together crowd group
day | night
summer | winter
north northern | south southern
east eastern | west western
black | white
允许 可以 准许 | 禁止 不得 不准
增加 上升 增长 | 减少 下降 降低
开放 打开 营业 | 关闭 停业
开始 | 结束
同意 接受 | 拒绝 反对
免费 | 收费
必须 应当 | 无需 不必
包括 包含 | 不含 除外
有效 | 无效
成功 | 失败
高于 超过 | 低于 不足
合法 | 非法 违法
"""
SHARED_WEIGHT, NEGATION_WEIGHT, OPPOSITE_WEIGHT, QUANTITY_WEIGHT, PRONOUN_PENALTY = 0.3, 0.2, 0.2, 0.2, 0.2


@dataclass(frozen=True, slots=True)
class Profile:
    """The features of a claim, computed once for all its pairs.

    Attributes:
        words: stems of its content words; pairs of neighbouring characters in Chinese.
        negated: whether it has an odd number of negations.
        sides: senses that have an opposite: (line of the list, 0 or 1).
        quantities: see `quantities`.
        pronoun: whether its subject may be a pronoun.
    """

    words: frozenset[str]
    negated: bool
    sides: frozenset[tuple[int, int]]
    quantities: tuple[Quantity, ...]
    pronoun: bool


def profile(text: str) -> Profile:
    """Profile a claim."""
    tokens = [token.lower() for token in _TOKEN.findall(text)]
    spaced = [token for token in tokens if token[0] < FIRST_EAST_ASIAN]
    words = {stem(token) for token in spaced if token not in _FUNCTION_WORDS}
    n_negations = sum(token in _NEGATIONS or token.endswith(("n't", "n\u2019t")) for token in spaced)
    n_negations += len(_CHINESE_NEGATION.findall(text))
    sides = {side for token in spaced for side in _opposites().get(token, ())}
    for run in (token for token in tokens if token[0] >= FIRST_EAST_ASIAN):
        words.update(run[at : at + 2] for at in range(max(len(run) - 1, 1)))
        sides.update(side for at in range(len(run) - 1) for side in _opposites().get(run[at : at + 2], ()))
    first = tokens[0] if tokens else ""
    pronoun = first in _PRONOUNS or _CHINESE_PRONOUN.match(first) is not None
    return Profile(frozenset(words), n_negations % 2 == 1, frozenset(sides), tuple(quantities(text)), pronoun)


def cues(first: Profile, second: Profile) -> tuple[str, ...]:
    """Names of the signs that two claims conflict: "negation", "opposites", "quantity"."""
    found = []
    if first.negated != second.negated:
        found.append("negation")
    ours, theirs = first.sides - second.sides, second.sides - first.sides
    if any((line, 1 - side) in theirs for line, side in ours):
        found.append("opposites")
    if _values(first) != _values(second) and first.quantities and second.quantities:
        found.append("quantity")
    return tuple(found)


def shared_words(first: Profile, second: Profile) -> float:
    """Share of the content words of the shorter claim that the other one has, in [0, 1]."""
    least = min(len(first.words), len(second.words))
    return len(first.words & second.words) / least if least else 0.0


def priorities(
    profiles: Sequence[Profile], rows: RowArray, cosines: FloatMatrix, documents: RowArray
) -> FloatMatrix:
    """The priority of each pair: its cosine, shared words, cues; lower if a pronoun has no subject.

    Args:
        profiles: n claims.
        rows: (m, 2) pairs of them.
        cosines: (m,) float32.
        documents: (n,) the document of each claim, -1 if it occurs in several. A pronoun is resolved only within its
            document.

    Returns:
        (m,) float32, for ordering only.
    """
    found = np.empty(len(rows), np.float32)
    for place, (left, right) in enumerate(rows.tolist()):
        first, second = profiles[left], profiles[right]
        names = cues(first, second)
        value = float(cosines[place]) + SHARED_WEIGHT * shared_words(first, second)
        value += NEGATION_WEIGHT * ("negation" in names) + OPPOSITE_WEIGHT * ("opposites" in names)
        value += QUANTITY_WEIGHT * ("quantity" in names)
        together = documents[left] == documents[right] >= 0
        if not together and (first.pronoun or second.pronoun):
            value -= PRONOUN_PENALTY
        found[place] = value
    return found


def stem(word: str) -> str:
    """The word without the commonest English endings, so that "runs" and "run" are one word."""
    for ending, least in (("ies", 3), ("ing", 4), ("ed", 4), ("es", 4), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least - 1 and not word.endswith("ss"):
            base = word[: -len(ending)]
            if ending == "ies":
                return base + "y"
            if ending in ("ing", "ed") and len(base) > 2 and base[-1] == base[-2] and base[-1] not in "lsz":
                return base[:-1]
            return base.rstrip("e") if ending != "s" else (base.rstrip("e") if len(base) > 3 else base)
    return word.rstrip("e") if len(word) > 3 else word


def _values(claim: Profile) -> frozenset[tuple[object, ...]]:
    return frozenset((q.dimension, q.base, q.low, q.high, q.date) for q in claim.quantities)


@cache
def _opposites() -> dict[str, tuple[tuple[int, int], ...]]:
    table: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, line in enumerate(filter(None, _OPPOSITES.split("\n"))):
        for side, words in enumerate(line.split("|")):
            for word in words.split():
                table[word] = (*table.get(word, ()), (number, side))
    return table

"""A limit and a case inside or outside of it: "within 30 days" and "on day 40", in English and Chinese.

The two sentences may be worded quite differently. What is compared is one amount on each side, and whether each
sentence speaks for or against: "is in good time" or "is overdue".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from simengine.rules.changes import Label, RuleEvidence
from simengine.rules.lexicon import dropped, lemma, markers
from simengine.rules.quantities import CLOCK, DATE, LABEL, Quantity, quantities
from simengine.text.scripts import FIRST_EAST_ASIAN, HAN

MAX_UNKNOWN_WORDS = 1
"""Words of the case, beside its amount and its outcome, that the rule of the premise may lack."""
_MONTHS_PER_YEAR = 12.0
_TIME = "time"
_MOST, _LEAST, _OVER, _UNDER = "most", "least", "over", "under"

# The same amounts in forms that `quantities` reads.
_FORMS = (
    (re.compile(r"\bdays? (?:number )?(\d+)\b", re.IGNORECASE), r"\1 days"),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th) (day|week|month|year)\b", re.IGNORECASE), r"\1 \2s"),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b(?! (?:century|floor|of\b))", re.IGNORECASE), r"\1"),
    (re.compile(r"\b(?:number|no\.) (\d+)\b", re.IGNORECASE), r"\1"),
    (re.compile(r"\b(?:aged?(?: of)?|turn(?:s|ed)?) (\d+)\b(?! years)", re.IGNORECASE), r"\1 years"),
    (re.compile(r"\b(\d+)[- ]years?[- ]olds?\b|\b(\d+) years? of age\b", re.IGNORECASE), r"\1\2 years"),
    (re.compile(r"(\d+)周?岁"), r"\1年"),
    (re.compile(r"第(\d+)"), r"\1"),
)
_BEFORE = (
    (_MOST, r"(?:inside(?: of)?|limited to|up to(?: the)?|by(?: the)?|valid for|during the first|capped at)"),
    (
        _LEAST,
        r"(?:from(?: the)?(?: age(?: of)?)?|starts? (?:with|at|from)(?: the)?|starting (?:with|at|from)|upwards? of)",
    ),
    (_MOST, r"(?:最大[承载]重|限[时重高速停]?|上限[为是]?|最迟在?|最晚在?|不?迟于|不晚于)"),
    (_LEAST, r"(?:下限[为是]?|从|自|满)"),
)
_AFTER = (
    (_MOST, r"(?:(?:years )?(?:or|and) (?:younger|under|below|less|fewer)|at (?:the )?most|tops)"),
    (_MOST, r"(?:[及或]?以[下内]|内|之内|封顶)"),
    (
        _LEAST,
        r"(?:(?:years )?(?:(?:or|and) (?:older|over|above|more|up|upwards)|upwards?|at least)|onwards?)",
    ),
    (_LEAST, r"(?:[及或]?以上|起)"),
)
_ORDINAL = re.compile(r"第|\bday (?:number )?\d|\d(?:st|nd|rd|th)\b", re.IGNORECASE)
"""One day, and no duration that ends with it."""
_MEASURE_WORD = rf"[a-z]+ (?=upwards?\b|(?:or|and|at) )|[{HAN}]{{1,2}}?(?=[及或]?以[上下])"
"""What is counted, between a number and its bound: "20 hectares or more", 20公顷以上."""
_EXPIRES = re.compile(r"\b(?:expires?|lapses?|runs? out|ends?)\b|有效|失效|到期|作废", re.IGNORECASE)
_OLD = re.compile(r"\bago\b|\bold\b|before|前", re.IGNORECASE)
_AGAINST = re.compile(
    r"\b(?:too \w+|no longer|not|no|n't|never|cannot|nobody|none|neither|late|overdue|expired|lapsed"
    r"|invalid|void|refused?|refuses|rejected|reject|denied|turned (?:away|down)|breaks|breach(?:es)?|violates?"
    r"|against|forbidden|prohibited|banned|exceed(?:s|ed)?|ineligible|excluded|unable|miss(?:es|ed)|fails?|closed"
    r"|impossible|illegal|yet to)\b|n't\b"
    r"|太[晚迟久长重高大多]了?|算[太]?晚|[来到已交]晚|不|得不到|没|未|无|非|禁|勿|晚了|迟了?|逾期|超期|过期|超时|超重|超过|失效|作废|违反|违规"
    r"|拒绝|驳回|排除",
    re.IGNORECASE,
)
_NOT_AGAINST = re.compile(
    r"\b(?:no|not) later\b|\bno (?:charges?|fees?|penalty|extra)\b"
    r"|不[迟晚]于|最迟|最晚|过后|经过|通过|非常|无论|不论",
    re.IGNORECASE,
)
_STRICT = re.compile(
    r"\b(?:must|has to|have to|had to|shall|only|limit(?:ed)?|maximum|minimum|at (?:most|least)"
    r"|no (?:more|later|longer)|not (?:more|later|exceed)|deadline|expires?|valid|required?|needs?|in time"
    r"|starts? (?:with|at|from)|starting (?:with|at|from)|from the (?:age\b|\d+)|upwards?)\b"
    r"|[必应须限只仅最]|不得|不能|有效|方可|才|起(?=[^，。]{0,4}[享可能算发])|以[上下]的[^，。]*[方可][获享可]",
    re.IGNORECASE,
)
_SKIPPED = re.compile(
    r"\b(?:unless|except(?:ing)?|but|without|if|whether|when|because|always|either|both|per|each|every|another|extra|average|about|around"
    r"|free(?! to\b)|more than once|o'clock|in advance|beforehand)\b"
    r"|除非|除外|但|因为|由于|提前|[一过]半|年[级代制]|如果|若|每|平均|约|再|免|另",
    re.IGNORECASE,
)
_CASE = re.compile(
    r"\b(?:can|could|may|still|too|late|already|yet|in time|allowed|permitted|accepted|enough|eligible|qualif\w+"
    r"|counts?|valid|fine|okay|someone|anyone|somebody|anybody|after|aged|old|olds|on|an?"
    r"|breaks? (?:the|a|our)|breach(?:es)?|violates?|against|within|free to)\b"
    r"|第|可以|能|算|属于|的人|还|已|会|后|的|违",
    re.IGNORECASE,
)
"""Signs of a case: "a boy of 15", "on day 3", "may"; without any, it may be another rule."""
_DEFINES = re.compile(r"\b(?:is|are|means?)\b|[为是指]", re.IGNORECASE)
_OF_ALL = re.compile(r"\b(?:everybody|everyone|all)\b|都", re.IGNORECASE)
_CLASSED = re.compile(r"\bcounts? as\b|\bclass\w* as\b|\bbelongs? to\b|属于|算作|算是", re.IGNORECASE)
"""A case that is said to belong to what the rule defines, or not to."""
_REQUIRES = re.compile(r"\b(?:must|needs?|have to|has to|only|should|will)\b|[必须要应只才]", re.IGNORECASE)
"""A case that adds a duty is more than a case."""
_CLAUSES = re.compile(
    r"[,;:](?!\d)|[\uff0c\uff1b\uff1a]|\s(?:and|so|as|because|while|nor)\s"
    r"|\sor\s(?!(?:older|over|above|more|up|upwards|younger|under|below|less|fewer|longer|shorter|later|earlier)\b)|\s[-\u2013]\s|\u2014",
    re.IGNORECASE,
)
"""Of a sentence of several clauses, which of them the limit belongs to is not told."""
_DENIED = re.compile(r"(?:\bnot|[未没不]有?)\s*\Z", re.IGNORECASE)
_TURNED = {_OVER: _MOST, _UNDER: _LEAST}
# Words of a case that the rule need not have: who it is, and that it is or is not in order.
_UNTOLD = """someone somebody anyone person people one visitor customer guest time still yet already case good right
rule count counted qualify qualifies eligible accept accepted admitted allowed permitted valid possible punctual enough
old young heavy light long late overdue expired day days week weeks month months year years number after of for at on in
here okay ok fine paid gets get receive receives covered within under by who with much many too belong belongs comes
come arrive arrives sent made makes reaches longer any more free classed class"""
_UNTOLD_CHINESE = frozenset(
    "人者的可以能够被算已经还仍在第内有来会属于获得享受允许及格符合成功到达了是上进入为起满"
)
_ATTRIBUTES_CHINESE = re.compile(
    "体重|身高|年龄|年纪|重量|长度|面积|体积|容量|高度|宽度|深度|金额|时长|工龄|规定|要求|标准|条件|违反|资格"
)
"""What is measured, and what it is held against; a case may name them where the rule does not."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sentence with one amount.

    Attributes:
        amount: the amount; its `bound` says on which side of it the sentence holds.
        favours: whether the sentence speaks for what it is about, and not against it.
        words: stems of its other words, without outcomes and bounds.
        text: the sentence, with amounts in one form.
    """

    amount: Quantity
    favours: bool
    words: frozenset[str]
    text: str


def limits(premise: str, hypothesis: str) -> RuleEvidence | None:
    """What a limit in a sentence says of a case, where each names one amount.

    Args:
        premise: a sentence with a limit.
        hypothesis: a sentence with a case, without a limit.
    """
    rule, case = _read(premise), _read(hypothesis)
    if rule is None or case is None or not rule.amount.bound or case.amount.bound:
        return None
    if _CLAUSES.search(rule.text):
        return None
    if not _related(rule, case) or _REQUIRES.search(_EXPIRES.sub("", _outside(case))):
        return None
    if _CASE.search(hypothesis) is None or _OF_ALL.search(hypothesis):
        return None
    value = _value_in(rule.amount, case.amount)
    within = None if value is None else _holds(rule.amount, value)
    if within is None:
        return None
    defined = _DEFINES.search(rule.text) is not None and _CLASSED.search(hypothesis) is not None
    if not within and rule.favours and _STRICT.search(rule.text) is None and not defined:
        return None  # what lies beyond is not spoken of
    favoured = within == rule.favours
    label: Label = "entailment" if favoured == case.favours else "contradiction"
    side = "within" if within else "beyond"
    return RuleEvidence("limit", label, f"{_shown(case)} is {side} the limit of {_shown(rule)}")


@lru_cache(maxsize=4096)
def _read(sentence: str) -> _Reading | None:
    text = sentence
    for form, replacement in _FORMS:
        text = form.sub(replacement, text)
    if _SKIPPED.search(text):
        return None
    found = [one for one in quantities(text) if one.dimension not in (LABEL, DATE, CLOCK)]
    if len(found) != 1 or len(quantities(text)) != 1:
        return None
    amount = _bounded(text, found[0], point=_ORDINAL.search(sentence) is not None)
    if amount is None:
        return None
    before, after = text[: amount.start], text[amount.end :]
    denied = _DENIED.search(before)
    if denied and amount.bound in _TURNED:
        before = before[: denied.start()]
        infinite = float("inf")
        low, high = (-infinite, amount.low) if amount.bound == _OVER else (amount.high, infinite)
        amount = replace(amount, bound=_TURNED[amount.bound], low=low, high=high)
    rest = f"{before} \uffff {after}"
    outcome = _NOT_AGAINST.sub(" ", rest)
    against = len(_AGAINST.findall(outcome))
    if amount.bound == _MOST and _EXPIRES.search(rest):
        against = 0
    if "岁" in sentence:
        text = text.replace("年", "岁")
    return _Reading(amount, against % 2 == 0, _words(_clean(text, amount)), text)


def _bounded(text: str, amount: Quantity, *, point: bool) -> Quantity | None:
    """The amount with the bound that words beside it give; None if there is no telling."""
    if amount.bound:
        return amount if amount.bound in (_MOST, _LEAST, _OVER, _UNDER) else None
    if amount.low != amount.high:
        return None
    before, after = text[: amount.start].rstrip(), text[amount.end :].lstrip(" -+")
    bound = next((name for name, words in _BEFORE if re.search(rf"(?<![A-Za-z]){words}\Z", before, re.I)), "")
    bound = bound or next(
        (name for name, words in _AFTER if re.match(rf"(?:{_MEASURE_WORD})?{words}", after, re.I)), ""
    )
    if (
        not bound
        and not point
        and _EXPIRES.search(text)
        and amount.dimension == _TIME
        and _OLD.search(text) is None
    ):
        bound = _MOST
    if not bound:
        return amount
    infinite = float("inf")
    low, high = (-infinite, amount.high) if bound == _MOST else (amount.low, infinite)
    return replace(amount, low=low, high=high, bound=bound)


def _value_in(limit: Quantity, case: Quantity) -> float | None:
    """The amount of the case in the unit of the limit; ages may lack their unit."""
    value = case.low
    if (limit.dimension, limit.base) == (case.dimension, case.base):
        return value
    units = (limit.base, case.base)
    if units == ("", "month"):
        return value / _MONTHS_PER_YEAR
    return value * _MONTHS_PER_YEAR if units == ("month", "") else None


def _holds(limit: Quantity, value: float) -> bool:
    if limit.bound == _OVER:
        return value > limit.low
    if limit.bound == _UNDER:
        return value < limit.high
    return limit.low <= value <= limit.high


def _words(text: str) -> frozenset[str]:
    """Stems of the words that say what a sentence is about; single characters in Chinese."""
    cut = _AGAINST.sub(" ", _ATTRIBUTES_CHINESE.sub(" ", text)).lower()
    found = {
        lemma(word)
        for word in re.findall(r"[a-z]+", cut)
        if word not in dropped() and word not in markers() and len(word) > 1
    }
    return frozenset((found - _untold()) | (set(re.findall(f"[{HAN}]", cut)) - _UNTOLD_CHINESE))


@cache
def _untold() -> frozenset[str]:
    return frozenset(map(lemma, _UNTOLD.split()))


def _related(rule: _Reading, case: _Reading) -> bool:
    """Whether the case is one of what the rule speaks of."""
    known, unknown = case.words & rule.words, case.words - rule.words
    chinese = any(word[0] >= FIRST_EAST_ASIAN for word in case.words)
    return len(unknown) <= len(known) // 2 if chinese else len(known) > len(unknown) <= MAX_UNKNOWN_WORDS


def _outside(reading: _Reading) -> str:
    return _clean(reading.text, reading.amount)


def _clean(text: str, amount: Quantity) -> str:
    return _NOT_AGAINST.sub(" ", f"{text[: amount.start]} {text[amount.end :]}")


def _shown(reading: _Reading) -> str:
    return reading.text[reading.amount.start : reading.amount.end].strip()

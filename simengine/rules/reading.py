"""A text as rules read it: sentences, and their words without articles and auxiliaries, with what each word is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from simengine.rules.lexicon import (
    FORBID,
    FREE,
    PERMIT,
    REQUIRE,
    chinese_words,
    dropped,
    lemma,
    markers,
    simplified,
)
from simengine.rules.quantities import DATE, LABEL, Quantity
from simengine.rules.times import timed_quantities
from simengine.text.folding import cleaned
from simengine.text.scripts import FIRST_EAST_ASIAN, HAN

WORD, NEGATION, MODAL, QUANTIFIER, QUANTITY, JOINT = (
    "word",
    "negation",
    "modal",
    "quantifier",
    "quantity",
    "joint",
)
MAX_CHARACTERS = 20_000
"""What is read of a text; beyond, nothing is compared."""

_SENTENCE_END = re.compile(r"[.!?]+[\"')\]]*\s+(?=[^a-z\s])|[\u3002!?;\uff1b]|;\s|\n+|\.{3,}")
_ABBREVIATED = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|No|Nr|Prof|Inc|Ltd|Co|vs|e\.g|i\.e|a\.m|p\.m|[A-Z])\.\s+\Z")
_PIECE = re.compile(rf"\uffff|[{HAN}]+|[^\W_{HAN}]+(?:['.-][^\W_{HAN}]+)*|[,:\u3001/&]")
_PLACE = "\uffff"  # stands for a quantity
_CONTRACTED = re.compile(r"(?:\b(ca|wo|sha))?(n't)\b|\b(can)(not)\b", re.IGNORECASE)
_FREED = re.compile(
    r"\b(?:need not|(?:do|does|did) not (?:have|need) to|no need (?:to|for))\b", re.IGNORECASE
)
_UNTRUE = re.compile(r"\bit is (?:not (?:true|the case|correct)|untrue|false|wrong) that\b", re.IGNORECASE)
_OBLIGED = re.compile(r"\b(?:have|has|had|needs?) to\b", re.IGNORECASE)
_ASSURED = re.compile(
    r"\A\s*(?:(?:in fact|indeed|actually|as a matter of fact|of course|to be clear)\b\s*,|"
    "(?:事实上|实际上|其实|的确|确实|说实话|老实说|确切地说|毫无疑问|众所周知)[,\uff0c]?)\\s*",
    re.IGNORECASE,
)
"""What assures of a sentence without changing what it says."""
_ABLE = re.compile(
    "(?<=[看听读吃喝买搬装拿放坐用做写走跑穿付赶打开关找学睡站提抬管修洗租借还赔停养送说讲认爬扛挤塞追等受])"
    "得(?=[懂完起下进出上动见清住来去掉成惯及])"
)
"""In 看得懂, "can be"; its denial is 看不懂."""
_WHOLE = {"ca": "can", "wo": "will", "sha": "shall"}
_JOINTS = frozenset(("and", "or", ",", "/", "&", "、", "和", "与", "及", "或", "以及", "或者", "plus"))
_BEFORE_QUANTITIES = frozenset("at from between on in for of".split())  # noqa: SIM905 - as the other lists of words
_NOT_COMPARED = frozenset(("a", "an", "the", ",", "、", ":"))
CLAUSE_MARKS = frozenset((",", ":"))
_CLAUSE_END = re.compile(r"[,:\uff0c\uff1a](?=\D)|\s[-\u2013]\s|\u2014+")
_COMPOSED = {PERMIT: FORBID, FORBID: PERMIT, REQUIRE: FREE, FREE: REQUIRE}
_NOT_AFTER = frozenset(("must", "shall", "should", "ought"))  # "must not" forbids


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence.

    Attributes:
        key: its stem, or what a marker says ("not", "allowed", "all"); two tokens of one key are the same.
        kind: "word", "negation", "modal", "quantifier", "quantity" or "joint" (and, or, a comma).
        text: as written.
        at: its place among all words of the sentence.
        quantity: the quantity, of that kind.
    """

    key: str
    kind: str
    text: str
    at: int
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or one of its clauses, read.

    Attributes:
        raw: all its words in lower case, and its commas.
        plain: the same without articles and commas; quantities by their values.
        tokens: what comparisons read.
        words: keys of its words, without markers, joints and quantities.
        whole: whether it is a sentence, not a clause.
        chinese: whether it has Chinese characters.
    """

    raw: tuple[str, ...]
    plain: tuple[str, ...]
    tokens: tuple[Token, ...]
    words: frozenset[str]
    whole: bool
    chinese: bool

    def around(self, token: Token) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Words of the token's clause before and after it."""
        low = high = token.at
        while low > 0 and self.raw[low - 1] not in CLAUSE_MARKS:
            low -= 1
        while high + 1 < len(self.raw) and self.raw[high + 1] not in CLAUSE_MARKS:
            high += 1
        return self.raw[low : token.at], self.raw[token.at + 1 : high + 1]


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Unit, ...]:
    """The sentences of a text (of its first `MAX_CHARACTERS`), each followed by its clauses if it has several."""
    return tuple(unit for part in sentences(text) for unit in _units_of(part) if unit.plain)


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text (of its first `MAX_CHARACTERS`), in simplified characters."""
    return tuple(filter(None, _split(simplified(cleaned(text[:MAX_CHARACTERS])))))


def _split(text: str) -> Iterator[str]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match[0].startswith(".") and _ABBREVIATED.search(text, max(0, start), match.end()):
            continue
        yield text[start : match.end()].strip()
        start = match.end()
    yield text[start:].strip()


def _units_of(sentence: str) -> Iterator[Unit]:
    sentence = _ASSURED.sub("", sentence)
    clauses = [clause for clause in _CLAUSE_END.split(sentence) if clause.strip()]
    yield _unit(sentence, whole=True)
    if len(clauses) > 1:
        yield from (_unit(clause, whole=False) for clause in clauses)


def _whole(match: re.Match[str]) -> str:
    before = match[1] or match[3] or ""
    return f"{_WHOLE.get(before.lower(), before)} not"


def _unit(text: str, *, whole: bool) -> Unit:
    text = _UNTRUE.sub("not", _CONTRACTED.sub(_whole, text))
    text = _ABLE.sub("能", _OBLIGED.sub("must", _FREED.sub("neednot", text)))
    found = [quantity for quantity in timed_quantities(text) if quantity.dimension != LABEL]
    pieces, at = [], 0
    for quantity in found:
        pieces += [text[at : quantity.start], f" {_PLACE} "]
        at = quantity.end
    given = iter(found)
    raw: list[str] = []
    plain: list[str] = []
    tokens: list[Token] = []
    for piece in _PIECE.findall("".join([*pieces, text[at:]])):
        if piece == _PLACE:
            quantity = next(given)
            written = text[quantity.start : quantity.end].strip()
            plain.append(_value_key(quantity, written))
            if tokens and tokens[-1].at == len(raw) - 1 and tokens[-1].text.lower() in _BEFORE_QUANTITIES:
                tokens.pop()
            tokens.append(Token(f"{_PLACE}{quantity.dimension}", QUANTITY, written, len(raw), quantity))
            raw.append(written.lower())
            continue
        for word in _words(piece):
            lowered = word.lower()
            if lowered not in _NOT_COMPARED:
                plain.append(lowered)
            tokens += _token(word, lowered, len(raw))
            raw.append(lowered)
    words = frozenset(token.key for token in tokens if token.kind == WORD)
    chinese = any(word[0] >= FIRST_EAST_ASIAN for word in raw)
    return Unit(tuple(raw), tuple(plain), tuple(_composed(tokens)), words, whole, chinese)


def _words(piece: str) -> list[str]:
    if piece[0] >= FIRST_EAST_ASIAN:
        return chinese_words().findall(piece)
    if "'" in piece:
        return [word for word in re.split(r"(?=')", piece) if word.strip("'")]
    return piece.split("-") if "-" in piece and not piece.lower().startswith("non-") else [piece.rstrip(".")]


def _token(written: str, word: str, at: int) -> list[Token]:
    kind, key = markers().get(word, (WORD, ""))
    if kind == WORD and (word in dropped() or word in ("", ":")):
        return []
    if word in _JOINTS:
        kind, key = JOINT, "or" if word in ("or", "或", "或者", "/") else "and"
    return [Token(key or lemma(word), kind, written, at)]


def _composed(tokens: list[Token]) -> Iterator[Token]:
    """Modals with a negation beside them as one: "not allowed" is forbidden, "must not" as well."""
    at = 0
    while at < len(tokens):
        one, other = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else None
        pair = other is not None and {one.kind, other.kind} == {NEGATION, MODAL}
        if other is not None and pair:
            modal, first = (other, False) if one.kind == NEGATION else (one, True)
            key = FORBID if first and modal.text.lower() in _NOT_AFTER else _COMPOSED[modal.key]
            text = f"{one.text} {other.text}" if one.text.isascii() else one.text + other.text
            yield Token(key, MODAL, text, one.at)
            at += 2
        else:
            yield one
            at += 1


def _value_key(quantity: Quantity, written: str) -> str:
    if quantity.dimension == DATE:
        return str(quantity.date)
    if quantity.bound:
        return written.lower()
    return f"{quantity.low:g}-{quantity.high:g}{quantity.base}"

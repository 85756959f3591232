"""Queries for indexes that an earlier version of simengine wrote, by the rules by which their passages were read.

Only what a search needs: such an index is made anew, by the rules of today, before anything is added to it.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from simengine.lexical.analysis import MAX_WORD_CHARS, WEAK_WEIGHT
from simengine.lexical.compounds import CAMEL_PARTS, bounds_of_run
from simengine.lexical.names import STOP_WORDS, WEAK_WORDS

if TYPE_CHECKING:
    import tantivy

ANALYSIS = "simengine1"

_UNSPACED_CHARS = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c"  # iteration marks, Hangzhou numerals
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"  # Hangul
    "\u0e01-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17dd\u0f40-\u0fbc"  # Thai, Lao, Burmese, Khmer, Tibetan
)
_UNSPACED = re.compile(f"[{_UNSPACED_CHARS}]+")
# Marks (tone, killer, stacking) that the Rust splitter takes for separators; a word loses them, consistently.
_SPLITTING_MARKS = re.compile(
    "[\ud800-\udfff\u00ad\u200b-\u200d\u2060\ufeff\u0e3f\u0e47-\u0e4f\u0eba\u0ec8-\u0ecc\u1037\u1039\u103a\u104a-\u104f\u109e\u109f"
    "\u17b4\u17b5\u17c9-\u17db\u17dd\u0f84-\u0f87\u302a-\u302f\u3099-\u309c\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d"
    "\u0ccd\u0d4d\u0dca]"
)
# Places where a word of several parts is joined: lowerUpper, HTTPServer, a.b, a_b, a::b, C++, C#.
_JOINT = re.compile(
    r"[A-Z_.:#+](?:(?<=[a-z0-9][A-Z])|(?<=[A-Z][A-Z])(?=[a-z][a-z])|(?<=\w[_.:+])(?=[\w:+])|(?<=\w#))",
    re.ASCII,
)
_COMPOUND = re.compile(r"\w+(?:(?:\.|::)\w+)+|[A-Za-z]\w*(?:\+\+|#)|\w+", re.ASCII)
_LONG_WORD = re.compile(rf"\w{{{MAX_WORD_CHARS + 1},}}")
# Rare letters (Lisu) stand for the joints: the Rust splitter must not split there.
_JOINT_LETTERS = str.maketrans({".": "\ua4f8", ":": "\ua4f9", "_": "\ua4fa", "+": "\ua4fb", "#": "\ua4fc"})


def query_terms(text: str) -> dict[str, float]:
    """As `simengine.lexical.analysis.query_terms`, by the first analysis."""
    prepared = _prepare(text)
    terms: dict[str, float] = dict(Counter(_analyzer(stop_words=True).analyze(prepared)))
    if not terms:
        return dict(Counter(_analyzer(stop_words=False).analyze(prepared)))
    for weak in _weak_terms() & terms.keys():
        terms[weak] *= WEAK_WEIGHT
    return terms


def spelling_terms(text: str) -> dict[str, str]:  # noqa: ARG001
    """None: the first analysis knew no other spellings."""
    return {}


@functools.cache
def _weak_terms() -> frozenset[str]:
    return frozenset(_analyzer(stop_words=False).analyze(" ".join(sorted(WEAK_WORDS))))


@functools.cache
def _analyzer(*, stop_words: bool) -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase()).filter(Filter.ascii_fold())
    if stop_words:
        builder = builder.filter(Filter.custom_stopword(sorted(STOP_WORDS)))
    return builder.filter(Filter.stemmer("english")).build()


def _prepare(text: str) -> str:
    if not text.isascii():
        text = _SPLITTING_MARKS.sub("", unicodedata.normalize("NFKC", text))
    if len(text) > MAX_WORD_CHARS:
        text = _LONG_WORD.sub(_digest, text)
    added = _identifier_words(text)
    if not text.isascii():
        text = _UNSPACED.sub(_pairs, text)
    return f"{text} {' '.join(added)}" if added else text


def _digest(word: re.Match[str]) -> str:
    return hashlib.blake2b(word[0].lower().encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _pairs(run: re.Match[str]) -> str:
    chars = run[0]
    return f" {' '.join(map(''.join, pairwise(chars)))} " if len(chars) > 1 else f" {chars} "


def _identifier_words(text: str) -> list[str]:
    """Wholes and parts that splitting at non-letters would not give, for every compound word of the text."""
    words: list[str] = []
    done = 0
    for joint in _JOINT.finditer(text):
        if joint.start() < done:
            continue
        start, done = bounds_of_run(text, joint.start())
        for compound in _COMPOUND.findall(text, start, done):
            if not compound.isalnum():
                words.append(compound.translate(_JOINT_LETTERS))
            for piece in re.split(r"[^A-Za-z0-9]+", compound):
                parts = CAMEL_PARTS.findall(piece)
                if len(parts) > 1 and not piece.isupper():
                    words.extend(parts)
    return words

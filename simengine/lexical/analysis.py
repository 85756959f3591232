"""From a text to the words that the lexical index counts, and from a query to weighted terms.

Rust (tantivy) splits at everything that is neither letter nor digit, lower-cases, folds to ASCII and stems
English. What it cannot do is prepared here, by adding words to the text before it is split:

- Text without spaces between words (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese, Tibetan) becomes
  single characters and pairs of neighbouring characters. A query takes the pairs alone, unless a run has one
  character.
- Identifiers keep a word for the whole beside the words of their parts: `os.path.join` is found by `join`
  and, better, by `os.path.join`; `getUserName` by `user name`; `C++` is not `C`.
- Compatibility forms (full-width letters, ligatures, half-width katakana) are normalised by NFKC.
- A word of more than `MAX_WORD_CHARS` characters (tantivy drops such words and says nothing) is replaced by a
  digest, so that the exact same word still finds it.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tantivy

ANALYSIS = "simengine1"
"""Name of this analysis; stored in the index, which is rebuilt when it was written by another one."""

MAX_WORD_CHARS = 8_000

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
_CAMEL_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z]{2})|[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_WORD = re.compile(r"\w+")
_LONG_WORD = re.compile(rf"\w{{{MAX_WORD_CHARS + 1},}}")
# Rare letters (Lisu) stand for the joints: the Rust splitter must not split there.
_JOINT_LETTERS = str.maketrans({".": "\ua4f8", ":": "\ua4f9", "_": "\ua4fa", "+": "\ua4fb", "#": "\ua4fc"})

_STOP_WORDS = """
a an and are as at be but by for if in into is it no not of on or s such t that the their then there
these they this to was will with
""".split()  # noqa: SIM905 - a list of strings reads worse
_WEAK_WORDS = """
about been can could did do does from had has have how its me my our should so some than them those we
were what when where which who whom whose why would you your
""".split()  # noqa: SIM905
WEAK_WEIGHT = 0.3
"""What a question word or another weak word counts in a query. On 28 sets of questions and claims 0 to 0.5 are within
0.001 of each other in nDCG@10; counting such words fully loses 0.004."""


def prepare_passage(text: str) -> str:
    """The text with everything added that the Rust splitter needs to find its words."""
    return _prepare(text, passage=True)


def query_terms(text: str) -> dict[str, float]:
    """The distinct terms of a query and the weight of each: how often it occurs, less for weak words.

    Args:
        text: free text; nothing in it is query syntax. Stop words count only where nothing else is left.
    """
    prepared = _prepare(text, passage=False)
    terms: dict[str, float] = dict(Counter(_analyzer(stop_words=True).analyze(prepared)))
    if not terms:
        return dict(Counter(_analyzer(stop_words=False).analyze(prepared)))
    for weak in _weak_terms() & terms.keys():
        terms[weak] *= WEAK_WEIGHT
    return terms


@functools.cache
def _weak_terms() -> frozenset[str]:
    return frozenset(_analyzer(stop_words=False).analyze(" ".join(_WEAK_WORDS)))


def text_units(text: str) -> tuple[list[str], list[str]]:
    """What a text is written in: words, and the single characters of scripts without spaces between words."""
    if text.isascii():
        return _WORD.findall(text), []
    characters = [char for run in _UNSPACED.findall(text) for char in run]
    return _WORD.findall(_UNSPACED.sub(" ", text)), characters


def passage_analyzer() -> tantivy.TextAnalyzer:
    """The Rust half of the analysis, as the index applies it to prepared passages."""
    return _analyzer(stop_words=False)


@functools.cache
def _analyzer(*, stop_words: bool) -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase()).filter(Filter.ascii_fold())
    if stop_words:
        builder = builder.filter(Filter.custom_stopword(_STOP_WORDS))
    return builder.filter(Filter.stemmer("english")).build()


def _prepare(text: str, *, passage: bool) -> str:
    if not text.isascii():
        text = _SPLITTING_MARKS.sub("", unicodedata.normalize("NFKC", text))
    if len(text) > MAX_WORD_CHARS:
        text = _LONG_WORD.sub(_digest, text)
    added = _identifier_words(text)
    if not text.isascii():
        text = _UNSPACED.sub(_grams_of_passage if passage else _grams_of_query, text)
    return f"{text} {' '.join(added)}" if added else text


def _digest(word: re.Match[str]) -> str:
    return hashlib.blake2b(word[0].lower().encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _grams_of_passage(run: re.Match[str]) -> str:
    chars = run[0]
    pairs = " ".join(map("".join, pairwise(chars)))
    return f" {' '.join(chars)} {pairs} "


def _grams_of_query(run: re.Match[str]) -> str:
    chars = run[0]
    return f" {' '.join(map(''.join, pairwise(chars)))} " if len(chars) > 1 else f" {chars} "


def _identifier_words(text: str) -> list[str]:
    """Wholes and parts that splitting at non-letters would not give, for every compound word of the text."""
    words: list[str] = []
    done = 0
    for joint in _JOINT.finditer(text):
        if joint.start() < done:
            continue
        start, done = _bounds(text, joint.start())
        for compound in _COMPOUND.findall(text, start, done):
            if not compound.isalnum():
                words.append(compound.translate(_JOINT_LETTERS))
            for piece in re.split(r"[^A-Za-z0-9]+", compound):
                parts = _CAMEL_PARTS.findall(piece)
                if len(parts) > 1 and not piece.isupper():
                    words.extend(parts)
    return words


def _bounds(text: str, position: int) -> tuple[int, int]:
    """The stretch around `position` that holds no white space, at most 256 characters to either side."""
    before = text[max(0, position - 256) : position]
    after = text[position : position + 256]
    head = before.split()[-1] if before and not before[-1].isspace() else ""
    tail = after.split(maxsplit=1)[0] if after and not after[0].isspace() else ""
    return position - len(head), position + len(tail)

"""From a text to the words that the lexical index counts, and from a query to weighted terms.

Words are runs of letters, digits and marks, folded (see `simengine.text.folding`) and stemmed as English ones. Beside
them an index holds:

- for text without spaces between words (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese and others), single
  characters and pairs of neighbouring ones. A query takes the pairs alone, unless a run has one character;
- the whole of a word of several parts, such as a code, a version or an identifier (see `compounds`);
- emoji of several signs as a whole, symbols one by one;
- a term of its own for a stop word that is written as a name ("the IT department", "vitamin A"), and the pair of a
  word and the single letter behind it ("vitamin-a").

Every word is indexed, stop words too; queries leave plain ones out. A query also looks for other spellings of a code:
`S-100`, `S100` and `S 100` find each other.

A word of more than `MAX_WORD_CHARS` characters (tantivy drops such words and says nothing) is replaced by a digest,
so that the exact same word still finds it.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from simengine.lexical.compounds import (
    camel_parts,
    compounds,
    is_code,
    is_plain,
    other_spellings,
    parts_of,
    spaced_codes,
    wholes,
)
from simengine.lexical.names import STOP_WORDS, WEAK_WORDS, name_terms, wanted_names
from simengine.text.folding import cleaned, folded
from simengine.text.tokens import EMOJI_SEQUENCE, UNSPACED_CHARACTER, holds_unspaced, pattern

if TYPE_CHECKING:
    import tantivy

ANALYSIS = "simengine2"
"""Name of this analysis; stored in the index. One that another analysis wrote is searched by the rules of that one
where they are known (see `simengine.lexical.earlier`), and made anew by the next writer."""

MAX_WORD_CHARS = 8_000

WEAK_WEIGHT = 0.3
"""What a question word or another weak word counts in a query. On 28 sets of questions and claims 0 to 0.5 are within
0.001 of each other in nDCG@10; counting such words fully loses 0.004."""
SPELLING_WEIGHT = 0.5
"""What another spelling of a code counts beside the query's own, at most."""
JOINED_WEIGHT = 0.3
"""What the whole of plain joined words ("x-ray") counts in a query beside its parts."""

_LONG_WORD = re.compile(rf"(?<!\S)\S{{{MAX_WORD_CHARS + 1},}}")
# ZERO WIDTH NON-JOINER between Arabic letters, as Persian writes compounds: parts, and the word without it.
_PERSIAN_COMPOUND = re.compile("(?<![\u0600-\u06ff])[\u0600-\u06ff]+(?:\u200c[\u0600-\u06ff]+)+")
_WITHOUT_MARKS = re.compile("[\u3005-\u3029\u3031-\u3098\u309b-\ua48f\uac00-\ud7a3\U00020000-\U000323af]+")
_PARTS_OF_SEQUENCES = re.compile(
    "[\u200d\u20e3\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


def prepare_passage(text: str) -> str:
    """The words of a text between spaces, ready for stemming (see `passage_analyzer`)."""
    clean, body, added = _read(text, _grams_of_passage)
    for compound in compounds(clean):
        if is_code(compound):
            added.extend(wholes(compound))
        added.extend(camel_parts(compound))
    added.extend(spaced_codes(clean))
    added.extend(name_terms(clean))
    return _joined(body, added)


def query_terms(text: str, *, names: bool = True) -> dict[str, float]:
    """The distinct terms of a query and the weight of each: how often it occurs, less for weak words.

    Args:
        text: free text; nothing in it is query syntax. Stop words count only where nothing else is left, in codes
            (`S-100`, `A/B`) and where they are written as names (`the IT department`).
        names: with the terms for names, which a passage that writes them in small letters does not hold.
    """
    clean, body, added = _read(text, _grams_of_query)
    words = Counter(_joined(body, added).split())
    kept = Counter({word: count for word, count in words.items() if word not in STOP_WORDS})
    weights: dict[str, float] = {}
    for compound in compounds(clean):
        kept.update(camel_parts(compound))
        kept.update(wholes(compound))
        stop_words = _stop_words_of_code(compound)
        kept.update(stop_words)
        if is_plain(compound) and not stop_words:
            weights.update(dict.fromkeys(wholes(compound), JOINED_WEIGHT))
    terms = _stemmed(kept or words)
    for weak in _weak_terms() & terms.keys():
        weights[weak] = WEAK_WEIGHT
    for term, weight in weights.items():
        terms[term] *= weight
    if names:
        for name, is_name in wanted_names(clean):
            terms.setdefault(name, 1.0 if is_name else WEAK_WEIGHT)
    return terms


def spelling_terms(text: str) -> dict[str, str]:
    """Terms for other spellings of a query's codes, each with the query's own term that it stands for, or ""."""
    clean, _, _ = _read(text, _grams_of_query)
    spellings = [pair for pair in other_spellings(clean) if pair[0]]
    terms = passage_analyzer().analyze(" ".join(spelling for spelling, _ in spellings))
    return {
        term: "".join(passage_analyzer().analyze(original))
        for term, (_, original) in zip(terms, spellings, strict=True)
    }


def passage_terms(text: str) -> set[str]:
    """The distinct terms of a passage, as the index holds them."""
    return set(passage_analyzer().analyze(prepare_passage(text)))


@functools.cache
def passage_analyzer() -> tantivy.TextAnalyzer:
    """What is left to do for prepared passages: splitting at spaces, and stemming."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english")).build()


@functools.cache
def _weak_terms() -> frozenset[str]:
    return frozenset(passage_analyzer().analyze(" ".join(sorted(WEAK_WORDS))))


def _stemmed(words: Counter[str]) -> dict[str, float]:
    """The same counts by terms, in the same order."""
    terms: dict[str, float] = {}
    for term, count in zip(passage_analyzer().analyze(" ".join(words)), words.values(), strict=True):
        terms[term] = terms.get(term, 0.0) + count
    return terms


def _read(text: str, grams: Callable[[list[str]], str]) -> tuple[str, str, list[str]]:
    """The text cleaned, for finding compounds in it; its words between spaces; emoji sequences and other wholes."""
    if text.isascii():
        return text, folded(text), []
    added: list[str] = []
    if _PARTS_OF_SEQUENCES.search(text):
        sequences = [found[0].replace("\ufe0f", "") for found in pattern(EMOJI_SEQUENCE).finditer(text)]
        added += [sequence for sequence in sequences if len(sequence) > 1]
    if "\u200c" in text:
        joined = _PERSIAN_COMPOUND.findall(text)
        added += [folded(cleaned(compound.replace("\u200c", ""))) for compound in joined]
        text = _PERSIAN_COMPOUND.sub(lambda compound: compound[0].replace("\u200c", " "), text)
    clean = cleaned(text)
    body = folded(clean)
    if holds_unspaced(body):
        run = pattern(f"(?:{UNSPACED_CHARACTER})+")
        body = run.sub(lambda found: f" {grams(_characters(found[0]))} ", body)
        clean = run.sub(r" \g<0> ", clean)
    return clean, body, added


def _joined(body: str, added: list[str]) -> str:
    words = f"{body} {' '.join(added)}" if added else body
    return _LONG_WORD.sub(_digest, words) if len(words) > MAX_WORD_CHARS else words


def _digest(word: re.Match[str]) -> str:
    return hashlib.blake2b(word[0].encode(), digest_size=20).hexdigest()


def _characters(run: str) -> list[str]:
    return list(run) if _WITHOUT_MARKS.fullmatch(run) else pattern(UNSPACED_CHARACTER).findall(run)


def _grams_of_passage(characters: list[str]) -> str:
    return f"{' '.join(characters)} {_grams_of_query(characters)}" if len(characters) > 1 else characters[0]


def _grams_of_query(characters: list[str]) -> str:
    return " ".join(map("".join, pairwise(characters))) if len(characters) > 1 else characters[0]


def _stop_words_of_code(compound: str) -> list[str]:
    known_code = is_code(compound)
    return [
        part.lower()
        for part in parts_of(compound)
        if part.lower() in STOP_WORDS and (known_code or part.isupper())
    ]

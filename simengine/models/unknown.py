"""What of a text a model has no tokens for.

A tokenizer maps characters that its vocabulary lacks to one unknown token, or spells them in bytes or in single letters
that were never learned as words. To the model, texts made of such tokens are all the same. This depends on the
tokenizer, not on a language: what an English model cannot read, a multilingual one can.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simengine.types import Mask

UNREADABLE_SHARE = 0.5
"""A text of which more than this share of words is unknown is unreadable: no verdict rests on it. Of 170,000 English,
German, French, Spanish, Turkish, Vietnamese and Indonesian texts none is above it under all-MiniLM-L6-v2; of texts in
Chinese, Japanese, Korean, Persian, Arabic, Russian, Bulgarian and Greek 99 to 100 % are."""
MANY_SIGNS = 1_000
"""With so many pieces of a script in its vocabulary, a model knows it even if each is a single character (Chinese)."""

SHOWN_WORDS, SHOWN_CHARACTERS, SHOWN_TEXT = 4, 20, 40

_UNKNOWN_NAMES = ("[UNK]", "<unk>", "<|unk|>", "UNK")
_HIGH_BYTE = re.compile(r"<0x[89A-F][0-9A-F]>")
_ASCII_WORD = re.compile(r"[0-9A-Za-z$+<=>^`|~]")
_PERHAPS_LOST = re.compile("[^\\w\\s][\u0338\u20d2]|[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_MARKS_OF_ALL = frozenset(("COMBINING", "MODIFIER", "VARIATION"))
_NO_SCRIPT = frozenset(("", "SIGN", "LATIN"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model can read of a text.

    Attributes:
        share: of its words (in Chinese: characters), in [0, 1], that the model has no tokens for; punctuation aside.
        known: ids of the tokens that mean something to the model, in order.
        unknown: the words that it has no tokens for, in order, with case and compatibility forms folded.
    """

    share: float
    known: tuple[int, ...]
    unknown: tuple[str, ...]

    @property
    def unreadable(self) -> bool:
        """Whether so much is unknown that nothing the model says about the text means anything."""
        return self.share > UNREADABLE_SHARE


READABLE = Reading(0.0, (), ())
"""Of a text about whose tokens nothing is known."""


def indistinct(one: Reading, other: Reading) -> bool:
    """Whether two texts differ, to the model, in nothing but what it cannot read."""
    return one.known == other.known and one.unknown != other.unknown


def comparable(one: Reading, other: Reading) -> bool:
    """Whether a model can say how two texts relate: it can read both, and takes no different words for the same."""
    if one.unreadable or other.unreadable:
        return False
    return not one.unknown or not set(other.unknown) - set(one.unknown)


def tells_apart(one: Reading, other: Reading) -> bool:
    """Whether the similarity that a model finds between two texts means anything."""
    return (comparable(one, other) or comparable(other, one)) and not indistinct(one, other)


def score_says_something(one: Reading, other: Reading) -> bool:
    """Whether the similarity of two texts has a meaning as a number, even if it does not show them to be the same.

    It has none where a text is unreadable, or where the texts differ in more unknown words than known tokens.
    """
    if one.unreadable or other.unreadable:
        return False
    return tells_apart(one, other) or _distance(one.known, other.known) > _distance(
        one.unknown, other.unknown
    )


def _distance(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    counts, others = Counter(one), Counter(other)
    return ((counts - others) + (others - counts)).total()


def can_entail(premise: Reading, hypothesis: Reading) -> bool:
    """Whether a model can say that one text entails another: what it cannot read there has to stand in both."""
    if premise.unreadable or hypothesis.unreadable:
        return False
    return not set(hypothesis.unknown) - set(premise.unknown)


def not_known(*readings: Reading) -> str:
    """For people: what a model does not know of some texts, "" where it knows everything."""
    words = list(dict.fromkeys(word for reading in readings for word in reading.unknown))
    listed = ", ".join(word[:SHOWN_CHARACTERS] for word in words[:SHOWN_WORDS])
    more = ", …" if len(words) > SHOWN_WORDS or any(len(word) > SHOWN_CHARACTERS for word in words) else ""
    return f"the model does not know {listed}{more}" if words else ""


def unreadable_note(reader: object, texts: Sequence[str], *, judge: bool = False) -> str:
    """For people: that a model can hardly read one of some texts, and what follows; "" where it can read all.

    Args:
        reader: as for `readings_of`.
        texts: any texts.
        judge: the model gives verdicts, not vectors.
    """
    for text, reading in zip(texts, readings_of(reader, texts), strict=True):
        if reading.unreadable:
            shown = " ".join(text.split())
            shown = shown if len(shown) <= SHOWN_TEXT else f"{shown[: SHOWN_TEXT - 1]}…"
            name = "cross-encoder" if judge else "model"
            what = "gives no verdict on such texts" if judge else "cannot tell such texts apart"
            other = "another one" if judge else "a multilingual model such as multilingual-e5-small"
            return f"the {name} does not know the characters of {shown!r}: it {what}; {other} may"
    return ""


def readings_of(reader: object, texts: Sequence[str]) -> list[Reading]:
    """What a model can read of texts; everything, where it does not say.

    Args:
        reader: a tokenizer such as `FastTokenizer`, or a model that has `readings` as it has.
        texts: n texts; equal ones are read once.
    """
    read = getattr(reader, "readings", None)
    if read is None:
        return [READABLE] * len(texts)
    distinct = list(dict.fromkeys(texts))
    found = dict(zip(distinct, read(distinct), strict=True))
    return [found[text] for text in texts]


def relevance_pairs(reader: object, pairs: Sequence[tuple[str, str]]) -> Mask:
    """(n,) bool: whether a model can say how relevant texts are to queries.

    As `comparable`; symbols such as emoji, which queries and texts are decorated with, count only where all else is
    the same.

    Args:
        reader: as for `readings_of`.
        pairs: n pairs of a text and a query.
    """
    read = readings_of(reader, [part for pair in pairs for part in pair])
    found = (
        comparable(text, query if indistinct(text, query) else _without_symbols(query))
        for text, query in zip(read[::2], read[1::2], strict=True)
    )
    return np.fromiter(found, bool, count=len(pairs))


def _without_symbols(reading: Reading) -> Reading:
    return replace(reading, unknown=tuple(word for word in reading.unknown if any(map(str.isalnum, word))))


@dataclass(frozen=True, slots=True)
class TokenKinds:
    """What the tokens of a vocabulary are worth.

    Attributes:
        meaningless: (vocabulary,) bool: the unknown token, bytes of characters, and letters of scripts that the
            model has no words of.
        punctuation: (vocabulary,) bool: tokens without a letter, a digit or a symbol.
    """

    meaningless: Mask
    punctuation: Mask


def token_kinds(tokenizer: Any) -> TokenKinds:
    """Look through a vocabulary.

    A script is known where the vocabulary holds as many pieces of several letters as single ones, or so many single
    characters that they must be words. Latin letters are always known, and so is a Greek one that begins a word, which
    in other languages stands for a quantity.

    Args:
        tokenizer: of the `tokenizers` package.
    """
    vocabulary: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    size = max(vocabulary.values(), default=-1) + 1
    meaningless, punctuation = np.zeros(size, bool), np.zeros(size, bool)
    pieces: dict[str, list[int]] = {}
    words: Counter[str] = Counter()
    byte_level, word_piece = _is_byte_level(vocabulary), type(tokenizer.model).__name__ == "WordPiece"
    for piece, number in vocabulary.items():
        if piece.isascii():
            meaningless[number] = _HIGH_BYTE.fullmatch(piece) is not None
            punctuation[number] = _ASCII_WORD.search(piece) is None
            continue
        text = _decoded(piece) if byte_level else piece.strip("\u2581")
        if text is None:
            meaningless[number] = True
            continue
        kinds = [_kind(char) for char in text]
        punctuation[number] = not any(kinds)
        script = next((kind for kind in kinds if kind not in _NO_SCRIPT), None)
        if script is not None:
            words[script] += len(kinds) - kinds.count("") > 1
            if script != "GREEK" or _continues(piece, word_piece):
                pieces.setdefault(script, []).append(number)
    for script, numbers in pieces.items():
        if 2 * words[script] < len(numbers) < MANY_SIGNS:
            meaningless[numbers] = True
    for name in (getattr(tokenizer.model, "unk_token", None), *_UNKNOWN_NAMES):
        if name in vocabulary:
            meaningless[vocabulary[name]] = True
    return TokenKinds(meaningless, punctuation & ~meaningless)


def _continues(piece: str, word_piece: bool) -> bool:
    """Whether a piece stands inside a word."""
    return piece.startswith("##") if word_piece else not piece.startswith(("\u2581", "\u0120"))


def lost_signs(text: str, normalizer: Any) -> tuple[str, ...]:
    """What a tokenizer leaves out of a text although it changes the meaning, and makes no token for.

    These are the stroke through a sign, without which "not equal" is "equal", and characters of private use (icons).

    Args:
        text: any text.
        normalizer: of a tokenizer of the `tokenizers` package, or None.
    """
    if text.isascii() or normalizer is None:
        return ()
    signs = dict.fromkeys(_PERHAPS_LOST.findall(unicodedata.normalize("NFD", text)))
    return tuple(
        unicodedata.normalize("NFC", sign)
        for sign in signs
        if sign[-1] not in unicodedata.normalize("NFD", normalizer.normalize_str(sign))
    )


def widened(text: str, start: int, end: int) -> str:
    """A part of a text with the Greek letters before it, of which the first is known, and the marks behind it."""
    while start and _kind(text[start]) == _kind(text[start - 1]) == "GREEK":
        start -= 1
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return text[start:end]


def folded(text: str) -> str:
    """A word without case and compatibility forms."""
    return unicodedata.normalize("NFKC", text).casefold()


@functools.cache
def _kind(char: str) -> str:
    """The script of a letter or mark, as the first word of its name has it ("CYRILLIC", "CJK"), "LATIN" for ASCII and
    other Latin letters; "SIGN" for digits and symbols; "" for punctuation, spaces and what cannot be seen."""
    plain = unicodedata.normalize("NFKC", char)[0]
    category = unicodedata.category(plain)[0]
    if category in "LM":
        name = re.split("[ -]", unicodedata.name(plain, "LATIN"), maxsplit=1)[0]
        return "LATIN" if name in _MARKS_OF_ALL else name
    return "SIGN" if category in "NS" else ""


def _is_byte_level(vocabulary: Mapping[str, int]) -> bool:
    return 20 * sum(piece.startswith("\u0120") for piece in vocabulary) > len(vocabulary)


@functools.cache
def _byte_of() -> dict[str, int]:
    """The byte that each letter of a byte-level vocabulary stands for (the table of GPT-2)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + n): byte for n, byte in enumerate(others)}


def _decoded(piece: str) -> str | None:
    """The characters that a byte-level piece stands for, None where it holds parts of characters."""
    table = _byte_of()
    try:
        return bytes(table[char] for char in piece).decode()
    except KeyError:
        return piece
    except UnicodeDecodeError:
        return None

"""Words of several parts: codes, file names, identifiers, versions - the whole beside the words of its parts.

`S-100` gets the word `s-100` beside `s` and `100`; `os.path.join` is found by `join` and, better, by `os.path.join`;
`getUserName` by `user name`; `C++` is not `C` and `.NET` is not `net`. Plain words joined by a hyphen or a stroke
("well-known", "temperature/pressure") are their parts alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simengine.text.folding import folded
from simengine.text.tokens import pattern

# Where a word of several parts is joined: lowerUpper, HTTPServer, a-b, a.b, a_b, a::b, a/b, a&b, C++, C#, A*, A-,
# .NET, $5, 5%.
_JOINT = (
    r"[A-Z_.:#+&/\\@*$%-](?:(?<=[a-z0-9][A-Z])|(?<=[A-Z][A-Z])(?=[a-z][a-z])|(?<=\w[_.:+&/\\@-])(?=:?\w)"
    r"|(?<=\w[#+])(?!\w)|(?<=\b[A-Za-z]\*)(?![\w*])|(?<=\b[A-Z]-)(?![\w-])|(?<![^\s(\[{\"'`][.#@$])(?:(?<=[.#@$])(?=[A-Za-z])|(?<=\$)(?=\d)(?!\d+,\d))"
    r"|(?<=\d%)(?![\w%]))"
)
_COMPOUND = (
    r"(?:(?<![^\s(\[{\"'`])[.#@$])?\w+(?:(?:::|[-.:&/\\@+])\w+)*"
    r"(?:\+\+?(?![\w+])|#(?!\w)|(?<=\b[A-Za-z])\*(?![\w*])|(?<=\b[A-Z])-(?![\w-])|(?<=\d)%(?![\w%]))?"
)
_IN_ASCII = re.compile(_JOINT, re.ASCII), re.compile(_COMPOUND, re.ASCII)
_UNMARKED = re.compile(_JOINT), re.compile(_COMPOUND)
_MARKED = re.compile("[\u0300-\u036f\u0480-\u0489\u0590-\u1cff\ua600-\uabff\U00010000-\U0001efff]")
_LEVELS = (re.compile(r"[/\\]"), re.compile("-"), re.compile(r"::|[.:&@+#$*%]"), re.compile("_"))
"""Joints from the loosest to the closest: of `lib/ab-1.1_x` also `ab-1.1_x`, `1.1_x` and `1_x`."""
_PLAIN = re.compile(r"[^\W_]+(?:[-/\\][^\W_]+)+")
_CODE_PART_CHARS = 3
_SPACED_CAPITALS = re.compile(r"(?<!\w)([A-Z]{1,3}) (\d{1,20})(?!\w)")
_SPACED_CODE = re.compile(r"(?<!\w)([^\W\d_]{1,3}) (\d{1,20})(?!\w)")
_GLUED_CODE = re.compile(r"(?<![\w.-])(?:([^\W\d_]{1,20})(\d{1,20})|(\d{1,20})([^\W\d_]{1,20}))(?![\w-])")
CAMEL_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z]{2})|[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_ASCII_PIECE = re.compile(r"[A-Za-z0-9]+")
_SIGNS = re.compile(r"([-_.:/\\@+#*$&%]+)")
_UNSTEMMED = "^"
_REACH = 256  # characters of one compound to either side of a joint


def compounds(text: str) -> Iterator[str]:
    """The words of a cleaned text that have several parts, as they are spelled there."""
    return (compound for _, compound in compounds_at(text))


def compounds_at(text: str) -> Iterator[tuple[int, str]]:
    """The same with the place where each begins."""
    joints, words = _patterns(text)
    done = 0
    for joint in joints.finditer(text):
        if joint.start() < done:
            continue
        start, done = bounds_of_run(text, joint.start())
        yield from ((found.start(), found[0]) for found in words.finditer(text, start, done))


def wholes(compound: str) -> Iterator[str]:
    """The folded words for the whole of a compound and for its parts that are compounds themselves."""
    yield from dict.fromkeys(unstemmed(_folded(each)) for each in _split(compound, 0))


def unstemmed(word: str) -> str:
    """A word that stemming leaves as it is: `setup.py` is no form of `setup.pi`."""
    return word + _UNSTEMMED if word[-1:].isalpha() else word


def parts_of(compound: str) -> list[str]:
    """What stands between the joints of a compound, as it is spelled there."""
    return [part for part in _SIGNS.split(compound)[::2] if part]


def is_code(compound: str) -> bool:
    """Whether a compound is a code, an identifier or the like, not plain words joined by hyphens or a stroke."""
    return (
        not is_plain(compound)
        or compound.count("/") > 1
        or all(len(part) <= _CODE_PART_CHARS for part in parts_of(compound))
    )


def is_plain(compound: str) -> bool:
    """Whether a compound may be plain words joined by hyphens or a stroke: no digits, not all capitals."""
    return bool(_PLAIN.fullmatch(compound)) and not compound.isupper() and not any(map(str.isdigit, compound))


def spaced_codes(text: str) -> Iterator[str]:
    """Codes in a cleaned passage with a space in place of the hyphen (S 100), as words with the hyphen."""
    return (f"{letters.lower()}-{folded(digits)}" for letters, digits in _SPACED_CAPITALS.findall(text))


def holds_codes_alone(text: str) -> bool:
    """Whether a query names codes, identifiers or the like, and nothing else."""
    words = text.split()
    return bool(words) and all(any(map(is_code, compounds(word))) for word in words)


def other_spellings(text: str) -> Iterator[tuple[str, str]]:
    """Other spellings of the codes of a cleaned query: S100 and S 100 for S-100, S-100 for S100.

    Yields:
        A folded word, and the one in the query for which it stands ("" where that is two words).
    """
    for compound in compounds(text):
        if "-" in compound:
            for whole in wholes(compound):
                yield whole.replace("-", "").removesuffix(_UNSTEMMED), whole
    for letters, digits in _SPACED_CODE.findall(text):
        yield f"{folded(letters)}-{folded(digits)}", ""
        yield f"{folded(letters)}{folded(digits)}", ""
    for found in _GLUED_CODE.finditer(text):
        yield unstemmed("-".join(folded(part) for part in found.groups() if part)), folded(found[0])


def camel_parts(compound: str) -> Iterator[str]:
    """The words inside of pieces such as `getUserName`."""
    for piece in _ASCII_PIECE.findall(compound):
        if not piece.isupper():
            parts = CAMEL_PARTS.findall(piece)
            if len(parts) > 1:
                yield from map(str.lower, parts)


def _patterns(text: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Of joints and of compounds; those of the `regex` module work alike."""
    if text.isascii():
        return _IN_ASCII
    # Only the slower patterns take the marks that cleaning leaves for parts of words.
    return (pattern(_JOINT), pattern(_COMPOUND)) if _MARKED.search(text) else _UNMARKED


def _split(compound: str, level: int) -> Iterator[str]:
    if not compound or not _SIGNS.search(compound):
        return
    yield compound
    while level < len(_LEVELS):
        parts = _LEVELS[level].split(compound)
        level += 1
        if len(parts) > 1:
            for part in parts:
                yield from _split(part, level)
            return


def _folded(compound: str) -> str:
    if compound.isascii():
        return compound.lower()
    pieces = _SIGNS.split(compound)
    pieces[::2] = [folded(piece).replace(" ", "") for piece in pieces[::2]]
    return "".join(pieces)


def bounds_of_run(text: str, position: int) -> tuple[int, int]:
    """The stretch around `position` that holds no white space, at most `_REACH` characters to either side."""
    before = text[max(0, position - _REACH) : position]
    after = text[position : position + _REACH]
    head = before.split()[-1] if before and not before[-1].isspace() else ""
    tail = after.split(maxsplit=1)[0] if after and not after[0].isspace() else ""
    return position - len(head), position + len(tail)

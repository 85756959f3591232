"""Two sentences read by two frames at once, so that the parts of the one decide how the other is divided.

"{a} sold {t} to {b}" says who is who only to those who know where a name ends. Beside "{b} bought {t} from {a}" it is
plain: both frames are joined to one regular expression, in which a part that both have must be the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from simengine.rules.lexicon import lemma
from simengine.rules.reading import Unit
from simengine.text.words import PREPOSITIONS

_SHARED: Final = {"a": "arg", "b": "arg", "t": "arg", "k": "optional"}
_PARTS: Final = {
    "en": {"arg": r"(?:[^\s,]+ ){1,4}?", "optional": r"(?:[^\s,]+ ){0,4}?", "word": r"[^\s,]+ "},
    "zh": {"arg": r"[^\s,:]{1,10}?", "optional": r"[^\s,:]{0,6}?", "word": r"[^\s,:]{1,4}?"},
}
_SKIPPED: Final = frozenset(
    "a an the is are was were be been being am has have had do does did also then".split()  # noqa: SIM905
)
# What may follow the last party in English: something new, and nothing that belongs to its name.
_TAIL_WORDS: Final = (PREPOSITIONS - {"of"}) | frozenset(
    "yesterday today tomorrow tonight last next this every once twice again when while because but so and".split()  # noqa: SIM905
)
_MORE: Final = rf"(?:(?:{'|'.join(sorted(_TAIL_WORDS))}) [^\n]*)?"
_PLACE = re.compile(r"<(\w)>")


@dataclass(frozen=True, slots=True)
class Frame:
    """A form of a sentence about two parties.

    Attributes:
        text: a regular expression with places: <a> and <b> for the parties, <t> for a thing, <k> for words that both
            sentences may have there, <v> for the word that says what they have to do with each other.
        kind: what kind of word <v> is.
    """

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Together:
    """How two sentences fit two frames.

    Attributes:
        exchanged: whether <a> of the first is <b> of the second, and the other way round.
        first, second: the words at <v>.
        kinds: the kinds of the frames.
        one_frame: whether both are the same frame.
        more, more_new: what follows the frame in the first and in the second sentence.
    """

    exchanged: bool
    first: str
    second: str
    kinds: tuple[str, str]
    one_frame: bool
    more: str
    more_new: str


def together(premise: Unit, hypothesis: Unit, frames: tuple[Frame, ...]) -> Iterator[Together]:
    """All ways in which two sentences of one language fit the frames, with the parties kept or exchanged."""
    language = "zh" if hypothesis.chinese else "en"
    ours, theirs = _text(premise), _text(hypothesis)
    first = [frame for frame in frames if _alone(frame, language).match(ours)]
    second = [frame for frame in frames if _alone(frame, language).match(theirs)]
    for one in first:
        for other in second:
            for exchanged in (False, True):
                match = _joined(one, other, exchanged, language).match(f"{ours}\n{theirs}")
                if match is not None and match["a"] != match["b"] and not _again(match):
                    said = (match["v1"].strip(), match["v2"].strip())
                    kinds = (one.kind, other.kind)
                    more = (match["e1"].strip(), match["e2"].strip())
                    yield Together(exchanged, *said, kinds, one is other, *more)


def _again(match: re.Match[str]) -> bool:
    """Whether what follows the frame in the first sentence names both parties once more."""
    return match["a"] in match["e1"] and match["b"] in match["e1"]


def _text(unit: Unit) -> str:
    """The words of a unit: stems each with a space after it in English, as written in Chinese."""
    if unit.chinese:
        return "".join(unit.raw)
    return "".join(f"{lemma(word).replace(' ', '_')} " for word in unit.raw if word not in _SKIPPED)


@lru_cache(maxsize=256)
def _alone(frame: Frame, language: str) -> re.Pattern[str]:
    return re.compile(_expression(frame, 1, set(), language, exchanged=False) + r"\Z")


@lru_cache(maxsize=2048)
def _joined(one: Frame, other: Frame, exchanged: bool, language: str) -> re.Pattern[str]:
    named: set[str] = set()
    first = _expression(one, 1, named, language, exchanged=False)
    return re.compile(first + r"\n" + _expression(other, 2, named, language, exchanged=exchanged) + r"\Z")


def _expression(frame: Frame, side: int, named: set[str], language: str, *, exchanged: bool) -> str:
    """The frame with groups for its places; a place that has been named before must hold the same text again."""
    parts = _PARTS[language]

    def place(match: re.Match[str]) -> str:
        name = match[1]
        if name == "v":
            return f"(?P<v{side}>{parts['word']})"
        if exchanged and name in "ab":
            name = "b" if name == "a" else "a"
        if name in named:
            return f"(?P={name})"
        named.add(name)
        return f"(?P<{name}>{parts[_SHARED[name]]})"

    more = _MORE if language == "en" else "[了过吗]?"
    return _PLACE.sub(place, frame.text) + f"(?P<e{side}>{more})"

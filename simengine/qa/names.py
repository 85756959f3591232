"""The things that a question names, and whether a passage is about them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simengine.qa.cues import names_of
from simengine.text.scripts import HAN
from simengine.text.words import words_of
from simengine.types import Hit

_IDENTIFIER = re.compile(
    r"(?<![\w.])(?:(?!(?:[A-Za-z]\.)+[A-Za-z]\b)[A-Za-z]\w*(?:\.\w+)+|"
    r"\w*[A-Za-z0-9]_\w+|[a-z]+[A-Z]\w*|[A-Za-z][\w.]*(?=\(\)))(?:\(\))?"
)
_QUOTED = re.compile(r"`([^`]{2,60})`|《([^》]{1,40})》")
_CODE = re.compile(r"(?<![\w.-])(?=[\w-]*[A-Za-z])(?=[\w-]*\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-])")
SHORTEST_PLURAL = 4
_MEASURE = re.compile(
    r"^\d+(?:-[a-z-]+|st|nd|rd|th|am|pm|h|hrs?|min|mins|s|kg|g|mg|km|m|cm|mm|l|ml|gb|mb|kb|tb|k|x|cv|kw|w|v)$",
    re.I,
)
_COMMON = words_of(
    "i i'm i'd i've i'll january february march april may june july august september october november december monday "
    "tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays "
    "christmas easter wifi wi-fi pdf sms tv id pin ok english"
)


def identifiers_of(question: str) -> list[str]:
    """Identifiers, codes, and names in backticks or 《》, each once: "lru_cache", "S-100", "os.path.join"."""
    found = [match[0] for match in _IDENTIFIER.finditer(question)]
    found += [match[1] or match[2] for match in _QUOTED.finditer(question)]
    found += [match[0] for match in _CODE.finditer(question) if _MEASURE.match(match[0]) is None]
    return list(dict.fromkeys(name.removesuffix("()") for name in found))


def with_named_things(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits about what a question names.

    A hit must have every identifier and code of the question, and every other name (capitalised words in English) that
    some hit has in its title or text: where the corpus knows a name, another thing does not answer. Names that no
    hit has decide nothing here ("Do you ship to Norway?" may be answered by "only within the EU").

    Args:
        question: English or Chinese.
        hits: of the question, best first.
    """
    texts = [f"{hit.title} {hit.id} {hit.passage.text}" for hit in hits]
    kept = [True] * len(hits)
    for name in identifiers_of(question):
        kept = [keep and _has(text, name) for keep, text in zip(kept, texts, strict=True)]
    for name in _proper_names(question):
        has = [_has(text, name) for text in texts]
        titled = any(_has(hit.title, name) for hit in hits)
        if titled and any(has):
            kept = [keep and each for keep, each in zip(kept, has, strict=True)]
    return [hit for hit, keep in zip(hits, kept, strict=True) if keep]


def _proper_names(question: str) -> list[str]:
    return [
        name
        for name in names_of(question)
        if name[0].isupper() and name.casefold() not in _COMMON and len(name) > 1
    ]


def _has(text: str, name: str) -> bool:
    """Whether a text has a name as a word, also in the plural or with other hyphens; in Chinese as characters."""
    if re.search(f"[{HAN}]", name):
        return name in text
    bare = name.casefold().removesuffix("'s").removesuffix("\u2019s")
    bare = bare.removesuffix("s") if len(bare) > SHORTEST_PLURAL else bare
    spelled = r"[-\s]?".join(map(re.escape, bare.split("-")))
    return re.search(rf"(?<![a-z0-9_]){spelled}s?(?![a-z0-9_])", text.casefold()) is not None

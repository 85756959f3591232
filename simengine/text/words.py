"""Closed classes of English words."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BE = _words("is are was were am isn't aren't wasn't weren't")
DO = _words("do does did don't doesn't didn't")
MODAL = _words(
    "can could will would shall should may might must can't cannot couldn't won't wouldn't shouldn't mustn't"
)
HAVE = _words("has have had hasn't haven't hadn't")
AUXILIARIES = BE | DO | MODAL | HAVE
QUESTION_WORDS = _words("what which who whom whose when where why how")
PRONOUNS = _words(
    "i you he she it we they there this that these those one everyone everybody someone somebody anyone anybody "
    "nobody everything something anything nothing"
)
BACK_REFERENCES = _words(
    "it its itself he him his himself she her hers herself they them their theirs themselves this that these those"
)
"""Words that may refer to something said before."""
DETERMINERS = _words("a an the my your his her its our their this that these those each every any some no")
PREPOSITIONS = _words(
    "about above across after against along among around as at before behind below beneath beside between beyond by "
    "despite during except for from in inside into like near of off on onto out outside over past per since than "
    "through throughout till to toward towards under until up upon versus via with within without"
)
CONJUNCTIONS = _words("and or but nor so yet if because while although though")
ADVERBS = _words(
    "not also ever never still already always often usually currently originally first now then just only really "
    "mostly mainly generally commonly actually finally once sometimes typically today"
)
ADJECTIVES = _words(
    "old new big small large great long short high low young good bad first second third last next main major minor "
    "whole same other early late early only own largest smallest highest lowest longest shortest biggest oldest "
    "newest best worst most least two three four five six seven eight nine ten free full open public private red "
    "blue green black white human modern early left right total local"
)
_ADJECTIVE_ENDINGS = (
    "al",
    "ic",
    "ive",
    "ous",
    "ful",
    "ish",
    "ese",
    "ern",
    "ary",
    "able",
    "ible",
    "ian",
    "less",
)
_PARTICIPLES = _words(
    "been born built made known found given taken seen done gone held kept led left lost met paid put read said sent "
    "set shot sold spent told thought understood won written worn drawn driven eaten fallen flown forgotten frozen "
    "grown hidden broken chosen begun bought brought caught cut dealt fed felt fought hit hurt laid lent lit meant "
    "ridden risen run shown shut sung sunk spoken split spread stolen struck sworn taught thrown torn woken"
)
_NO_PARTICIPLES = _words("red bed seed need feed speed breed shed weed deed sacred hundred united indeed")
_EDGES = (
    AUXILIARIES
    | QUESTION_WORDS
    | PRONOUNS
    | BACK_REFERENCES
    | DETERMINERS
    | PREPOSITIONS
    | CONJUNCTIONS
    | ADVERBS
    | _words("be been being get got please tell me us many much more very there here ok okay well thanks s")
)


def is_participle(word: str) -> bool:
    """Whether an English word looks like a participle: built, made, called, running."""
    lowered = word.lower().rstrip(",;:")
    if lowered in _PARTICIPLES:
        return True
    regular = len(lowered) > 3 and lowered.endswith(("ed", "ing"))
    return (
        regular and word[:1].islower() and lowered not in _NO_PARTICIPLES and lowered not in ("king", "thing")
    )


def is_adjective(word: str) -> bool:
    """Whether an English word looks like an adjective before its noun."""
    lowered = word.lower()
    return lowered in ADJECTIVES or (len(lowered) > 4 and lowered.endswith(_ADJECTIVE_ENDINGS))


def content_words(text: str) -> list[str]:
    """The content words of an English text, in order, each once, as written."""
    found: dict[str, str] = {}
    for word in WORD.findall(text):
        if word.lower() not in _EDGES:
            found.setdefault(word.lower(), word)
    return list(found.values())

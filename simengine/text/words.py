"""Closed classes of English words."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


def words_of(text: str) -> frozenset[str]:
    """The words between spaces."""
    return frozenset(text.split())


BE = words_of("is are was were am isn't aren't wasn't weren't")
DO = words_of("do does did don't doesn't didn't")
MODAL = words_of(
    "can could will would shall should may might must can't cannot couldn't won't wouldn't shouldn't mustn't"
)
HAVE = words_of("has have had hasn't haven't hadn't")
AUXILIARIES = BE | DO | MODAL | HAVE
QUESTION_WORDS = words_of("what which who whom whose when where why how")
PRONOUNS = words_of(
    "i you he she it we they there this that these those one everyone everybody someone somebody anyone anybody "
    "nobody everything something anything nothing"
)
BACK_REFERENCES = words_of(
    "it its itself he him his himself she her hers herself they them their theirs themselves this that these those"
)
"""Words that may refer to something said before."""
DETERMINERS = words_of("a an the my your his her its our their this that these those each every any some no")
PREPOSITIONS = words_of(
    "about above across after against along among around as at before behind below beneath beside between beyond by "
    "despite during except for from in inside into like near of off on onto out outside over past per since than "
    "through throughout till to toward towards under until up upon versus via with within without"
)
CONJUNCTIONS = words_of("and or but nor so yet if because while although though")
ADVERBS = words_of(
    "not also ever never still already always often usually currently originally first now then just only really "
    "mostly mainly generally commonly actually finally once sometimes typically today"
)
ADJECTIVES = words_of(
    "old new big small large great long short high low young good bad first second third last next main major minor "
    "whole same other early late early only own largest smallest highest lowest longest shortest biggest oldest "
    "newest best worst most least two three four five six seven eight nine ten free full open public private red "
    "blue green black white human modern early left right total local"
)
_NO_ADJECTIVES = words_of(
    "animal approval arrival attic cable capital clinic critic dictionary diary fabric festival funeral "
    "hospital interval "
    "journal judiciary library logic magic mammal manual material meal medal metal music olive picnic plastic proposal "
    "refusal removal renewal rental republic salary secretary signal table terminal topic traffic trial vegetable "
    "withdrawal dish fish finish polish italian librarian musician physician technician"
)
"""Nouns with the endings of adjectives."""
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
_PARTICIPLES = words_of(
    "been born built made known found given taken seen done gone held kept led left lost met paid put read said sent "
    "set shot sold spent told thought understood won written worn drawn driven eaten fallen flown forgotten frozen "
    "grown hidden broken chosen begun bought brought caught cut dealt fed felt fought hit hurt laid lent lit meant "
    "ridden risen run shown shut sung sunk spoken split spread stolen struck sworn taught thrown torn woken"
)
_NO_PARTICIPLES = words_of("red bed seed need feed speed breed shed weed deed sacred hundred united indeed")
VERBS = words_of(
    "accept add allow answer appear apply arrive ask attend be become begin belong bring buy call cancel carry catch "
    "change charge check choose claim clean close collect come contain continue cost count cover cut deal decide "
    "deliver depend do drink drive drop earn eat end enter exist expire fall feel find finish fit follow get give go "
    "grow happen have help hold hurt include increase insure keep know last lead learn leave let lie like live load "
    "look lose make match mean meet mind move need offer open own park pay play print produce provide put reach read "
    "receive refund remain renew repair replace require return ride rise run save say see sell send serve ship show "
    "sleep speak start stay stop store suit support swim take tell try turn use visit wait walk want wash wear weigh "
    "win work write"
)
"""Common verbs in their base form."""
_EDGES = (
    AUXILIARIES
    | QUESTION_WORDS
    | PRONOUNS
    | BACK_REFERENCES
    | DETERMINERS
    | PREPOSITIONS
    | CONJUNCTIONS
    | ADVERBS
    | words_of("be been being get got please tell me us many much more very there here ok okay well thanks s")
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
    if lowered in _NO_ADJECTIVES:
        return False
    return lowered in ADJECTIVES or (len(lowered) > 4 and lowered.endswith(_ADJECTIVE_ENDINGS))


def content_words(text: str) -> list[str]:
    """The content words of an English text, in order, each once, as written."""
    found: dict[str, str] = {}
    for word in WORD.findall(text):
        if word.lower() not in _EDGES:
            found.setdefault(word.lower(), word)
    return list(found.values())

"""The finite verb of a plain English sentence, where it can be told without a parser, and its denial."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from simengine.training.generate.vocabulary import spaced

_AUXILIARIES: Final = frozenset(spaced("is are was were can will must should has have had do does did would"))
_PARTICIPLES: Final = frozenset(
    spaced(
        """been become begun born bought broken brought built caught chosen come cost cut done drawn driven eaten
        fallen felt found given gone got grown heard held hit hurt kept known left lent lost made met
        moved paid put read risen run said seen sent set shown shut sold spent spoken stood stolen taken
        taught told thought won worn written let led
        """
    )
)
# base, third person, past where it differs from the base: verbs whose forms are hardly ever nouns before an object.
_VERBS: Final = """accept accepts accepted
allow allows allowed
apply applies applied
arrive arrives arrived
begin begins began
belong belongs belonged
become becomes became
come comes came
consist consists consisted
contain contains contained
cover covers covered
depend depends depended
deliver delivers delivered
expire expires expired
explain explains explained
give gives gave
go goes went
include includes included
keep keeps kept
know knows knew
lie lies lay
live lives lived
make makes made
offer offers offered
open opens opened
pay pays paid
provide provides provided
reach reaches reached
receive receives received
remain remains remained
require requires required
sell sells sold
send sends sent
serve serves served
take takes took
tell tells told
use uses used
win wins won
work works worked
write writes wrote
cost costs cost
close closes closed
start starts started
run runs ran
need needs needed
stay stays stayed
bring brings brought
pass passes passed
publish publishes published
replace replaces replaced
buy buys bought
lose loses lost
leave leaves left
teach teaches taught
speak speaks spoke
grow grows grew
play plays played
star stars starred
direct directs directed
appear appears appeared
attend attends attended
win wins won"""
_THIRD: Final = {third: base for base, third, _ in (line.split() for line in _VERBS.split("\n"))}
_PAST: Final = {past: base for base, _, past in (line.split() for line in _VERBS.split("\n")) if past != base}
_BASE: Final = frozenset(_THIRD.values())

_STARTS: Final = frozenset(
    spaced("the a an our your my his her their this that these those we you i he she it they its no")
)
# What makes it unsafe to deny the first verb: scope, conditions, reports, comparisons, quantifiers, other negations.
_UNSAFE: Final = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|hardly|cannot|few|little|barely|rarely|seldom|\w+n['’]t"
    r"|if|unless|when|whenever|while|although|though|because|since|until|till|whether|so|as|than|like|where|why|how|what"
    r"|who|whom|whose|which|that|only|just|even|also|too|again|still|yet|already|almost|nearly|once|anymore"
    r"|all|every|each|any|both|either|most|many|some|several|everyone|everybody|anyone|anything|whoever|whatever"
    r"|someone|something|always|often|sometimes|usually|normally|probably|perhaps|maybe|(?-i:may)|might|could"
    r"|say|says|said|think|thinks|thought|believe|believes|hope|hopes|claims?|claimed|would|seems?|but|except|or|before|after"
    r"|\w+ever|more|less|another|same|other|between|per|rather|let|please|time)\b|[;:?!\"“”]",
    re.IGNORECASE,
)
_NOUNISH: Final = re.compile(
    r"^(?:the|a|an|our|your|my|his|her|their|its|of|for|in|on|at|by|with|to|from|and|this|these|those|no|'s)$",
    re.IGNORECASE,
)


# Commas that do not begin another clause.
_MEMBER: Final = re.compile(
    r",(?= (?:and|or|starring|directed|written|based|born|made|including|\d{4}))|(?<=\d),(?=\d)"
)
_NOT_EMBEDDED: Final = re.compile(r",| and | must | should ")


@dataclass(frozen=True, slots=True)
class Finite:
    """The finite verb of a sentence.

    Attributes:
        before, verb, after: the sentence around it.
        base: of a verb that is denied with "do"; "" for an auxiliary.
        helper: "do", "does" or "did"; "" for an auxiliary.
    """

    before: str
    verb: str
    after: str
    base: str = ""
    helper: str = ""


def finite_verb(sentence: str) -> Finite | None:
    """The finite verb of the first clause, or None where it is not plain which word that is."""
    tokens = sentence.split(" ")
    for place in range(1, min(len(tokens), 10)):
        token, before = tokens[place], tokens[:place]
        if token[-1:] in ",;" or any(word[-1:] in ",;" for word in before):
            return None
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        parts = " ".join(before), token, " ".join(tokens[place + 1 :])
        if token in _AUXILIARIES:
            return _auxiliary(parts, after)
        found = _main_verb(token, before)
        if found:
            return Finite(*parts, *found)
    return None


def _auxiliary(parts: tuple[str, str, str], after: str) -> Finite | None:
    verb, word = parts[1], after.strip(".,;").lower()
    if not word or word in ("not", "to") or re.search(r"['’](?:ve|s|d|ll)$", parts[0]):
        return None
    if verb in ("has", "have", "had"):
        if word.endswith("ed") or word in _PARTICIPLES:
            return Finite(*parts)
        if word in ("a", "an", "the", "two", "three", "four", "five") or word[:1].isdigit():
            return Finite(*parts, "have", {"has": "does", "have": "do", "had": "did"}[verb])
        return None
    return None if verb in ("do", "does", "did", "would") else Finite(*parts)


def _main_verb(token: str, before: list[str]) -> tuple[str, str] | None:
    last = before[-1]
    if _NOUNISH.match(last) or not last.isalpha():
        return None
    subject = last.lower()
    if token in _PAST:
        return _PAST[token], "did"
    if token in _THIRD and not (subject.endswith("s") and not subject.endswith("ss")):
        return _THIRD[token], "does"
    if token in _BASE and (
        subject in ("i", "we", "you", "they") or (subject.endswith("s") and len(before) > 1)
    ):
        return token, "do"
    return None


def is_simple(sentence: str) -> bool:
    """Whether denying its first verb denies the sentence."""
    return not _UNSAFE.search(sentence) and len(re.findall(",", sentence)) == len(_MEMBER.findall(sentence))


def negated(sentence: str) -> str | None:
    """The sentence with its first verb denied, or None where that is not safe."""
    if not is_simple(sentence):
        return None
    verb = finite_verb(sentence)
    if verb is None:
        return None
    if verb.helper:
        return f"{verb.before} {verb.helper} not {verb.base} {verb.after}"
    denied = "cannot" if verb.verb == "can" else f"{verb.verb} not"
    return f"{verb.before} {denied} {verb.after}"


_NOT: Final = re.compile(r"\b(is|are|was|were|will|must|should|has|have|had) not (?=\w)|\b(can)not (?=\w)")
_DO_NOT: Final = re.compile(r"\b(do|does|did) not (\w+)\b")
_ABSOLUTE: Final = re.compile(
    r"\bnot (?:only|just|even|all|every|always|necessarily|until|to|more|less|because|so|as|yet|any|either|usually"
    r"|enough)\b",
    re.IGNORECASE,
)


def affirmed(sentence: str) -> str | None:
    """A sentence with one "not" in its first clause without it, or None where that is not safe."""
    if len(re.findall(r"\bnot\b|n['’]t\b|cannot", sentence)) != 1 or _ABSOLUTE.search(sentence):
        return None
    if _UNSAFE.search(re.sub(r"\b(?:can)?not\b", "", sentence)):
        return None
    plain = _NOT.search(sentence)
    if plain:
        if "," in sentence[: plain.start()]:
            return None
        if (plain[1] in ("has", "have", "had")) and not sentence[plain.end() :].split(" ")[0].strip(
            ".,"
        ).endswith(("ed", "en", "n", "t", "de", "ne")):
            return None
        return sentence[: plain.start()] + (plain[1] or plain[2]) + " " + sentence[plain.end() :]
    helped = _DO_NOT.search(sentence)
    forms = {
        "do": {base: base for base in _BASE} | {"have": "have"},
        "does": {base: third for third, base in _THIRD.items()} | {"have": "has"},
        "did": {base: past for past, base in _PAST.items()} | {"have": "had", "cost": "cost"},
    }
    if helped is None or helped[2] not in forms[helped[1]]:
        return None
    return sentence[: helped.start()] + forms[helped[1]][helped[2]] + sentence[helped.end() :]


def contracted(sentence: str) -> str | None:
    """ "is not" as "isn't" and the like, or None."""
    found = re.search(
        r"\b(is|are|was|were|has|have|had|do|does|did|should|must|would|could) not\b|\bcannot\b|\bwill not\b",
        sentence,
    )
    if not found:
        return None
    short = {"cannot": "can't", "will not": "won't"}.get(found[0], f"{found[1]}n't")
    return sentence[: found.start()] + short + sentence[found.end() :]


def embedded(sentence: str) -> str | None:
    """A sentence as it stands after "that", without its full stop.

    None where its first word might be a name, or where denying the whole would leave open what is denied.
    """
    first, second = sentence.split(" ")[:2]
    if _NOT_EMBEDDED.search(sentence) or second[:1].isupper():
        return None
    if first == "I":
        return sentence.removesuffix(".")
    return sentence[0].lower() + sentence[1:].removesuffix(".") if first.lower() in _STARTS else None

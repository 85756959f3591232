"""English pairs made of one sentence of a corpus: the same in other dress, denied, with another number, in part."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, Made, both_ways, capital
from simengine.training.generate.sentences import words
from simengine.training.generate.verbs_en import (
    affirmed,
    contracted,
    embedded,
    finite_verb,
    is_simple,
    negated,
)
from simengine.training.generate.vocabulary import TRAIN_ACTS, spaced

_FRAMES: Final = ("It is not true that {}.", "It is not the case that {}.", "It is false that {}.")
_NUMBER_WORDS: Final = spaced("two three four five six seven eight nine ten eleven twelve")
_COUNTED: Final = re.compile(
    r"(?<![\w.,:/$€£-])(?P<sign>[$€£]?)(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|"
    + "|".join(_NUMBER_WORDS)
    + r")"
    r"(?=(?P<unit>\s?(?:%|percent|kg|km|cm|mm|ml|g|m|hours?|minutes?|seconds?|days?|weeks?|months?|years?|euros?|pounds?|dollars?|cents|"
    r"metres?|meters?|miles?|kilometres?|degrees|litres?|grams?|kilos?|points?|people|rooms|members|seats|pages|songs|episodes|"
    r"times|tracks|inhabitants|employees|students|players|goals|films|books|floors|copies|countries|children|women|men)\b|(?=\.?$)))"
)
_BOUNDED: Final = re.compile(
    r"\b(?:over|under|within|above|below|until|from|every|each|least|most|up|maximum|minimum|about|around|roughly|nearly|almost"
    r"|some|past|for|with|of|older|younger|if|by|to|in|during|through|limit|through|only|first|last|another|additional)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"\b(?P<year>1[5-9]\d\d|20[0-2]\d)\b(?![-–/]|\s*(?:to|until|and|or|,\s*\d))")
_UNIQUE: Final = re.compile(
    r"\b(?:(?:was|were) (?:born|founded|built|opened|released|published|established|formed|"
    r"created|completed|introduced|directed|written)"
    r"|premiered|died|is an? (?:\w+ ){0,2}(?:1[5-9]\d\d|20[0-2]\d))\b"
)


def surface(sentence: str, rng: random.Random) -> Iterator[Made]:
    """The sentence itself, and in other dress: case, full stop, spaces, contraction."""
    bare = sentence.removesuffix(".")
    dressed = [
        sentence,
        bare,
        sentence.lower(),
        sentence + " ",
        bare + "!",
        sentence.upper() if len(sentence) < 60 else bare,
        bare + " .",
    ]
    short = contracted(sentence)
    if short:
        dressed += [short, short]
    other = rng.choice(dressed)
    yield Made(sentence, sentence, ENTAILMENT, "identity")
    yield from both_ways(sentence, other, ENTAILMENT, "identity") if other != sentence else ()


_NAME: Final = (
    r"(?!(?:He|She|It|They|We|You|Nobody|Everybody|Everyone|Somebody|Who|This|That)\b)"
    r"[A-Z][a-z]+(?<!s)(?: [A-Z][a-z]+)?"
)
_ACT_FORMS: Final = {form: act for act in TRAIN_ACTS for form in act[1:3] if "_" not in form}
_TWO_NAMES: Final = re.compile(
    rf"^(?P<doer>{_NAME}|The [a-z]+(?<!s)) (?P<act>{'|'.join(_ACT_FORMS)}) (?P<other>{_NAME}|the [a-z]+(?<!s))"
    r"(?P<rest>\.| (?:for|in|at|on|during|after|last|yesterday|twice) [^;:]*)$"
)


def roles(sentence: str, rng: random.Random) -> Iterator[Made]:
    """Two names, or definite nouns, and one act between them: exchanged, and in the passive."""
    del rng
    found = _TWO_NAMES.match(sentence)
    if not found or found["doer"].lower() == found["other"].lower() or not is_simple(sentence):
        return
    doer, other, rest = found["doer"], found["other"], found["rest"]
    inner = doer[0].lower() + doer[1:] if doer.startswith("The ") else doer
    yield from both_ways(sentence, f"{capital(other)} {found['act']} {inner}{rest}", CONTRADICTION, "roles")
    act = _ACT_FORMS[found["act"]]
    if act[1] == found["act"] or act[2] != act[0]:  # the tense is plain
        be = "is" if found["act"] == act[1] else "was"
        passive = f"{capital(other)} {be} {act[3]} by {inner}{rest}"
        yield from both_ways(sentence, passive, ENTAILMENT, "roles")


def negation(sentence: str, rng: random.Random) -> Iterator[Made]:
    """The sentence and its denial, with either of them as the premise, and denied twice."""
    denied = negated(sentence)
    if denied is not None:
        yes, no = sentence, denied
    else:
        stripped = affirmed(sentence)
        if stripped is None:
            return
        yes, no = stripped, sentence
    short = contracted(no) or no
    yield Made(yes, no if rng.random() < 0.6 else short, CONTRADICTION, "negation")
    yield Made(no if rng.random() < 0.6 else short, yes, CONTRADICTION, "premise_negation")
    if short != no:
        yield from both_ways(no, short, ENTAILMENT, "negation")
    yes_in, no_in = embedded(yes), embedded(no)
    if yes_in and no_in:
        not_true = rng.choice(_FRAMES)
        single, double = not_true.format(yes_in), not_true.format(no_in)
        yield Made(no, single, ENTAILMENT, "negation")
        yield Made(single, no, ENTAILMENT, "premise_negation")
        yield Made(single, yes, CONTRADICTION, "premise_negation")
        yield Made(yes, double, ENTAILMENT, "double_negation")
        yield Made(double, yes, ENTAILMENT, "double_negation")
        yield Made(no, double, CONTRADICTION, "double_negation")
        yield Made(double, no, CONTRADICTION, "double_negation")


def other_number(text: str, rng: random.Random) -> str:
    """Another number, far enough away to be no rounding of the first."""
    if text in _NUMBER_WORDS:
        place = _NUMBER_WORDS.index(text)
        return rng.choice([word for at, word in enumerate(_NUMBER_WORDS) if abs(at - place) >= 2])
    value = float(text.replace(",", ""))
    factor = rng.choice((0.5, 0.4, 1.5, 2, 3)) if value > 3 else rng.choice((2, 3))
    changed = value * factor
    if "." in text:
        return f"{changed:.{len(text.split('.')[1])}f}"
    rounded = round(changed, -1) if changed >= 40 and value % 10 == 0 else round(changed)
    return f"{rounded:,.0f}" if "," in text else f"{rounded:.0f}"


def number(sentence: str, rng: random.Random) -> Iterator[Made]:
    """The sentence with another amount after its verb, or another year of what happens once."""
    changed = _other_amount(sentence, rng) or _other_year(sentence, rng)
    if changed is not None:
        yield from both_ways(sentence, changed, CONTRADICTION, "corpus_number")


def _other_amount(sentence: str, rng: random.Random) -> str | None:
    verb = finite_verb(sentence) if is_simple(sentence) else None
    if verb is None:
        return None
    start = len(verb.before) + len(verb.verb) + 2
    for found in _COUNTED.finditer(sentence, start):
        if not _BOUNDED.search(sentence[: found.start()]) and (found["sign"] or found["unit"].strip()):
            other = other_number(found["number"], rng)
            share = found["unit"].strip() in ("%", "percent")
            if other in ("0", "1", found["number"]) or (
                share and len(other.split(".")[0]) > 2 and other[0].isdigit()
            ):
                continue
            return sentence[: found.start("number")] + other + sentence[found.end("number") :]
    return None


def _other_year(sentence: str, rng: random.Random) -> str | None:
    years = list(_YEAR.finditer(sentence))
    if (
        len(years) != 1
        or len(re.findall(r"\b[12]\d{3}\b", sentence)) != 1
        or not _UNIQUE.search(sentence)
        or re.search(r"\bnot|n['’]t\b|\bafter|\bbefore|\bsince", sentence)
    ):
        return None
    year = int(years[0]["year"])
    other = year + rng.choice((-30, -12, -7, -3, -2, 2, 3, 5))
    return sentence[: years[0].start("year")] + str(other) + sentence[years[0].end("year") :]


_HALF: Final = re.compile(r"^(?P<one>[^;]{15,}); (?P<two>[^;]{15,}\.)$")
_ANAPHOR: Final = frozenset(
    spaced(
        "it they he she this that these those otherwise however then so both neither one the each in after"
    )
)


def halves(sentence: str, rng: random.Random) -> Iterator[Made]:
    """Each of two clauses divided by a semicolon."""
    del rng
    found = _HALF.match(sentence)
    if not found or re.match(r"(?:if|unless|when|for|although|though|not)\b", sentence, re.IGNORECASE):
        return
    if finite_verb(found["one"]) and "," not in found["one"]:
        yield Made(sentence, found["one"] + ".", ENTAILMENT, "corpus_clause")
    second = found["two"]
    if words(second)[0] not in _ANAPHOR and finite_verb(capital(second)) and "," not in second:
        yield Made(sentence, capital(second), ENTAILMENT, "corpus_clause")

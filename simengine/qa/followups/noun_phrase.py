"""A noun phrase of an English question, and what may be said of it without a model: its number, its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from simengine.text.words import DETERMINERS, words_of

Role = Literal["subject", "object", "asked", "attached"]

WRAPPING = ",;:?!.\"'()\u201c\u201d\uff1f"
_DATES = re.compile(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|easter|christmas|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|\d[\d.,:]*)",
    re.IGNORECASE,
)
_PERSONS = words_of(
    "son daughter child children boy girl man men woman women baby friend guest guests host member members adult "
    "adults student students pupil pupils patient patients neighbour neighbours neighbor colleague parent parents "
    "mother father brother sister wife husband people person staff chair winner designer driver drivers owner "
    "owners tenant tenants visitor visitors caller callers resident residents employee employees citizen citizens "
    "doctor nurse teacher teachers volunteer volunteers runner runners donor donors candidate author founder user "
    "users customer customers passenger passengers participant participants buyer seller worker workers dog cat "
    "kid kids teen teens grandson granddaughter grandchild grandchildren grandad granddad grandpa grandma "
    "grandfather grandmother mum mom dad boyfriend girlfriend partner partners flatmate flatmates housemate "
    "roommate cousin uncle aunt nephew niece fiance colleagues teenager teenagers toddler toddlers twins sitter "
    "nanny nan boss landlord apprentice assistant trainee grown-up grown-ups somebody someone"
)
_ANIMALS = words_of(
    "dog cat puppy kitten horse rabbit hamster labrador spaniel terrier poodle beagle whippet"
)
_PERIODS = words_of(
    "minute minutes hour hours day days night nights week weeks month months year years weekend weekends morning "
    "mornings evening evenings afternoon afternoons noon midday midnight am pm season summer winter spring autumn "
    "holiday holidays today tomorrow tonight time times"
)
_WHICH_PERIOD = words_of(
    "last next first second third fourth early late mid same whole other one two three four five six seven "
    "eight nine ten"
)
_VAGUE = words_of("part rest half way anything something point")
_AMOUNT = re.compile(r"[$\u00a3\u20ac]?\d")
_AGENTS = _PERSONS | words_of(
    "company companies firm firms business businesses group groups family families team teams"
)
_PLURALS = words_of("children people men women feet teeth mice geese police they")
_PLURAL_LOOKING = words_of("atlas gas canvas lens bias news series species mathematics physics")
_DIMENSIONS = words_of("time date day year hour way kind sort type price size age number amount share")
_PLURAL_PRONOUNS = words_of("they them their theirs themselves these those")
_PERSONAL_PRONOUNS = words_of("he him his himself she her hers herself")
_SINGULAR = words_of("a an this that each every")


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A noun phrase of a question.

    Attributes:
        core: its words, without the phrases attached to it: "the battery".
        text: with them: "the battery of the lamp".
        start, end: where the core stands in the question.
        role: subject or object of its clause, the noun of the question word ("asked"), or after a preposition.
        preposition: before it; "" without one.
        before_verb: stands between auxiliary and verb, so that it belongs to the subject.
        asked_by: the question word whose noun it is: "how" of "how much water".
    """

    core: str
    text: str
    start: int
    end: int
    role: Role
    preposition: str = ""
    before_verb: bool = False
    asked_by: str = ""

    @property
    def words(self) -> list[str]:
        """The core's words."""
        return self.core.split()

    @property
    def head(self) -> str:
        """The noun itself, in small letters."""
        return self.words[-1].lower()

    @property
    def determiner(self) -> str:
        """ "the", "my", "a"; "" without one."""
        first = self.words[0].lower()
        return first if first in DETERMINERS else ""

    @property
    def named(self) -> bool:
        """Whether a name is in it, also in what is attached; a month or a weekday is none."""
        return has_name(self.text)

    @property
    def plural(self) -> bool:
        """Whether "they" may stand for it."""
        return is_plural(self.core)

    def fits(self, pronoun: str) -> bool:
        """Whether a pronoun, in small letters, may stand for it."""
        if (
            self.date
            or self.time
            or self.determiner == "no"
            or self._counts
            or self._acts
            or self.head in _VAGUE
            or (self.role == "asked" and self.head in _DIMENSIONS)
        ):
            return False
        if pronoun in _PLURAL_PRONOUNS:
            return self.plural
        if pronoun in _PERSONAL_PRONOUNS:
            others = self.role == "subject" and not self.named and self.animate
            return not self.plural and (self.person or self.owner != "" or others)
        return not self.plural and (self.head not in _PERSONS - _ANIMALS and not self.head.endswith("-old"))

    @property
    def _counts(self) -> bool:
        """Whether it is an amount: "the first $900"; the number of a name is none: "the Tern 220"."""
        return _AMOUNT.match(self.head) is not None and not any(word[:1].isupper() for word in self.words)

    @property
    def _acts(self) -> bool:
        """Whether it is something done at the beginning of a question: "washing it is allowed?"."""
        return self.start == 0 and len(self.words) == 1 and self.head.endswith("ing")

    @property
    def animate(self) -> bool:
        """Whether it may be somebody, as far as its noun tells: "my labrador", but no "refund"."""
        return not self.time and self.head not in _DIMENSIONS and self.determiner != "no"

    @property
    def owner(self) -> str:
        """The person it belongs to: "my 17-year-old" of "my 17-year-old's check-up"; "" without one."""
        for at, word in enumerate(self.words[:-1] if self.head not in _PERSONS else []):
            if word.endswith(("'s", "\u2019s")):
                named = " ".join([*self.words[:at], word[:-2]])
                return named if NounPhrase(named, named, 0, 0, self.role).person else ""
        return ""

    @property
    def time(self) -> bool:
        """Whether it is a time or a span of time."""
        others = self.words[:-1]
        return self.head in _PERIODS and all(
            word.lower() in DETERMINERS | _PERIODS | _WHICH_PERIOD or word[:1].isdigit() for word in others
        )

    @property
    def person(self) -> bool:
        """Whether "she" may stand for it."""
        bare = self.core.split()
        full_name = len(bare) > 1 and all(word[:1].isupper() for word in bare)
        return (
            self.head in _PERSONS
            or self.head.removesuffix("s") in _PERSONS
            or self.head in _ANIMALS
            or self.head.endswith("-old")
            or (full_name and self.role != "attached")
        )

    @property
    def agent(self) -> bool:
        """Whether it is somebody who may do something."""
        return self.person or self.head in _AGENTS

    @property
    def date(self) -> bool:
        """Whether it is a date or a number, and nothing else."""
        words = [word for word in self.words if word.lower() not in DETERMINERS]
        return all(_DATES.fullmatch(word) is not None for word in words)


def is_period(word: str) -> bool:
    """Whether a word, in small letters, is a span or a part of a day or a year: "night", "weeks", "summer"."""
    return word in _PERIODS


def has_name(text: str) -> bool:
    """Whether a text that is not the beginning of a sentence has a name that is no date."""
    words = [word.strip(WRAPPING) for word in text.split()]
    return any(word[:1].isupper() and word != "I" and _DATES.fullmatch(word) is None for word in words)


def is_plural(phrase: str) -> bool:
    """Whether a noun phrase without attached phrases is a plural."""
    words = phrase.lower().split()
    head = words[-1]
    if words[0] in _SINGULAR or head in _PLURAL_LOOKING or phrase.split()[-1][:1].isupper():
        return False
    return head in _PLURALS or (
        len(head) > 3 and head.endswith("s") and not head.endswith(("ss", "us", "is"))
    )

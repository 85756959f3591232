"""English pairs about quantifiers, modality and "only", from frames."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from simengine.training.generate.joined_en import GOODS, SELLERS
from simengine.training.generate.made import (
    CONTRADICTION,
    ENTAILMENT,
    NEUTRAL,
    Made,
    capital,
    each_label,
    judged,
)
from simengine.training.generate.vocabulary import spaced

# Several things, one of them; a part of them; what they do, one does, and the two denied.
GROUPS: Final[tuple[tuple[str, str, str], ...]] = (
    ("rooms", "room", "on the top floor"),
    ("buses", "bus", "of the night service"),
    ("students", "student", "in the evening class"),
    ("shops", "shop", "in the old town"),
    ("tickets", "ticket", "for the final"),
    ("recipes", "recipe", "in the second chapter"),
    ("machines", "machine", "in the basement"),
    ("members", "member", "who joined last year"),
    ("flats", "flat", "facing the river"),
    ("products", "product", "of the spring collection"),
    ("letters", "letter", "from abroad"),
    ("offices", "office", "in the new building"),
)
PREDICATES: Final[dict[str, tuple[tuple[str, str, str, str], ...]]] = {
    "rooms flats offices": (
        ("have a balcony", "has a balcony", "do not have a balcony", "does not have a balcony"),
        ("were painted in May", "was painted in May", "were not painted in May", "was not painted in May"),
        ("are heated", "is heated", "are not heated", "is not heated"),
    ),
    "buses machines": (
        (
            "run on electricity",
            "runs on electricity",
            "do not run on electricity",
            "does not run on electricity",
        ),
        (
            "were checked in June",
            "was checked in June",
            "were not checked in June",
            "was not checked in June",
        ),
    ),
    "students members": (
        ("speak French", "speaks French", "do not speak French", "does not speak French"),
        ("own a bicycle", "owns a bicycle", "do not own a bicycle", "does not own a bicycle"),
        ("passed the test", "passed the test", "did not pass the test", "did not pass the test"),
        ("have voted", "has voted", "have not voted", "has not voted"),
    ),
    "shops": (
        ("open on Sundays", "opens on Sundays", "do not open on Sundays", "does not open on Sundays"),
        ("accept cards", "accepts cards", "do not accept cards", "does not accept cards"),
    ),
    "tickets recipes products letters": (
        (
            "were printed in Spain",
            "was printed in Spain",
            "were not printed in Spain",
            "was not printed in Spain",
        ),
        ("contain a mistake", "contains a mistake", "do not contain a mistake", "does not contain a mistake"),
        (
            "are kept in the archive",
            "is kept in the archive",
            "are not kept in the archive",
            "is not kept in the archive",
        ),
    ),
}
COUNTS: Final = spaced("two three four five six seven eight nine ten eleven twelve")

# Who; what they do, doing it, done to it.
ACTORS: Final = (
    "Guests",
    "Tenants",
    "Visitors",
    "Employees",
    "Drivers",
    "Members",
    "Pupils",
    "Applicants",
    "Suppliers",
    "Passengers",
    "Patients",
    "Contractors",
)
ACTIONS: Final[tuple[tuple[str, str], ...]] = (
    ("wear a badge", "wearing a badge"),
    ("use the side entrance", "using the side entrance"),
    ("park in the yard", "parking in the yard"),
    ("bring a dog", "bringing a dog"),
    ("pay by card", "paying by card"),
    ("work from home", "working from home"),
    ("take photographs", "taking photographs"),
    ("eat in the reading room", "eating in the reading room"),
    ("sign the list", "signing the list"),
    ("send the form by post", "sending the form by post"),
    ("leave bags in the hall", "leaving bags in the hall"),
    ("carry an identity card", "carrying an identity card"),
    ("change the password", "changing the password"),
    ("return the key in person", "returning the key in person"),
    ("use the lift", "using the lift"),
    ("record the meeting", "recording the meeting"),
    ("book in advance", "booking in advance"),
    ("share the login", "sharing the login"),
)


def _predicate(noun: str, rng: random.Random) -> tuple[str, str, str, str]:
    return rng.choice(next(forms for nouns, forms in PREDICATES.items() if noun in nouns.split()))


def quantifiers(rng: random.Random) -> Iterator[Made]:
    """All, some, none, not all, most, and parts of the whole."""
    many, one, part = rng.choice(GROUPS)
    do, does, do_not, does_not = _predicate(many, rng)
    every = rng.choice((f"All the {many} {do}.", f"Every {one} {does}.", f"Each of the {many} {does}."))
    none = rng.choice((f"None of the {many} {do}.", f"No {one} {does}.", f"Not one of the {many} {does}."))
    some = rng.choice((f"Some of the {many} {do}.", f"At least one of the {many} {does}."))
    some_not = rng.choice(
        (f"Not all of the {many} {do}.", f"Some of the {many} {do_not}.", f"Not every {one} {does}.")
    )
    most = f"Most of the {many} {do}."
    half = f"Fewer than half of the {many} {do}."
    of_part = f"All the {many} {part} {do}."
    yield from judged(
        "quantifier",
        every,
        follows=(some, most, of_part, f"There is no {one} that {does_not}."),
        excluded=(none, some_not, half, f"None of the {many} {part} {do}."),
    )
    yield from judged(
        "quantifier", some, left_open=(every, most, f"Some of the {many} {part} {do}."), excluded=(none,)
    )
    yield from judged(
        "quantifier",
        none,
        follows=(half, f"All the {many} {do_not}.", f"No {one} {part} {does}."),
        excluded=(some, every, most, f"There is no {one} that {does_not}."),
    )
    one_not = f"At least one of the {many} {does_not}."
    yield from judged("quantifier", some_not, follows=(one_not,), left_open=(none, half), excluded=(every,))
    yield from judged("quantifier", most, follows=(some,), left_open=(every,), excluded=(none, half))
    some_do = f"Some of the {many} {do}."
    yield from judged("quantifier", of_part, follows=(some_do,), left_open=(every,), excluded=(none,))


def shares(rng: random.Random) -> Iterator[Made]:
    """So many of so many."""
    many, one, _ = rng.choice(GROUPS)
    do, does, do_not, _ = _predicate(many, rng)
    total = rng.randint(4, len(COUNTS) - 1)
    share = rng.randint(1, total - 2)
    left = COUNTS[total - share - 2]
    yield from judged(
        "quantifier",
        f"{capital(COUNTS[share])} of the {COUNTS[total]} {many} {do}.",
        follows=(f"Not all of the {many} {do}.", f"{capital(left)} of the {many} {do_not}."),
        excluded=(
            f"All {COUNTS[total]} {many} {do}.",
            f"No {one} {does}.",
            f"{capital(COUNTS[total])} {many} {do}.",
        ),
    )


def modality(rng: random.Random) -> Iterator[Made]:
    """Must, may, must not, need not."""
    who = rng.choice(ACTORS)
    (act, acting), (other, _) = rng.sample(ACTIONS, 2)
    low = who.lower()
    must = (
        f"{who} must {act}.",
        f"{who} are required to {act}.",
        f"{who} have to {act}.",
        f"It is compulsory for {low} to {act}.",
    )
    may = (
        f"{who} may {act}.",
        f"{who} are allowed to {act}.",
        f"{who} are permitted to {act}.",
        f"{capital(acting)} is permitted for {low}.",
    )
    barred = (
        f"{who} must not {act}.",
        f"{who} are not allowed to {act}.",
        f"{who} are forbidden to {act}.",
        f"{capital(acting)} is prohibited for {low}.",
    )
    free = (
        f"{who} need not {act}.",
        f"{who} do not have to {act}.",
        f"{who} are not required to {act}.",
        f"{capital(acting)} is optional for {low}.",
    )
    sides = {"must": must, "may": may, "barred": barred, "free": free}
    against = {"must": ("free", "barred"), "may": ("barred",), "barred": ("may", "must"), "free": ("must",)}
    for name, forms in sides.items():
        one, again = rng.sample(forms, 2)
        yield Made(one, again, ENTAILMENT, "modality")
        yield Made(one, rng.choice(sides[rng.choice(against[name])]), CONTRADICTION, "modality")
        yield Made(
            one,
            rng.choice([text.replace(act, other) for text in (*barred[:3], *must[:3], *free[:3])]),
            NEUTRAL,
            "modality",
        )
    yield Made(rng.choice(may), f"Most {low} like {acting}.", NEUTRAL, "modality")
    for forms, label in ((barred, ENTAILMENT), (may, CONTRADICTION)):
        yield Made(rng.choice(forms), f"It is not true that {low} may {act}.", label, "modality")
    for forms, label in ((must, ENTAILMENT), (free, CONTRADICTION)):
        yield Made(rng.choice(forms), f"It is not optional for {low} to {act}.", label, "modality")
    for forms, label in ((free, ENTAILMENT), (must, CONTRADICTION)):
        yield Made(rng.choice(forms), f"There is nothing that obliges {low} to {act}.", label, "modality")


def only(rng: random.Random) -> Iterator[Made]:
    """What "only" shuts out."""
    who = rng.choice(ACTORS)
    low = who.lower()
    act, acting = rng.choice(ACTIONS)
    rule = rng.choice(
        (f"Only {low} may {act}.", f"Nobody except {low} may {act}.", f"{who}, and nobody else, may {act}.")
    )
    yield from each_label(
        rule,
        [
            (ENTAILMENT, f"People who are not {low} may not {act}."),
            (CONTRADICTION, f"Everybody may {act}."),
            (CONTRADICTION, f"People who are not {low} may {act} as well."),
            (CONTRADICTION, f"{who} must not {act}."),
            (NEUTRAL, f"Few {low} are interested in {acting}."),
            (NEUTRAL, f"Many {low} {act}."),
        ],
        "only",
    )
    shared = f"{who} and everybody else may {act}."
    yield Made(shared, f"People who are not {low} may {act} as well.", ENTAILMENT, "only")
    yield Made(shared, f"Everybody may {act}.", ENTAILMENT, "only")
    yield Made(shared, f"People who are not {low} may not {act}.", CONTRADICTION, "only")
    shop = rng.choice(SELLERS)
    one, other, third = rng.sample(GOODS, 3)
    said = rng.choice(
        (f"{shop} sells only {one} and {other}.", f"{shop} sells {one} and {other} and nothing else.")
    )
    yield from each_label(
        said,
        [
            (ENTAILMENT, f"{shop} does not sell {third}."),
            (CONTRADICTION, f"{shop} sells {third}."),
            (ENTAILMENT, f"{shop} sells {other}."),
            (CONTRADICTION, f"{shop} does not sell {one}."),
            (NEUTRAL, f"{shop} has sold out of {one}."),
            (NEUTRAL, f"{shop} earns more with {one} than with {other}."),
        ],
        "only",
    )

"""English pairs about joined, believed and denied parts of sentences, from frames."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Made, capital, each_label
from simengine.training.generate.vocabulary import TRAIN_PERSONS, spaced

# Facts that have nothing to do with each other, and their denials; no name and no pronoun stands first.
FACTS: Final[tuple[tuple[str, str], ...]] = (
    ("the road to the pass is closed", "the road to the pass is not closed"),
    ("the printer has run out of paper", "the printer has not run out of paper"),
    ("the orchestra has found a new cellist", "the orchestra has not found a new cellist"),
    ("the price of flour rose in autumn", "the price of flour did not rise in autumn"),
    ("the team won its first match", "the team did not win its first match"),
    ("the roof of the barn leaks", "the roof of the barn does not leak"),
    ("the bakery has hired an apprentice", "the bakery has not hired an apprentice"),
    ("the ferry was late on Friday", "the ferry was not late on Friday"),
    ("the new app works without a network", "the new app does not work without a network"),
    ("the council approved the budget", "the council did not approve the budget"),
    ("the cherry trees are in bloom", "the cherry trees are not in bloom"),
    ("the deposit was paid back in full", "the deposit was not paid back in full"),
    ("the second lecture was cancelled", "the second lecture was not cancelled"),
    ("the museum shop sells postcards", "the museum shop does not sell postcards"),
    ("the warranty covers the battery", "the warranty does not cover the battery"),
    ("the heating has been repaired", "the heating has not been repaired"),
    ("the witness could describe the thief", "the witness could not describe the thief"),
    ("the supplier delivers on Saturdays", "the supplier does not deliver on Saturdays"),
    (
        "the software stores the passwords in encrypted form",
        "the software does not store the passwords in encrypted form",
    ),
    ("the school is looking for a caretaker", "the school is not looking for a caretaker"),
    ("the medicine makes people drowsy", "the medicine does not make people drowsy"),
    ("the lift can carry a wheelchair", "the lift cannot carry a wheelchair"),
    ("the strike ended in April", "the strike did not end in April"),
    ("the author lives in Portugal", "the author does not live in Portugal"),
)
GOODS: Final = spaced(
    """bread cheese honey candles postcards stamps flowers tea soap
     maps wool ink nails paint garlic umbrellas"""
)
SELLERS: Final = (
    "The corner shop",
    "The market stall",
    "The village store",
    "The kiosk at the station",
    "Our supplier",
    "The gift shop",
)


def lists(rng: random.Random) -> Iterator[Made]:
    """Parts of a list: dropped, added, denied; "or" and "neither"."""
    shop = rng.choice(SELLERS)
    a, b, c, d = rng.sample(GOODS, 4)
    yield from each_label(
        f"{shop} sells {a}, {b} and {c}.",
        [
            (ENTAILMENT, f"{shop} sells {b}."),
            (ENTAILMENT, f"{shop} sells {c} and {a}."),
            (NEUTRAL, f"{shop} sells {a}, {b}, {c} and {d}."),
            (NEUTRAL, f"{shop} does not sell {d}."),
            (CONTRADICTION, f"{shop} sells {a} and {b} but no {c}."),
            (CONTRADICTION, f"{shop} does not sell {b}."),
        ],
        "conjunct",
    )
    yield from each_label(
        f"{shop} sells neither {a} nor {b}.",
        [
            (ENTAILMENT, f"{shop} does not sell {a}."),
            (ENTAILMENT, f"You cannot buy {b} at {shop[0].lower() + shop[1:]}."),
            (CONTRADICTION, f"{shop} sells {b}."),
            (NEUTRAL, f"{shop} sells {c}."),
        ],
        "conjunct",
    )


def attendance(rng: random.Random) -> Iterator[Made]:
    """Persons joined by "and", "or" and "neither"."""
    p, q, r = rng.sample(TRAIN_PERSONS, 3)
    yield from each_label(
        capital(f"{p} and {q} attended the meeting."),
        [
            (ENTAILMENT, capital(f"{q} attended the meeting.")),
            (NEUTRAL, capital(f"{p}, {q} and {r} attended the meeting.")),
            (CONTRADICTION, capital(f"{p} attended the meeting, but {q} did not.")),
            (CONTRADICTION, capital(f"neither {p} nor {q} attended the meeting.")),
        ],
        "conjunct",
    )
    yield Made(
        capital(f"{p}, {q} and {r} attended the meeting."),
        capital(f"{r} and {p} attended the meeting."),
        ENTAILMENT,
        "conjunct",
    )
    absent = capital(f"neither {p} nor {q} attended the meeting.")
    yield Made(absent, capital(f"{q} did not attend the meeting."), ENTAILMENT, "conjunct")
    yield Made(absent, capital(f"{p} attended the meeting."), CONTRADICTION, "conjunct")
    yield Made(capital(f"{p} and {q} were absent from the meeting."), absent, ENTAILMENT, "conjunct")
    either = capital(f"either {p} or {q} has the key, but not both.")
    yield from each_label(
        either,
        [
            (NEUTRAL, capital(f"{p} has the key.")),
            (NEUTRAL, capital(f"{q} does not have the key.")),
            (CONTRADICTION, capital(f"both {p} and {q} have the key.")),
            (CONTRADICTION, capital(f"neither {p} nor {q} has the key.")),
        ],
        "conjunct",
    )
    yield Made(
        f"{either} {capital(p)} does not have it.", capital(f"{q} has the key."), ENTAILMENT, "conjunct"
    )


def clauses(rng: random.Random) -> Iterator[Made]:
    """Clauses joined to each other: dropped, added, denied."""
    (one, not_one), (two, not_two) = rng.sample(FACTS, 2)
    join = rng.choice(
        (
            "{a}, and {b}.",
            "{a}, but {b}.",
            "Although {b}, {a}.",
            "{a}; {b}.",
            "{a} because {b}.",
            "{a}, while {b}.",
        )
    )
    said = capital(join.format(a=one, b=two))
    yield from each_label(
        said,
        [
            (ENTAILMENT, capital(one) + "."),
            (ENTAILMENT, capital(two) + "."),
            (CONTRADICTION, capital(not_one) + "."),
            (CONTRADICTION, capital(not_two) + "."),
        ],
        "clause",
    )
    yield from each_label(
        capital(join.format(a=not_one, b=two)),
        [(ENTAILMENT, capital(not_one) + "."), (CONTRADICTION, capital(one) + ".")],
        "clause",
    )
    yield from each_label(
        capital(one) + ".", [(NEUTRAL, said), (CONTRADICTION, capital(f"{not_one}, and {two}."))], "clause"
    )


def attitudes(rng: random.Random) -> Iterator[Made]:
    """A clause that is a condition, known, believed or doubted."""
    (one, not_one), (two, _) = rng.sample(FACTS, 2)
    x = rng.choice(TRAIN_PERSONS)
    condition = rng.choice((f"If {one}, {two}.", f"Unless {not_one}, {two}.", f"{capital(two)} if {one}."))
    unknown = rng.choice(
        (
            f"{x} believes that {one}.",
            f"{x} asked whether {one}.",
            f"it is not known whether {one}.",
            f"{x} hopes that {one}.",
        )
    )
    for source in (condition, capital(unknown)):
        yield from each_label(
            source, [(NEUTRAL, capital(one) + "."), (NEUTRAL, capital(not_one) + ".")], "clause"
        )
    known = rng.choice(
        (
            f"{x} knows that {one}.",
            f"{x} has found out that {one}.",
            f"{x} is not surprised that {one}.",
            f"fortunately, {one}.",
        )
    )
    yield from each_label(
        capital(known), [(ENTAILMENT, capital(one) + "."), (CONTRADICTION, capital(not_one) + ".")], "clause"
    )
    wrong = rng.choice(
        (
            f"{x} wrongly believes that {one}.",
            f"{x} falsely claimed that {one}.",
            f"contrary to what {x} says, {not_one}.",
        )
    )
    yield from each_label(
        capital(wrong), [(CONTRADICTION, capital(one) + "."), (ENTAILMENT, capital(not_one) + ".")], "clause"
    )


def denials(rng: random.Random) -> Iterator[Made]:
    """Denied and doubly denied facts on either side."""
    one, not_one = rng.choice(FACTS)
    other, not_other = rng.choice([fact for fact in FACTS if fact[0] != one])
    yes, no = capital(one) + ".", capital(not_one) + "."
    not_true = rng.choice(
        (
            "It is not true that {}.",
            "It is not the case that {}.",
            "It is false that {}.",
            "It is wrong to say that {}.",
        )
    )
    double, single = not_true.format(not_one), not_true.format(one)
    yield from each_label(
        yes,
        [
            (CONTRADICTION, no),
            (CONTRADICTION, single),
            (ENTAILMENT, double),
            (NEUTRAL, capital(not_other) + "."),
            (NEUTRAL, not_true.format(other)),
        ],
        "denial",
    )
    yield from each_label(
        no,
        [
            (CONTRADICTION, yes),
            (ENTAILMENT, single),
            (CONTRADICTION, double),
            (NEUTRAL, capital(other) + "."),
        ],
        "denial",
    )
    yield from each_label(single, [(ENTAILMENT, no), (CONTRADICTION, yes), (CONTRADICTION, double)], "denial")
    yield from each_label(
        double, [(ENTAILMENT, yes), (CONTRADICTION, no), (NEUTRAL, not_true.format(not_other))], "denial"
    )

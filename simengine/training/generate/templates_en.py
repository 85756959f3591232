"""English sentence frames for training: quantities, limits, opening hours. Benchmarks have frames of their own."""

from __future__ import annotations

from typing import Final

# A statement about a number, its denial; least, most and step of the number; whether the noun is counted.
NUMBERS: Final[tuple[tuple[str, str, int, int, int, bool], ...]] = (
    (
        "The walk to the lake takes {q} minutes.",
        "The walk to the lake does not take {q} minutes.",
        10,
        90,
        5,
        False,
    ),
    ("The lamp costs {q} euros.", "The lamp does not cost {q} euros.", 10, 200, 5, False),
    (
        "{q} people came to the concert.",
        "It is not true that {q} people came to the concert.",
        20,
        900,
        10,
        True,
    ),
    ("The choir has {q} members.", "The choir does not have {q} members.", 12, 80, 2, True),
    ("The crate weighs {q} kilograms.", "The crate does not weigh {q} kilograms.", 10, 90, 5, False),
    ("The bridge is {q} metres long.", "The bridge is not {q} metres long.", 40, 900, 20, False),
    ("The monthly rent is {q} pounds.", "The monthly rent is not {q} pounds.", 300, 1500, 50, False),
    ("The book has {q} pages.", "The book does not have {q} pages.", 80, 700, 20, True),
    ("Delivery took {q} days.", "Delivery did not take {q} days.", 2, 30, 2, False),
    ("The company employs {q} people.", "The company does not employ {q} people.", 20, 800, 20, True),
    ("The hall seats {q} guests.", "The hall does not seat {q} guests.", 40, 600, 20, True),
    ("The battery lasts {q} hours.", "The battery does not last {q} hours.", 4, 40, 2, False),
    ("We sold {q} tickets.", "We did not sell {q} tickets.", 20, 500, 10, True),
    ("The tree is {q} years old.", "The tree is not {q} years old.", 20, 300, 10, False),
    ("The repair cost {q} dollars.", "The repair did not cost {q} dollars.", 40, 600, 20, False),
    (
        "The survey was answered by {q} households.",
        "It is wrong that {q} households answered the survey.",
        100,
        3000,
        100,
        True,
    ),
    ("The tank holds {q} litres.", "The tank does not hold {q} litres.", 20, 400, 10, False),
    ("The village has {q} inhabitants.", "The village does not have {q} inhabitants.", 200, 5000, 100, True),
    ("He slept for {q} hours.", "He did not sleep for {q} hours.", 3, 14, 1, False),
    ("The course consists of {q} lessons.", "The course does not consist of {q} lessons.", 6, 60, 2, True),
    (
        "Last year {q} complaints were received.",
        "It is not the case that {q} complaints were received last year.",
        10,
        300,
        10,
        True,
    ),
    ("The train was {q} minutes late.", "The train was not {q} minutes late.", 5, 90, 5, False),
    ("Each box contains {q} tiles.", "It is not true that each box contains {q} tiles.", 8, 60, 2, True),
    ("The report was downloaded {q} times.", "The report was not downloaded {q} times.", 20, 900, 10, True),
)
FORMS: Final[dict[str, tuple[str, ...]]] = {
    "exactly": ("exactly {n}", "{n}", "{n}"),
    "at_least": ("at least {n}", "not {fewer} than {n}", "{n} or more"),
    "more_than": ("more than {n}", "over {n}"),
    "at_most": ("at most {n}", "no more than {n}", "not more than {n}"),
    "less_than": ("{fewer} than {n}", "under {n}"),
    "between": ("between {n} and {m}", "from {n} to {m}"),
}

# A rule with its deadline; a case in time or out of it, as allowed and as not allowed; the event it counts from.
DEADLINES: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "Unworn clothes can be returned {limit} delivery.",
        "Unworn clothes can be returned {case} delivery.",
        "Unworn clothes cannot be returned {case} delivery.",
        "days",
    ),
    (
        "Invoices must be paid {limit} receipt.",
        "An invoice may still be paid on time {case} receipt.",
        "Paying an invoice {case} receipt is too late.",
        "days",
    ),
    (
        "You may cancel the contract {limit} signing it.",
        "The contract may be cancelled {case} signing it.",
        "It is no longer possible to cancel {case} signing the contract.",
        "days",
    ),
    (
        "Complaints are dealt with if they arrive {limit} the journey.",
        "A complaint sent and received {case} the journey is dealt with.",
        "A complaint that arrives {case} the journey is not dealt with.",
        "weeks",
    ),
    (
        "Opened jars must be used up {limit} opening.",
        "The jar can still be used {case} opening.",
        "The jar should not be used any more {case} opening.",
        "days",
    ),
    (
        "Damage has to be reported {limit} the accident.",
        "Damage reported {case} the accident is reported in time.",
        "Reporting damage {case} the accident is too late.",
        "hours",
    ),
    (
        "Prizes can be collected {limit} the draw.",
        "A prize can be collected {case} the draw.",
        "Prizes cannot be collected {case} the draw.",
        "days",
    ),
    (
        "Members can object to the minutes {limit} the meeting.",
        "A member can object {case} the meeting.",
        "An objection raised {case} the meeting does not count.",
        "weeks",
    ),
    (
        "Repairs under guarantee are free {limit} purchase.",
        "A repair under guarantee {case} purchase costs nothing.",
        "The guarantee no longer covers a repair {case} purchase.",
        "months",
    ),
    (
        "Applicants must send their certificates {limit} registration.",
        "Certificates sent {case} registration are accepted.",
        "Certificates sent {case} registration arrive too late.",
        "weeks",
    ),
    (
        "The deposit is refunded if the key is handed back {limit} departure.",
        "Somebody who hands back the key {case} departure gets the deposit.",
        "Somebody who hands back the key {case} departure loses the deposit.",
        "hours",
    ),
    (
        "An appeal may be lodged {limit} the decision.",
        "An appeal lodged {case} the decision is admissible.",
        "An appeal lodged {case} the decision is not admissible.",
        "days",
    ),
)
WITHIN: Final = ("within {n} {unit} of", "no later than {n} {unit} after", "up to {n} {unit} after")
CASES: Final = ("{n} {unit} after",)

# A threshold rule, and cases above or below: template of the rule, allowed case, refused case, range, step.
THRESHOLDS: Final[tuple[tuple[str, str, str, int, int, int, bool], ...]] = (
    (
        "Only people aged {n} or over may use the sauna.",
        "A person aged {m} may use the sauna.",
        "A person aged {m} may not use the sauna.",
        10,
        24,
        1,
        True,
    ),
    (
        "You must be at least {n} years old to rent a kayak.",
        "At the age of {m} you are old enough to rent a kayak.",
        "A {m}-year-old is too young to rent a kayak.",
        9,
        24,
        1,
        True,
    ),
    (
        "The lift carries no more than {n} people.",
        "The lift carries {m} people at once.",
        "{m} people at once are too many for the lift.",
        4,
        20,
        1,
        False,
    ),
    (
        "Hand luggage must not weigh more than {n} kg.",
        "Hand luggage of {m} kg is allowed.",
        "A bag of {m} kg is too heavy to be taken as hand luggage.",
        5,
        25,
        1,
        False,
    ),
    (
        "Postage is free only for orders of {n} euros or more.",
        "For an order of {m} euros, postage is free.",
        "For an order of {m} euros, postage has to be paid.",
        20,
        150,
        5,
        True,
    ),
    (
        "Vehicles over {n} tonnes may not cross the bridge.",
        "A lorry of {m} tonnes may cross the bridge.",
        "A lorry of {m} tonnes may not cross the bridge.",
        3,
        40,
        1,
        False,
    ),
    (
        "Groups of {n} or more, and only they, get a discount.",
        "A group of {m} gets a discount.",
        "A group of {m} does not get a discount.",
        5,
        40,
        1,
        True,
    ),
    (
        "The pass mark is {n} points.",
        "A candidate with {m} points passes.",
        "A candidate with {m} points fails.",
        30,
        90,
        5,
        True,
    ),
    (
        "The speed limit on this road is {n} km/h.",
        "Driving at {m} km/h is permitted on this road.",
        "Driving at {m} km/h is forbidden on this road.",
        30,
        120,
        10,
        False,
    ),
    (
        "Files larger than {n} MB are rejected.",
        "A file of {m} MB is accepted.",
        "A file of {m} MB is rejected.",
        5,
        200,
        5,
        False,
    ),
    (
        "The course takes place only if there are {n} or more participants.",
        "With {m} participants the course takes place.",
        "With {m} participants the course is cancelled.",
        4,
        20,
        1,
        True,
    ),
    (
        "The fridge must be kept at {n} degrees or colder.",
        "A fridge at {m} degrees is cold enough.",
        "A fridge at {m} degrees is too warm.",
        3,
        12,
        1,
        False,
    ),
)

PLACES: Final = (
    "The library",
    "The town museum",
    "The post office",
    "The swimming pool",
    "The bakery",
    "The ticket office",
    "The café",
    "The health centre",
    "The reading room",
    "The garden centre",
    "The bank",
    "The castle",
    "The shop",
    "The help desk",
)
OPEN: Final = (
    "{place} is open from {a} to {b}.",
    "{place} opens at {a} and closes at {b}.",
    "Opening hours of {the}: {a} to {b}.",
    "{place} is open {a}-{b}.",
)
OPEN_CASE: Final = ("{place} is open at {t}.", "At {t} {the} is open.", "Visitors find {the} open at {t}.")
CLOSED_CASE: Final = ("{place} is closed at {t}.", "At {t} {the} is not open.", "{place} is not open at {t}.")
WEEK: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

# Events at one time: what stands before the time.
EVENTS: Final = (
    "The train to the coast leaves",
    "The board meeting begins",
    "The last bus goes",
    "The concert starts",
    "The parcel arrived",
    "The plane landed",
    "Breakfast is served",
    "The call was made",
    "The exam ends",
    "The shift starts",
    "The alarm went off",
)
DATED: Final = (
    "The contract was signed",
    "The bridge was opened",
    "The shop moved to Mill Street",
    "The twins were born",
    "The new law took effect",
    "The first edition was published",
    "The factory burned down",
    "Their company was founded",
    "The ship left port",
    "The museum reopened",
)

# One amount in two units: frame, larger unit, smaller unit, how many of the smaller make the larger.
UNITS: Final[tuple[tuple[str, str, str, int], ...]] = (
    ("The path is {q} long.", "kilometres", "metres", 1000),
    ("The parcel weighs {q}.", "kilograms", "grams", 1000),
    ("The film lasts {q}.", "hours", "minutes", 60),
    ("The bottle holds {q}.", "litres", "millilitres", 1000),
    ("The shelf is {q} wide.", "metres", "centimetres", 100),
    ("The trial period is {q}.", "weeks", "days", 7),
    ("The lease runs for {q}.", "years", "months", 12),
    ("The stamp costs {q}.", "euros", "cents", 100),
    ("The break lasts {q}.", "minutes", "seconds", 60),
    ("We waited for {q}.", "hours", "minutes", 60),
    ("The truck carries {q}.", "tonnes", "kilograms", 1000),
)

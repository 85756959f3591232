"""The small library that the page shows in these tests."""

from __future__ import annotations

from simengine.types import Document

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> Tar & feather "quotes"'

_FACTS = [
    (
        "The Eiffel Tower was completed in 1889. It is 330 metres high.",
        "Eiffel Tower",
        "building",
        1889,
        ["paris"],
    ),
    (
        "The Colosseum is an amphitheatre in Rome. It was finished in the year 80.",
        "Colosseum",
        "building",
        80,
        ["rome"],
    ),
    (
        "The Great Wall of China is a series of fortifications built over many centuries.",
        "Great Wall",
        "building",
        220,
        ["china"],
    ),
    (
        "The Taj Mahal is a mausoleum of white marble on the bank of the river Yamuna.",
        "Taj Mahal",
        "building",
        1653,
        ["agra"],
    ),
    (
        "The Brooklyn Bridge opened in 1883 and joins Manhattan and Brooklyn.",
        "Brooklyn Bridge",
        "building",
        1883,
        ["new york"],
    ),
    (
        "Cats purr when they are content, and also when they are hurt.",
        "Why cats purr",
        "animal",
        2001,
        ["cats", "sound"],
    ),
    ("A dog barks at strangers to protect its home.", "Barking dogs", "animal", 2003, ["dogs", "sound"]),
    (
        "Honey bees dance to tell each other where flowers are.",
        "The dance of bees",
        "animal",
        1967,
        ["insects"],
    ),
    ("An octopus has three hearts and blue blood.", "Octopus", "animal", 2010, ["sea"]),
    ("Penguins are birds that cannot fly but swim very well.", "Penguins", "animal", 2011, ["birds", "sea"]),
    ("A blue whale is the largest animal that has ever lived.", "Blue whale", "animal", 2012, ["sea"]),
    (
        "Bats find their way in the dark by listening to echoes of their calls.",
        "How bats see",
        "animal",
        2013,
        ["sound"],
    ),
    ("The central bank raised its interest rate to slow inflation.", "Rates go up", "money", 2022, ["banks"]),
    ("Shares fell sharply after the company reported a loss.", "Shares fall", "money", 2021, ["stocks"]),
    ("A mortgage is a loan that is secured by a house.", "Mortgage", "money", 2015, ["loans"]),
    ("Inflation means that prices rise and money buys less.", "Inflation", "money", 2019, ["prices"]),
    (
        "An index fund holds the shares of a whole market at low cost.",
        "Index funds",
        "money",
        2018,
        ["stocks"],
    ),
    ("The rocket reached orbit nine minutes after its launch.", "Launch day", "space", 2020, ["rockets"]),
    ("Mars has two small moons, Phobos and Deimos.", "Moons of Mars", "space", 1877, ["planets"]),
    (
        "The telescope observes infrared light from distant galaxies.",
        "Infrared telescope",
        "space",
        2021,
        ["light"],
    ),
    ("A neutron star is the collapsed core of a massive star.", "Neutron stars", "space", 1967, ["stars"]),
    ("Saturn is a planet with bright rings of ice and rock.", "Saturn", "space", 1610, ["planets"]),
    ("Sunlight needs about eight minutes to reach the Earth.", "Sunlight", "space", 1676, ["light"]),
    ("Bread rises because yeast makes gas from sugar.", "Why bread rises", "food", 2009, ["baking"]),
    ("Green tea is steeped in water that is hot but does not boil.", "Green tea", "food", 2014, ["tea"]),
    (
        "Salt draws water out of vegetables and keeps them from spoiling.",
        "Salting",
        "food",
        2008,
        ["preserving"],
    ),
    (
        "An espresso is coffee that hot water is pressed through under high pressure.",
        "Espresso",
        "food",
        1901,
        ["coffee"],
    ),
    (
        "Parcels to Canada arrive within nine days.",
        "How long does shipping to Canada take?",
        "faq",
        2024,
        ["shipping"],
    ),
    (
        "Parcels to Germany arrive within four days.",
        "How long does shipping to Germany take?",
        "faq",
        2024,
        ["shipping"],
    ),
    (
        "You can return an item within thirty days for a full refund.",
        "Can I return an item?",
        "faq",
        2024,
        ["returns"],
    ),
    (
        "You can return an item within thirty days for a full refund.",
        "Returning things",
        "faq",
        2024,
        ["returns"],
    ),
    ("猫喜欢在阳光下睡觉，因为温暖让它们放松。", "猫为什么晒太阳", "animal", 2016, ["cats"]),
    ("长城是中国古代的军事防御工程，修建了许多个世纪。", "长城", "building", 220, ["china"]),
    ("绿茶要用热水冲泡，但水不能沸腾。", "绿茶", "food", 2014, ["tea"]),
    (HOSTILE, '<b onmouseover="window.hacked=1">Bold & brash</b>', "hostile", 2000, ["<i>tag</i>", 'a"b']),
    ('=HYPERLINK("http://evil.example","click") is how a formula begins.', "=1+1", "hostile", 2000, ["@sum"]),
    (
        "Volcanoes form where molten rock rises through the crust. "
        + "Ash may travel for thousands of kilometres and close airports for days. " * 12
        + "The town at the foot of the mountain was rebuilt twice by its inhabitants. "
        + "Farmers return because the soil is rich in minerals. " * 12,
        "Volcanoes",
        "nature",
        1783,
        ["rocks"],
    ),
    (
        "A glacier is a mass of ice that moves slowly under its own weight.",
        "Glaciers",
        "nature",
        1840,
        ["ice"],
    ),
    (
        "Coral reefs are built by tiny animals and shelter a quarter of all fish.",
        "Coral reefs",
        "nature",
        1842,
        ["sea"],
    ),
    ("Lightning is hotter than the surface of the sun.", "Lightning", "nature", 1752, ["weather"]),
]

DOCUMENTS = [
    Document(f"doc-{n:02}", text, title, {"kind": kind, "year": year, "tags": tags, "checked": n % 3 == 0})
    for n, (text, title, kind, year, tags) in enumerate(_FACTS)
]

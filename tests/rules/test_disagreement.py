from __future__ import annotations

import numpy as np
import pytest

from simengine.rules.cues import cues, priorities, profile, shared_words, stem
from simengine.rules.disagreement import Disagreement, disagreement


def rule(text1: str, text2: str, *, same_document: bool = True) -> Disagreement | None:
    found = disagreement(text1, profile(text1), text2, profile(text2), same_document=same_document)
    turned = disagreement(text2, profile(text2), text1, profile(text1), same_document=same_document)
    assert (found is None) == (turned is None)
    return found


@pytest.mark.parametrize(
    ("text1", "text2", "expected"),
    [
        ("The fee is 20 euros.", "The fee is €25.", Disagreement("measure", "20 euros", "€25")),
        ("The room has 2 beds.", "The room has three beds.", Disagreement("number", "2", "three")),
        (
            "The period is 30 days.",
            "The period is two weeks.",
            Disagreement("measure", "30 days", "two weeks"),
        ),
        (
            "It ends on 3 May 2020.",
            "It ends on May 4, 2020.",
            Disagreement("date", "3 May 2020", "May 4, 2020"),
        ),
        ("It was founded in 1990.", "It was founded in 1992.", Disagreement("date", "1990", "1992")),
        ("The shop opens at 9:00.", "The shop opens at 10:00.", Disagreement("time of day", "9:00", "10:00")),
        (
            "Notice of at least 30 days is required.",
            "Notice of at least 60 days is required.",
            Disagreement("measure", "at least 30 days", "at least 60 days"),
        ),
        ("In 2019 it sold 5 cars.", "In 2019 it sold 6 cars.", Disagreement("number", "5", "6")),
        ("租期为三年。", "租期为5年。", Disagreement("measure", "三年", "5年")),
        (
            "合同于2020年5月3日生效。",
            "合同于2020年6月3日生效。",
            Disagreement("date", "2020年5月3日", "2020年6月3日"),
        ),
        ("Pets are not allowed.", "Pets are allowed.", Disagreement("negation", "not", "")),
        ("A man is playing.", "A man isn't playing.", Disagreement("negation", "", "not")),
        ("The tenant pays rent.", "The tenant does not pay any rent.", Disagreement("negation", "", "not")),
        ("There is no dog running.", "There is a dog running.", Disagreement("negation", "no", "")),
        ("他没有来上班。", "他来上班。", Disagreement("negation", "没有", "")),
    ],
)
def test_sentences_alike_but_for_one_fact_disagree(text1: str, text2: str, expected: Disagreement) -> None:
    assert rule(text1, text2) == expected


@pytest.mark.parametrize(
    ("text1", "text2"),
    [
        ("The period is 14 days.", "The period is two weeks."),  # the same
        ("The trial lasts 30 days.", "The trial lasts one month."),  # not comparable
        ("It costs 5 euros.", "It costs 5 dollars."),
        ("It costs 5 EUR.", "It costs 4 USD."),
        ("Sales fell in 2019.", "Sales fell in 2020."),  # both may hold
        ("In 2019 sales were 5 million.", "In 2020 sales were 5 million."),
        ("In 2019 it sold 5 cars.", "In 2020 it sold 6 cars."),
        ("The tower is at least 30 m tall.", "The tower is at least 20 m tall."),
        ("It is about 50 km long.", "It is about 52 km long."),
        ("It ends in May 2020.", "It ends on 3 May 2020."),  # another frame
        ("It was founded in May 1990.", "It was founded in 1990."),  # the one holds the other
        ("Section 3 applies to tenants.", "Section 4 applies to tenants."),  # names
        ("Two dogs are running.", "Three dogs are running."),  # other dogs
        ("The shop opens at 9:00.", "The shop opens at 9 pm."),  # may be the same by a 12-hour clock
        ("The fee is not more than 5 euros.", "The fee is more than 5 euros."),
        ("Not only pets are allowed.", "Only pets are allowed."),
        ("The cat sleeps.", "The dog sleeps."),
        ("Cats purr softly.", "Cats purr softly."),
        ("", ""),
    ],
)
def test_sentences_that_may_both_hold_do_not_disagree(text1: str, text2: str) -> None:
    assert rule(text1, text2) is None


@pytest.mark.parametrize(
    ("text1", "text2"),
    [
        ("It costs 5 euros a day.", "It costs 7 euros a day."),
        ("He is not here.", "He is here."),
        ("它重5公斤。", "它重7公斤。"),
    ],
)
def test_a_pronoun_means_the_same_within_a_document_only(text1: str, text2: str) -> None:
    assert rule(text1, text2, same_document=True) is not None
    assert rule(text1, text2, same_document=False) is None


def test_cues_name_negation_opposites_and_quantities() -> None:
    assert cues(profile("The shop is open."), profile("The shop is not closed.")) == ("negation", "opposites")
    assert cues(profile("It has 2 beds."), profile("It has 3 beds.")) == ("quantity",)
    assert cues(profile("商店免费开放。"), profile("商店收费。")) == ("opposites",)
    assert cues(profile("A cat sleeps."), profile("A cat is sleeping.")) == ()
    assert cues(profile("A black and white dog."), profile("The white and black dog.")) == ()


def test_shared_words_are_a_share_of_the_shorter_claim() -> None:
    assert shared_words(
        profile("The red dog runs"), profile("A dog was running fast today")
    ) == pytest.approx(2 / 3)
    assert shared_words(profile("the of"), profile("a dog")) == 0.0


def test_suspicious_pairs_come_first_and_pronouns_of_other_documents_last() -> None:

    profiles = [
        profile(t)
        for t in ("The shop is open.", "The shop is closed.", "The shop sells bread.", "It is open.")
    ]
    rows = np.asarray([(0, 1), (0, 2), (0, 3)])
    cosines = np.full(3, 0.6, np.float32)
    apart = priorities(profiles, rows, cosines, np.asarray([0, 1, 2, 3]))
    together = priorities(profiles, rows, cosines, np.asarray([0, 0, 0, 0]))
    assert apart[0] > apart[1] > apart[2] - 1
    assert together[2] > apart[2]
    assert together[:2].tolist() == apart[:2].tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("runs", "run"),
        ("running", "run"),
        ("stopped", "stops"),
        ("cities", "city"),
        ("requires", "required"),
        ("dogs", "dog"),
    ],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)

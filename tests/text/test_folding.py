"""Folding: what is one word to its readers becomes one, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.text.folding import cleaned, folded, is_mark_without_meaning


def fold(text: str) -> str:
    return folded(cleaned(text)).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("İstanbul", "istanbul"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("ΌΔΟΣ ὁδός", "οδοσ οδοσ"),
        ("Ёж и Йод", "еж и йод"),
        ("КИЇВ", "київ"),
        ("שָׁלוֹם", "שלום"),
        ("كِتَـــابٌ إلى مدرسة", "كتاب الي مدرسه"),
        ("کتاب یک", "كتاب يك"),
        ("हिन्दी हिंदी", "हिंदी हिंदी"),
        ("सम्बन्ध जन्म", "संबंध जन्म"),
        ("№5", "5"),
        ("น้ำ", "น\u0e4d\u0e49า"),
        ("ᲥᲐᲠᲗᲣᲚᲘ", "ქართული"),
        ("և", "եւ"),
        ("ﬁｎｅ ²", "fine 2"),
        ("iPhone™", "iphone"),
        ("۱۲३", "123"),
        ("don’t", "don t"),
        ("x\u030c\u0323", "x"),
        ("a\ud800b", "a b"),
        ("5€", "5 €"),
    ],
)
def test_spellings_become_one(text: str, expected: str) -> None:
    assert fold(text) == expected


def test_dashes_become_one_and_stay_for_codes() -> None:
    assert cleaned("S\u20101 S\u20111 S\u20131 S\u22121 Ｓ－１") == "S-1 S-1 S-1 S-1 S-1"


@pytest.mark.parametrize(
    "mark", ["\u094d", "\u0941", "\u0e49", "\u3099", "\u17d2", "\u1039", "\u0bcd", "\u07a6"]
)
def test_marks_that_carry_meaning_stay(mark: str) -> None:
    assert not is_mark_without_meaning(mark)


@pytest.mark.parametrize(
    "mark", ["\u0301", "\u05b8", "\u064e", "\u0670", "\ufe0f", "\u0323", "\u135f", "\u20e3"]
)
def test_accents_points_and_selectors_go(mark: str) -> None:
    assert is_mark_without_meaning(mark)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = " ".join(fold(text).split())
    assert " ".join(fold(once).split()) == once


@given(st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=127), max_size=60))
def test_ascii_keeps_its_letters_and_digits(text: str) -> None:
    assert fold(text).split() == "".join(c.lower() if c.isalnum() else " " for c in text).split()

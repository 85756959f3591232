"""Codes and names: the text that holds what was typed comes first, stop words in it or not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from simengine.lexical import LexicalIndex
from simengine.lexical.analysis import query_terms
from simengine.lexical.compounds import holds_codes_alone
from tests.lexical.samples import build

LETTERS = ("A", "S", "T", "IT", "IS", "NO", "ON", "OF", "IN", "AT", "B", "XO")
CATALOGUES = {
    "hyphen": [f"{letter}-{number}" for letter in LETTERS for number in (100, 200)],
    "small letters": [f"{letter.lower()}-{number}" for letter in LETTERS for number in (7, 8)],
    "stroke": [f"{letter}/{number}" for letter in LETTERS for number in (10, 20)],
    "underscore": [f"{letter}_{number}" for letter in LETTERS for number in (10, 20)],
    "space": [f"{letter} {number}" for letter in LETTERS for number in (10, 20)],
    "together": [f"{letter}{number}" for letter in LETTERS for number in (10, 20)],
    "order": [
        "AB-XY",
        "XY-AB",
        "IT-NO",
        "NO-IT",
        "ABC-DEF",
        "DEF-ABC",
        "A/B",
        "B/A",
        "1-A-T",
        "T-1-A",
        "A-1-T",
    ],
    "versions": ["1.1", "1.10", "11.0", "1.0", "110", "v2.0", "v2.0-rc1", "v2.0-rc2", "2.0.1", "1.2.0"],
    "numbers": ["978-3-16-148410-0", "978-0-16-148410-3", "+49 30 123456", "+49 40 123456", "(030) 123-456"],
    "paths": [
        "/usr/lib/a.so",
        "/usr/lib/b.so",
        "/usr/bin/a.so",
        r"C:\Users\a.txt",
        "src/main/java",
        "java/main/src",
    ],
    "identifiers": [
        "os.path.join",
        "os.path.split",
        "str.join",
        "lru_cache",
        "cache_info",
        "getUserName",
        "setUserName",
    ],
    "languages": [
        "C++",
        "C#",
        "F#",
        "F",
        "A*",
        "A+",
        "A-",
        ".NET",
        "node.js",
        "R",
        "AT&T",
        "A&T",
        "R&D",
        "D&R",
    ],
    "names": [
        "vitamin A",
        "vitamin B",
        "vitamin E",
        "hepatitis A",
        "hepatitis C",
        "plan A",
        "plan B",
        "group O",
    ],
    "names in small letters": ["vitamin a", "vitamin b", "vitamin e", "plan a", "plan s", "plan t"],
    "amounts": ["$100", "€100", "£100", "100", "100%", "10%", "$10", "10", "$100-200"],
    "beside characters": [
        "A型",
        "B型",
        "S型",
        "T型",
        "AB型",
        "ビタミンA",
        "ビタミンE",
        "IT部門",
        "HR部門",
        "型号A-1",
        "型号S-1",
    ],
    "beside Korean": ["비타민A", "비타민B", "비타민 C", "비타민 S", "IT부서", "HR부서"],
    "names of two words": ["A level", "O level", "it support", "hr support", "the band", "my band"],
    "scripts": ["Ä-1", "Б-1", "В-1", "ПК-100", "КП-100", "ב-1", "α-1", "β-1"],
}


def first(index: LexicalIndex, query: str) -> int:
    return int(index.search([query], 1, n_rows=index.n_rows)[1][0, 0])


@pytest.mark.parametrize("kind", CATALOGUES)
@pytest.mark.parametrize("sentence", ["Hydraulic pump, order code {}, cast iron housing", "{}"])
def test_the_text_with_the_code_that_was_typed_comes_first(kind: str, sentence: str) -> None:
    codes = CATALOGUES[kind]
    with tempfile.TemporaryDirectory() as folder:
        index = build(Path(folder) / "index", [sentence.format(code) for code in codes])
        assert [codes[first(index, code)] for code in codes] == codes
        if not kind.startswith("names") and kind not in ("order", "languages"):
            assert [codes[first(index, code.lower())] for code in codes] == codes


def test_a_code_is_found_in_other_spellings(tmp_path: Path) -> None:
    index = build(
        tmp_path / "index", ["valve S-100", "valve T-100", "valve S200", "valve T200", "valve S 300"]
    )
    for query in ("S-100", "S100", "S 100", "s 100", "S\u2011100", "Ｓ－１００"):
        assert first(index, query) == 0
    for query in ("S-200", "S200", "S 200"):
        assert first(index, query) == 2
    for query in ("S-300", "S300", "S 300"):
        assert first(index, query) == 4


def test_a_stop_word_in_capitals_is_a_name(tmp_path: Path) -> None:
    texts = [
        "it is the department of health",
        "the IT department",
        "NO reacts with air",
        "no, it reacts with air",
    ]
    index = build(tmp_path / "index", texts)
    assert first(index, "the IT department") == 1
    assert first(index, "NO reacts") == 2
    assert first(index, "IT") == 1


def test_a_hyphen_between_words_finds_them_joined(tmp_path: Path) -> None:
    index = build(
        tmp_path / "index", ["electric cars", "an email address", "cooperative banks", "operative banks"]
    )
    assert first(index, "e-mail") == 1
    assert first(index, "co-operative") == 2


def test_plain_stop_words_are_left_out() -> None:
    assert query_terms("in windy Rome") == {"windi": 1.0, "rome": 1.0}
    assert query_terms("A house on the hill") == {"hous": 1.0, "hill": 1.0}
    assert query_terms("WHAT IS IT FOR THE HOUSE") == {"what": 0.3, "hous": 1.0}
    assert query_terms("state-of-the-art").keys() == {"state", "art", "state-of-the-art^"}
    assert query_terms("is it").keys() == {"is", "it"}


def test_plain_joined_words_are_their_parts_first() -> None:
    assert query_terms("well-known") == {"well": 1.0, "known": 1.0, "well-known^": 0.3}


@pytest.mark.parametrize(
    ("query", "alone"),
    [
        ("S-100", True),
        ("os.path.join lru_cache", True),
        ("C++", True),
        ("pump S-100", False),
        ("well-known", False),
    ],
)
def test_a_query_of_codes_alone_is_told(query: str, alone: bool) -> None:
    assert holds_codes_alone(query) is alone

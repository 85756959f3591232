"""Sentence ends, by example."""

from __future__ import annotations

import itertools

import pytest

from simengine.corpus.sentences import first_break, last_break, sentence_ends


def sentences(text: str) -> list[str]:
    ends = [0, *sentence_ends(text).tolist(), len(text)]
    return [piece for a, b in itertools.pairwise(ends) if (piece := text[a:b].strip())]


@pytest.mark.parametrize(
    "expected",
    [
        ["It rains.", "It pours!", "Why?", "Well...", "Then stop."],
        ["Dr. Smith and Mrs. Jones met J. Doe.", "They left."],
        ["See e.g. Fig. 3 in vol. 2, pp. 4 to 7.", "Done."],
        ["It costs 3.50 in U.S. dollars.", "Cheap."],
        ["The answer is no.", "Next."],
        ["Use no. 5 of it.", "Next."],
        ['He said "Go."', "Then he went."],
        ["Yahoo! is a name, so is etc. in lower case.", "End."],
        ["He (J. R. Doe) wrote it.)", "Really?!", "Yes."],
        ["1. First item\n2. Second item"],
        ["In 1999.", "Then 2000."],
        ["A heading without stop", "A paragraph"],
        ["他说。", "好吗？", "好！", "是；", "完"],
        ["「引用。」", "他说……后来"],
        ["Mixed 中文。", "And English.", "完。"],
    ],
)
def test_sentence_ends_by_example(expected: list[str]) -> None:
    separator = "\n\n" if expected[0].startswith("A heading") else " " if expected[0].isascii() else ""
    text = separator.join(expected)
    if expected[0].startswith("Mixed"):
        text = "Mixed 中文。And English. 完。"
    assert sentences(text) == expected


@pytest.mark.parametrize("text", ["", "...", "。", "\n\n\n", ".", " . ", "?!"])
def test_stops_alone_are_no_trouble(text: str) -> None:
    assert all(0 < end <= len(text) for end in sentence_ends(text))


@pytest.mark.parametrize("unit", [".", "。", "\n", " ", ".)", ". ", "\n ", "a.", "!? "])
def test_long_runs_are_found_in_linear_time(unit: str) -> None:
    text = unit * 300_000
    assert (sentence_ends(text) <= len(text)).all()


def test_last_break_prefers_lines_then_clauses_then_words() -> None:
    assert last_break("aa bb, cc dd ee", 0, 12) == 10
    assert last_break("aa bb cc, dd ee", 0, 12) == 9
    assert last_break("aa bb cc\ndd, ee", 0, 14) == 9
    assert last_break("aaaaaaa", 0, 5) is None


def test_first_break_prefers_clauses_then_words() -> None:
    assert first_break("aa bb, cc dd ee", 1, 15) == 6
    assert first_break("aa bb cc dd ee", 1, 14) == 3
    assert first_break("aaaaaaaa", 1, 7) is None

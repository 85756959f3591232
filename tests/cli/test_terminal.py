"""What a person at a terminal sees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.cli.terminal import cells, counted, fit, print_pairs, printable, shorten, wrap

TEXTS = st.text(st.sampled_from("ab  .漢字é\u0301\u200b\U0001f600"), max_size=60)


def test_control_characters_are_replaced_but_not_tab_and_line_feed() -> None:
    every = "".join(map(chr, range(0xA1)))
    shown = printable(every)
    assert [c for c in shown if ord(c) < 32 or 127 <= ord(c) < 160] == ["\t", "\n"]
    assert shown[32:127] == every[32:127]
    assert len(shown) == len(every)


def test_what_turns_the_direction_of_a_line_is_replaced_and_marks_stay() -> None:
    assert printable("a\u202eb\u2066c") == "a\ufffdb\ufffdc"
    assert printable("\u05d0\u200f\u200d") == "\u05d0\u200f\u200d"


def test_one_is_singular() -> None:
    assert [counted(n, "id") for n in (0, 1, 2, 1000)] == ["0 ids", "1 id", "2 ids", "1,000 ids"]
    assert [counted(n, "query") for n in (1, 2)] == ["1 query", "2 queries"]
    assert counted(2, "key") == "2 keys"


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert (cells("abc"), cells("漢字"), cells("e\u0301"), cells("ﾊ"), cells("Ａ")) == (3, 4, 1, 1, 2)


@settings(deadline=None)
@given(TEXTS, st.integers(2, 30))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(lines) or lines == [""]


@settings(deadline=None)
@given(TEXTS, st.integers(3, 30))
def test_shortened_text_fits_and_tells(text: str, width: int) -> None:
    short = shorten(text, width)
    line = " ".join(text.split())
    assert cells(short) <= width
    assert short == line or (short.endswith("…") and line.startswith(short[:-1]))


@settings(deadline=None)
@given(TEXTS, st.integers(2, 30))
def test_fit_is_the_longest_beginning(text: str, width: int) -> None:
    part = fit(text, width)
    assert text.startswith(part)
    assert cells(part) <= width
    assert part == text or cells(text[: len(part) + 1]) > width


def test_columns_of_pairs_stand_under_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    print_pairs([("漢字", "x"), ("abcde", "\x1b[2J"), ("", "alone")])
    assert capsys.readouterr().out == "漢字   x\nabcde  \N{REPLACEMENT CHARACTER}[2J\nalone\n"

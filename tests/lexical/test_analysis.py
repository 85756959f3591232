"""What counts as a word, in passages and in queries."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simengine.lexical.analysis import (
    MAX_WORD_CHARS,
    WEAK_WEIGHT,
    passage_terms,
    query_terms,
)
from simengine.lexical.compounds import compounds, is_plain, wholes
from simengine.text.folding import cleaned


@pytest.mark.parametrize(
    ("query", "passage"),
    [
        ("running", "He runs every day"),
        ("naive", "a naïve Bayes classifier"),
        ("Straße", "die strasse"),
        ("ＦＵＬＬ width", "full WIDTH"),
        ("join", "os.path.join(a, b)"),
        ("os.path.join", "call os.path.join."),
        ("path.join", "from os import path; path.join(x)"),
        ("case", "snake_case_name"),
        ("snake_case_name", "the snake_case_name."),
        ("user name", "getUserName()"),
        ("getusername", "getUserName()"),
        ("server", "class HTTPServer:"),
        ("vector", "std::vector<int>"),
        ("C++", "written in C++, fast"),
        ("C#", "C# and Java"),
        ("3.11.2", "Python 3.11.2 is out"),
        ("北京", "我住在北京市"),
        ("京", "我住在北京市"),
        ("프로그램", "파이썬프로그램입니다"),
        ("データ", "データベース"),
        ("ﾃﾞｰﾀ", "データベース"),
        ("ภาษา", "ภาษาไทย"),
        ("Python 程序", "一个Python程序员"),
        ("informa\u00adtion", "information"),
        ("the", "the end"),
        ("x" * (MAX_WORD_CHARS * 10), "y " + "X" * (MAX_WORD_CHARS * 10)),
    ],
)
def test_query_shares_a_term_with_passage(query: str, passage: str) -> None:
    assert set(query_terms(query)) & passage_terms(passage)


def test_whole_identifier_is_a_term_of_its_own() -> None:
    assert set(query_terms("os.path.join")) > set(query_terms("os path join"))
    assert not set(query_terms("C++")) <= passage_terms("plain C code")
    assert set(query_terms("C++")) <= passage_terms("plain C++ code")


def test_stop_words_count_only_alone() -> None:
    assert query_terms("is the capital") == {"capit": 1.0}
    assert set(query_terms("to be or not to be")) == {"to", "be", "or", "not"}


def test_question_words_count_less_than_others() -> None:
    assert query_terms("what is the capital") == {"what": WEAK_WEIGHT, "capit": 1.0}
    assert query_terms("who and why") == {"who": WEAK_WEIGHT, "whi": WEAK_WEIGHT}


def test_repeated_words_are_counted() -> None:
    assert query_terms("gas pressure and gas flow")["gas"] == 2


def test_unspaced_query_takes_pairs_where_it_can() -> None:
    assert set(query_terms("我住北京")) == {"我住", "住北", "北京"}
    assert set(query_terms("京 b", names=False)) == {"京", "b"}


def sought(text: str) -> set[str]:
    """The terms of a query, less the wholes of plain joined words: passages hold those that are codes."""
    joined = {whole for each in compounds(cleaned(text)) if is_plain(each) for whole in wholes(each)}
    return set(query_terms(text, names=False)) - joined


@given(st.text(max_size=200))
@example("aaaa/ª")
def test_every_text_can_be_analysed_and_finds_itself(text: str) -> None:
    assert sought(text) <= passage_terms(text)


@given(st.text(alphabet="aB.C_+#:é京 9\n", max_size=80))
def test_identifier_like_text_finds_itself(text: str) -> None:
    assert sought(text) <= passage_terms(text)

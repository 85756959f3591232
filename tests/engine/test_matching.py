"""Matched words: offsets of the text, in English, Chinese and other scripts."""

from __future__ import annotations

from simengine.engine.matching import joined, matched_spans
from simengine.types import Span


def words(text: str, query: str) -> list[str]:
    return [text[span.start : span.end] for span in matched_spans(text, query)]


def test_other_forms_of_a_word_are_matched():
    assert words("Dogs bark; the dog is barking.", "dog barks") == ["Dogs", "bark", "dog", "barking"]


def test_question_words_and_stop_words_are_not_marked():
    assert words("What is the cat that you have?", "what is the cat") == ["cat"]


def test_a_query_of_stop_words_alone_marks_them():
    assert words("to be or not", "to be") == ["to", "be"]


def test_parts_of_identifiers_are_matched():
    assert words("use os.path.join here", "os.path.join") == ["os", "path", "join"]
    assert words("call getUserName()", "user name") == ["getUserName"]


def test_chinese_is_matched_by_pairs_of_characters():
    text = "古代的长城很长。"
    assert words(text, "长城") == ["长城"]
    assert matched_spans(text, "长城") == [Span(3, 5)]
    assert words(text, "城很大") == ["城很"]


def test_a_single_chinese_character_is_matched_alone():
    assert words("猫和小猫", "猫") == ["猫", "猫"]


def test_mixed_scripts_keep_their_offsets():
    text = "用Python写的网络爬虫 crawler"
    assert words(text, "python 爬虫") == ["Python", "爬虫"]
    assert words("😀 长城 😀", "长城") == ["长城"]


def test_words_are_matched_as_they_are_folded_for_search():
    assert words("Sightseeing in İstanbul", "ISTANBUL") == ["İstanbul"]
    assert words("שָׁלוֹם עולם", "שלום") == ["שָׁלוֹם"]
    assert words("हिन्दी और भाषा", "भाषा") == ["भाषा"]
    assert words("หนังสือภาษาไทย", "ภาษา") == ["ภาษา"]
    assert words("x\u030cy and xz", "xy") == ["x\u030cy"]
    assert words("👎 then 👍🏽", "👍") == ["👍🏽"]


def test_stop_words_are_marked_in_codes_and_names_alone():
    assert words("the pump's S-100, S100 and T-200", "S-100") == ["S", "100", "S100"]
    assert words("vitamin A is not a vitamin E", "vitamin A") == ["vitamin", "A", "vitamin"]
    assert words("it is the IT department", "the IT department") == ["IT", "department"]


def test_nothing_is_matched_by_a_query_without_words():
    assert words("anything", "?!") == []


def test_joined_spans_neither_overlap_nor_touch():
    assert joined([Span(4, 6), Span(0, 2), Span(2, 3), Span(5, 9), Span(7, 7)]) == [Span(0, 3), Span(4, 9)]

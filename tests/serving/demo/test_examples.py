"""Examples come from the corpus: short, each once, and in the page's language where there is enough of it."""

from __future__ import annotations

from pathlib import Path

from simengine.serving.demo.examples import (
    Examples,
    example_queries,
    example_questions,
    in_language,
)
from simengine.types import Document
from tests.serving.library import word_models


def document(text: str, title: str = "") -> Document:
    return Document("d", text, title)


def test_a_short_clause_is_a_query_as_it_stands():
    texts = ["The central bank raised its interest rate, again. More.", "猫喜欢在阳光下睡觉，因为温暖。"]
    assert example_queries([document(text) for text in texts], 4) == [
        "the central bank raised its interest rate",
        "猫喜欢在阳光下睡觉",
    ]


def test_names_and_abbreviations_keep_their_capitals():
    assert example_queries([document("NATO was founded in 1949.")], 4) == ["NATO was founded in 1949"]
    assert example_queries([document("Marie Curie discovered radium.")], 4) == [
        "Marie Curie discovered radium"
    ]


def test_where_no_clause_is_short_key_words_are_taken():
    long = (
        "Whenever the representatives of the participating member states have assembled they vote on budgets."
    )
    found = example_queries([document(long, "Assembly")], 4)
    assert found == ["Assembly Whenever representatives participating member"]


def test_code_and_cut_brackets_are_no_examples():
    texts = [
        "Get a random number in the range [a, b).",
        "Call the function f(x) with the value.",
        "Cats purr softly.",
    ]
    assert example_queries([document(text) for text in texts], 1) == ["cats purr softly"]


def test_stored_questions_are_examples_of_both_kinds():
    faq = [document("Within thirty days.", "Can I return an item?")]
    assert example_queries(faq, 4) == ["Can I return an item?"]
    assert example_questions(faq, 4) == ["Can I return an item?"]


def test_what_a_text_defines_is_asked_for():
    texts = [
        "A neutron star is the core of a star.",
        "Penguins are the birds of the south.",
        "长城是中国的工程。",
        "It is a fact.",
        "Return whether this thread is a daemon.",
    ]
    assert example_questions([document(text) for text in texts], 4) == [
        "What is a neutron star?",
        "What are Penguins?",
        "长城是什么？",
    ]


def test_no_example_comes_twice_and_they_lie_apart():
    documents = [document(f"Number {n % 7} is a number here.") for n in range(21)]
    found = example_queries(documents, 3)
    assert found == ["number 0 is a number here", "number 3 is a number here", "number 6 is a number here"]


def test_the_language_of_the_page_is_preferred_where_there_is_enough_of_it():
    chinese = [document("长城是中国的工程。") for n in range(3)]
    english = [document("Cats purr.")]
    assert in_language([*chinese, *english], "zh") == chinese
    assert in_language([*chinese, *english], "en") == [*chinese, *english]


def test_buttons_escape_what_they_say(tmp_path: Path):
    from simengine.engine import Engine

    with word_models():
        Engine.build(["one"], tmp_path / "index").close()
    html = Examples(tmp_path / "index", lambda documents, n: ['<b>"x"'], 1).html("en")
    assert "<b>" not in html
    assert 'data-example="&lt;b&gt;&#34;x&#34;"' in html
    assert Examples(tmp_path / "index", lambda documents, n: [], 1).html("en") == ""

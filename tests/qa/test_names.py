"""A named thing in the question must be the one that the passage is about."""

from __future__ import annotations

import pytest

from simengine.qa.answerer import Answerer
from simengine.qa.names import identifiers_of, with_named_things
from simengine.requests.ask import AnswerOptions
from simengine.types import Document, Hit, Passage
from tests.qa.fakes import Library, table


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does lru_cache do?", ["lru_cache"]),
        ("Is os.path.join() slow?", ["os.path.join"]),
        ("Does parseInt round?", ["parseInt"]),
        ("Is the XR-20 waterproof?", ["XR-20"]),
        ("Does `with` close files?", ["with"]),
        ("《山海》是谁写的？", ["山海"]),
        ("Can I return it after 30 days, at 9am?", []),
        ("Is the 3rd floor open at 9 a.m.?", []),
        ("May a 15-year-old drive an S-100?", ["S-100"]),
    ],
)
def test_identifiers_codes_and_quoted_names(question: str, expected: list[str]) -> None:
    assert identifiers_of(question) == expected


def hits(*titled: tuple[str, str]) -> list[Hit]:
    return [
        Hit(f"h{number}", 1.0, number, title, Passage(0, len(text), text), {}, {})
        for number, (title, text) in enumerate(titled, 1)
    ]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does lru_cache do?", ["h1"]),
        ("Are S-100s loud?", ["h4"]),
        ("What does wraps do?", ["h1", "h2", "h3", "h4"]),
        ("What does cache_info do?", []),
        ("Is the Alder tent heavy?", ["h3"]),
        ("Do you ship the Alder to Norway?", ["h3"]),  # no hit knows Norway
        ("Do you ship to Norway?", ["h1", "h2", "h3", "h4"]),
    ],
)
def test_hits_about_another_thing_are_left_out(question: str, expected: list[str]) -> None:
    found = hits(
        ("functools.lru_cache", "It keeps results."),
        ("functools.wraps", "It copies names. See my_lru_cache."),
        ("Alder tent", "The Alder weighs 2 kg."),
        ("Saw", "The S 100 is quiet."),
    )
    assert [hit.id for hit in with_named_things(question, found)] == expected


def test_an_identifier_that_nothing_is_about_is_not_found() -> None:
    question = "What does lru_cache do?"
    other = Document("w", "It keeps the results of a function.", "functools.cached_property")
    rule = ("keeps", question, "entailment")
    assert Answerer(Library(other), table(rule)).ask(question).verdict == "not found"
    right = Document("c", "It keeps the results of a function.", "functools.lru_cache")
    options = AnswerOptions(threshold=0.2)
    answer = Answerer(Library(other, right), table(rule), options=options).ask(question)
    assert answer.evidence is not None
    assert answer.evidence.document_id == "c"

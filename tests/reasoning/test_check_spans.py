"""The words of a claim that its evidence does not have, and the phrases that can be left out."""

from __future__ import annotations

import pytest

from simengine.reasoning.check_spans import merged, missing_words, phrases, same_matter
from simengine.types import Span


def missing(claim: str, evidence: str) -> list[str]:
    return [claim[span.start : span.end] for span in missing_words(claim, evidence)]


@pytest.mark.parametrize(
    ("claim", "evidence", "words"),
    [
        ("Items can be returned within 14 days.", "You can return items within 30 days.", ["within 14 days"]),
        ("The fee is 20 euros.", "A fee of €20 is due.", []),
        ("Mia Kern walked home.", "Tom Kern walks home every day.", ["Mia"]),
        ("The blue bag is sold in Harlow.", "Bags are sold in Harlow.", ["blue"]),
        ("Pets are not allowed.", "Pets are allowed.", ["not"]),
        ("Pets are allowed.", "Pets are not allowed.", []),
        ("桥全长十二公里。", "大桥全长十一公里。", ["十二公里"]),
        ("会员可以免费借书。", "会员可以借书。", ["免费"]),
        ("宠物不得入内。", "宠物可以入内。", ["不得"]),
        ("Cats purr.", "", ["Cats purr"]),
    ],
)
def test_missing_words_are_those_that_the_evidence_lacks(claim: str, evidence: str, words: list[str]) -> None:
    assert missing(claim, evidence) == words


def test_phrases_are_what_can_be_left_out() -> None:
    claim = "The pool opens at seven, has a bar and is free for children."
    found = [(claim[span.start : span.end], left) for span, left in phrases(claim)]
    assert found[0] == ("for children", "The pool opens at seven, has a bar and is free.")
    assert ("and is free for children", "The pool opens at seven, has a bar.") in found
    assert ("has a bar", "The pool opens at seven and is free for children.") in found
    assert phrases("Cats purr.") == []


def test_chinese_phrases_are_clauses() -> None:
    claim = "泳池七点开放，设有酒吧。"
    ((span, left),) = phrases(claim)
    assert (claim[span.start : span.end], left) == ("设有酒吧", "泳池七点开放。")


def test_spans_are_merged() -> None:
    assert merged(iter([Span(4, 6), Span(0, 2), Span(1, 3)])) == (Span(0, 3), Span(4, 6))


@pytest.mark.parametrize(
    ("claim", "passage", "same"),
    [
        ("Customers love the blue bags.", "The return label is in the parcel.", False),
        ("Customers love the blue bag.", "Each customer gets a label.", True),
        ("顾客喜欢蓝色的袋子。", "退货标签在包裹里。", False),
        ("顾客喜欢蓝色的袋子。", "每位顾客都会收到标签。", True),
        ("顾客喜欢蓝色的袋子。", "Each customer gets a label.", True),
    ],
)
def test_what_shares_no_word_is_about_something_else(claim: str, passage: str, same: bool) -> None:
    assert same_matter(claim, passage) is same

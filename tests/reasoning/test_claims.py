from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.reasoning.claims import (
    MAX_WIDTH,
    ClaimOptions,
    extract_claims,
    n_words,
    normalised,
    sentence_pieces,
)
from simengine.types import Document

CONTRACT = """# Lease

1. Term
The lease begins on 1 March 2024. It lasts three years.

2. Rent and Deposit
(a) The monthly rent is 900 euros.
(b) Pets are not allowed
    in the apartment.
The tenant pays for:
- the heating and the water
Is smoking allowed? No."""


def texts(text: str, **options: int) -> list[str]:
    return [claim.text for claim in extract_claims([Document("d", text)], ClaimOptions(**options)).places]


def test_headings_markers_questions_and_short_sentences_are_no_claims() -> None:
    found = extract_claims([Document("lease", CONTRACT, "Lease")])
    assert [claim.text for claim in found.places] == [
        "The lease begins on 1 March 2024.",
        "It lasts three years.",
        "The monthly rent is 900 euros.",
        "Pets are not allowed\n    in the apartment.",
        "the heating and the water",
    ]
    assert found.skipped == {"short": 1, "question": 1, "heading": 4}
    assert (found.n_documents, found.n_cut) == (1, 0)


def test_spans_are_characters_of_the_document() -> None:
    for claim in extract_claims([Document("lease", CONTRACT, "Lease")]).places:
        assert CONTRACT[claim.span.start : claim.span.end] == claim.text
        assert (claim.document_id, claim.title) == ("lease", "Lease")


def test_chinese_sentences_headings_articles_and_questions() -> None:
    text = "租赁合同\n第一条 租期\n租期为三年。承租人不得养宠物！\n"
    text += "（二）月租金为900元；押金为两个月租金。\n可以抽烟吗？好。"
    found = extract_claims([Document("合同", text)])
    assert [claim.text for claim in found.places] == [
        "租期为三年。",
        "承租人不得养宠物！",
        "月租金为900元；",
        "押金为两个月租金。",
    ]
    assert found.skipped == {"short": 1, "question": 1, "heading": 2}
    assert all(text[c.span.start : c.span.end] == c.text for c in found.places)


def test_one_line_without_a_stop_is_a_claim() -> None:
    assert texts("A man is playing a guitar") == ["A man is playing a guitar"]
    assert texts("Barack Obama Was Born In Hawaii") == ["Barack Obama Was Born In Hawaii"]


def test_lines_of_a_wrapped_sentence_stay_together() -> None:
    assert texts("the tenant pays the rent\nat the end of the month.") == [
        "the tenant pays the rent\nat the end of the month."
    ]


@pytest.mark.parametrize("text", ["", "   \n ", "?", "...", "12 34 56 78", "1.", "# Title"])
def test_a_text_that_says_nothing_has_no_claims(text: str) -> None:
    assert texts(text) == []


def test_documents_and_sentences_are_numbered_as_read() -> None:
    found = extract_claims(
        [Document("a", "Dogs bark loudly. Cats purr softly."), Document("b", "Bees sting people.")]
    )
    assert found.documents.tolist() == [0, 0, 1]
    assert len(set(found.sentences.tolist())) == 3


@pytest.mark.parametrize("word", ["word ", "字"])
def test_a_sentence_too_long_is_cut_and_nothing_of_it_is_lost(word: str) -> None:
    text = word * 100_000
    found = extract_claims([Document("d", text)])
    assert found.n_cut == 1
    assert len(set(found.sentences.tolist())) == 1
    assert "".join(claim.text for claim in found.places).replace(" ", "") == text.replace(" ", "")
    width = 1 if word.isascii() else 4
    assert max(len(claim.text) for claim in found.places) * width <= MAX_WIDTH


def test_words_are_counted_and_three_chinese_characters_are_two() -> None:
    assert [n_words(t) for t in ("", "one", "don't stop-over", "租期为三年", "租期 3 年")] == [0, 1, 2, 4, 3]


def test_same_wording_ignores_case_width_space_and_final_stop() -> None:
    assert normalised("The  RENT\nis ５.") == normalised("the rent is 5")
    assert normalised("the rent is 5") != normalised("the rent is 6")


def test_min_words_is_checked() -> None:
    assert texts("Dogs bark. Dogs bark loudly now.", min_words=2) == ["Dogs bark.", "Dogs bark loudly now."]
    for wrong in (0, -1, True, 1.5):
        with pytest.raises(UsageError, match="min_words"):
            ClaimOptions(wrong)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="aB 。.?!\n\t1(-#:租年、；", max_size=80))
def test_pieces_cover_no_character_twice_and_are_stripped(text: str) -> None:
    spans = sentence_pieces(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(text[s.start : s.end].strip() == text[s.start : s.end] != "" for s in spans)
    claims = extract_claims([Document("d", text)])
    assert {c.span for c in claims.places} <= set(spans)
    assert len(claims) + sum(claims.skipped.values()) == len(spans)

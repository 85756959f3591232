from __future__ import annotations

import numpy as np
import pytest

from simengine.reasoning.claims import extract_claims
from simengine.reasoning.claims_statements import gather_statements
from simengine.reasoning.claims_subjects import subject_matrix, subject_pairs, subject_scores, subject_terms
from simengine.reasoning.conflict_candidates import conflict_candidates, default_budget
from simengine.requests.conflicts import ContradictionOptions
from simengine.rules.cues import profile
from simengine.types import Document
from tests.reasoning.judges import documents, encode

CORPUS = (
    "The lift in the east wing is inspected each March.",
    "Nobody has inspected the lift since it was installed.",
    "Coffee is served on the ground floor.",
    "Order RX-204 was shipped on Tuesday.",
    "We have not sent RX-204 to anybody yet.",
    "电梯每年三月检修一次。",
    "那部电梯从来没有检修过。",
)


def matrix_of(texts: tuple[str, ...]):
    return subject_matrix([subject_terms(text, profile(text)) for text in texts])


def test_terms_are_stems_codes_units_and_pairs_of_characters_and_what_begins_the_sentence_weighs_more() -> (
    None
):
    terms = subject_terms(
        "Tenants pay the invoice RX-204 within 30 days.",
        profile("Tenants pay the invoice RX-204 within 30 days."),
    )
    assert terms["tenant"] > terms["day"] == 1.0
    assert {"rx-204", "#time second", "invoic"} <= terms.keys()
    weeks = subject_terms("Delivery takes two weeks.", profile("Delivery takes two weeks."))
    assert "#time second" in weeks
    assert "电梯" in subject_terms(CORPUS[5], profile(CORPUS[5]))


def test_claims_on_one_subject_are_pairs_however_they_are_worded() -> None:
    matrix = matrix_of(CORPUS)
    pairs = [tuple(pair) for pair in subject_pairs(matrix, 2).tolist()]
    assert set(pairs) == {(0, 1), (3, 4), (5, 6)}
    rows = np.asarray([(0, 1), (0, 2), (2, 2)])
    lifts, others, itself = subject_scores(matrix, rows).tolist()
    assert lifts > others == 0.0
    assert itself == pytest.approx(1.0)


def test_a_word_in_most_claims_is_no_reason_for_a_pair() -> None:
    texts = tuple(
        f"The tenant {word}." for word in ["paints", "cooks", *(f"verb{n} noun{n}" for n in range(80))]
    )
    assert len(subject_pairs(matrix_of(texts), 5)) == 0


def test_no_claims_and_claims_without_words_have_no_pairs() -> None:
    assert subject_pairs(matrix_of(()), 3).shape == (0, 2)
    assert subject_pairs(matrix_of(("It is so.", "They are.")), 3).shape == (0, 2)


def candidates(corpus: list[Document], **options: object):
    statements = gather_statements(extract_claims(corpus), None)
    return conflict_candidates(
        statements,
        encode(statements.texts),
        [profile(text) for text in statements.texts],
        ContradictionOptions(**options),  # type: ignore[arg-type]
    )


def test_few_pairs_are_all_judged_and_many_only_where_they_are_alike() -> None:
    few = candidates(documents(*CORPUS))
    assert (len(few.rows), few.n_pairs, few.n_candidates) == (21, 21, 21)
    assert (np.diff(few.cosines) <= 0).all()
    many = candidates(
        documents(*(f"Noun{n} verb{n} thing{n} place{n}." for n in range(60)), *CORPUS), neighbours=2
    )
    assert many.n_pairs == 67 * 66 // 2
    assert many.n_candidates < 150
    assert {(60, 61), (63, 64), (65, 66)} <= {tuple(row) for row in many.rows.tolist()}


def test_all_pairs_within_a_document_are_judged_where_they_are_few() -> None:
    text = " ".join(f"Noun{n} verb{n} thing{n} place{n}." for n in range(50))
    found = candidates([Document("a", text), Document("b", "Other words stand here.")], neighbours=1)
    assert found.n_candidates >= 50 * 49 // 2
    apart = candidates([Document("a", text), Document("b", "Other words stand here.")], across_documents=True)
    assert apart.n_pairs == 50


def test_the_budget_grows_with_the_claims_and_keeps_the_most_alike() -> None:
    assert [default_budget(n) for n in (10, 2_000, 1_000_000)] == [4_000, 8_000, 20_000]
    found = candidates(documents(*CORPUS), max_pairs=3)
    assert (len(found.rows), found.n_candidates) == (3, 21)
    assert {tuple(row) for row in found.rows.tolist()} <= {(0, 1), (3, 4), (5, 6), (0, 3), (0, 2)}

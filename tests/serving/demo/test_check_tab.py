"""Checked claims as HTML: no green without support, words that nothing supports are marked."""

from __future__ import annotations

from simengine.results.check import CheckedClaim, CheckedText
from simengine.serving.demo.check_tab import checked_html
from simengine.types import Evidence, Span
from tests.serving.demo.test_cards import EVIL, Reader

EVIDENCE = Evidence("policy", "Returns", Span(0, 12), "Within 30 days")


def claim(verdict: str, **changes: object) -> CheckedClaim:
    text = "Items go back within 14 days."
    fields: dict = {
        "span": Span(10, 10 + len(text)), "text": text, "judged": text, "verdict": verdict, "probability": 0.912,
        "evidence": EVIDENCE,
    }  # fmt: skip
    return CheckedClaim(**{**fields, **changes})


def html(*claims: CheckedClaim, language: str = "en", **changes: object) -> str:
    fields: dict = {"claims": claims, "skipped": {}, "certainty": 0.7, "calibrated": False}
    return checked_html(CheckedText(**{**fields, **changes}), language)  # type: ignore[arg-type]


def test_a_supported_claim_shows_its_evidence() -> None:
    shown = html(claim("supported"))
    read = Reader(shown).text
    for part in ("1 claim", "✓ supported", "confidence 0.91, uncalibrated", "Found in", "Within 30 days"):
        assert part in read
    assert "se-is-supports" in shown
    assert "有依据" in Reader(html(claim("supported"), language="zh")).text


def test_words_that_nothing_supports_are_marked() -> None:
    shown = html(claim("contradicted", unsupported=(Span(24, 38),)))
    assert "Items go back <mark>within 14 days</mark>." in shown
    assert "✕ contradicted" in Reader(shown).text


def test_what_is_not_sure_has_no_colour_and_both_sides() -> None:
    against = Evidence("other", "", Span(0, 5), "Never")
    shown = html(claim("not sure", against=against, reason="negation"), claim("not found", evidence=None))
    assert "se-supports" not in shown
    assert "se-contradicts" not in shown
    read = Reader(shown).text
    for part in (
        "? not sure",
        "· not found",
        "Another passage disagrees",
        "Never",
        "Reason: negation",
        "2 claims",
    ):
        assert part in read


def test_a_replaced_pronoun_is_told_and_nothing_of_a_document_becomes_html() -> None:
    shown = html(
        claim("supported", judged=EVIL, evidence=Evidence(EVIL, EVIL, Span(0, 1), EVIL)), calibrated=True
    )
    assert EVIL not in shown
    assert "Read as:" in shown
    assert "probability 0.91" in shown


def test_a_text_without_claims_says_so() -> None:
    assert "No claims in this text" in html()

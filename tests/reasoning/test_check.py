"""Verdicts on claims, by a model whose verdicts stand in a table."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from simengine.cross_encoders.nli import NLIModel
from simengine.errors import UsageError
from simengine.reasoning.check import ClaimChecker, Judged, clearest
from simengine.reasoning.check_candidates import (
    Premise,
    SourcePassages,
    WordShares,
    passages_of,
    premises_of,
)
from simengine.reasoning.claims import MAX_WIDTH
from simengine.requests.check import CheckOptions
from simengine.results.check import CheckedText
from simengine.types import Document, Hit, Passage, Span, Verdict
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import WordEncoder
from tests.qa.fakes import SURE, TableModel, table

POLICY = Document("policy", "You can send items back within 30 days. The depot is in Harlow.", "Returns")
OTHER = Document("other", "The depot was moved to Ware. Cats purr.")
RULES = (
    ("30 days", "within 30 days", "entailment"),
    ("30 days", "within 14 days", "contradiction"),
    ("in Harlow", "depot is in Harlow", "entailment"),
    ("to Ware", "depot is in Harlow", "contradiction"),
)


def check(
    text: str, *documents: Document, nli: NLIModel | None = None, options: CheckOptions | None = None
) -> CheckedText:
    encode = WordEncoder().encode
    source = SourcePassages(documents or (POLICY,), encode)
    return ClaimChecker(nli or table(*RULES), source.find, encode, options).check([text])[0]


def test_a_claim_is_supported_by_the_shortest_sure_evidence_with_its_place() -> None:
    (claim,) = check("Items can be sent back within 30 days.").claims
    assert (claim.verdict, claim.unsupported, claim.against, claim.reason) == ("supported", (), None, "")
    assert claim.probability == pytest.approx(SURE)
    assert claim.evidence is not None
    assert (claim.evidence.document_id, claim.evidence.title) == ("policy", "Returns")
    assert claim.evidence.text == "You can send items back within 30 days."
    assert POLICY.text[claim.evidence.span.start : claim.evidence.span.end] == claim.evidence.text


def test_a_contradicted_claim_has_the_words_that_nothing_supports() -> None:
    text = "The depot is in Harlow. You can send items back within 14 days."
    first, second = check(text).claims
    assert (first.verdict, second.verdict) == ("supported", "contradicted")
    assert [text[span.start : span.end] for span in second.unsupported] == ["within 14 days"]


def test_the_phrase_without_which_a_claim_is_supported_is_what_nothing_supports() -> None:
    nli = table(("30 days", "in cash", "neutral"), ("30 days", "within 30 days", "entailment"))
    text = "Items can be sent back within 30 days in cash."
    (claim,) = check(text, nli=nli).claims
    assert claim.verdict == "not found"
    assert [text[span.start : span.end] for span in claim.unsupported] == ["in cash"]


def test_what_no_document_speaks_of_is_not_found_and_wholly_unsupported() -> None:
    text = "Zebras graze peacefully."
    (claim,) = check(text).claims
    assert (claim.verdict, claim.evidence, claim.judged) == ("not found", None, text)
    assert claim.unsupported == (Span(0, len(text) - 1),)


def test_a_passage_about_something_else_does_not_contradict() -> None:
    nli = table(("", "", "contradiction"))
    assert [
        claim.verdict for claim in check("Zebras graze peacefully. Items weigh very little.", nli=nli).claims
    ] == [
        "not found",
        "contradicted",
    ]


def test_support_and_contradiction_of_two_documents_are_shown_as_not_sure() -> None:
    (claim,) = check("The depot is in Harlow.", POLICY, OTHER).claims
    assert claim.verdict == "not sure"
    assert claim.evidence is not None
    assert claim.against is not None
    assert {claim.evidence.document_id, claim.against.document_id} == {"policy", "other"}


def test_a_verdict_below_the_certainty_is_not_sure() -> None:
    options = CheckOptions(certainty=0.99)
    (claim,) = check("Items can be sent back within 30 days.", options=options).claims
    assert (claim.verdict, claim.evidence is not None, claim.against) == ("not sure", True, None)


def test_a_text_that_the_model_cannot_read_gets_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    (claim,) = check("仓库位于哈洛。").claims
    assert claim.verdict == "not sure"
    assert "no verdict can be based on that" in claim.reason


def test_a_claim_read_after_another_is_contradicted_only_if_that_one_is_supported() -> None:
    nli = table(("Harlow", "This is", "contradiction"), ("Harlow", "is in Harlow", "entailment"))
    assert [c.verdict for c in check("The depot is in Harlow. This is a secret.", nli=nli).claims] == [
        "supported",
        "contradicted",
    ]
    claim = check("The depot is in Ware. This is a secret.", nli=nli).claims[1]
    assert claim.verdict == "not sure"
    assert "before it" in claim.reason


def test_a_calibration_of_another_task_is_refused() -> None:
    class Other:
        task, n_classes, model = "answer", None, ""

    with pytest.raises(UsageError, match="'nli'"):
        ClaimChecker(table(), lambda claims: [], None, None, Other())  # type: ignore[arg-type]


def test_several_texts_are_checked_each_by_itself() -> None:
    encode = WordEncoder().encode
    checker = ClaimChecker(table(*RULES), SourcePassages([POLICY], encode).find, encode)
    texts = ["The depot is in Harlow.", "Is it?", "Items go back within 14 days. Dogs bark loudly."]
    found = checker.check(texts)
    assert [[claim.verdict for claim in text.claims] for text in found] == [
        ["supported"],
        [],
        ["contradicted", "not found"],
    ]
    assert [checker.check([text])[0] for text in texts] == found
    assert (found[1].skipped["question"], found[2].count("not found")) == (1, 1)


def test_nothing_to_look_in_finds_nothing() -> None:
    encode = WordEncoder().encode
    checker = ClaimChecker(table(), SourcePassages([], encode).find, encode)
    (claim,) = checker.check(["The depot is in Harlow."])[0].claims
    assert (claim.verdict, claim.probability, claim.evidence) == ("not found", 0.0, None)


def judgement(support: float, n_sentences: int, start: int = 0, end: int = 10) -> Judged:
    hit = Hit("a", 1.0, 1, "", Passage(0, 40, "x" * 40), {}, {})
    premise = Premise(hit, Span(start, end), "x" * (end - start), n_sentences, 0.0)
    return Judged(premise, support, 0.0, Verdict("neutral", {}, None, 1))


def test_a_passage_counts_with_its_clearest_window_and_shows_the_shortest_sure_one() -> None:
    windows = [judgement(0.8, 1), judgement(0.9, 2, 0, 20), judgement(0.2, 1, 20, 30)]
    found = clearest([*windows, judgement(0.6, 0, 0, 40)], "support", 0.7, weight=0.5)
    assert found is not None
    assert found.probability == pytest.approx((0.9 + 0.6) / 2)
    assert found.shown == windows[0]
    none_sure = clearest([*windows, judgement(0.6, 0, 0, 40)], "support", 0.95, weight=0.5)
    assert none_sure is not None
    assert none_sure.shown == windows[1]
    assert clearest([], "support", 0.7) is None


def test_passages_are_whole_sentences_that_share_one_with_the_one_before() -> None:
    text = " ".join(f"Sentence number {n} says what it says about the matter at hand." for n in range(60))
    found = passages_of(text)
    assert len(found) > 3
    for passage in found:
        assert text[passage.start : passage.end] == passage.text
        assert len(passage.text) <= MAX_WIDTH
    for one, other in pairwise(found):
        assert one.start < other.start < one.end < other.end
    assert passages_of("") == []


def test_words_count_by_their_rarity() -> None:
    shares = WordShares(["the depot in Harlow", "the depot", "cats"]).of("A depot in Harlow")
    assert shares[0] == pytest.approx(1.0)
    assert 0 < shares[1] < 0.5
    assert shares[2] == 0


def test_windows_are_runs_of_sentences_nearest_first_then_their_passages() -> None:
    encode = WordEncoder().encode
    hits = SourcePassages([POLICY, OTHER], encode).find(["The depot is in Harlow."])
    (found,) = premises_of(["The depot is in Harlow."], hits, encode, 2)
    assert [each.n_sentences for each in found] == [1, 2, 0]
    assert found[0].text == "The depot is in Harlow."
    assert found[-1].text == f"Returns. {POLICY.text}"
    without = premises_of(["The depot is in Harlow."], hits, None, 1)[0]
    assert without[0].text == found[0].text
    assert premises_of(["x"], [[]], encode, 2) == [[]]


def test_passages_found_by_words_alone_need_no_encoder() -> None:
    hits = SourcePassages([POLICY, OTHER], None, k=1).find(["cats"])
    assert [[hit.id for hit in own] for own in hits] == [["other"]]
    assert replace(hits[0][0], score=0).scores.keys() == {"words"}

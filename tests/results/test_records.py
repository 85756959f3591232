"""Results as JSON have all fields of the result, and optional ones only if set."""

from __future__ import annotations

import json
from dataclasses import replace

from simengine.results.records import (
    answer_record,
    hit_record,
    judgement_record,
    recommendation_record,
    verdict_record,
)
from simengine.types import Answer, Evidence, Hit, Judgement, Passage, Recommendation, Span, Verdict

TEXT = "It rains. Cats bark."
HIT = Hit("d1", 0.12345678, 2, "Cats", Passage(100, 100 + len(TEXT), TEXT), {"year": 2020}, {"dense": 0.5})
SAID = Judgement(
    0.75, False, "contradicts", {"entailment": 0.05, "neutral": 0.25, "contradiction": 0.7}, Span(110, 120)
)


def test_a_plain_hit_has_no_judgement_and_no_duplicates() -> None:
    assert hit_record(HIT) == {
        "rank": 2,
        "id": "d1",
        "score": 0.123457,
        "scores": {"dense": 0.5},
        "title": "Cats",
        "passage": {"start": 100, "end": 120, "text": TEXT},
        "metadata": {"year": 2020},
        "judgement": None,
        "duplicates": [],
    }


def test_a_judgement_contains_the_text_of_its_evidence() -> None:
    record = judgement_record(HIT, SAID)
    assert record == {
        "relevance": 0.75,
        "calibrated": False,
        "stance": "contradicts",
        "probabilities": {"entailment": 0.05, "neutral": 0.25, "contradiction": 0.7},
        "evidence": {"start": 110, "end": 120, "text": "Cats bark."},
        "n_truncated": 0,
    }
    assert hit_record(replace(HIT, judgement=SAID))["judgement"] == record


def test_relevance_alone_leaves_stance_and_evidence_null() -> None:
    record = judgement_record(HIT, Judgement(0.5, calibrated=True))
    assert [record[name] for name in ("stance", "probabilities", "evidence")] == [None, None, None]


def test_folded_hits_are_named_and_the_record_is_json() -> None:
    record = hit_record(replace(HIT, duplicates=("d2", "d3"), judgement=SAID))
    assert record["duplicates"] == ["d2", "d3"]
    assert json.loads(json.dumps(record)) == record


def test_an_answer_contains_its_evidence_and_question() -> None:
    place = Evidence("d1", "Cats", Span(110, 120), "Cats bark.")
    answer = Answer(
        "Do cats bark?",
        "yes",
        "Cats bark.",
        place,
        0.12345678,
        True,
        0.5,
        "passage",
        [HIT],
        {"judge": 1 / 3},
    )
    record = answer_record(answer)
    evidence = {"document_id": "d1", "title": "Cats", "start": 110, "end": 120, "text": "Cats bark."}
    assert record == {
        "question": "Do cats bark?",
        "asked": None,
        "verdict": "yes",
        "sure": True,
        "answer": "Cats bark.",
        "calculation": None,
        "probability": 0.123457,
        "calibrated": True,
        "threshold": 0.5,
        "source": "passage",
        "span": None,
        "evidence": evidence,
        "against": None,
        "scores": {"judge": 0.333333},
        "notes": [],
        "nearest": [hit_record(HIT)],
        "parts": [],
    }
    follow_up = answer_record(replace(answer, asked="Do they?", span=Span(1, 2)))
    assert (follow_up["asked"], follow_up["span"]) == ("Do they?", {"start": 1, "end": 2})
    both = answer_record(replace(answer, parts=(answer, answer), calculation="1 + 1 = 2", sure=False))
    assert (both["parts"], both["calculation"], both["sure"]) == ([record, record], "1 + 1 = 2", False)


def test_a_recommendation_without_reason_and_liked_item_has_nulls() -> None:
    item = Recommendation("d1", "Cats", 0.12345678, 1, "", None, {"content": 2 / 3}, {"year": 2020})
    assert recommendation_record(item) == {
        "rank": 1,
        "id": "d1",
        "title": "Cats",
        "score": 0.123457,
        "liked_id": None,
        "reason": None,
        "scores": {"content": 0.666667},
        "metadata": {"year": 2020},
    }


def test_a_verdict_contains_the_text_of_its_evidence() -> None:
    probabilities = {"entailment": 0.05, "neutral": 0.25, "contradiction": 0.7}
    record = verdict_record(Verdict("contradiction", probabilities, Span(0, 4), 1), "Cats bark.")
    assert record == {
        "label": "contradiction",
        "sure": True,
        "probabilities": probabilities,
        "evidence": {"start": 0, "end": 4, "text": "Cats"},
        "n_windows": 1,
        "n_truncated": 0,
        "reason": "",
    }
    assert verdict_record(Verdict("neutral", probabilities, None, 1), "Cats bark.")["evidence"] is None

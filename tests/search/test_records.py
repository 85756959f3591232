"""A hit as JSON holds what the hit holds, and only what there is."""

from __future__ import annotations

import json
from dataclasses import replace

from simengine.search.records import hit_record, judgement_record
from simengine.types import Hit, Judgement, Passage, Span

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
    }


def test_a_judgement_holds_the_text_of_its_evidence() -> None:
    record = judgement_record(HIT, SAID)
    assert record == {
        "relevance": 0.75,
        "calibrated": False,
        "stance": "contradicts",
        "probabilities": {"entailment": 0.05, "neutral": 0.25, "contradiction": 0.7},
        "evidence": {"start": 110, "end": 120, "text": "Cats bark."},
    }
    assert hit_record(replace(HIT, judgement=SAID))["judgement"] == record


def test_relevance_alone_leaves_stance_and_evidence_null() -> None:
    record = judgement_record(HIT, Judgement(0.5, calibrated=True))
    assert [record[name] for name in ("stance", "probabilities", "evidence")] == [None, None, None]


def test_folded_hits_are_named_and_the_record_is_json() -> None:
    record = hit_record(replace(HIT, duplicates=("d2", "d3"), judgement=SAID))
    assert record["duplicates"] == ["d2", "d3"]
    assert json.loads(json.dumps(record)) == record

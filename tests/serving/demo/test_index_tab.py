"""The facts about an index: figures as they are, no rounding to a whole, nothing of the index as HTML."""

from __future__ import annotations

from typing import Any

from simengine.serving.demo.index_tab import facts_html
from tests.serving.demo.test_cards import EVIL, Reader


def facts(**changes: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "state": "complete",
        "generation": 2,
        "commit": 5,
        "counts": {
            "documents": 12_000, "passages": 30_000, "tokens": 2_000_000, "tokens_truncated": 0, "rows": 30_000,
            "deleted_rows": 0,
        },
        "coverage": 1.0,
        "settings": {
            "model_name": "mini", "dimension": 384, "fingerprint": "abcdef0123456789", "chunk_tokens": 256,
            "created": "2026-01-01", "command": "index",
        },
        "candidate_index": None,
        "calibration": None,
        "bytes": 12_340_000,
        "fields": {},
    }  # fmt: skip
    return {**known, **changes}


def test_an_exact_index_misses_nothing_and_says_why():
    read = Reader(facts_html(facts(), "en"))
    for part in (
        "12,000 documents",
        "12.3 MB on disk",
        "1.000 recall@10",
        "every vector is compared, so nothing is missed",
        "100% of the text read",
    ):
        assert part in read.text
    assert "Not calibrated." in read.text
    assert "The documents have no metadata" in read.text


def test_a_measured_recall_is_shown_with_its_queries_and_newer_passages():
    ann = {
        "recipe": "ivf",
        "recall_at_10": 0.9874,
        "recall_queries": 1000,
        "bytes": 5_000_000,
        "rows": 29_000,
    }
    read = Reader(facts_html(facts(candidate_index=ann), "en"))
    assert "0.987 recall@10" in read.text
    assert "Measured on 1,000 queries" in read.text
    assert "ivf · 5.0 MB · 1,000 newer passages are searched exactly" in read.text


def test_text_that_was_not_read_is_never_rounded_to_all_of_it():
    counts = {**facts()["counts"], "tokens_truncated": 3, "deleted_rows": 4}
    read = Reader(facts_html(facts(counts=counts, coverage=1 - 3 / 2_000_000), "en"))
    assert "99.99% of the text read" in read.text
    assert "3 tokens were truncated" in read.text
    assert "4 passages, to be removed by the next compaction" in read.text


def test_calibrations_are_listed_with_size_date_and_error():
    table = {"kind": "isotonic", "n": 1_234, "ece_after": 0.0214, "ece_before": None, "date": "2026-11-01"}
    html = facts_html(facts(calibration={"relevance": table}), "en")
    for part in ("relevance", "isotonic", "1,234", "0.021", "2026-11-01"):
        assert f">{part}</td>" in html


def test_a_build_that_was_stopped_says_how_to_go_on():
    assert "the build was interrupted" in facts_html(facts(state="building"), "en")
    assert "构建中断" in facts_html(facts(state="building"), "zh")


def test_nothing_of_the_index_becomes_html():
    fields = {EVIL: {"types": ["str"], "count": 1, "examples": [EVIL]}}
    read = Reader(
        facts_html(
            facts(fields=fields, state=EVIL, settings={**facts()["settings"], "model_name": EVIL}), "en"
        )
    )
    assert not {tag for tag, _ in read.tags} & {"img", "script"}


def test_what_the_model_does_not_know_stands_beside_the_coverage():
    unknown = {"share": 0.4615, "documents": 5, "passages": 5, "tokens": 26, "tokens_unknown": 12}
    shown = "46.15% of the tokens are unknown to the model."
    assert shown in Reader(facts_html(facts(unknown=unknown), "en")).text
    for absent in (None, {**unknown, "tokens_unknown": 0, "share": 0.0}):
        assert "unknown to the model" not in facts_html(facts(unknown=absent), "en")

from __future__ import annotations

import pytest

from simengine.errors import UsageError
from simengine.rerank.candidates import judged_text, passages_as_hits, span_in_document
from simengine.types import Span
from tests.rerank.fakes import hit, ids


def test_texts_become_hits_that_hold_them_whole() -> None:
    hits = passages_as_hits(["first", "second 语义"])
    assert ids(hits) == ["1", "2"]
    assert [(h.rank, h.score, h.passage.start, h.passage.end, h.passage.text) for h in hits] == [
        (1, 0.0, 0, 5, "first"),
        (2, 0.0, 0, 9, "second 语义"),
    ]


def test_scores_order_the_hits_and_equal_ones_keep_their_order() -> None:
    hits = passages_as_hits(["a", "b", "c"], ids=["x", "y", "z"], scores=[1, 3, 1])
    assert [(h.id, h.score, h.rank) for h in hits] == [("y", 3.0, 1), ("x", 1.0, 2), ("z", 1.0, 3)]


def test_no_texts_give_no_hits() -> None:
    assert passages_as_hits([]) == []


@pytest.mark.parametrize("text", ["", " \n", None, 7])
def test_a_passage_must_be_a_text(text: object) -> None:
    with pytest.raises(UsageError, match="passage 2"):
        passages_as_hits(["a", text])  # type: ignore[list-item]


def test_lengths_that_differ_and_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="2, 1 and 2"):
        passages_as_hits(["a", "b"], ids=["x"])
    with pytest.raises(UsageError, match="2, 2 and 1"):
        passages_as_hits(["a", "b"], scores=[1.0])
    with pytest.raises(UsageError, match="put it in a list"):
        passages_as_hits("ab", ids=["x"])
    with pytest.raises(UsageError, match="score 1 is nan"):
        passages_as_hits(["a"], scores=[float("nan")])


def test_the_title_stands_in_front_unless_the_passage_begins_with_it() -> None:
    assert judged_text(hit("1", 1.0, "body", title=" Title ")) == "Title\n\nbody"
    assert judged_text(hit("1", 1.0, "  Title and body", title="Title")) == "  Title and body"
    assert judged_text(hit("1", 1.0, "  ", title="Title")).startswith("Title")
    assert judged_text(hit("1", 1.0, "body")) == "body"


def test_spans_are_moved_from_the_judged_text_into_the_document() -> None:
    document = "Lead. Cats sleep. Dogs bark."
    found = hit("1", 1.0, document[6:], title="Pets", start=6)
    text = judged_text(found)
    at = text.index("Dogs")
    span = span_in_document(found, Span(at, len(text)))
    assert span is not None
    assert document[span.start : span.end] == "Dogs bark."
    assert span_in_document(found, Span(0, len("Pets"))) is None
    assert span_in_document(found, None) is None


def test_a_blank_passage_holds_no_evidence_of_its_title() -> None:
    assert span_in_document(hit("1", 1.0, "  ", title="Title"), Span(0, 5)) is None

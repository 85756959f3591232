"""The engine with a cross-encoder: reranked searches, the caller's own hits, evidence in documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine import Document, Engine, Rerank
from simengine.errors import UsageError
from simengine.requests.search import SearchRequest
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    documents = [
        Document("yes", "It was a long day. A man is playing a guitar on the stage."),
        Document("no", "Nobody is playing a guitar on the stage."),
        Document("else", "The price of copper rose again."),
    ]
    with Engine.build(documents, tmp_path_factory.mktemp("judged") / "index", offline=True) as opened:
        yield opened


def test_search_with_rerank_gives_every_hit_a_judgement(engine: Engine) -> None:
    hits = engine.search("Who plays the guitar?", k=3, rerank=True)
    assert {hit.id for hit in hits} == {"yes", "no", "else"}
    assert all(hit.judgement is not None and 0 <= hit.judgement.relevance <= 1 for hit in hits)
    assert [hit.rank for hit in hits] == [1, 2, 3]


def test_without_rerank_no_cross_encoder_runs(engine: Engine) -> None:
    assert all(hit.judgement is None for hit in engine.search("guitar", k=3))


def test_hits_that_say_the_same_are_collapsed(tmp_path: Path) -> None:
    documents = [
        Document("a", "A man is playing a guitar on the stage."),
        Document("b", "A man is playing the guitar on a stage."),
        Document("not", "Nobody is playing a guitar on the stage."),
        Document("else", "The price of copper rose again."),
    ]
    with Engine.build(documents, tmp_path / "index", offline=True) as opened:
        plain = opened.search("a man plays guitar", k=3)
        hits = opened.search("a man plays guitar", k=3, collapse=True)
        judged = opened.search(["who plays guitar?"], k=3, collapse=True, rerank=True)[0]
    assert {hit.id for hit in plain} == {"a", "b", "not"}
    for found in (hits, judged):
        assert len(found) == 3
        first = next(hit for hit in found if hit.id in ("a", "b"))
        assert {first.id, *first.duplicates} == {"a", "b"}
        assert {hit.id for hit in found} - {"a", "b"} == {"not", "else"}
    assert all(hit.judgement is None for hit in hits)
    assert all(hit.judgement is not None for hit in judged)


def test_a_claim_gets_stances_and_evidence_with_its_position_in_the_document(engine: Engine) -> None:
    request = SearchRequest(k=3, queries=("A man is playing a guitar.",), rerank=Rerank(claim=True))
    result = engine.run(request)
    found = {hit.id: hit.judgement for hit in result.hits[0]}
    assert found["yes"] is not None
    assert found["yes"].stance == "supports"
    document = engine.get("yes")
    assert document is not None
    span = found["yes"].evidence
    assert span is not None
    assert document.text[span.start : span.end].strip() == "A man is playing a guitar on the stage."


def test_the_evidence_of_an_answer_is_the_text_at_its_span(engine: Engine) -> None:
    answer = engine.ask("What is the man playing?")
    assert answer.question == "What is the man playing?"
    if answer.evidence is not None:
        document = engine.get(answer.evidence.document_id)
        assert document is not None
        span = answer.evidence.span
        assert document.text[span.start : span.end] == answer.evidence.text
    assert answer.verdict in {"answer", "not found"}


def test_a_recommender_of_the_engine_leaves_out_liked_documents(engine: Engine) -> None:
    ids, scores = engine.recommender().recommend_from_texts(["copper and other metals"], k=2)
    assert ids[0] == "else"
    assert scores[0] >= scores[1]


def test_conflicting_claims_are_found_and_are_not_duplicates(engine: Engine) -> None:
    from simengine.requests.conflicts import ContradictionOptions

    conflicts = engine.contradictions(options=ContradictionOptions(min_probability=0.5)).conflicts
    assert any({each.claim1.document_id, each.claim2.document_id} == {"yes", "no"} for each in conflicts)
    assert not engine.duplicates().groups


def test_relevance_and_verdicts_have_a_model_each_and_share_it(engine: Engine) -> None:
    engine.search("who plays guitar?", rerank=True)
    engine.nli([("a", "b")])
    engine.search("A man plays guitar.", rerank=Rerank(claim=True))
    engine.search("who sings?", rerank=True)
    assert len(engine._parts.models.loaded()) == 2


def test_hits_of_the_caller_are_judged_and_none_is_lost(engine: Engine) -> None:
    hits = engine.search(["guitar", "copper"], k=2, mode="lexical")
    result = engine.rerank(["guitar", "copper"], hits)
    assert [{hit.id for hit in each} for each in result.hits] == [{hit.id for hit in each} for each in hits]
    assert engine.rerank([], []).hits == []


def test_an_unknown_model_is_refused(engine: Engine, tmp_path: Path) -> None:
    options = Rerank(str(tmp_path / "nothing"))
    with pytest.raises(Exception, match="nothing"):
        engine.search("guitar", rerank=options)
    with pytest.raises(UsageError):
        engine.rerank(["one"], [])


def test_fits_outlive_a_compaction(tmp_path: Path) -> None:
    fits = ("calibration", "rerank", "answer")
    with Engine.build(["one text", "another text"], tmp_path / "index", offline=True) as engine:
        with IndexWriter.open(tmp_path / "index") as writer:
            for name in fits:
                writer.set_derived(name, {"some judge": {"of": name}})
        engine.delete(where=None, ids=[engine.search("another", k=1)[0].id])
        engine.compact()
    with Snapshot.open(tmp_path / "index") as snapshot:
        assert [snapshot.derived(name) for name in fits] == [{"some judge": {"of": name}} for name in fits]

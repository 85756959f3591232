"""A served index gives what its engine gives, to several callers at once, while it is written to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from simengine.cross_encoders.load import load_cross_encoder
from simengine.engine import Engine
from simengine.errors import DataError, FilterError, ModelNotFoundError, UnknownDocumentError, UsageError
from simengine.serving.batching import OverloadedError
from simengine.serving.catalogue import Catalogue, UnknownIndexError
from simengine.serving.served import ConflictError, ServedIndex
from simengine.serving.settings import BatchSettings, ModelSettings, ServingSettings
from simengine.types import Document
from tests.serving.library import DOCUMENTS, TOWER, build_library, graded_model, word_models

WAIT_S = 60


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedIndex]:
    """Read only."""
    with word_models():
        served = ServedIndex("library", build_library(tmp_path_factory.mktemp("served") / "library"))
        yield served
        served.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ServedIndex]:
    """To be written to."""
    with word_models():
        served = ServedIndex("own", build_library(tmp_path / "own"), ServingSettings(refresh_s=0))
        yield served
        served.close()


def test_hits_are_those_of_the_engine(library: ServedIndex) -> None:
    for mode in ("hybrid", "dense", "lexical"):
        found = library.search("cats purr", k=3, mode=mode)
        assert found.hits == [library.engine.search("cats purr", k=3, mode=mode)]
    filtered = library.search("a film", k=9, where="kind == 'film'")
    assert {hit.id for hit in filtered.hits[0]} == {"violent", "quiet"}


def test_many_callers_at_once_get_their_own_hits(library: ServedIndex) -> None:
    queries = [each.text for each in DOCUMENTS] * 8
    expected = [library.engine.search(query, k=2) for query in queries]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda query: library.search(query, k=2).hits[0], queries))
    for one, other in zip(found, expected, strict=True):
        assert [(hit.id, hit.score) for hit in one] == [(hit.id, pytest.approx(hit.score)) for hit in other]


def test_reranking_gives_judgements_and_all_timings(library: ServedIndex) -> None:
    found = library.search(TOWER, k=2, rerank=True)
    assert found.counts[0][0].n_judged == found.counts[0][0].n_wanted > 0
    assert found.hits == [library.engine.search(TOWER, k=2, rerank=True)] or found.hits[0][0].id == "tower"
    assert found.hits[0][0].judgement is not None
    assert {"queue", "encode", "judge", "rerank", "total"} <= set(found.timings_ms)
    claim = library.search("The tower was built in 1920.", k=1, claim=True)
    assert claim.hits[0][0].judgement is not None
    assert claim.hits[0][0].judgement.stance == "contradicts"


def test_a_wrong_filter_or_query_is_the_callers_own_error(library: ServedIndex) -> None:
    with pytest.raises(FilterError):
        library.search("cats", where="year >")
    with pytest.raises(UsageError, match="empty"):
        library.search("  ")
    with pytest.raises(UsageError, match="query is int"):
        library.search(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="rerank"):
        library.search("cats", budget_ms=10)


def test_vectors_and_scores_are_those_of_the_engine(library: ServedIndex) -> None:
    texts = ["cats purr", "", "dogs"]
    assert np.array_equal(library.encode(texts, role="query"), library.engine.encode(texts, role="query"))
    assert library.encode([]).shape == (0, 16)
    counted = library.encode_counted(["one two three " * 20])
    assert (int(counted.n_tokens[0]), int(counted.n_truncated[0])) == (62, 38)
    scores = library.score([("cats", "cats"), ("cats", "dogs")])
    assert scores[0].score == pytest.approx(1, abs=1e-6)
    assert scores[1].score == pytest.approx(library.engine.score("cats", "dogs").score)
    with pytest.raises(UsageError, match="put it in a list"):
        library.encode("cats")
    with pytest.raises(UsageError, match="pair 1"):
        library.score([("one",)])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="role"):
        library.encode(["a"], role="other")  # type: ignore[arg-type]


def test_the_judge_says_what_pairs_mean(library: ServedIndex) -> None:
    verdicts = library.nli([("Built in 1889.", "The tower was built in 1889."), ("x", "y")])
    assert [each.label for each in verdicts] == ["entailment", "neutral"]
    relevance = library.relevance(TOWER, ["It was 1889.", "Nothing."])
    assert relevance[0] > 0.9 > 0.1 < relevance[1] + 0.2 < 0.6
    assert library.relevance(TOWER, []).shape == (0,)


def test_a_cross_encoder_for_similarity_stands_beside_the_judge(
    library: ServedIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert library.graded([("a", "b")]) is None
    with word_models():
        graded_model(monkeypatch.setattr)
        models = ModelSettings(similarity="graded")
        served = ServedIndex("own", build_library(tmp_path / "own"), ServingSettings(models))
        found = served.graded([("score 0", "a"), ("b", "score 2"), ("c", "d")])
        assert found is not None
        assert found.tolist() == pytest.approx([0.5, 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(3))])
        assert served.nli([("Built in 1889.", "The tower was built in 1889.")])[0].label == "entailment"
        served.close()


def test_questions_are_answered_with_evidence_or_not_at_all(library: ServedIndex) -> None:
    answer = library.ask(TOWER)
    assert (answer.verdict, answer.text) == ("supported", "The tower was built in 1889.")
    assert library.ask("Who knows?").verdict == "not found"


def test_recommendations_leave_out_what_is_liked_and_refused(library: ServedIndex) -> None:
    ids = [each.id for each in library.recommend(liked=["cats"], n=20)]
    assert "cats" not in ids
    assert "violent" in ids
    vetoed = library.recommend(["cats"], refuse=["The film is violent."], n=20)
    assert "violent" not in [each.id for each in vetoed]
    films = library.recommend(liked_texts=["cats"], where="kind == 'film'", reasons=True)
    assert {each.id for each in films} == {"violent", "quiet"}
    assert films[0].reason is not None
    with pytest.raises(UsageError, match="nothing is liked"):
        library.recommend()


def test_similar_documents_are_near_and_others(library: ServedIndex) -> None:
    hits = library.similar("cats", 3)
    assert len(hits) == 3
    assert "cats" not in [hit.id for hit in hits]
    assert [hit.rank for hit in hits] == [1, 2, 3]
    vectors = library.engine.encode([f"{d.title} {d.text}".strip() for d in DOCUMENTS])
    best = int(np.argsort(-(vectors @ vectors[1]))[1])
    assert hits[0].id == DOCUMENTS[best].id
    with pytest.raises(UnknownDocumentError):
        library.similar("nobody")


def test_facts_say_what_is_in_the_index_and_follow_writes(own: ServedIndex) -> None:
    facts = own.facts()
    assert (facts["name"], facts["counts"]["documents"], facts["state"]) == (
        "own",
        len(DOCUMENTS),
        "complete",
    )
    assert facts["fields"]["year"]["types"] == ["int"]
    own.add([Document("new", "New text.")])
    assert own.facts()["counts"]["documents"] == len(DOCUMENTS) + 1


def test_what_is_added_is_found_when_add_returns(own: ServedIndex) -> None:
    report = own.add([Document("zebra", "Zebras have stripes.")])
    assert report.added == 1
    assert own.search("zebras stripes", k=1).hits[0][0].id == "zebra"
    own.update([Document("zebra", "Lions have manes.")])
    assert own.document("zebra").text == "Lions have manes."
    assert own.recommend(["cats"], n=50)
    assert own.delete(["zebra", "nobody"]).missing == ["nobody"]
    with pytest.raises(UnknownDocumentError):
        own.document("zebra")


def test_an_add_in_conflict_adds_nothing(own: ServedIndex) -> None:
    before = len(own.engine)
    with pytest.raises(ConflictError, match="document 2"):
        own.add([Document("fresh", "Fresh."), Document("cats", "Other content.")])
    with pytest.raises(DataError, match="twice"):
        own.add([Document("fresh", "Fresh."), Document("fresh", "Fresher.")])
    with pytest.raises(DataError, match="documents:2"):
        own.add([Document("fresh", "Fresh."), Document("blank", "")])
    assert len(own.engine) == before
    assert own.add([DOCUMENTS[1]]).unchanged == 1


def test_searches_go_on_while_a_write_waits(own: ServedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    began, go, plain = threading.Event(), threading.Event(), own.engine.add

    def held(documents: list[Document]) -> object:
        began.set()
        assert go.wait(WAIT_S)
        return plain(documents)

    monkeypatch.setattr(own.engine, "add", held)
    with ThreadPoolExecutor(2) as pool:
        writes = [pool.submit(own.add, [Document(f"w{n}", f"Written {n}.")]) for n in range(2)]
        assert began.wait(WAIT_S)
        assert own.search("cats", k=1).hits[0][0].id == "cats"
        assert own.n_writes == 2
        go.set()
        assert [each.result(WAIT_S).added for each in writes] == [1, 1]
    assert own.n_writes == 0
    assert {own.document(f"w{n}").text for n in range(2)} == {"Written 0.", "Written 1."}


def test_one_write_too_many_is_refused_and_accepted_ones_are_done(tmp_path: Path) -> None:
    with word_models():
        served = ServedIndex("own", build_library(tmp_path / "own"), ServingSettings(max_waiting_writes=1))
        began, go, plain = threading.Event(), threading.Event(), served.engine.add

        def held(documents: list[Document]) -> object:
            began.set()
            assert go.wait(WAIT_S)
            return plain(documents)

        served.engine.add = held  # type: ignore[assignment, method-assign]
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(served.add, [Document("w0", "Written.")])
            assert began.wait(WAIT_S)
            second = pool.submit(served.add, [Document("w1", "Written.")])
            while served.n_writes < 2:
                threading.Event().wait(0.01)
            with pytest.raises(OverloadedError):
                served.add([Document("w2", "Written.")])
            closing = threading.Thread(target=served.close)
            closing.start()
            go.set()
            assert (first.result(WAIT_S).added, second.result(WAIT_S).added) == (1, 1)
            closing.join(WAIT_S)
        with Engine.open(tmp_path / "own") as engine:
            assert {"w0", "w1"} <= {
                document.id for document in (engine.get("w0"), engine.get("w1")) if document is not None
            }
            assert engine.get("w2") is None
        with pytest.raises(UsageError, match="closed"):
            served.add([Document("w3", "Written.")])


def test_a_model_that_is_named_wrongly_is_an_error_before_anything_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with word_models():
        build_library(tmp_path / "own").close()
        monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", load_cross_encoder)
        gone = str(tmp_path / "gone")
        for models in (ModelSettings(gone), ModelSettings(similarity=gone), ModelSettings(reader=gone)):
            settings = ServingSettings(models)
            with (
                Catalogue.open([tmp_path / "own"], settings) as catalogue,
                pytest.raises(ModelNotFoundError, match="gone"),
            ):
                catalogue.load_named()
        with Catalogue.open([tmp_path / "own"]) as catalogue:
            catalogue.load_named()  # none is named: nothing is loaded
            assert catalogue.default.judges.batchers() == []


def test_what_another_process_commits_is_seen(own: ServedIndex) -> None:
    with Engine.open(own.engine.path) as other:
        other.add([Document("elsewhere", "Written elsewhere.")])
    assert own.refresh()
    assert own.document("elsewhere").text == "Written elsewhere."
    assert not own.refresh()


def test_an_index_that_cannot_be_read_anew_is_searched_as_it_was_and_said_to_be_stale(
    own: ServedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search_until(problem: str) -> None:
        end = time.monotonic() + WAIT_S
        while own.refresh_problem != problem and time.monotonic() < end:
            assert own.search("cats", k=1).hits[0][0].id == "cats"
            time.sleep(0.01)
        assert own.refresh_problem == problem

    def fail() -> bool:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(own.engine, "refresh", fail)
        search_until("OSError")
    search_until("")


def test_names_are_looked_up_and_never_become_paths(tmp_path: Path) -> None:
    with word_models():
        build_library(tmp_path / "a").close()
        build_library(tmp_path / "b").close()
        with Catalogue.open([tmp_path / "a", tmp_path / "b"]) as catalogue:
            assert list(catalogue) == ["a", "b"]
            assert (catalogue.find().name, catalogue.find("b").name) == ("a", "b")
            assert catalogue["a"].judges is catalogue["b"].judges
            for name in ("../a", "", str(tmp_path / "a"), "a/../b", "A"):
                with pytest.raises(UnknownIndexError, match="there are: a, b"):
                    catalogue.find(name)
        with pytest.raises(UsageError, match="one name"):
            Catalogue.open([tmp_path / "a", tmp_path / "b" / ".." / "a"])
    with pytest.raises(UsageError, match="no index"):
        Catalogue([])


def test_callers_in_excess_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with word_models():
        settings = ServingSettings(batching=BatchSettings(max_queued=1))
        served = ServedIndex("own", build_library(tmp_path / "own"), settings)
        began, go, plain = threading.Event(), threading.Event(), served.engine.run

        def held(*args: object) -> object:
            began.set()
            assert go.wait(WAIT_S)
            return plain(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(served.engine, "run", held)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(served.search, "cats", k=1)
            assert began.wait(WAIT_S)
            second = pool.submit(served.search, "dogs", k=1)
            while not served.batchers()[0].queued:
                threading.Event().wait(0.01)
            with pytest.raises(OverloadedError):
                served.search("cats", k=1)
            go.set()
            assert first.result(WAIT_S).hits[0][0].id == "cats"
            assert second.result(WAIT_S).hits == [served.engine.search("dogs", k=1)]
        served.close()

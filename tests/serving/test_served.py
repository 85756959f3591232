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
from simengine.engine.models import Models
from simengine.errors import DataError, FilterError, ModelNotFoundError, UnknownDocumentError, UsageError
from simengine.requests.pairs import ScoreRequest
from simengine.requests.rerank import Rerank
from simengine.requests.search import SearchOptions, SearchRequest
from simengine.results.search import SearchResult
from simengine.serving.batching import OverloadedError
from simengine.serving.catalogue import Catalogue, UnknownIndexError
from simengine.serving.served import ConflictError, ServedIndex, pair_batchers
from simengine.serving.settings import BatchSettings, ServingSettings
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


@pytest.fixture(scope="module")
def plain(library: ServedIndex) -> Iterator[Engine]:
    """An engine over the same index, for one caller."""
    with word_models(), Engine.open(library.engine.path) as engine:
        yield engine


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ServedIndex]:
    """To be written to."""
    with word_models():
        served = ServedIndex("own", build_library(tmp_path / "own"), ServingSettings(refresh_s=0))
        yield served
        served.close()


def test_hits_are_those_of_the_engine(library: ServedIndex, plain: Engine) -> None:
    for mode in ("hybrid", "dense", "lexical"):
        assert library.engine.search("cats purr", k=3, mode=mode) == plain.search("cats purr", k=3, mode=mode)
    filtered = library.engine.search("a film", k=9, where="kind == 'film'")
    assert {hit.id for hit in filtered} == {"violent", "quiet"}


def test_many_callers_at_once_get_their_own_hits(library: ServedIndex, plain: Engine) -> None:
    queries = [each.text for each in DOCUMENTS] * 8
    expected = [plain.search(query, k=2) for query in queries]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda query: library.engine.search(query, k=2), queries))
    for one, other in zip(found, expected, strict=True):
        assert [(hit.id, hit.score) for hit in one] == [(hit.id, pytest.approx(hit.score)) for hit in other]


def test_reranking_gives_judgements_and_all_timings(library: ServedIndex, plain: Engine) -> None:
    request = SearchRequest(2, queries=(TOWER,), rerank=Rerank())
    found = library.engine.run(request)
    assert found.counts[0][0].n_judged == found.counts[0][0].n_wanted > 0
    assert found.hits == plain.run(request).hits
    assert found.hits[0][0].judgement is not None
    assert {"queue", "encode", "judge", "rerank", "total"} <= set(found.timings_ms)
    (claim,) = library.engine.search("The tower was built in 1920.", k=1, rerank=Rerank(claim=True))
    assert claim.judgement is not None
    assert claim.judgement.stance == "contradicts"


def test_several_queries_of_one_request_and_of_several_callers_are_searched_for_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with word_models():
        served = ServedIndex("own", build_library(tmp_path / "own"))
        plain, asked = served.engine.index.run, list[int]()
        began, go = threading.Event(), threading.Event()

        def counted(queries: list[str], options: SearchOptions) -> SearchResult:
            asked.append(len(queries))
            if len(asked) == 1:
                began.set()
                assert go.wait(WAIT_S)
            return plain(queries, options)

        monkeypatch.setattr(served.engine.index, "run", counted)
        with ThreadPoolExecutor(4) as pool:
            queries = ["cats purr", "dogs bark"]
            found = [pool.submit(served.engine.search, queries, k=1)]
            assert began.wait(WAIT_S)
            found += [pool.submit(served.engine.search, queries, k=1) for _ in range(3)]
            while served.retriever.batchers()[0].queued < 3:
                time.sleep(0.01)
            go.set()
            assert {each.result(WAIT_S)[1][0].id for each in found} == {"dogs"}
        assert asked == [2, 6]
        served.close()


def test_a_wrong_filter_or_query_is_the_callers_own_error(library: ServedIndex) -> None:
    with pytest.raises(FilterError):
        library.engine.search("cats", where="year >")
    with pytest.raises(UsageError, match="empty"):
        library.engine.search("  ")


def test_vectors_and_scores_are_those_of_the_engine(library: ServedIndex, plain: Engine) -> None:
    texts = ["cats purr", "", "dogs"]
    assert np.array_equal(library.engine.encode(texts, role="query"), plain.encode(texts, role="query"))
    assert library.engine.encode([]).shape == (0, 16)
    counted = library.retriever.encode_counted(["one two three " * 20])
    assert (int(counted.n_tokens[0]), int(counted.n_truncated[0])) == (62, 38)
    scores = library.engine.score(["cats", "cats"], ["cats", "dogs"])
    assert scores[0].score == pytest.approx(1, abs=1e-6)
    assert scores[1].score == pytest.approx(plain.score("cats", "dogs").score)
    with pytest.raises(UsageError, match="put it in a list"):
        library.engine.encode("cats")
    with pytest.raises(UsageError, match="role"):
        library.engine.encode(["a"], role="other")  # type: ignore[arg-type]


def test_pairs_of_several_callers_get_their_own_verdicts(library: ServedIndex, plain: Engine) -> None:
    pairs = [("Built in 1889.", "The tower was built in 1889."), ("x", "y")]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: library.engine.nli(pairs), range(16)))
    assert [each.label for each in found[0]] == ["entailment", "neutral"]
    assert all(each == plain.nli(pairs) for each in found)
    assert sum(batcher.counts.callers for batcher in pair_batchers(library.models)) >= 16


def test_a_cross_encoder_for_similarity_stands_beside_the_nli_model(
    library: ServedIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = (("score 0", "a"), ("b", "score 2"), ("c", "d"))
    assert {each.graded for each in library.engine.run(ScoreRequest(pairs, graded=True))} == {None}
    with word_models():
        graded_model(monkeypatch.setattr)
        models = Models(similarity="graded")
        served = ServedIndex("own", build_library(tmp_path / "own"), ServingSettings(models))
        found = [each.graded for each in served.engine.run(ScoreRequest(pairs, graded=True))]
        assert found == pytest.approx([0.5, 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(3))])
        pair = ("Built in 1889.", "The tower was built in 1889.")
        assert served.engine.nli([pair])[0].label == "entailment"
        served.close()


def test_questions_are_answered_with_evidence_or_not_at_all(library: ServedIndex) -> None:
    answer = library.engine.ask(TOWER)
    assert (answer.verdict, answer.text) == ("answer", "The tower was built in 1889.")
    assert library.engine.ask("Who knows?").verdict == "not found"


def test_recommendations_leave_out_what_is_liked_and_refused(library: ServedIndex) -> None:
    ids = [each.id for each in library.engine.recommend(liked=["cats"], k=20)]
    assert "cats" not in ids
    assert "violent" in ids
    vetoed = library.engine.recommend(["cats"], refuse=["The film is violent."], k=20)
    assert "violent" not in [each.id for each in vetoed]
    films = library.engine.recommend(liked_texts=["cats"], where="kind == 'film'", reasons=True)
    assert {each.id for each in films} == {"violent", "quiet"}
    assert films[0].reason is not None
    with pytest.raises(UsageError, match="nothing is liked"):
        library.engine.recommend()


def test_similar_documents_are_near_and_others(library: ServedIndex) -> None:
    hits = library.engine.similar("cats", 3)
    assert len(hits) == 3
    assert "cats" not in [hit.id for hit in hits]
    assert [hit.rank for hit in hits] == [1, 2, 3]
    vectors = library.engine.encode([f"{d.title} {d.text}".strip() for d in DOCUMENTS])
    best = int(np.argsort(-(vectors @ vectors[1]))[1])
    assert hits[0].id == DOCUMENTS[best].id
    with pytest.raises(UnknownDocumentError):
        library.engine.similar("nobody")


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
    assert own.engine.search("zebras stripes", k=1)[0].id == "zebra"
    own.update([Document("zebra", "Lions have manes.")])
    assert own.document("zebra").text == "Lions have manes."
    assert own.engine.recommend(["cats"], k=50)
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

    def held(documents: list[Document], options: object = None) -> object:
        began.set()
        assert go.wait(WAIT_S)
        return plain(documents)

    monkeypatch.setattr(own.engine, "add", held)
    with ThreadPoolExecutor(2) as pool:
        writes = [pool.submit(own.add, [Document(f"w{n}", f"Written {n}.")]) for n in range(2)]
        assert began.wait(WAIT_S)
        assert own.engine.search("cats", k=1)[0].id == "cats"
        assert own.n_writes == 2
        go.set()
        assert [each.result(WAIT_S).added for each in writes] == [1, 1]
    assert own.n_writes == 0
    assert {own.document(f"w{n}").text for n in range(2)} == {"Written 0.", "Written 1."}


def test_one_write_too_many_is_refused_and_accepted_ones_are_done(tmp_path: Path) -> None:
    with word_models():
        served = ServedIndex("own", build_library(tmp_path / "own"), ServingSettings(max_waiting_writes=1))
        began, go, plain = threading.Event(), threading.Event(), served.engine.add

        def held(documents: list[Document], options: object = None) -> object:
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
        for models in (Models(nli=gone), Models(reranker=gone), Models(similarity=gone), Models(reader=gone)):
            settings = ServingSettings(models)
            with (
                Catalogue.open([tmp_path / "own"], settings) as catalogue,
                pytest.raises(ModelNotFoundError, match="gone"),
            ):
                catalogue.load_named()
        with Catalogue.open([tmp_path / "own"]) as catalogue:
            catalogue.load_named()  # none is named: nothing is loaded
            assert pair_batchers(catalogue.default.models) == []


def test_what_another_process_commits_is_seen(own: ServedIndex) -> None:
    with Engine.open(own.engine.path) as other:
        other.add([Document("elsewhere", "Written elsewhere.")])
    assert own.engine.refresh()
    assert own.document("elsewhere").text == "Written elsewhere."
    assert not own.engine.refresh()


def test_an_index_that_cannot_be_read_anew_is_searched_as_it_was_and_said_to_be_stale(
    own: ServedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search_until(problem: str) -> None:
        end = time.monotonic() + WAIT_S
        while own.retriever.refresh_problem != problem and time.monotonic() < end:
            assert own.engine.search("cats", k=1)[0].id == "cats"
            time.sleep(0.01)
        assert own.retriever.refresh_problem == problem

    def fail() -> bool:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(own.engine.index, "refresh", fail)
        search_until("OSError")
    search_until("")


def test_names_are_looked_up_and_never_become_paths(tmp_path: Path) -> None:
    with word_models():
        build_library(tmp_path / "a").close()
        build_library(tmp_path / "b").close()
        with Catalogue.open([tmp_path / "a", tmp_path / "b"]) as catalogue:
            assert list(catalogue) == ["a", "b"]
            assert (catalogue.find().name, catalogue.find("b").name) == ("a", "b")
            assert catalogue["a"].models is catalogue["b"].models
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
        began, go, plain = threading.Event(), threading.Event(), served.engine.index.run

        def held(*args: object) -> object:
            began.set()
            assert go.wait(WAIT_S)
            return plain(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(served.engine.index, "run", held)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(served.engine.search, "cats", k=1)
            assert began.wait(WAIT_S)
            second = pool.submit(served.engine.search, "dogs", k=1)
            while not served.retriever.batchers()[0].queued:
                threading.Event().wait(0.01)
            with pytest.raises(OverloadedError):
                served.engine.search("cats", k=1)
            go.set()
            assert first.result(WAIT_S)[0].id == "cats"
            assert second.result(WAIT_S) == served.engine.search("dogs", k=1)
        served.close()

"""The engine in a pipeline: build, search, change, read in threads."""

from __future__ import annotations

import os
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import simengine
from simengine import Document, Engine
from simengine.errors import (
    DataError,
    FilterError,
    IndexExistsError,
    IndexNotFoundError,
    StoreError,
    UsageError,
)
from simengine.models.resolve import resolve_model
from simengine.requests.search import SearchOptions
from simengine.store.snapshot import Snapshot
from simengine.types import Hit


@pytest.fixture
def engine(documents: list[Document], tmp_path: Path) -> Engine:
    with Engine.build(documents, tmp_path / "index") as opened:
        yield opened


def ids(hits: list[Hit]) -> list[str]:
    return [hit.id for hit in hits]


def test_package_exports_what_it_names() -> None:
    assert all(getattr(simengine, name) is not None for name in simengine.__all__)
    with pytest.raises(AttributeError):
        _ = simengine.nothing


def test_one_text_gives_a_list_of_hits_and_several_give_a_list_of_lists(engine: Engine) -> None:
    one = engine.search("kittens", k=3)
    many = engine.search(["kittens", "planets"], k=3)
    assert ids(one) == ids(many[0])
    assert len(many) == 2
    assert all(isinstance(hit, Hit) for hit in one)


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_results_do_not_depend_on_the_batch(engine: Engine, mode: str) -> None:
    queries = ["cats and dogs", "interest rates", "a telescope in orbit", "bees", "profit of the company"]
    together = engine.search(queries, k=5, mode=mode)
    single = [engine.search(query, k=5, mode=mode) for query in queries]
    assert [ids(hits) for hits in together] == [ids(hits) for hits in single]
    np.testing.assert_allclose(
        [hit.score for hits in together for hit in hits],
        [hit.score for hits in single for hit in hits],
        atol=1e-5,
    )


def test_dense_scores_are_the_cosines_of_encode(engine: Engine, documents: list[Document]) -> None:
    query = engine.encode(["the market went down"], role="query")
    vectors = engine.encode([document.text for document in documents], role="passage")
    cosines = dict(zip([document.id for document in documents], (vectors @ query[0]).tolist(), strict=True))
    hits = engine.search("the market went down", k=12, mode="dense")
    assert ids(hits) == sorted(cosines, key=lambda name: (-cosines[name], name))
    assert [hit.score for hit in hits] == pytest.approx([cosines[hit.id] for hit in hits], abs=1e-5)


def test_k_beyond_the_corpus_gives_every_document_once(engine: Engine) -> None:
    hits = engine.search("anything", k=500)
    assert len(hits) == len(set(ids(hits))) == len(engine) == 12
    assert [hit.rank for hit in hits] == list(range(1, 13))


def test_hit_carries_title_passage_and_metadata(engine: Engine) -> None:
    hit = engine.search("kittens that are happy", k=1)[0]
    assert hit.id == "animals-0"
    assert hit.passage.text == "Cats purr when they are content."
    assert (hit.passage.start, hit.passage.end) == (0, len(hit.passage.text))
    assert dict(hit.metadata) == {"topic": "animals", "n": 0}
    assert hit.scores["dense"] > 0.3


def test_arrays_agree_with_hits(engine: Engine) -> None:
    arrays = engine.search_arrays(["cats", "rockets"], SearchOptions(k=4, mode="dense"))
    hits = engine.search(["cats", "rockets"], k=4, mode="dense")
    assert [list(row) for row in arrays.ids] == [ids(row) for row in hits]
    vectors = engine.encode(["cats", "rockets"], role="query")
    by_vector = engine.search_arrays(vectors, SearchOptions(k=4, mode="dense"))
    assert by_vector.ids == arrays.ids
    assert arrays.scores.shape == (2, 4)


def test_added_documents_are_found_at_once_and_deleted_ones_are_gone(engine: Engine) -> None:
    report = engine.add([{"id": "new", "text": "Penguins waddle over the ice.", "topic": "animals"}])
    assert report.added == 1
    assert ids(engine.search("penguins", k=1)) == ["new"]
    report = engine.delete(["new", "never"])
    assert (report.deleted, report.missing) == (1, ["never"])
    assert "new" not in ids(engine.search("penguins", k=20))
    assert engine.get("new") is None


def test_add_then_delete_equals_never_added(engine: Engine) -> None:
    queries = ["cats", "money and banks", "the planet Mars"]
    before = engine.search(queries, k=12, mode="dense")
    engine.add([Document(f"x{n}", f"Cats and money on Mars, number {n}.") for n in range(20)])
    engine.delete([f"x{n}" for n in range(20)])
    after = engine.search(queries, k=12, mode="dense")
    assert [[(hit.id, hit.score) for hit in hits] for hits in before] == [
        [(hit.id, hit.score) for hit in hits] for hits in after
    ]
    hybrid = engine.search(queries, k=12)
    engine.compact()
    assert [ids(hits) for hits in engine.search(queries, k=12, mode="dense")] == [
        ids(hits) for hits in before
    ]
    assert {name for hits in hybrid for name in ids(hits)} == {hit.id for hits in before for hit in hits}


def test_update_replaces_text_and_metadata(engine: Engine) -> None:
    engine.update([Document("animals-0", "Volcanoes erupt.", metadata={"topic": "earth"})])
    assert len(engine) == 12
    assert ids(engine.search("lava", k=1)) == ["animals-0"]
    assert ids(engine.search("lava", k=5, where='topic == "earth"')) == ["animals-0"]


def test_add_of_a_known_id_with_other_content_changes_nothing(engine: Engine) -> None:
    with pytest.raises(DataError, match="animals-0"):
        engine.add([Document("fresh", "Something new."), Document("animals-0", "Something else.")])
    assert len(engine) == 12
    assert engine.get("animals-0").text == "Cats purr when they are content."


def test_the_same_id_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="twice"):
        Engine.build([Document("a", "one"), Document("a", "two")], tmp_path / "index")


def test_delete_by_filter_equals_delete_by_ids(
    engine: Engine, documents: list[Document], tmp_path: Path
) -> None:
    assert engine.delete(where='topic == "money" and n >= 2').deleted == 2
    assert sorted(ids(engine.search("money", k=20, where='topic == "money"'))) == ["money-0", "money-1"]
    with pytest.raises(FilterError):
        engine.delete(where="tpic == 1")


def test_search_continues_while_another_thread_writes(engine: Engine) -> None:
    def read(_: int) -> set[str]:
        return set(ids(engine.search("cats", k=12, mode="dense")))

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(read, n) for n in range(40)]
        for n in range(5):
            engine.add([Document(f"t{n}", f"A text about topic {n}.")])
        engine.compact()
        results = [future.result() for future in running]
    assert all("animals-0" in found for found in results)
    assert len(engine) == 17


def test_refresh_switches_to_another_engines_commit(engine: Engine) -> None:
    with Engine.open(engine.path) as other:
        other.add([Document("far", "A lighthouse on the coast.")])
        assert "far" not in ids(engine.search("lighthouse", k=20))
        assert engine.refresh()
        assert not engine.refresh()
        assert ids(engine.search("lighthouse", k=1)) == ["far"]


def test_build_again_encodes_nothing_and_other_settings_are_refused(
    engine: Engine, documents: list[Document]
) -> None:
    with Engine.build(documents, engine.path) as again:
        assert len(again) == 12
        assert again.counts == engine.counts
    with pytest.raises(IndexExistsError, match="chunk_tokens"):
        Engine.build(documents, engine.path, chunk_tokens=64)
    with Engine.build(documents[:2], engine.path, chunk_tokens=64, overwrite=True) as anew:
        assert len(anew) == 2
        assert anew.settings.chunk_tokens == 64


def test_long_document_is_found_by_its_last_sentence(tmp_path: Path) -> None:
    filler = "The committee discussed the agenda of the next meeting at length. " * 80
    text = filler + "The secret ingredient of the soup is cinnamon."
    with Engine.build([Document("long", text), Document("short", "Horses graze.")], tmp_path / "i") as engine:
        hit = engine.search("which spice is hidden in the soup", k=1, mode="dense")[0]
        assert hit.id == "long"
        assert "cinnamon" in hit.passage.text
        assert text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert engine.counts.tokens_truncated == 0


def test_chinese_is_found_by_its_words(tmp_path: Path) -> None:
    texts = ["猫喜欢在阳光下睡觉。", "央行提高了利率。", "火箭九分钟后进入轨道。"]
    with Engine.build(texts, tmp_path / "i") as engine:
        assert engine.search("利率", k=1, mode="lexical")[0].passage.text == texts[1]
        assert engine.search("火箭的轨道", k=1)[0].passage.text == texts[2]


def test_empty_index_returns_nothing_and_can_grow(tmp_path: Path) -> None:
    with Engine.build([], tmp_path / "i") as engine:
        assert len(engine) == 0
        assert engine.search("anything") == []
        engine.add(["The first text."])
        assert len(engine.search("first")) == 1


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"id": "a"}, "text"),
        ({"id": "a", "text": " "}, "neither"),
        (17, "Document"),
        ({"id": "a", "text": "\0"}, "U\\+0000"),
    ],
)
def test_bad_documents_are_named_by_position(tmp_path: Path, item: object, reason: str) -> None:
    with pytest.raises(DataError, match=reason) as caught:
        Engine.build([Document("ok", "fine"), item], tmp_path / "i")
    assert caught.value.line == 2


def test_invalid_calls_are_refused(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        engine.search("cats", k=0)
    with pytest.raises(UsageError):
        engine.search("  ")
    with pytest.raises(UsageError):
        engine.delete("animals-0")  # a string is a sequence of one-letter ids
    with pytest.raises(IndexNotFoundError):
        Engine.open(tmp_path / "nowhere")
    for wrong in (b"x", [None], 3):
        with pytest.raises((UsageError, TypeError)):
            engine.search(wrong)
    with pytest.raises(UsageError, match="list"):
        engine.encode("one text")
    with pytest.raises(UsageError, match="role"):
        engine.encode(["a"], role="foo")
    with pytest.raises(UsageError, match="where"):
        engine.search("cats", where=3)
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(engine)
    engine.close()
    for call in (
        lambda: engine.search("cats"),
        lambda: engine.add(["late"]),
        lambda: engine.encode(["late"]),
        engine.compact,
    ):
        with pytest.raises(UsageError, match="closed"):
            call()
    with Engine.open(engine.path) as again:
        assert len(again) == 12


def test_refresh_from_many_threads_is_safe(engine: Engine) -> None:
    with Engine.open(engine.path) as other, ThreadPoolExecutor(4) as pool:
        for n in range(5):
            other.add([Document(f"r{n}", f"A new text, number {n}.")])
            assert sum(pool.map(lambda _: engine.refresh(), range(8))) == 1
            assert len(engine) == 13 + n


def test_delete_by_filter_sees_what_another_engine_committed(engine: Engine) -> None:
    with Engine.open(engine.path) as other:
        other.update([Document("animals-0", "Cats purr.", metadata={"topic": "kept"})])
    engine.delete(where='topic == "animals"')
    assert engine.get("animals-0") is not None
    assert len(engine) == 9


def test_without_a_lexical_index_dense_search_works_and_the_others_say_what_to_do(engine: Engine) -> None:
    with Engine.open(engine.path) as whole:
        expected = ids(whole.search("cats", k=3, mode="dense"))
    with Snapshot.open(engine.path) as snapshot:
        shutil.rmtree(snapshot.lexical_path)
    with Engine.open(engine.path) as damaged:
        assert ids(damaged.search("cats", k=3, mode="dense")) == expected
        with pytest.raises(StoreError, match=r"lexical index is missing.*verify --repair"):
            damaged.search("cats", mode="hybrid")


def test_closing_while_a_search_runs_closes_the_encoder_after_it(engine: Engine) -> None:
    closed: list[bool] = []
    engine.encoder.close = lambda: closed.append(True)  # type: ignore[method-assign]
    with engine._index.lease():
        engine.close()
        assert not closed
    assert closed == [True]


def test_a_change_of_directory_changes_neither_index_nor_model(
    documents: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = resolve_model(None, offline=True).path
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        monkeypatch.chdir(tmp_path / place)
        Engine.build(documents, "index").close()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here" / "model").symlink_to(model)
    (tmp_path / "there" / "model").mkdir()
    with Engine.open("index", model="model") as engine, Engine.build(["a walrus"], "new") as new:
        os.chdir(tmp_path / "there")
        engine.add([Document("walrus", "A walrus.")])
        engine.compact()
        new.add(["a narwhal"])
        assert ids(engine.search("a walrus", k=1)) == ["walrus"]
        assert engine.path == tmp_path / "here" / "index"
        assert len(new) == 2
    with Engine.open("index") as untouched:
        assert len(untouched) == len(documents)
        assert untouched.get("walrus") is None
    assert not (tmp_path / "there" / "new").exists()


def test_the_error_for_a_missing_index_shows_the_path_as_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IndexNotFoundError, match=r"^missing/index: "):
        Engine.open("missing/index")

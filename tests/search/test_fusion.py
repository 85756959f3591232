"""Fusion: what each side is worth, and how the index measures it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.search.fusion import CODE_BOOST, LEAST_BEST, LEVEL, MOST_BOOST, SPREAD, WEIGHT, Fusion, rrf
from simengine.search.trust import measure_trust
from simengine.store.snapshot import Snapshot
from simengine.types import Document

from .conftest import Bench, WordEncoder

NONE = -np.inf


def matrix(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def bounds(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_fused_score_adds_weighted_bm25_to_the_cosine() -> None:
    fused = Fusion().fuse(["gas flow"], matrix([0.8, 0.2, NONE]), matrix([2.0, 4.0, 0.0]), bounds(16))
    weight = WEIGHT / (4 * 0.8**2)
    np.testing.assert_allclose(fused, [[0.8 + weight * 2, 0.2 + weight * 4, NONE]], rtol=1e-5)


def test_words_count_more_where_no_passage_is_near() -> None:
    near = Fusion().fuse(["gas"], matrix([0.9, 0.1]), matrix([0.0, 9.0]), bounds(9))[0]
    far = Fusion().fuse(["gas"], matrix([0.5, 0.1]), matrix([0.0, 9.0]), bounds(9))[0]
    nothing = Fusion().fuse(["gas"], matrix([-0.5, -0.6]), matrix([0.0, 9.0]), bounds(9))[0]
    assert near[1] < far[1]
    np.testing.assert_allclose(nothing[1], -0.6 + WEIGHT * 9 / (3 * LEAST_BEST**2), rtol=1e-5)


def test_words_count_more_for_a_query_that_is_a_code() -> None:
    sides = matrix([0.9, 0.8]), matrix([1.0, 2.0]), bounds(9)
    plain = Fusion().fuse(["a code S-100"], *sides) - Fusion().fuse(
        ["a code S-100"], sides[0], 0 * sides[1], sides[2]
    )
    code = Fusion().fuse(["S-100"], *sides) - Fusion().fuse(["S-100"], sides[0], 0 * sides[1], sides[2])
    np.testing.assert_allclose(code, CODE_BOOST * plain, rtol=1e-4)


def test_query_without_a_known_word_is_ranked_by_meaning() -> None:
    fused = Fusion().fuse(["zebra"], matrix([0.8, 0.2]), matrix([0.0, 0.0]), bounds(0))
    np.testing.assert_allclose(fused, [[0.8, 0.2]], rtol=1e-6)


def test_no_queries_give_no_scores() -> None:
    assert Fusion().fuse([], np.empty((0, 0), np.float32), np.empty((0, 0), np.float32), bounds()).shape == (
        0,
        0,
    )


def test_scale_of_a_model_does_not_change_the_ranking() -> None:
    dense, lexical = matrix([0.7, 0.5, 0.1]), matrix([1.0, 3.0, 9.0])
    narrow = (0.8 + (dense - LEVEL) * 0.2).astype(np.float32)
    expected = Fusion().fuse(["gas"], dense, lexical, bounds(20))
    fused = Fusion(level=0.8, spread=SPREAD * 0.2).fuse(["gas"], narrow, lexical, bounds(20))
    np.testing.assert_allclose(fused, expected, rtol=1e-4)


def test_identical_texts_stay_at_one_in_a_model_of_high_cosines_and_others_keep_their_spread() -> None:
    assert Fusion().scale == 1.0
    assert Fusion(level=0.1, spread=2 * SPREAD).scale == 0.5
    high = Fusion(level=0.8, spread=SPREAD / 2)
    assert LEVEL + (1 - high.level) * high.scale == pytest.approx(1.0)
    assert Fusion(level=0.8, spread=SPREAD / 10).scale == pytest.approx(10.0)
    assert np.isfinite(Fusion(level=1.0, spread=1e-3).scale)


def test_words_of_an_unread_script_count_more() -> None:
    fusion = Fusion(unknown_characters=0.5)
    assert fusion.boost("gas flow") == 1.0
    assert fusion.boost("北京上海") == pytest.approx(16.0)
    assert 1.0 < fusion.boost("gas flow 北京") < 16.0
    assert fusion.boost("?!") == 1.0
    assert Fusion(unknown_characters=1.0).boost("北京") == MOST_BOOST
    assert Fusion(unknown_words=0.5).boost("gas") == pytest.approx(16.0)


@given(st.floats(0, 1), st.text(max_size=30))
def test_boost_lies_between_one_and_the_most(unknown: float, text: str) -> None:
    assert 1.0 <= Fusion(unknown_words=unknown, unknown_characters=unknown).boost(text) <= MOST_BOOST


@pytest.mark.parametrize(
    "stored", [None, {}, {"level": None}, {"spread": "x"}, {"version": 1, "reading": 4.0}]
)
def test_without_a_measurement_english_is_assumed(stored: dict[str, object] | None) -> None:
    assert Fusion.of(stored) == Fusion()  # type: ignore[arg-type]


def test_stored_measurement_is_read() -> None:
    stored = {"level": 0.7, "spread": 0.0, "unknown_words": 0, "unknown_characters": 0.6}
    assert Fusion.of(stored) == Fusion(0.7, 1e-3, 0.0, 0.6)  # type: ignore[arg-type]


def test_rrf_adds_reciprocal_ranks() -> None:
    first, second = np.array([[7, 3, -1], [1, -1, -1]]), np.array([[3, 9, 7], [-1, -1, -1]])
    rows = np.array([[3, 7, 9, 11], [1, 2, -1, -1]])
    expected = [[1 / 62 + 1 / 61, 1 / 61 + 1 / 63, 1 / 62, 0], [1 / 61, 0, NONE, NONE]]
    np.testing.assert_allclose(rrf([first, second], rows), expected, rtol=1e-6)


class AsciiEncoder(WordEncoder):
    """A model that gives one vector to everything that is not ASCII."""

    def encode(self, texts: Sequence[str], *, role: str = "text") -> np.ndarray:  # type: ignore[override]
        return super().encode([text if text.isascii() else "?" for text in texts], role=role)


def measured(bench: Bench, encoder: WordEncoder) -> dict[str, float]:
    with Snapshot.open(bench.path) as snapshot:
        found = measure_trust(snapshot, encoder)  # type: ignore[arg-type]
        assert found == measure_trust(snapshot, encoder)  # type: ignore[arg-type]
    assert found is not None
    return {name: float(str(value)) for name, value in found.items()}


def test_characters_that_a_model_cannot_tell_apart_are_noticed(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    chinese = [chr(0x4E00 + i) * 2 for i in range(60)]
    bench.commit([Document(f"d{i}", f"word{i} thing{i} {text}") for i, text in enumerate(chinese)])
    seeing, blind = measured(bench, bench.encoder), measured(bench, AsciiEncoder())
    assert seeing["unknown_words"] == seeing["unknown_characters"] == blind["unknown_words"] == 0
    assert blind["unknown_characters"] == 1
    assert seeing["spread"] > 0


def test_spellings_that_differ_in_case_and_accents_are_one_word(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    texts = [f"word{i} Word{i} WORD{i} wörd{i} cafe\u0301{i} café{i}" for i in range(60)]
    bench.commit([Document(f"d{i}", text) for i, text in enumerate(texts)])
    assert measured(bench, bench.encoder)["unknown_words"] == 0


def test_texts_too_short_to_be_measured_are_taken_to_be_read(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    bench.commit([Document("a", "北京 gas")])
    found = measured(bench, AsciiEncoder())
    assert found["unknown_words"] == found["unknown_characters"] == 0


def test_index_without_live_passages_is_not_measured(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    with Snapshot.open(bench.path) as snapshot:
        assert measure_trust(snapshot, bench.encoder) is None  # type: ignore[arg-type]
    bench.commit([Document("a", "gas")])
    bench.commit([], remove=["a"])
    with Snapshot.open(bench.path) as snapshot:
        assert measure_trust(snapshot, bench.encoder) is None  # type: ignore[arg-type]


def test_deleted_passages_are_left_out(make_bench: Callable[[], Bench]) -> None:
    one, other = make_bench(), make_bench()
    documents = [Document(f"d{i}", f"word{i} thing{i}") for i in range(80)]
    chinese = [Document(f"z{i}", chr(0x4E00 + i)) for i in range(60)]
    one.commit([*documents, *chinese])
    one.commit([], remove=[d.id for d in chinese])
    other.commit(documents)
    assert measured(one, AsciiEncoder()) == measured(other, AsciiEncoder())


def test_words_count_more_for_a_query_whose_words_the_model_has_no_tokens_for() -> None:
    assert Fusion().boost("привет мир", 0.5) == pytest.approx(16.0)
    assert Fusion().boost("привет мир", 1.0) == MOST_BOOST
    assert Fusion(unknown_characters=0.5).boost("北京上海", 0.25) == pytest.approx(16.0)  # the greater share
    dense, lexical = matrix([1.0, 1.0], [0.5, 0.4]), matrix([0.0, 2.0], [0.0, 2.0])
    fused = Fusion().fuse(["👎", "gas"], dense, lexical, bounds(4, 4), [1.0, 0.0])
    np.testing.assert_allclose(fused[0], [1.0, 1.0 + WEIGHT * MOST_BOOST], rtol=1e-5)
    np.testing.assert_allclose(
        fused[1], Fusion().fuse(["gas"], dense[1:], lexical[1:], bounds(4))[0], rtol=1e-6
    )

"""The joins of texts against what comparing every pair gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.training.leakage.nearby import encode_all, near_vectors
from simengine.training.leakage.ngrams import shared_ngrams
from simengine.training.leakage.relation import (
    EMBEDDING,
    NEAR,
    NGRAM,
    NORMALISED,
    TextRelation,
    alike_pairs,
    relate,
    strength,
)
from simengine.training.leakage.report import LeakageOptions
from simengine.training.leakage.shingles import shingle_sets, similar_keys
from simengine.training.leakage.tables import TextTable, TextTableBuilder
from simengine.types import FloatMatrix

TEXTS = st.lists(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=9).map(" ".join), min_size=1, max_size=14
)


def table_of(texts: Sequence[str]) -> TextTable:
    builder = TextTableBuilder()
    for text in texts:
        builder.add(text)
    return builder.build()


def halves(table: TextTable) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of keys that overlap."""
    keys = np.arange(table.n_keys)
    return keys[: len(keys) * 2 // 3 + 1], keys[len(keys) // 3 :]


def words(table: TextTable, key: int) -> list[int]:
    return table.words[table.starts[key] : table.starts[key + 1]].tolist()


def shingles(text: list[int]) -> set[object]:
    return {*text, *zip([None, *text], [*text, None], strict=True)}


def test_texts_alike_but_for_spelling_share_a_key() -> None:
    table = table_of(["A b.", "a  B", "b", "A b."])
    assert list(table.texts) == ["A b.", "a  B", "b"]
    assert table.key.tolist() == [0, 0, 1]
    assert table.first_text.tolist() == [0, 2]
    assert [words(table, 0), words(table, 1)] == [[0, 1], [1]]


@given(TEXTS, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_the_jaccard_join_finds_what_comparing_all_pairs_finds(texts: list[str], threshold: float) -> None:
    table = table_of(texts)
    left, right = halves(table)
    expected = {}
    for one in left.tolist():
        for other in right.tolist():
            a, b = shingles(words(table, one)), shingles(words(table, other))
            jaccard = len(a & b) / len(a | b)
            if one != other and jaccard >= threshold:
                expected[one, other] = jaccard
    one, other, similarity = similar_keys(shingle_sets(table), left, right, threshold)
    found = dict(zip(zip(one.tolist(), other.tolist(), strict=True), similarity.tolist(), strict=True))
    assert list(found) == sorted(expected)
    assert found == pytest.approx(expected)


@given(TEXTS, st.integers(2, 5), st.integers(1, 4), st.integers(1, 4))
def test_the_ngram_join_finds_what_comparing_all_pairs_finds(
    texts: list[str], n_words: int, min_words: int, max_texts: int
) -> None:
    table = table_of(texts)
    left, right = halves(table)
    expected, common = {}, set()
    for held in right.tolist():
        text = words(table, held)
        n = min(n_words, len(text))
        if n < min_words:
            continue
        runs = [tuple(text[place : place + n]) for place in range(len(text) - n + 1)]
        owners = {
            run: {key for key in left.tolist() if run in windows(words(table, key), n)} for run in set(runs)
        }
        common |= {run for run, keys in owners.items() if len(keys) > max_texts}
        for train in left.tolist():
            hits = sum(train in owners[run] and len(owners[run]) <= max_texts for run in runs)
            if hits and train != held:
                expected[held, train] = hits / len(runs)
    shared = shared_ngrams(table, left, right, n_words=n_words, min_words=min_words, max_texts=max_texts)
    pairs = zip(shared.held_out.tolist(), shared.train.tolist(), strict=True)
    found = dict(zip(pairs, shared.share.tolist(), strict=True))
    assert list(found) == sorted(expected)
    assert found == pytest.approx(expected)
    assert shared.n_common == len(common)


def windows(text: list[int], n: int) -> set[tuple[int, ...]]:
    return {tuple(text[place : place + n]) for place in range(len(text) - n + 1)}


class Angles:
    """A text is an angle in degrees; its vector lies there on the unit circle."""

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).reshape(-1, 2)


def test_near_vectors_are_those_above_the_cosine() -> None:
    left = Angles().encode(["0", "30", "90"])
    right = Angles().encode(["1", "60", "91", "181"])
    one, other, cosine = near_vectors(left, right, float(np.cos(np.radians(35))))
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)]
    assert cosine == pytest.approx(np.cos(np.radians([1, 29, 30, 30, 1])), abs=1e-6)
    assert [len(column) for column in near_vectors(left[:0], right, 0.5)] == [0, 0, 0]


def test_vectors_that_are_not_normalised_are_refused() -> None:
    class Long(Angles):
        def encode(self, texts: Sequence[str]) -> FloatMatrix:
            return 2 * super().encode(texts)

    with pytest.raises(UsageError, match="expected 1"):
        encode_all(Long(), ["1"])
    assert encode_all(Angles(), []).shape == (0, 2)


def test_a_pair_of_texts_keeps_its_strongest_likeness() -> None:
    table = table_of(["10", "20", "20.", "90"])
    keys = np.arange(table.n_keys)
    assert table.n_keys == 3
    relation = relate(table, keys, keys, LeakageOptions(cosine=0.9), Angles())
    assert relation.find(np.array([0, 0, 1, 0]), np.array([0, 1, 0, 2])) == pytest.approx(
        [strength(NORMALISED), strength(EMBEDDING, 0.9848), strength(EMBEDDING, 0.9848), -1], abs=1e-4
    )


def test_kinds_order_by_strength_whatever_the_similarity() -> None:
    assert strength(EMBEDDING, 1.0) < strength(NGRAM, 0.01) < strength(NEAR, 0.8) < strength(NORMALISED)


@given(st.data())
def test_alike_pairs_are_all_pairs_with_two_alike_texts(data: st.DataObject) -> None:
    n_keys = 6
    key = st.integers(0, n_keys - 1)
    related = data.draw(st.dictionaries(st.tuples(key, key), st.sampled_from([1.0, 5.5, 7.0])))
    pairs = st.lists(st.tuples(key, key), max_size=12)
    left, right = data.draw(pairs), data.draw(pairs)
    ordered = sorted(related)
    relation = TextRelation(
        n_keys,
        np.array([one * n_keys + other for one, other in ordered], np.int64),
        np.array([related[pair] for pair in ordered]),
        0,
    )
    found = {}
    as_keys = [np.array(side, np.int64).reshape(-1, 2) for side in (left, right)]
    for i, j, strengths in alike_pairs(relation, *as_keys):
        for a, b, value in zip(i.tolist(), j.tolist(), strengths.tolist(), strict=True):
            assert (a, b) not in found
            found[a, b] = value
    assert found == {
        (i, j): min(related[r1, l1], related[r2, l2])
        for i, (r1, r2) in enumerate(right)
        for j, (l1, l2) in enumerate(left)
        if (r1, l1) in related and (r2, l2) in related
    }

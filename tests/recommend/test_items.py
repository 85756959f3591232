"""Items: normalised vectors, means of passages, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.recommend import ItemVectors
from tests.recommend.worlds import Words


def test_vectors_are_normalised_and_unit_ones_are_not_copied() -> None:
    made = ItemVectors.from_vectors(["a", 2], np.array([[3.0, 4.0], [0.0, 2.0]]))
    np.testing.assert_allclose(made.vectors, [[0.6, 0.8], [0, 1]], atol=1e-7)
    assert made.ids.tolist() == ["a", "2"]
    unit = np.eye(3, dtype=np.float32)
    assert ItemVectors.from_vectors(list("abc"), unit).vectors is unit


def test_passages_give_the_normalised_mean_in_any_order() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((6, 4)).astype(np.float32)
    owners = np.array([2, 0, 1, 2, 2, 0])
    made = ItemVectors.from_passages(["a", "b", "c"], vectors, owners)
    for item in range(3):
        mean = vectors[owners == item].mean(axis=0)
        np.testing.assert_allclose(made.vectors[item], mean / np.linalg.norm(mean), atol=1e-6)
    with pytest.raises(UsageError, match="'d' has no passage"):
        ItemVectors.from_passages(["a", "b", "c", "d"], vectors, owners)


def test_texts_are_encoded() -> None:
    made = ItemVectors.from_texts(["a"], ["rocket planet"], Words())
    np.testing.assert_allclose(made.vectors, Words().encode(["rocket planet"]), atol=1e-6)


@pytest.mark.parametrize(
    ("ids", "vectors", "message"),
    [
        (["a", "a"], np.eye(2), "twice"),
        (["a"], np.eye(2), "1 ids"),
        (["a"], np.zeros((1, 2)), "length 0"),
        (["a"], np.array([[np.nan, 1]]), "length nan"),
        ([""], np.ones((1, 2)), "blank"),
    ],
)
def test_what_does_not_fit_is_refused(ids: list[str], vectors: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ItemVectors.from_vectors(ids, vectors)


@pytest.mark.parametrize("texts", [[" "], [None], "text"])
def test_texts_that_are_none_are_refused(texts: object) -> None:
    with pytest.raises(UsageError):
        ItemVectors.from_texts(["a"], texts, Words())  # type: ignore[arg-type]

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simengine.corpus.examples import canonical_label
from simengine.cross_encoders.labels import nli_columns, sigmoid, softmax
from simengine.errors import UsageError


@pytest.mark.parametrize(
    ("given_name", "canonical"),
    [
        ("entailment", "entailment"),
        ("ENTAILMENT", "entailment"),
        ("Entails", "entailment"),
        ("e", "entailment"),
        (" N ", "neutral"),
        ("Neutral", "neutral"),
        ("contradictory", "contradiction"),
        ("C", "contradiction"),
        ("not_entailment", None),
        ("LABEL_0", None),
        ("0", None),
        ("", None),
        ("en", None),
        ("similar", None),
    ],
)
def test_aliases_are_read_in_any_case(given_name: str, canonical: str | None) -> None:
    assert canonical_label(given_name) == canonical


@settings(deadline=None)
@given(st.permutations(["entailment", "neutral", "contradiction"]))
def test_columns_find_each_label(labels: list[str]) -> None:
    columns = nli_columns(labels)
    assert [labels[column] for column in columns] == ["entailment", "neutral", "contradiction"]


@pytest.mark.parametrize(
    "labels", [("LABEL_0", "LABEL_1", "LABEL_2"), ("0", "1", "2"), ("label 0", "label 1", "label 2")]
)
def test_unnamed_labels_are_refused_with_a_solution(labels: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=r"--labels.*id2label"):
        nli_columns(labels)


@pytest.mark.parametrize("labels", [("score",), ("entailment", "not_entailment"), ("e", "n", "c", "other")])
def test_other_models_are_distinguished_from_unnamed_ones(labels: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="not an NLI model"):
        nli_columns(labels)


@pytest.mark.parametrize(
    "mapping",
    [{}, {"LABEL_0": "entailment"}, {"a": "entailment", "b": "neutral", "c": "contradiction"},
     {"LABEL_0": "entailment", "LABEL_1": "entailment", "LABEL_2": "neutral"}],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        nli_columns(("LABEL_0", "LABEL_1", "LABEL_2"), mapping)


FINITE = st.floats(-500, 500, width=32)


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(1, 4)), elements=FINITE))
def test_softmax_rows_sum_to_one_and_keep_the_order(logits: np.ndarray) -> None:
    got = softmax(logits)
    assert got.dtype == np.float32
    assert got.shape == logits.shape
    np.testing.assert_allclose(got.sum(axis=1), 1.0, atol=1e-6)
    rows = np.arange(len(got))
    np.testing.assert_array_equal(got[rows, logits.argmax(axis=1)], got.max(axis=1, initial=0.0))


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.integers(0, 9), elements=FINITE))
def test_sigmoid_equals_the_formula_without_overflow(logits: np.ndarray) -> None:
    got = sigmoid(logits)
    assert got.dtype == np.float32
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(
            got, 1 / (1 + np.exp(-logits.astype(np.longdouble))), rtol=1e-6, atol=1e-38
        )
    assert ((got >= 0) & (got <= 1)).all()

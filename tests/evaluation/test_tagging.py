"""Entity F1: conlleval's rules, worked by hand and by an oracle of their own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.evaluation.tagging import TokenSpan, evaluate_tagging, find_entities, tagging_units

GOLD = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-LOC", "B-LOC"], ["O"]]
PREDICTED = [["B-PER", "I-PER", "O", "B-PER"], ["O", "B-LOC", "I-LOC"], ["O"]]


def test_three_sentences_worked_by_hand() -> None:
    result = evaluate_tagging(GOLD, PREDICTED)
    # Found: the person of sentence 1; a wrong person; one location over two tokens that are two locations.
    assert (result.precision, result.recall) == (pytest.approx(1 / 3), 0.25)
    assert result.f1 == pytest.approx(2 * 1 / (3 + 4))
    location, person = result.types
    assert (location.type, location.n_right, location.n_predicted, location.n_gold) == ("LOC", 0, 1, 3)
    assert (person.type, person.n_right, person.n_predicted, person.n_gold) == ("PER", 1, 2, 1)
    assert (person.precision, person.recall, person.f1) == (0.5, 1.0, pytest.approx(2 / 3))
    assert result.macro_f1 == pytest.approx(1 / 3)
    assert (result.n_sentences, result.n_tokens, result.token_accuracy) == (3, 8, 6 / 8)


@pytest.mark.parametrize(
    ("tags", "entities"),
    [
        (["I-LOC", "I-LOC"], [TokenSpan(0, 2, "LOC")]),  # an I- without B- begins one
        (["O", "I-LOC", "B-LOC"], [TokenSpan(1, 2, "LOC"), TokenSpan(2, 3, "LOC")]),
        (["B-LOC", "I-PER"], [TokenSpan(0, 1, "LOC"), TokenSpan(1, 2, "PER")]),  # another type begins another
        (["B-a-b", "I-a-b"], [TokenSpan(0, 2, "a-b")]),
        (["O"], []),
        ([], []),
    ],
)
def test_entities_are_those_of_conlleval(tags: list[str], entities: list[TokenSpan]) -> None:
    assert find_entities([tags]) == [entities]


tags = st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"])
sentences = st.lists(st.lists(st.tuples(tags, tags), min_size=1, max_size=8), min_size=1, max_size=6)


def oracle(line: list[str]) -> set[tuple[int, int, str]]:
    """Chunks as conlleval begins and ends them: by the tags before and after."""
    padded = ["O", *line, "O"]
    starts, ends = [], []
    for place in range(1, len(padded)):
        before, tag = padded[place - 1], padded[place]
        changed = tag[2:] != before[2:]
        if before != "O" and (tag == "O" or tag[0] == "B" or changed):
            ends.append(place - 1)
        if tag != "O" and (before == "O" or tag[0] == "B" or changed):
            starts.append(place - 1)
    return {(start, end, line[start][2:]) for start, end in zip(starts, ends, strict=True)}


@given(sentences)
def test_figures_are_those_of_conlleval(rows: list[list[tuple[str, str]]]) -> None:
    gold = [[g for g, _ in row] for row in rows]
    predicted = [[p for _, p in row] for row in rows]
    chunks = [(oracle(g), oracle(p)) for g, p in zip(gold, predicted, strict=True)]
    right = sum(len(g & p) for g, p in chunks)
    n_gold, n_predicted = (sum(len(pair[side]) for pair in chunks) for side in (0, 1))
    result = evaluate_tagging(gold, predicted)
    assert result.precision == pytest.approx(right / n_predicted if n_predicted else 0)
    assert result.recall == pytest.approx(right / n_gold if n_gold else 0)
    assert result.f1 == pytest.approx(2 * right / (n_gold + n_predicted) if n_gold + n_predicted else 0)
    measured = tagging_units(gold, predicted).measure_all()
    assert measured == pytest.approx(
        {"precision": result.precision, "recall": result.recall, "f1": result.f1}
    )
    for one in result.types:
        assert one.n_right == sum(len({e for e in g & p if e[2] == one.type}) for g, p in chunks)
        assert one.n_gold == sum(len({e for e in g if e[2] == one.type}) for g, _ in chunks)


def test_sentences_without_entities_are_right_when_nothing_is_found() -> None:
    units = tagging_units([["O"], ["O"], ["B-a"]], [["O"], ["B-a"], ["B-a"]])
    assert np.array_equal(units.values(), [1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([], [], "at least one"),
        ([["O"]], [["O"], ["O"]], "1 sentences, at least one, got 2"),
        ([["O", "O"]], [["O"]], "sentence 1 has 2 tokens and 1 predicted tags"),
        ([["O"]], [["E-LOC"]], "sentence 1 has the predicted tag 'E-LOC'; expected O, B-type or I-type"),
        ([["B-"]], [["O"]], "gold tag 'B-'"),
        ([["PER"]], [["O"]], "gold tag 'PER'"),
    ],
)
def test_what_cannot_be_judged_is_refused(gold, predicted, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate_tagging(gold, predicted)

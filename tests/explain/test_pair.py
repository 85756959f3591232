"""Contributions, alignment and faithfulness against what the definitions give by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.explain import ExplainOptions, explain_pair
from simengine.explain.faithfulness import RankedText, measure_faithfulness, removal_sizes
from simengine.explain.words import word_spans
from tests.explain.encoder import SumEncoder

NAMES = ["red", "green", "blue", "cat", "dog", "runs", "sleeps", "fast"]
WORDS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=7)


def without(words: list[str], place: int) -> str:
    return " ".join(words[:place] + words[place + 1 :])


@settings(max_examples=30, deadline=None)
@given(WORDS, WORDS)
def test_contribution_is_the_mean_of_what_the_word_adds_last_and_first(
    one: list[str], two: list[str]
) -> None:
    encoder = SumEncoder()
    a, b = " ".join(one), " ".join(two)
    found = explain_pair(encoder, a, b, ExplainOptions(draws=0))
    cosine = float(encoder.vector(a) @ encoder.vector(b))
    assert found.cosine == pytest.approx(cosine, abs=1e-5)
    for text, words, other, explained in ((a, one, b, found.first), (b, two, a, found.second)):
        target = encoder.vector(other)
        for place, word in enumerate(explained.words):
            last = cosine - encoder.vector(without(words, place)) @ target
            first = (encoder.vector(words[place]) - encoder.vector("")) @ target
            assert word.loss == pytest.approx(last, abs=1e-5)
            assert word.contribution == pytest.approx((last + first) / 2, abs=1e-5)
            assert text[word.start : word.end] == word.text == words[place]


@settings(max_examples=30, deadline=None)
@given(WORDS, WORDS)
def test_interaction_is_the_second_order_difference(one: list[str], two: list[str]) -> None:
    encoder = SumEncoder()
    a, b = " ".join(one), " ".join(two)
    found = explain_pair(encoder, a, b, ExplainOptions(draws=0))
    cosine = lambda x, y: float(encoder.vector(x) @ encoder.vector(y))  # noqa: E731
    expected = np.array(
        [
            [
                cosine(a, b)
                - cosine(without(one, i), b)
                - cosine(a, without(two, j))
                + cosine(without(one, i), without(two, j))
                for j in range(len(two))
            ]
            for i in range(len(one))
        ]
    )
    assert found.interactions.shape == (len(one), len(two))
    np.testing.assert_allclose(found.interactions, expected, atol=1e-5)


def test_words_with_the_same_direction_are_partners_and_others_have_none() -> None:
    axes = np.eye(6)
    encoder = SumEncoder(
        {
            "guitar": axes[0],
            "banjo": axes[0],
            "man": axes[1],
            "guy": axes[1],
            "loud": axes[2],
            "green": axes[3],
        }
    )
    found = explain_pair(encoder, "man guitar loud", "banjo green guy", ExplainOptions(draws=0))
    assert [word.partner for word in found.first.words] == [2, 0, None]
    assert [word.partner for word in found.second.words] == [1, None, 0]
    assert [word.alignment for word in found.second.words] == pytest.approx([1.0, 0.0, 1.0], abs=0.6)
    assert found.first.words[1].loss > 0 > found.first.words[2].loss


def test_swapping_the_texts_swaps_the_explanation() -> None:
    one = explain_pair(SumEncoder(), "the cat sleeps", "a dog runs fast")
    two = explain_pair(SumEncoder(), "a dog runs fast", "the cat sleeps")
    assert one.first == two.second
    assert one.second == two.first
    np.testing.assert_allclose(one.interactions, two.interactions.T, atol=1e-6)


def test_equal_texts_have_cosine_1_and_no_word_adds_more_than_it_has() -> None:
    found = explain_pair(SumEncoder(), "the cat sleeps", "the cat sleeps")
    assert found.cosine == pytest.approx(1.0)
    assert [word.partner for word in found.first.words] == [0, 1, 2]
    assert all(word.contribution > 0 for word in found.first.words)


def test_chinese_is_explained_by_characters() -> None:
    found = explain_pair(SumEncoder(), "猫喜欢睡觉。", "小猫在睡觉", ExplainOptions(draws=0))
    assert [word.text for word in found.first.words] == ["猫", "喜", "欢", "睡", "觉"]
    assert [(word.start, word.end) for word in found.first.words] == [(i, i + 1) for i in range(5)]
    assert found.first.words[0].partner == 1
    assert found.first.words[3].partner == 3


def test_without_the_figure_one_batch_of_encodings_is_made() -> None:
    encoder = SumEncoder()
    found = explain_pair(encoder, "the cat sleeps", "a dog runs fast", ExplainOptions(draws=0))
    whole, leaving_out, alone, nothing = 2, 3 + 4, 7, 1
    assert [len(texts) for texts, _ in encoder.calls] == [whole + leaving_out + alone + nothing]
    assert found.n_encodings == 17
    assert found.faithfulness is None


def test_roles_of_query_and_passage_reach_the_encoder() -> None:
    encoder = SumEncoder()
    explain_pair(encoder, "the cat sleeps", "a dog runs", ExplainOptions(roles=("query", "passage"), draws=0))
    assert [role for _, role in encoder.calls] == ["query", "passage"]


def test_a_word_that_stands_in_both_texts_is_encoded_alone_once() -> None:
    encoder = SumEncoder()
    explain_pair(encoder, "cat cat dog", "dog runs", ExplainOptions(draws=0))
    ((texts, _),) = encoder.calls
    assert sorted(texts) == sorted(
        ["cat cat dog", "cat dog", "cat dog", "cat cat", "dog runs", "runs", "dog", "cat", "dog", "runs", ""]
    )


def test_a_single_word_contributes_what_its_text_has_over_an_empty_one() -> None:
    encoder = SumEncoder()
    found = explain_pair(encoder, "cat", "dog runs")
    expected = found.cosine - encoder.vector("") @ encoder.vector("dog runs")
    assert found.first.words[0].contribution == pytest.approx(expected, abs=1e-5)


def test_what_the_model_does_not_read_is_counted_and_not_explained() -> None:
    encoder = SumEncoder(max_tokens=5)
    found = explain_pair(encoder, "one two three four five", "one", ExplainOptions(draws=0))
    assert [word.text for word in found.first.words] == ["one", "two", "three"]
    assert (found.first.n_read, found.first.n_truncated) == (13, 2)
    expected = encoder.vector("one two three") @ encoder.vector("one")
    assert found.cosine == pytest.approx(expected, abs=1e-5)
    # Leaving out a word must not let a word in that was not read.
    assert found.first.words[2].loss == pytest.approx(
        expected - encoder.vector("one two") @ encoder.vector("one"), abs=1e-5
    )


def test_a_long_text_is_explained_by_runs_of_words_that_cover_it() -> None:
    text = " ".join(f"w{number}" for number in range(100))
    found = explain_pair(SumEncoder(), text, "w1 w2", ExplainOptions(max_words=8, draws=0))
    assert len(found.first.words) == 8
    assert " ".join(word.text for word in found.first.words) == text


@pytest.mark.parametrize(("one", "two"), [("", "a"), ("a", " \n"), (3, "a")])
def test_a_blank_text_is_refused(one: str, two: str) -> None:
    with pytest.raises(UsageError, match=r"text [12] is"):
        explain_pair(SumEncoder(), one, two)


@pytest.mark.parametrize("options", [{"max_words": 1}, {"draws": -1}, {"min_alignment": 0.0}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="expected"):
        ExplainOptions(**options)  # type: ignore[arg-type]


def test_a_single_word_beside_a_single_word_has_no_figure() -> None:
    found = explain_pair(SumEncoder(), "cat", "dog")
    assert found.faithfulness is None
    assert len(found.first.words) == len(found.second.words) == 1


def test_removal_sizes_are_several_words_and_never_all() -> None:
    assert [removal_sizes(n) for n in range(6)] == [[], [], [], [2], [2], [2]]
    assert removal_sizes(20) == [4, 7, 10]


def test_faithfulness_is_the_mean_loss_of_joint_removals_by_rank() -> None:
    encoder = SumEncoder()
    text, other = "red green blue cat dog runs", "red cat sleeps"
    spans, order = word_spans(text), [3, 0, 4, 1, 2, 5]
    vector = encoder.vector(other).astype(np.float32)
    cosine = float(encoder.vector(text) @ encoder.vector(other))
    found = measure_faithfulness(
        cosine, [RankedText(text, spans, order, vector, encoder.encode)], draws=50, seed=1
    )
    assert found is not None
    words = text.split()
    expected = []
    for size in (2, 3):
        kept = [word for place, word in enumerate(words) if place not in order[:size]]
        expected.append(cosine - encoder.vector(" ".join(kept)) @ encoder.vector(other))
    assert found.drop == pytest.approx(np.mean(expected), abs=1e-5)
    assert (found.n_removals, found.n_draws) == (2, 100)
    assert found.gain == found.drop - found.random_drop


def test_a_ranking_turned_round_is_found_unfaithful() -> None:
    axes = np.eye(8)
    names = ["red", "green", "blue", "cat", "dog", "runs"]
    encoder = SumEncoder({name: axes[place] for place, name in enumerate(names)} | {"end": axes[7]})
    text, other = " ".join(names), "red cat"
    spans, vector = word_spans(text), encoder.vector(other).astype(np.float32)
    cosine = float(encoder.vector(text) @ encoder.vector(other))
    good, bad = (
        measure_faithfulness(
            cosine, [RankedText(text, spans, order, vector, encoder.encode)], draws=20, seed=0
        )
        for order in ([0, 3, 1, 2, 4, 5], [5, 4, 2, 1, 3, 0])
    )
    assert good is not None
    assert bad is not None
    assert good.gain > 0 > bad.gain
    assert good.beaten > 0.5 > bad.beaten


def test_the_figure_is_the_same_again_with_the_same_seed() -> None:
    texts = "red green blue cat dog", "blue dog runs fast"
    assert explain_pair(SumEncoder(), *texts).faithfulness == explain_pair(SumEncoder(), *texts).faithfulness

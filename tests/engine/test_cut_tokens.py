"""Counts of truncated tokens, against the encoder's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simengine.engine.encoder import count_cut_tokens
from tests.faults.encoder import MAX_TOKENS, WordEncoder

ENCODER = WordEncoder()
ROOM = MAX_TOKENS - ENCODER.tokenizer.n_special_tokens


@given(
    st.lists(
        st.lists(st.sampled_from(["word", "猫", "a", ".", "naïve"]), max_size=40).map(" ".join), max_size=5
    )
)
def test_counts_are_those_of_the_encoder(texts: list[str]) -> None:
    assert count_cut_tokens(ENCODER, texts) == ENCODER.encode_counted(texts).n_truncated.tolist()


def test_a_text_that_just_fits_is_not_cut() -> None:
    assert count_cut_tokens(ENCODER, [" ".join(["w"] * ROOM), " ".join(["w"] * (ROOM + 1))]) == [0, 1]


def test_no_texts_give_no_counts() -> None:
    assert count_cut_tokens(ENCODER, []) == []

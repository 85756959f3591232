from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.cross_encoders.windows import predict_in_windows, sentence_spans
from simengine.types import Span
from tests.cross_encoders.fakes import WordModel

TEXT = "One cat sleeps.  Two dogs bark! 三只鸟在飞。 Dr. No left.\n\nEnd"


def test_sentences_have_no_white_space_at_their_ends() -> None:
    spans = sentence_spans(TEXT, Span(0, len(TEXT)))
    assert [TEXT[span.start : span.end] for span in spans] == [
        "One cat sleeps.", "Two dogs bark!", "三只鸟在飞。", "Dr. No left.", "End",
    ]  # fmt: skip


def test_sentences_of_a_part_have_offsets_into_the_whole() -> None:
    start = TEXT.index("Two")
    spans = sentence_spans(TEXT, Span(start, start + 19))
    assert [TEXT[span.start : span.end] for span in spans] == ["Two dogs bark!", "三只鸟在"]


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_a_blank_text_is_its_own_sentence(text: str) -> None:
    assert sentence_spans(text, Span(0, len(text))) == [Span(0, len(text))]


@settings(deadline=None)
@given(st.lists(st.integers(0, 90), max_size=6), st.integers(0, 30), st.sampled_from([0, 1]))
def test_windows_cover_every_word_of_the_long_text(lengths: list[int], n_other: int, side: int) -> None:
    model = WordModel(("score",), (0.0,))
    pairs = []
    for row, n in enumerate(lengths):
        words = " ".join(f"w{row}.{i}" for i in range(n))
        other = "x " * n_other
        pairs.append((words, other) if side == 0 else (other, words))
    got = predict_in_windows(model, pairs, long_side=side)  # type: ignore[arg-type]
    assert len(got.starts) == len(pairs) + 1
    assert len(got.spans) == len(got.logits) == len(got.n_truncated) == got.starts[-1]
    for row, group in enumerate(got.groups()):
        text = pairs[row][side]
        seen = {word for span in got.spans[group] for word in text[span.start : span.end].split()}
        assert seen == set(text.split())
    words_read = {word for pair in model.seen for word in pair[side].split()}
    assert words_read == {word for pair in pairs for word in pair[side].split()}

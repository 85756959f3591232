"""Passages reproduce the text, cover it, fit the model by its own tokenizer, and end where sentences end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.corpus.chunk import Chunker, ChunkSettings, passage_text
from simengine.errors import UsageError
from simengine.types import Document, Span

ENGLISH_PARTS = [
    *["The cat sat.", "Dr. Smith paid 3.50 for it!", "Why?", "a, b; c:", "supercalifragilistic", "word"],
    *[
        "e.g. this\n",
        '"Quoted text."',
        "Antidisestablishmentarianism's",
        "http://a.b/c?d=e",
        "- item",
        "\n\n",
    ],
]
CHINESE_PARTS = [
    "他们在北京学习中文。",
    "为什么？",
    "因为，",
    "好！",
    "没有标点的长句子",
    "「引用。」",
    "\n",
    "３．１",
]
ODD = "a b.\n\t。，\u3000\u200b\u00ad힣각가ﷺ½e\u0301\U0001f468\u200d\U0001f469\x01\x1c\u2028ÀİßA1"
ENGLISH = st.lists(st.sampled_from(ENGLISH_PARTS), max_size=60).map(" ".join)
CHINESE = st.lists(st.sampled_from(CHINESE_PARTS), max_size=60).map("".join)
WEIRD = st.text(st.sampled_from(ODD), max_size=400)
ANY = st.text(max_size=300)
TEXTS = st.one_of(ENGLISH, CHINESE, WEIRD, ANY, st.tuples(ENGLISH, CHINESE, WEIRD, ENGLISH).map("".join))
PROPERTIES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class CharacterTokenizer:
    """One token per character that is not white space: every count can be done by hand."""

    n_special_tokens = 2

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        return [
            np.array([(i, i + 1) for i, char in enumerate(text) if not char.isspace()], np.int32).reshape(
                -1, 2
            )
            for text in texts
        ]


class WordTokenizer:
    """One token per run of characters between blanks."""

    n_special_tokens = 0

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        found = []
        for text in texts:
            starts = [
                i for i, char in enumerate(text) if not char.isspace() and (i == 0 or text[i - 1].isspace())
            ]
            found.append(np.array([(i, i + 1) for i in starts], np.int32).reshape(-1, 2))
        return found


class ByteTokenizer:
    """One token per UTF-8 byte, and one more for a text that does not begin with a blank."""

    n_special_tokens = 2

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        found = []
        for text in texts:
            starts = [i for i, char in enumerate(text) for _ in char.encode("utf-8", "surrogatepass")]
            if text and not text[0].isspace():
                starts.insert(0, 0)
            found.append(np.array([(i, i + 1) for i in starts], np.int32).reshape(-1, 2))
        return found


def pieces(text: str, max_tokens: int, overlap: int = 0, title: str = "") -> list[str]:
    chunker = Chunker(WordTokenizer(), ChunkSettings(max_tokens, overlap))
    return [text[span.start : span.end] for span in chunker.split([Document("d", text, title)])[0]]


def assert_sound(text: str, spans: list[Span]) -> None:
    """Trimmed, ascending, in bounds, and covering every character that is not white space."""
    covered = [False] * len(text)
    assert spans
    for span in spans:
        assert 0 <= span.start <= span.end <= len(text)
        piece = text[span.start : span.end]
        assert piece == piece.strip()
        covered[span.start : span.end] = [True] * (span.end - span.start)
    assert all(done or char.isspace() for done, char in zip(covered, text, strict=True))
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(spans))
    assert text.strip() == "" or all(span.end > span.start for span in spans)


@PROPERTIES
@given(text=TEXTS, title=st.sampled_from(["", "A title", "标题"]), max_tokens=st.sampled_from([16, 32, 64]))
def test_passages_cover_the_text_and_fit_the_model(
    minilm: Any, text: str, title: str, max_tokens: int
) -> None:
    document = Document("d", text, title)
    spans = Chunker(minilm, ChunkSettings(max_tokens, max_tokens // 4)).split([document])[0]
    assert_sound(text, spans)
    for span in spans:
        assert minilm.count(passage_text(document, span)) <= max_tokens


@PROPERTIES
@given(
    text=st.text(st.sampled_from("abc .。，\n힣가"), max_size=300),
    max_tokens=st.integers(8, 40),
    data=st.data(),
)
def test_any_overlap_and_budget_is_sound_by_hand_count(
    text: str, max_tokens: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, max_tokens // 2))
    tokenizer = CharacterTokenizer()
    spans = Chunker(tokenizer, ChunkSettings(max_tokens, overlap)).split([Document("d", text)])[0]
    assert_sound(text, spans)
    for span in spans:
        assert len(tokenizer.offsets([text[span.start : span.end]])[0]) + 2 <= max_tokens
    for before, after in pairwise(spans):
        if after.start < before.end:
            assert len(tokenizer.offsets([text[after.start : before.end]])[0]) <= overlap


@PROPERTIES
@given(text=TEXTS, title=st.sampled_from(["", "Title"]), max_tokens=st.integers(16, 40))
def test_bytes_as_tokens_fit_too(text: str, title: str, max_tokens: int) -> None:
    document, tokenizer = Document("d", text, title), ByteTokenizer()
    spans = Chunker(tokenizer, ChunkSettings(max_tokens, max_tokens // 4)).split([document])[0]
    assert_sound(text, spans)
    for span in spans:
        n_tokens = len(tokenizer.offsets([passage_text(document, span)])[0])
        assert n_tokens + 2 <= max_tokens or span.end - span.start <= 1


@PROPERTIES
@given(texts=st.lists(TEXTS, max_size=6))
def test_splitting_together_equals_splitting_alone(minilm: Any, texts: list[str]) -> None:
    chunker = Chunker(minilm, ChunkSettings(32, 8))
    documents = [Document(str(i), text) for i, text in enumerate(texts)]
    assert chunker.split(documents) == [chunker.split([one])[0] for one in documents]


def test_blank_texts_and_empty_batches(minilm: Any) -> None:
    chunker = Chunker(minilm, ChunkSettings(16, 4))
    assert chunker.split([]) == []
    documents = [Document("a", ""), Document("b", " \n\t"), Document("c", "", "only a title")]
    assert chunker.split(documents) == [[Span(0, 0)]] * 3
    assert passage_text(documents[2], Span(0, 0)) == "only a title"


def test_passage_text_is_title_space_text() -> None:
    assert passage_text(Document("a", "some text", "Title"), Span(5, 9)) == "Title text"
    assert passage_text(Document("a", "some text", "  "), Span(0, 4)) == "some"


def test_short_ascii_documents_need_no_tokenizer(minilm: Any) -> None:
    before = minilm.n_texts
    chunker = Chunker(minilm, ChunkSettings(64, 8))
    assert chunker.split([Document("a", " short text ", "title")]) == [[Span(1, 11)]]
    assert minilm.n_texts == before
    chunker.split([Document("a", "각" * 20)])
    assert minilm.n_texts > before


def test_one_character_may_be_several_tokens(minilm: Any) -> None:
    document = Document("a", "각 " * 40)
    assert minilm.count("각") == 5
    spans = Chunker(minilm, ChunkSettings(32, 0)).split([document])[0]
    assert len(spans) == 4
    assert all(minilm.count(passage_text(document, span)) == 32 for span in spans)


def test_a_text_that_just_fits_is_one_passage_and_one_more_word_makes_two() -> None:
    assert pieces("w " * 10, 10) == [("w " * 10).strip()]
    assert pieces("w " * 11, 10) == [("w " * 10).strip(), "w"]


def test_passages_end_with_sentences_and_repeat_whole_ones() -> None:
    text = "One two three. Four five six. Seven eight nine. Ten eleven twelve."
    assert pieces(text, 9) == ["One two three. Four five six. Seven eight nine.", "Ten eleven twelve."]
    assert pieces(text, 9, 4) == [
        "One two three. Four five six. Seven eight nine.",
        "Seven eight nine. Ten eleven twelve.",
    ]


def test_the_next_sentence_goes_before_the_overlap() -> None:
    text = "One two three. Four five six. A b c d e f g h i."
    assert pieces(text, 9, 4) == ["One two three. Four five six.", "A b c d e f g h i."]


def test_a_long_sentence_is_repeated_in_part() -> None:
    text = "A b c d e f, g h. I j k l m."
    assert pieces(text, 9, 4) == ["A b c d e f, g h.", "g h. I j k l m."]


def test_a_sentence_that_cannot_fit_is_cut_at_clauses_then_words() -> None:
    text = "a b c d e f, g h i j k l m n o p q r s t."
    assert pieces(text, 8) == ["a b c d e f,", "g h i j k l m n", "o p q r s t."]


def test_a_sentence_that_must_be_cut_fills_a_half_empty_passage() -> None:
    assert pieces("One. " + "w " * 20, 8)[0] == "One. " + "w " * 6 + "w"


def test_chinese_sentences_end_without_spaces(minilm: Any) -> None:
    text = "他们在北京学习中文。为什么呢？因为他们喜欢！很好；「真的。」完"
    spans = Chunker(minilm, ChunkSettings(14, 0)).split([Document("d", text)])[0]
    assert [text[span.start : span.end] for span in spans] == [
        "他们在北京学习中文。",
        "为什么呢？因为他们喜欢！",
        "很好；「真的。」完",
    ]


def test_chinese_passages_are_not_tokenised_twice_where_cuts_are_safe(minilm: Any) -> None:
    chunker = Chunker(minilm, ChunkSettings(32, 0))
    assert chunker._isolates_cjk
    before = minilm.n_texts
    spans = chunker.split([Document("d", "他们在北京学习中文，因为他们喜欢。" * 50)])[0]
    assert len(spans) == 50
    assert minilm.n_texts == before + 1


def test_unspaced_text_is_cut_at_tokens_with_overlap(minilm: Any) -> None:
    text = "中文字" * 100
    spans = Chunker(minilm, ChunkSettings(34, 8)).split([Document("d", text)])[0]
    assert [(s.start, s.end) for s in spans[:3]] == [(0, 32), (24, 56), (48, 80)]


def test_title_counts_in_the_budget() -> None:
    assert pieces("w " * 12, 10, title="a b c d") == [" ".join("w" * 6)] * 2


def test_a_title_beyond_the_budget_leaves_a_quarter_to_the_text() -> None:
    assert pieces("w " * 4, 8, title="t " * 50) == ["w w", "w w"]


def test_a_part_of_a_word_may_have_more_tokens_than_the_whole(minilm: Any) -> None:
    text = "abcdefghij" * 20
    assert minilm.count(text) == 3
    document = Document("d", text * 3)
    spans = Chunker(minilm, ChunkSettings(8, 0)).split([document])[0]
    assert_sound(document.text, spans)
    assert all(minilm.count(passage_text(document, span)) <= 8 for span in spans)


def test_long_text_without_any_space_is_cut_by_characters(minilm: Any) -> None:
    text = "abcdefghij" * 20_000
    spans = Chunker(minilm, ChunkSettings(256, 32)).split([Document("d", text)])[0]
    assert_sound(text, spans)
    assert max(span.end - span.start for span in spans) <= 254 * 64


@pytest.mark.parametrize(
    "text", ["word " * 100_000, "。" * 50_000, ". " * 50_000, "a" + " " * 2_000_000 + "b"]
)
def test_large_texts_are_covered(minilm: Any, text: str) -> None:
    spans = Chunker(minilm, ChunkSettings(256, 32)).split([Document("d", text)])[0]
    assert_sound(text, spans)


def test_blocks_of_long_texts_are_invisible() -> None:
    text = "This is a sentence of seven words. " * 3000
    found = pieces(text, 70)
    assert set(found[:-1]) == {("This is a sentence of seven words. " * 10).strip()}
    assert len(found) == 300


@pytest.mark.parametrize(("max_tokens", "overlap"), [(7, 0), (16, -1), (16, 9)])
def test_settings_out_of_range_are_usage_errors(max_tokens: int, overlap: int) -> None:
    with pytest.raises(UsageError):
        ChunkSettings(max_tokens, overlap)

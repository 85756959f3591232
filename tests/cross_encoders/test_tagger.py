from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.cross_encoders.tagger import CONFIG_KEY, Tagger, TaggerSettings, load_tagger
from simengine.cross_encoders.tagging_windows import TagSpan, split_tag, tag_spans, tagging_windows, words_of
from simengine.errors import ModelDamagedError, ModelError, UsageError
from tests.training.tiny_models import write_tiny

LABELS = ("O", "B-person", "I-person", "B-place", "I-place")
SENTENCE = ["Angela", "Merkel", "visited", "unbelievably", "beautiful", "Saarbrücken", ",", "again", "!"]
LONG = [f"word{n}" if n % 3 else f"{n}" for n in range(150)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {label: n for n, label in enumerate(LABELS)}}
    return write_tiny(tmp_path_factory.mktemp("tagger") / "model", "ForTokenClassification", **names)


@pytest.fixture(scope="module")
def tagger(folder: Path) -> Tagger:
    return load_tagger(str(folder), device="cpu", threads=1)


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def first_tokens(tokenizer: Any, words: Sequence[str]) -> dict[int, int]:
    """Position of each word's first token, by transformers' own word ids."""
    encoding = tokenizer(list(words), is_split_into_words=True)
    found: dict[int, int] = {}
    for position, word in enumerate(encoding.word_ids()):
        if word is not None and word not in found:
            found[word] = position
    return found


# Windows


def test_the_first_token_of_each_word_represents_it(tokenizer: Any) -> None:
    (window,) = tagging_windows(tokenizer, [SENTENCE], max_tokens=64, stride=16)
    expected = first_tokens(tokenizer, SENTENCE)
    assert {int(word): position for position, word in enumerate(window.words) if word >= 0} == expected
    assert len(window.words) > len(SENTENCE) + 2  # some words have several tokens
    assert list(window.inputs["input_ids"]) == tokenizer(SENTENCE, is_split_into_words=True)["input_ids"]


def test_every_word_of_a_long_sentence_is_represented_in_exactly_one_window(tokenizer: Any) -> None:
    windows = tagging_windows(tokenizer, [SENTENCE, LONG], max_tokens=32, stride=10)
    for row, words in enumerate((SENTENCE, LONG)):
        held = [int(word) for window in windows if window.row == row for word in window.words if word >= 0]
        assert sorted(held) == list(range(len(words)))
    assert all(len(window.words) <= 32 for window in windows)


def test_a_word_is_in_the_window_with_most_context_around_it(tokenizer: Any) -> None:
    windows = tagging_windows(tokenizer, [["a"] * 50], max_tokens=22, stride=10)
    # Windows of 20 tokens that share 10: the border is in the middle of the overlap.
    held = [sorted(int(word) for word in window.words if word >= 0) for window in windows]
    assert held[0] == list(range(15))
    assert held[1] == list(range(15, 25))
    assert held[-1][-1] == 49


def test_words_that_the_tokenizer_drops_are_in_no_window(tokenizer: Any) -> None:
    (window,) = tagging_windows(tokenizer, [["a", "\u200d", "b"]], max_tokens=32, stride=8)
    assert [int(word) for word in window.words if word >= 0] == [0, 2]


def test_sentences_of_no_words_have_a_window_without_words(tokenizer: Any) -> None:
    (window,) = tagging_windows(tokenizer, [[]], max_tokens=32, stride=8)
    assert (window.words < 0).all()
    assert tagging_windows(tokenizer, [], max_tokens=32, stride=8) == []


def test_windows_that_are_too_small_are_refused(tokenizer: Any) -> None:
    with pytest.raises(UsageError, match="max_tokens is 3; expected at least 4"):
        tagging_windows(tokenizer, [["a"]], max_tokens=3, stride=1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs", "Z", "C")), min_size=1, max_size=8), max_size=12)
)
def test_any_words_occur_at_most_once_and_at_their_own_token(tokenizer: Any, words: list[str]) -> None:
    windows = tagging_windows(tokenizer, [words], max_tokens=12, stride=4)
    held = [int(word) for window in windows for word in window.words if word >= 0]
    assert len(held) == len(set(held))
    whole = tokenizer(" ".join(words), return_offsets_mapping=True, add_special_tokens=False)[
        "offset_mapping"
    ]
    starts = np.cumsum([0, *(len(word) + 1 for word in words)])
    seen = {int(np.searchsorted(starts, end - 1, side="right") - 1) for start, end in whole if end > start}
    assert set(held) == seen


# Tags to entities


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], []),
        (["O", "O"], []),
        (["B-x", "I-x", "O", "B-x"], [TagSpan(0, 1, "x"), TagSpan(3, 3, "x")]),
        (["B-x", "B-x"], [TagSpan(0, 0, "x"), TagSpan(1, 1, "x")]),
        (["B-x", "I-y"], [TagSpan(0, 0, "x"), TagSpan(1, 1, "y")]),
        (["O", "I-x", "I-x"], [TagSpan(1, 2, "x")]),
        (["B-x", "I-x", "E-x", "I-x"], [TagSpan(0, 2, "x"), TagSpan(3, 3, "x")]),
        (["S-x", "S-x"], [TagSpan(0, 0, "x"), TagSpan(1, 1, "x")]),
        (["NOUN", "NOUN", "VERB"], [TagSpan(0, 1, "NOUN"), TagSpan(2, 2, "VERB")]),
    ],
)
def test_tag_spans(tags: list[str], expected: list[TagSpan]) -> None:
    assert tag_spans(tags) == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(LABELS), max_size=10))
def test_tag_spans_equal_what_evaluation_finds(tags: list[str]) -> None:
    pytest.importorskip("nervaluate")
    from simengine.evaluation.tagging import find_entities

    expected = [(entity.start, entity.end, entity.type) for entity in find_entities([tags])[0]]
    assert [(span.first, span.last + 1, span.label) for span in tag_spans(tags)] == expected


def test_split_tag() -> None:
    assert [split_tag(tag) for tag in ("O", "B-a-b", "I-c", "Bx", "NOUN")] == [
        ("O", ""),
        ("B", "a-b"),
        ("I", "c"),
        ("I", "Bx"),
        ("I", "NOUN"),
    ]


def test_words_of_text() -> None:
    text = "Don't ask @user_1 about #AI: state-of-the-art U.S. prices (5.5%) https://a.b/c?d 我在北京 café."
    assert [text[start:end] for start, end in words_of(text)] == [
        "Don't", "ask", "@user_1", "about", "#AI", ":", "state-of-the-art", "U.S", ".", "prices", "(", "5.5", "%", ")",
        "https://a.b/c?d", "我", "在", "北", "京", "café", ".",
    ]  # fmt: skip
    assert words_of("") == words_of("  \n") == []


# The tagger


def test_tags_equal_transformers_own_at_first_tokens(folder: Path, tagger: Tagger) -> None:
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder)
    with torch.no_grad():
        logits = model(**tokenizer(SENTENCE, is_split_into_words=True, return_tensors="pt")).logits[0]
    places = first_tokens(tokenizer, SENTENCE)
    expected = [LABELS[int(logits[places[word]].argmax())] for word in range(len(SENTENCE))]
    assert tagger.tag(SENTENCE) == expected
    probabilities = tagger.probabilities([SENTENCE])[0]
    by_hand = torch.stack([logits[places[word]].softmax(-1) for word in range(len(SENTENCE))])
    assert probabilities == pytest.approx(by_hand.numpy(), abs=1e-5)


def test_a_batch_equals_single_sentences(tagger: Tagger) -> None:
    sentences = [SENTENCE, LONG, ["one"], [], SENTENCE[:3]]
    found = tagger.tag_sentences(sentences)
    assert [len(tags) for tags in found] == [len(words) for words in sentences]
    assert found == [tagger.tag(words) for words in sentences]
    assert tagger.tag_sentences([]) == []


def test_words_that_the_tokenizer_drops_are_outside(tagger: Tagger) -> None:
    assert tagger.tag(["\u200d"]) == ["O"]


def test_entities_have_the_characters_of_the_text(folder: Path, tagger: Tagger) -> None:
    text = "Angela  Merkel visited 北京 and\nSaarbrücken, 😀 she said."
    bounds = words_of(text)
    tags = tagger.tag([text[start:end] for start, end in bounds])
    expected = [(bounds[s.first][0], bounds[s.last][1], s.label) for s in tag_spans(tags)]
    found = tagger.entities(text)
    assert [(entity.start, entity.end, entity.label) for entity in found] == expected
    assert all(entity.text == text[entity.start : entity.end] for entity in found)
    assert all(0.2 <= entity.score <= 1 for entity in found)
    assert len(found) > 1
    assert tagger.entities_of([text, ""]) == [found, []]


def test_unnamed_labels_are_refused(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "unnamed", "ForTokenClassification", num_labels=3)
    with pytest.raises(UsageError, match="id2label"):
        load_tagger(str(folder), device="cpu")


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "other", "ForQuestionAnswering")
    with pytest.raises(ModelError, match="ForTokenClassification"):
        load_tagger(str(folder), device="cpu")


def test_settings_come_from_the_config(tagger: Tagger) -> None:
    assert tagger.settings.max_tokens == 128  # the model's positions
    stored = SimpleNamespace(**{CONFIG_KEY: {"max_tokens": 40, "stride": 10}})
    assert TaggerSettings.of_config(stored) == TaggerSettings(40, 10)
    with pytest.raises(ModelDamagedError, match="strange"):
        TaggerSettings.of_config(SimpleNamespace(**{CONFIG_KEY: {"strange": 1}}))

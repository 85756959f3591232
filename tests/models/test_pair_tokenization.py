from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from simengine.errors import ModelDamagedError
from simengine.models.pair_tokenization import TRUNCATIONS, PairTokenizer, kept_tokens
from simengine.models.resolve import resolve_model

TEXTS = st.text(st.sampled_from("ab 猫é😀.,'-\n[]SEP"), max_size=40) | st.sampled_from(
    ["A man isn't playing.", "两个人在下棋。", "[SEP] [CLS] [MASK]", "", " \n "]
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return resolve_model(None, offline=True).path / "tokenizer.json"


@pytest.fixture(scope="module")
def ours(path: Any) -> PairTokenizer:
    return PairTokenizer.from_file(path, max_tokens=64)


@pytest.fixture(scope="module")
def trusted(path: Any) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    return tokenizer


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), max_size=4), max_tokens=st.integers(4, 40), data=st.data())
def test_ids_types_and_counts_are_those_of_the_tokenizers_package(
    ours: PairTokenizer, trusted: Tokenizer, pairs: list[tuple[str, str]], max_tokens: int, data: Any
) -> None:
    prompt = data.draw(st.sampled_from(["", "query: "]))
    ours.max_tokens = max_tokens
    got = ours.encode_pairs(pairs, prompt=prompt)
    prompted = [(prompt + first, second) for first, second in pairs]
    trusted.no_truncation()
    lengths = [len(each) for each in trusted.encode_batch(prompted)]
    trusted.enable_truncation(max_tokens, strategy="longest_first")
    expected = trusted.encode_batch(prompted)
    assert [row.tolist() for row in got.ids] == [each.ids for each in expected]
    assert [row.tolist() for row in got.types] == [each.type_ids for each in expected]
    assert got.n_tokens.tolist() == lengths
    assert got.n_truncated.tolist() == [n - len(each) for n, each in zip(lengths, expected, strict=True)]


@settings(deadline=None)
@given(
    n_first=st.integers(0, 12),
    n_second=st.integers(0, 12),
    room=st.integers(1, 16),
    way=st.sampled_from(TRUNCATIONS),
)
def test_what_is_kept_is_what_the_tokenizers_package_keeps(
    n_first: int, n_second: int, room: int, way: Any
) -> None:
    from tokenizers import models, pre_tokenizers

    words = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.enable_truncation(room, strategy=way)
    kept = kept_tokens(n_first, n_second, room, way)
    assert sum(kept) == min(n_first + n_second, room)
    try:
        encoded = words.encode("a " * n_first, "a " * n_second)
    except Exception:  # it refuses where the one text that may be cut is too short; we cut the other one too
        assert way != "longest_first"
        return
    assert kept == (encoded.sequence_ids.count(0), encoded.sequence_ids.count(1))


def test_a_text_is_tokenised_once_however_often_it_occurs(path: Any) -> None:
    asked: list[int] = []

    class Counting:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def encode_batch_fast(self, texts: list[str], **options: Any) -> Any:
            asked.append(len(texts))
            return self._inner.encode_batch_fast(texts, **options)

    tokenizer = PairTokenizer(Counting(Tokenizer.from_file(str(path))), max_tokens=64)
    tokens = tokenizer.encode_pairs([("the question", f"answer {i}") for i in range(9)])
    assert asked == [10]
    assert len(tokens.ids) == 9


def test_no_pairs_give_empty_arrays(path: Any) -> None:
    tokens = PairTokenizer.from_file(path, max_tokens=16).encode_pairs([])
    assert (tokens.ids, tokens.types) == ([], [])
    assert tokens.n_tokens.shape == tokens.n_truncated.shape == (0,)


def test_a_tokenizer_without_a_template_joins_the_texts(trusted: Tokenizer) -> None:
    bare = copy.deepcopy(trusted)
    bare.post_processor = None
    tokens = PairTokenizer(bare, max_tokens=64).encode_pairs([("cat", "dog")])
    expected = [bare.token_to_id("cat"), bare.token_to_id("dog")]
    np.testing.assert_array_equal(tokens.ids[0], expected)


def test_a_tokenizer_that_knows_no_letters_is_refused() -> None:
    from tokenizers import models, normalizers

    mute = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    mute.normalizer = normalizers.Replace("a", "")
    mute.normalizer = normalizers.Sequence([normalizers.Replace(x, "") for x in "a1the"])
    with pytest.raises(ModelDamagedError, match="pairs"):
        PairTokenizer(mute, max_tokens=8)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.errors import ModelDamagedError
from simengine.models.resolve import resolve_model
from simengine.models.tokenization import FastTokenizer

Make = Callable[..., Path]


@pytest.fixture
def tokenizer(make_folder: Make) -> FastTokenizer:
    return FastTokenizer.from_file(make_folder() / "tokenizer.json", max_tokens=5)


def test_ids_carry_special_tokens_and_are_cut_and_counted(tokenizer: FastTokenizer) -> None:
    tokens = tokenizer.encode(["a b", "", "a b a b a"])
    assert [ids.tolist() for ids in tokens.ids] == [[2, 4, 5, 3], [2, 3], [2, 4, 5, 4, 3]]
    assert tokens.n_tokens.tolist() == [4, 2, 7]
    assert tokens.n_truncated.tolist() == [0, 0, 2]
    assert tokens.n_tokens.dtype == tokens.n_truncated.dtype == np.int32


def test_a_prompt_counts_as_part_of_the_text(tokenizer: FastTokenizer) -> None:
    assert tokenizer.encode(["b"], prompt="query ").ids[0].tolist() == [2, 7, 5, 3]
    assert tokenizer.prompt_length("query ") == 2


def test_no_texts_give_empty_arrays(tokenizer: FastTokenizer) -> None:
    tokens = tokenizer.encode([])
    assert (tokens.ids, tokens.n_tokens.shape, tokens.n_truncated.shape) == ([], (0,), (0,))
    assert tokenizer.offsets([]) == []


def test_offsets_count_characters(tokenizer: FastTokenizer) -> None:
    (offsets,) = tokenizer.offsets(["猫 😀 b"])
    assert offsets.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert tokenizer.n_special_tokens == 2


def test_lower_case_comes_before_the_tokenizers_rules(make_folder: Make) -> None:
    path = make_folder() / "tokenizer.json"
    assert FastTokenizer.from_file(path, max_tokens=9).encode(["A"]).ids[0].tolist() == [2, 8, 3]
    lower = FastTokenizer.from_file(path, max_tokens=9, lower_case=True)
    assert lower.encode(["A"]).ids[0].tolist() == [2, 4, 3]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelDamagedError, match=r"tokenizer\.json"):
        FastTokenizer.from_file(tmp_path / "tokenizer.json", max_tokens=5)


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> FastTokenizer:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMENGINE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return FastTokenizer.from_file(
            resolve_model(None, offline=True).path / "tokenizer.json", max_tokens=256
        )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(st.text(max_size=60), max_size=5))
def test_ids_equal_those_of_the_tokenizers_own_template(bundled: FastTokenizer, texts: list[str]) -> None:
    own = bundled._tokenizer.encode_batch(texts, add_special_tokens=True)
    assert [ids.tolist() for ids in bundled.encode(texts).ids] == [encoding.ids for encoding in own]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=80))
def test_offsets_lie_in_the_text_in_order(bundled: FastTokenizer, text: str) -> None:
    (offsets,) = bundled.offsets([text])
    assert len(offsets) == bundled.encode([text]).n_tokens[0] - bundled.n_special_tokens
    assert ((offsets >= 0) & (offsets <= len(text))).all()
    assert (offsets[:, 0] <= offsets[:, 1]).all()
    assert (np.diff(offsets[:, 0]) >= 0).all()

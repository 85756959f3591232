"""Every runtime against sentence-transformers' fp32 `CrossEncoder.predict`, on a tiny model of each family."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.cross_encoders.contract import CrossEncoder
from simengine.cross_encoders.load import load_cross_encoder
from tests.contracts.pair_models import MAX_TOKENS, RECIPES, make_pair_model

TOLERANCE = 2e-5
PAIRS = [
    ("A plane is taking off.", "The plane leaves."),
    ("", "a dog"),
    ("两个人在下棋，旁边有一只猫。", "旁边有一只猫。"),
    ("smile 😀 family 👩‍👩‍👧", "café naïve 3.14"),
    ("the quick brown fox jumps over the lazy dog " * 40, "a fox"),
    ("a fox", "the quick brown fox jumps over the lazy dog " * 40),
    ("plane " * 60, "dog " * 59),
    ("plane " * 59, "dog " * 60),
    ("A plane is taking off.", "The plane leaves."),
    (" \n ", ""),
]
CASES = [
    *((name, runtime) for name in RECIPES if "dense" not in name for runtime in ("torch", "openvino")),
    ("bert-nli", "sentence-transformers"),
    ("bert-dense-head", "sentence-transformers"),
]
CASES.remove(("deberta-v2-nli", "openvino"))


@dataclass(frozen=True)
class Case:
    """A model folder with its oracle."""

    folder: Path
    oracle: Any

    def expected(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        import torch

        scores = self.oracle.predict(pairs, activation_fn=torch.nn.Identity(), show_progress_bar=False)
        return np.asarray(scores).reshape(len(pairs), -1)


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    import torch

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMENGINE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("SIMENGINE_OFFLINE", "1")
        # Texts and models are tiny: torch's threads would only wait for each other.
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        yield
        torch.set_num_threads(before)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Case]:
    import torch
    from sentence_transformers import CrossEncoder as Oracle

    @functools.cache
    def make(name: str) -> Case:
        folder = make_pair_model(RECIPES[name], tmp_path_factory.mktemp(name))
        oracle = Oracle(
            str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32}
        )
        return Case(folder, oracle)

    return make


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def chosen(request: pytest.FixtureRequest) -> tuple[str, str]:
    param: tuple[str, str] = request.param
    return param


@pytest.fixture(scope="module")
def case(chosen: tuple[str, str], cases: Callable[[str], Case]) -> Case:
    return cases(chosen[0])


def load(folder: Path, runtime: str) -> CrossEncoder:
    threads = 2 if runtime == "openvino" else 1
    return load_cross_encoder(
        str(folder), runtime=runtime, device="cpu", precision="f32", threads=threads, offline=True
    )


@pytest.fixture(scope="module")
def model(chosen: tuple[str, str], case: Case) -> Iterator[CrossEncoder]:
    loaded = load(case.folder, chosen[1])
    yield loaded
    loaded.close()


def test_logits_equal_those_of_sentence_transformers(model: CrossEncoder, case: Case) -> None:
    got = model.predict_logits(PAIRS)
    assert got.dtype == np.float32
    assert got.shape == (len(PAIRS), len(model.labels))
    np.testing.assert_allclose(got, case.expected(PAIRS), atol=TOLERANCE)


def test_the_oracle_distinguishes_pairs_and_their_order(case: Case) -> None:
    expected = case.expected([PAIRS[0], PAIRS[0][::-1], PAIRS[2]])
    assert np.abs(expected[0] - expected[1]).max() > 10 * TOLERANCE
    assert np.abs(expected[0] - expected[2]).max() > 10 * TOLERANCE


def test_no_pairs_give_shape_0_n_labels(model: CrossEncoder) -> None:
    predicted = model.predict_counted([])
    assert predicted.logits.shape == (0, len(model.labels))
    assert predicted.logits.dtype == np.float32
    assert predicted.n_tokens.shape == predicted.n_truncated.shape == (0,)
    assert predicted.n_tokens.dtype == predicted.n_truncated.dtype == np.int32


@pytest.mark.parametrize("n", [1, 2])
def test_few_pairs_equal_the_oracle(model: CrossEncoder, case: Case, n: int) -> None:
    np.testing.assert_allclose(model.predict_logits(PAIRS[:n]), case.expected(PAIRS[:n]), atol=TOLERANCE)


def test_batch_equals_single(model: CrossEncoder) -> None:
    alone = np.concatenate([model.predict_logits([pair]) for pair in PAIRS])
    np.testing.assert_allclose(model.predict_logits(PAIRS), alone, atol=TOLERANCE)


def test_order_is_kept_over_many_batches(model: CrossEncoder) -> None:
    pairs = [(f"{PAIRS[i % 4][0]} fox {'dog ' * (i % 23)}", PAIRS[i % 4][1]) for i in range(72)]
    picked = [0, 1, 37, 70, 71]
    every = model.predict_logits(pairs)
    np.testing.assert_allclose(
        every[picked], model.predict_logits([pairs[i] for i in picked]), atol=TOLERANCE
    )


def test_blocks_change_nothing(model: CrossEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = model.predict_counted(PAIRS)
    monkeypatch.setattr("simengine.cross_encoders.contract.BLOCK_PAIRS", 3)
    got = model.predict_counted(PAIRS)
    np.testing.assert_allclose(got.logits, expected.logits, atol=TOLERANCE)
    np.testing.assert_array_equal(got.n_tokens, expected.n_tokens)
    np.testing.assert_array_equal(got.n_truncated, expected.n_truncated)


def test_tokens_are_counted_and_truncation_is_not_silent(model: CrossEncoder, case: Case) -> None:
    prompt = case.oracle.prompts.get(case.oracle.default_prompt_name) or ""
    whole = case.oracle.tokenizer(
        [prompt + first for first, _ in PAIRS],
        [second for _, second in PAIRS],
        truncation=False,
        verbose=False,
    )["input_ids"]
    lengths = np.asarray([len(ids) for ids in whole])
    predicted = model.predict_counted(PAIRS)
    np.testing.assert_array_equal(predicted.n_tokens, lengths)
    np.testing.assert_array_equal(predicted.n_truncated, np.maximum(lengths - model.max_tokens, 0))
    np.testing.assert_array_equal(model.count_tokens(PAIRS), lengths)
    assert predicted.n_truncated[4] > 0
    assert model.max_tokens == case.oracle.max_seq_length == MAX_TOKENS


def test_words_beyond_the_limit_change_nothing(model: CrossEncoder) -> None:
    head = "fox dog " * 300
    logits = model.predict_logits([("a", head + "plane"), ("a", head + "lazy quick")])
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-6)


def test_threads_at_once_get_their_own_results(model: CrossEncoder) -> None:
    expected = model.predict_logits(PAIRS)
    failures: list[str] = []

    def work(shift: int) -> None:
        rows = [(i + shift) % len(PAIRS) for i in range(len(PAIRS) - shift % 3)]
        if not np.allclose(model.predict_logits([PAIRS[i] for i in rows]), expected[rows], atol=TOLERANCE):
            failures.append(f"thread {shift}")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_copy_of_the_folder_is_the_same_model(
    model: CrossEncoder, case: Case, chosen: tuple[str, str], tmp_path: Path
) -> None:
    shutil.copytree(case.folder, tmp_path / "copy")
    other = load(tmp_path / "copy", chosen[1])
    assert other.fingerprint == model.fingerprint
    np.testing.assert_allclose(other.predict_logits(PAIRS), model.predict_logits(PAIRS), atol=1e-6)
    other.close()


def test_outputs_are_named_as_the_model_names_them(model: CrossEncoder, chosen: tuple[str, str]) -> None:
    given = RECIPES[chosen[0]].labels
    assert model.labels == (("score",) if given == ("LABEL_0",) else given)


def test_the_activation_is_that_of_sentence_transformers(model: CrossEncoder, case: Case) -> None:
    assert model.activation == type(case.oracle.activation_fn).__name__

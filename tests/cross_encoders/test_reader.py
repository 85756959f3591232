from __future__ import annotations

import itertools
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.cross_encoders.reader import CONFIG_KEY, Reader, ReaderSettings, load_reader
from simengine.cross_encoders.reading_windows import (
    MIN_ROOM,
    ReadingWindow,
    best_span,
    reading_windows,
    token_span,
)
from simengine.cross_encoders.token_model import TokenModel, longest_input
from simengine.errors import ModelDamagedError, ModelError, UsageError
from tests.training.tiny_models import write_tiny

QUESTION = "Where is the plane?"
LONG = " ".join(f"Sentence number {n} says that the plane {n} is over town {n}." for n in range(40))
CHINESE = "上海是中国的一个城市，人口约两千四百万。北京是中国的首都，也是一个古老的城市。"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("reader") / "model", "ForQuestionAnswering")


@pytest.fixture(scope="module")
def reader(folder: Path) -> Reader:
    return load_reader(str(folder), device="cpu", threads=1)


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def raw_logits(folder: Path, question: str, context: str) -> tuple[Any, Any]:
    """One context in one window, by transformers only."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder)
    batch = tokenizer(question, context, return_tensors="pt")
    with torch.no_grad():
        output = model(**batch)
    return batch.encodings[0], np.stack(
        [output.start_logits[0].numpy(), output.end_logits[0].numpy()], axis=1
    )


def brute_force(encoding: Any, logits: Any, longest: int) -> tuple[float, int, int]:
    places = [i for i, part in enumerate(encoding.sequence_ids) if part == 1]
    scored = [
        (float(logits[i, 0] + logits[j, 1]), encoding.offsets[i][0], encoding.offsets[j][1])
        for i in places
        for j in places
        if i <= j < i + longest
    ]
    return max(scored, key=lambda each: each[0])


# Windows


def test_windows_together_contain_every_token_of_the_context_and_share_the_stride(tokenizer: Any) -> None:
    windows = reading_windows(tokenizer, [(QUESTION, LONG)], max_tokens=64, stride=20)
    assert len(windows) > 5
    expected = list(tokenizer(LONG, return_offsets_mapping=True, add_special_tokens=False)["offset_mapping"])
    held = [[tuple(row) for row in window.offsets.tolist() if row[0] >= 0] for window in windows]
    assert sorted({span for own in held for span in own}) == expected
    for before, after in itertools.pairwise(held):
        assert before[-20:] == after[:20]
    for window in windows:
        assert len(window.offsets) == len(window.inputs["input_ids"]) <= 64
        assert window.inputs["input_ids"][window.null] == tokenizer.cls_token_id


def test_windows_keep_the_whole_question(tokenizer: Any) -> None:
    own = tokenizer(QUESTION, add_special_tokens=False)["input_ids"]
    for window in reading_windows(tokenizer, [(QUESTION, LONG)], max_tokens=40, stride=128):
        assert window.inputs["input_ids"][1 : 1 + len(own)] == own


def test_windows_of_several_pairs_come_in_their_order(tokenizer: Any) -> None:
    long_question = (
        "Where is the plane that has been over the sea, the town and the mountains for so long now?"
    )
    pairs = [(long_question, LONG), (QUESTION, "Short."), (QUESTION, LONG), (long_question, "")]
    windows = reading_windows(tokenizer, pairs, max_tokens=48, stride=16)
    rows = [window.row for window in windows]
    assert rows == sorted(rows)
    assert set(rows) == {0, 1, 2, 3}
    for row, (_, context) in enumerate(pairs):
        alone = reading_windows(tokenizer, [pairs[row]], max_tokens=48, stride=16)
        own = [window for window in windows if window.row == row]
        assert [window.inputs for window in alone] == [window.inputs for window in own]
        for window in own:
            assert window.offsets.max(initial=-1) <= len(context)


def test_no_pairs_have_no_windows(tokenizer: Any) -> None:
    assert reading_windows(tokenizer, [], max_tokens=48, stride=16) == []


def test_a_question_that_leaves_no_room_is_refused(tokenizer: Any) -> None:
    question = "why " * 30
    with pytest.raises(UsageError, match=r"30 tokens; with a limit of 48 tokens at most 29"):
        reading_windows(tokenizer, [(question, LONG)], max_tokens=48, stride=16)
    assert reading_windows(tokenizer, [("why " * 29, LONG)], max_tokens=48, stride=16)
    assert MIN_ROOM == 48 - 3 - 29
    with pytest.raises(UsageError, match="blank"):
        reading_windows(tokenizer, [(" ", LONG)], max_tokens=48, stride=16)


def test_a_tokenizer_without_cls_token_is_refused() -> None:
    with pytest.raises(ModelError, match="CLS"):
        reading_windows(SimpleNamespace(cls_token_id=None), [("q", "c")], max_tokens=48, stride=16)


def test_token_span_covers_the_characters_and_nothing_less(tokenizer: Any) -> None:
    context = "The answer, of course, is forty-two."
    (window,) = reading_windows(tokenizer, [(QUESTION, context)], max_tokens=64, stride=8)
    start = context.index("forty")
    span = token_span(window, start, start + len("forty-two"))
    assert span is not None
    assert window.offsets[span[0], 0] == start
    assert window.offsets[span[1], 1] == start + len("forty-two")
    assert token_span(window, start + 1, start + 3) == (span[0], span[0])


def test_token_span_is_none_if_the_window_contains_only_a_part(tokenizer: Any) -> None:
    windows = reading_windows(tokenizer, [(QUESTION, LONG)], max_tokens=40, stride=4)
    first, second = windows[0], windows[1]
    edge = int(first.offsets[:, 1].max())
    assert token_span(first, edge - 2, edge + 5) is None
    assert token_span(second, 0, 4) is None
    assert token_span(first, 0, 4) is not None


# The best span


def window_of(n: int, *, before: int = 2) -> ReadingWindow:
    """A window with n tokens of context, each of two characters."""
    offsets = np.full((before + n + 1, 2), -1, np.int64)
    for i in range(n):
        offsets[before + i] = 2 * i, 2 * i + 2
    return ReadingWindow(0, {"input_ids": [0] * len(offsets)}, offsets, 0)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 15),
    st.integers(0, 2**32 - 1),
)
def test_best_span_equals_trying_all(n: int, longest: int, seed: int) -> None:
    window = window_of(n)
    logits = np.random.default_rng(seed).normal(size=(n + 3, 2)).astype(np.float32)
    found = best_span(window, logits, longest)
    tried = {
        (i, j): float(logits[2 + i, 0] + logits[2 + j, 1])
        for i in range(n)
        for j in range(i, min(n, i + longest))
    }
    i, j = max(tried, key=lambda key: tried[key])
    assert found == (pytest.approx(tried[i, j]), 2 * i, 2 * j + 2)


def test_best_span_is_the_first_and_shortest_in_case_of_ties() -> None:
    assert best_span(window_of(5), np.zeros((8, 2), np.float32), 3) == (0.0, 0, 2)


def test_best_span_ignores_what_is_not_context() -> None:
    logits = np.full((6, 2), -5.0, np.float32)
    logits[0] = logits[1] = logits[-1] = 100.0
    assert best_span(window_of(3), logits, 3) == (-10.0, 0, 2)


def test_best_span_of_no_context_is_none() -> None:
    assert best_span(window_of(0), np.zeros((3, 2), np.float32), 3) is None


# The reader


def test_answer_equals_brute_force_over_transformers_logits(folder: Path, reader: Reader) -> None:
    context = "The plane is over the sea. A cat sleeps on the warm mat, and two men play football."
    encoding, logits = raw_logits(folder, QUESTION, context)
    score, start, end = brute_force(encoding, logits, reader.settings.max_answer_tokens)
    answer = reader.answer(QUESTION, context, allow_none=False)
    assert (answer.start, answer.end, answer.text) == (start, end, context[start:end])
    assert answer.score == pytest.approx(score, abs=1e-4)
    assert answer.no_answer_score == pytest.approx(float(logits[0].sum()) - score, abs=1e-4)


def test_answers_of_a_batch_equal_single_ones(reader: Reader) -> None:
    pairs = [
        (QUESTION, LONG),
        ("Who plays?", "Two men play football."),
        (QUESTION, CHINESE),
        (QUESTION, LONG[:300]),
    ]
    batch = reader.answers(pairs, allow_none=False)
    for (question, context), found in zip(pairs, batch, strict=True):
        alone = reader.answer(question, context, allow_none=False)
        assert (found.start, found.end, found.text) == (alone.start, alone.end, alone.text)
        assert found.score == pytest.approx(alone.score, abs=1e-4)
        assert context[found.start : found.end] == found.text != ""


def test_an_answer_at_the_end_of_a_long_context_is_found_in_its_window(folder: Path, reader: Reader) -> None:
    """All windows are read: the answer is the best one's, by brute force over all of them."""
    import torch

    tokens = reader._tokens
    windows = reading_windows(tokens.tokenizer, [(QUESTION, LONG)], max_tokens=128, stride=128)
    best = (-math.inf, 0, 0)
    nulls = []
    for window in windows:
        batch = {name: torch.tensor([values]) for name, values in window.inputs.items()}
        with torch.no_grad():
            output = tokens.model(**batch)
        logits = np.stack([output.start_logits[0].numpy(), output.end_logits[0].numpy()], axis=1)
        nulls.append(float(logits[0].sum()))
        span = best_span(window, logits, reader.settings.max_answer_tokens)
        best = max(best, span or best)
    answer = reader.answer(QUESTION, LONG, allow_none=False)
    assert len(windows) > 3
    assert (answer.start, answer.end) == best[1:]
    assert answer.score == pytest.approx(best[0], abs=1e-4)
    assert answer.no_answer_score == pytest.approx(min(nulls) - best[0], abs=1e-4)


def test_offsets_are_characters_in_chinese_and_with_emoji(reader: Reader) -> None:
    for context in (CHINESE, "😀 Smile! 🇩🇪 Ça va? " + CHINESE + " naïve café"):
        answer = reader.answer("北京是什么？", context, allow_none=False)
        assert answer.text == context[answer.start : answer.end] != ""


@pytest.mark.parametrize(("threshold", "abstains"), [(-1e6, True), (1e6, False), (None, False)])
def test_the_threshold_decides_on_no_answer(reader: Reader, threshold: float | None, abstains: bool) -> None:
    own = Reader(reader._tokens, ReaderSettings(no_answer_threshold=threshold))
    answer = own.answer(QUESTION, LONG)
    assert answer.answered is not abstains
    best = own.answer(QUESTION, LONG, allow_none=False)
    assert best.answered
    assert (answer.score, answer.no_answer_score) == (best.score, best.no_answer_score)
    if abstains:
        assert (answer.text, answer.start, answer.end) == ("", 0, 0)


def test_a_context_without_tokens_has_no_answer(reader: Reader) -> None:
    for context in ("", "   ", "\u200b"):
        answer = reader.answer(QUESTION, context, allow_none=False)
        assert not answer.answered
        assert answer.score == -math.inf
        assert answer.no_answer_score == math.inf


def test_no_pairs_have_no_answers(reader: Reader) -> None:
    assert reader.answers([]) == []


def test_reading_leaves_mode_and_threads_as_they_were(reader: Reader) -> None:
    import torch

    before = torch.get_num_threads()
    model = reader._tokens.model
    model.train()
    try:
        reader.answer(QUESTION, LONG)
        assert model.training
        assert torch.get_num_threads() == before
    finally:
        model.eval()


def test_settings_come_from_the_config_and_are_cut_to_the_models_limit(tmp_path: Path) -> None:
    folder = write_tiny(
        tmp_path / "set",
        "ForQuestionAnswering",
        **{
            CONFIG_KEY: {"max_tokens": 100, "stride": 30, "max_answer_tokens": 7, "no_answer_threshold": -1.5}
        },
    )
    assert load_reader(str(folder), device="cpu").settings == ReaderSettings(100, 30, 7, -1.5)
    assert ReaderSettings.of_config(SimpleNamespace()) == ReaderSettings()
    with pytest.raises(ModelDamagedError, match="strange"):
        ReaderSettings.of_config(SimpleNamespace(simengine_reader={"strange": 1}))


def test_the_default_window_is_cut_to_the_models_positions(reader: Reader) -> None:
    assert reader.settings.max_tokens == 128


def test_longest_input_counts_positions_after_the_paddings() -> None:
    config = SimpleNamespace(model_type="roberta", max_position_embeddings=514, pad_token_id=1)
    assert longest_input(config, SimpleNamespace(model_max_length=10**30)) == 512


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "other", "ForTokenClassification")
    with pytest.raises(ModelError, match="expected one that ends in ForQuestionAnswering"):
        load_reader(str(folder), device="cpu")


@pytest.mark.parametrize(
    ("removed", "lacks"),
    [
        (["config.json"], "lacks config.json;"),
        (["model.safetensors"], "lacks weights (model.safetensors);"),
        (["tokenizer.json", "tokenizer_config.json"], "lacks a tokenizer (tokenizer.json);"),
        (["config.json", "model.safetensors"], "lacks config.json and weights (model.safetensors);"),
    ],
)
def test_missing_files_of_a_folder_are_named(
    folder: Path, tmp_path: Path, removed: list[str], lacks: str
) -> None:
    import shutil

    broken = shutil.copytree(folder, tmp_path / "broken", ignore=lambda *_: removed)
    with pytest.raises(ModelDamagedError) as error:
        load_reader(str(broken), device="cpu")
    assert lacks in str(error.value)
    assert str(broken) in str(error.value)


def test_missing_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    weights = load_file(broken / "model.safetensors")
    del weights["qa_outputs.weight"]
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelDamagedError, match="qa_outputs"):
        load_reader(str(broken), device="cpu")


def test_unexpected_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    other = Path(shutil.copytree(folder, tmp_path / "other"))
    weights = load_file(other / "model.safetensors")
    weights["bert.encoder.layer.0.mlp.wo.weight"] = weights["qa_outputs.weight"].clone()
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelDamagedError, match=r"unexpected bert\.encoder\.layer\.0\.mlp\.wo\.weight"):
        load_reader(str(other), device="cpu")


def test_no_answer_on_standard_input_runs_a_folders_code(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import json
    import shutil

    other, ran = Path(shutil.copytree(folder, tmp_path / "other")), tmp_path / "ran"
    (other / "modeling_own.py").write_text(f"open({str(ran)!r}, 'w').close()\nclass Own: pass\n")
    config = json.loads((other / "config.json").read_text())
    references = {"AutoModelForQuestionAnswering": "modeling_own.Own", "AutoConfig": "modeling_own.Own"}
    (other / "config.json").write_text(json.dumps(config | {"auto_map": references}))
    said = io.StringIO("y\nWho lives here?\n")
    monkeypatch.setattr("sys.stdin", said)
    with pytest.raises(ModelError, match="runs no code from a model's folder"):
        load_reader(str(other), device="cpu")
    assert not ran.exists()
    assert said.read() == "y\nWho lives here?\n"


def test_a_slow_tokenizer_is_refused() -> None:
    with pytest.raises(ModelError, match="fast"):
        TokenModel(None, SimpleNamespace(is_fast=False))

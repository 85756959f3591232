"""What a reader learns from: the tokens that answers stand at, and the loss."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from simengine.cross_encoders.reader import ReaderSettings
from simengine.errors import DataError
from simengine.training.losses.smoothness import symmetric_kl
from simengine.training.tasks.reader import span_loss, training_rows
from tests.training.reader_runs import example, output_of, part_of
from tests.training.tiny_models import write_tiny


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(write_tiny(tmp_path_factory.mktemp("base")))


def test_rows_point_at_the_answers_tokens(tokenizer: Any) -> None:
    context = "It was Dr. Smith-Jones who came."
    (row,) = training_rows(
        part_of([example(context, " Smith-Jones ", 10)]), tokenizer, ReaderSettings(64, 16)
    )
    ids = row["input_ids"][row["start_positions"] : row["end_positions"] + 1]
    assert tokenizer.decode(ids) == "smith - jones"
    assert row["attention_mask"] == [1] * len(row["input_ids"])


def test_windows_without_the_answer_point_at_cls(tokenizer: Any) -> None:
    context = "nothing here " * 30 + "but Smith came" + " and then nothing" * 30
    rows = training_rows(part_of([example(context, "Smith")]), tokenizer, ReaderSettings(40, 10))
    right = [row for row in rows if row["start_positions"] > 0]
    assert 1 <= len(right) < len(rows)
    for row in rows:
        ids = row["input_ids"][row["start_positions"] : row["end_positions"] + 1]
        assert tokenizer.decode(ids) == ("smith" if row in right else "[CLS]")


def test_questions_without_an_answer_point_at_cls(tokenizer: Any) -> None:
    rows = training_rows(part_of([example("Nobody came.")]), tokenizer, ReaderSettings(64, 16))
    assert [(row["start_positions"], row["end_positions"]) for row in rows] == [(0, 0)]


def test_answers_that_stand_nowhere_are_left_out_with_a_warning(
    tokenizer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    lost = example("Somebody came.", "Smith", -1)
    kept = example("Smith came.", "Smith")
    with caplog.at_level(logging.WARNING):
        rows = training_rows(part_of([lost, kept]), tokenizer, ReaderSettings(64, 16))
    assert len(rows) == 1
    assert "1 of 2 questions are not trained on" in caplog.text
    with pytest.raises(DataError, match="no question can be trained on"):
        training_rows(part_of([lost]), tokenizer, ReaderSettings(64, 16))


def test_an_answer_that_only_another_annotator_marked_is_used(tokenizer: Any) -> None:
    two = example("Smith came.", answers=((-1, "Miller"), (0, "Smith")), impossible=False)
    (row,) = training_rows(part_of([two]), tokenizer, ReaderSettings(64, 16))
    assert row["start_positions"] > 0


def test_a_question_that_is_too_long_names_the_file(tokenizer: Any) -> None:
    long = example("Smith came.", "Smith", question="why " * 50)
    with pytest.raises(DataError, match=r"file\.json: the question 'why why"):
        training_rows(part_of([long]), tokenizer, ReaderSettings(64, 16))


def test_span_loss_equals_transformers_own_without_padding() -> None:
    import torch
    from transformers.loss.loss_utils import ForQuestionAnsweringLoss

    output = output_of()
    batch = {
        "attention_mask": torch.ones(3, 7, dtype=torch.long),
        "start_positions": torch.tensor([0, 2, 4]),
        "end_positions": torch.tensor([0, 3, 6]),
    }
    expected = ForQuestionAnsweringLoss(
        output.start_logits, output.end_logits, batch["start_positions"], batch["end_positions"]
    )
    assert float(span_loss(output, batch)) == pytest.approx(float(expected), rel=1e-6)


def test_span_loss_gives_nothing_to_padding() -> None:
    import torch

    output = output_of()
    batch = {
        "attention_mask": torch.tensor([[1] * 5 + [0] * 2] * 3),
        "start_positions": torch.tensor([0, 2, 4]),
        "end_positions": torch.tensor([0, 3, 4]),
    }
    short = SimpleNamespace(start_logits=output.start_logits[:, :5], end_logits=output.end_logits[:, :5])
    expected = span_loss(short, {**batch, "attention_mask": torch.ones(3, 5, dtype=torch.long)})
    assert float(span_loss(output, batch)) == pytest.approx(float(expected), rel=1e-6)


def test_smoothness_does_not_see_padding() -> None:
    import torch

    from simengine.training.tasks.reader import _span_logits

    output = output_of()
    batch = {"attention_mask": torch.tensor([[1] * 5 + [0] * 2] * 3)}
    other = SimpleNamespace(start_logits=output.start_logits.clone(), end_logits=output.end_logits.clone())
    other.start_logits[:, 5:] += 3.0
    for one, two in zip(_span_logits(output, batch), _span_logits(other, batch), strict=True):
        assert symmetric_kl(one, two).tolist() == [0.0] * 3

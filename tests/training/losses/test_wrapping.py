from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simengine.errors import UsageError
from simengine.training.losses.adversarial import adversarial_loss
from simengine.training.losses.distillation import (
    TEACHER_COLUMN,
    distillation_loss,
)
from simengine.training.losses.smoothness import smoothness_loss
from simengine.training.losses.wrapping import word_embeddings
from tests.training.losses.inputs import FIRST, SECOND, labels, plain_loss
from tests.training.tiny_models import tiny_cross_encoder


def test_wrapped_losses_hand_the_trainers_model_to_the_inner_loss(cross: Any) -> None:
    """As sentence-transformers' trainer does with the distributed model."""
    import torch
    from sentence_transformers.cross_encoder import CrossEncoderTrainer

    loss = adversarial_loss(smoothness_loss(plain_loss(cross)))
    assert loss.model is cross

    class Distributed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = cross

        def forward(self, *given: Any) -> Any:
            return self.module(*given)

        @property
        def device(self) -> Any:
            return cross.device

    trainer = object.__new__(CrossEncoderTrainer)
    wrapped = Distributed()
    replaced = trainer.override_model_in_loss(loss, wrapped)
    assert replaced.model is wrapped
    torch.manual_seed(0)
    found = float(replaced([FIRST, SECOND], labels()))
    torch.manual_seed(0)
    assert found == pytest.approx(
        float(adversarial_loss(smoothness_loss(plain_loss(cross)))([FIRST, SECOND], labels()))
    )


def test_word_embeddings_of_something_else_is_refused() -> None:
    import torch

    with pytest.raises(UsageError, match="no layer of word embeddings"):
        word_embeddings(torch.nn.Linear(2, 2))


@pytest.mark.parametrize("accumulation", [1, 2])
def test_the_losses_train_within_the_stock_trainer(tmp_path: Path, accumulation: int) -> None:
    import torch
    from datasets import Dataset
    from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments

    model = tiny_cross_encoder(tmp_path / "model", dropout=0.1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    rows = {
        "text1": FIRST * 4,
        "text2": SECOND * 4,
        TEACHER_COLUMN: [[2.0, 0.5, -1.0], [0.1, 0.0, 3.0]] * 4,
        "label": [0, 2] * 4,
    }
    loss = smoothness_loss(adversarial_loss(distillation_loss(plain_loss(model)), epsilon=0.1))
    arguments = CrossEncoderTrainingArguments(
        output_dir=str(tmp_path / "out"),
        num_train_epochs=3,
        per_device_train_batch_size=4 // accumulation,
        gradient_accumulation_steps=accumulation,
        gradient_checkpointing=True,
        learning_rate=1e-3,
        save_strategy="no",
        report_to="none",
        logging_steps=1,
        disable_tqdm=True,
        use_cpu=True,
    )
    trainer = CrossEncoderTrainer(
        model=model, args=arguments, train_dataset=Dataset.from_dict(rows), loss=loss
    )
    trainer.train()
    logged = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert logged[-1] < logged[0]
    assert any(not torch.equal(before[name], value) for name, value in model.state_dict().items())
    model.save_pretrained(str(tmp_path / "saved"))
    card = (tmp_path / "saved" / "README.md").read_text(encoding="utf-8")
    assert "miyato2017adversarial" in card

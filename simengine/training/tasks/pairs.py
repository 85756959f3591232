"""Cross-encoders: natural language inference, graded similarity, relevance."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from simengine.corpus.examples import NLI_LABELS, LabelledPair, ReadCount
from simengine.cross_encoders.labels import softmax
from simengine.errors import DataError, UsageError
from simengine.evaluation.assessment import (
    Assessment,
    assess_answer_selection,
    assess_nli,
    assess_similarity,
)
from simengine.models.kinds import check_kind
from simengine.runtimes.whole_weights import whole_weights
from simengine.training import sources
from simengine.training.arguments import st_arguments
from simengine.training.losses.adversarial import adversarial_loss
from simengine.training.losses.distillation import TEACHER_COLUMN, distillation_loss, teacher_logits
from simengine.training.losses.smoothness import smoothness_loss
from simengine.training.losses.weighting import class_weights, cross_entropy_loss
from simengine.training.tasks.contract import Part, TrainerParts, TrainingTask
from simengine.training.trainer_parts import with_dev_metrics
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    from simengine.training.recipe import DataSource, Recipe

PREDICT_BATCH = 64


class PairTask(TrainingTask[LabelledPair]):
    """A cross-encoder over pairs of texts, trained by sentence-transformers' CrossEncoderTrainer."""

    def load_model(self, recipe: Recipe, folder: Path, labels: tuple[str, ...]) -> Any:
        from sentence_transformers import CrossEncoder

        config: dict[str, Any] = {"num_labels": max(len(labels), 1)}
        if labels:
            config |= {"id2label": dict(enumerate(labels)), "label2id": {n: i for i, n in enumerate(labels)}}
        check_kind(folder, "base")
        # A base with another number of outputs gives its encoder; the output layer starts anew.
        with whole_weights(folder, to_train=True):
            return CrossEncoder(
                str(folder),
                num_labels=max(len(labels), 1),
                max_length=recipe.max_tokens,
                local_files_only=True,
                trust_remote_code=False,
                config_kwargs=config,
                model_kwargs={"dtype": "float32"},
            )

    def trainer(
        self, recipe: Recipe, model: Any, train: Sequence[Part[LabelledPair]], parts: TrainerParts
    ) -> Any:
        from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments

        rows = {part.name: self._rows(part, parts.labels) for part in train}
        if recipe.distillation is not None:
            _ask_teacher(recipe, rows, parts.labels)
        loss = self._loss(recipe, model, train, parts.labels)
        if (taught := recipe.distillation) is not None:
            loss = distillation_loss(loss, alpha=taught.alpha, temperature=taught.temperature)
        trainer_class = with_dev_metrics(CrossEncoderTrainer)
        trainer = trainer_class(
            model=model,
            # Losses with two passes a step cannot be searched for unused weights, and there are none.
            args=st_arguments(CrossEncoderTrainingArguments, recipe, parts, ddp_find_unused_parameters=False),
            train_dataset=_dataset(rows, recipe.mixing.strategy == "concatenate"),
            loss=with_perturbation(recipe, loss),
            evaluator=_no_evaluator() if parts.evaluate is not None else None,
            callbacks=list(parts.callbacks),
        )
        trainer.dev_metrics = parts.evaluate
        return trainer

    def _rows(self, part: Part[LabelledPair], labels: tuple[str, ...]) -> dict[str, list[Any]]:
        return {
            "text1": [pair.text1 for pair in part.examples],
            "text2": [pair.text2 for pair in part.examples],
            "label": [self._target(pair, labels) for pair in part.examples],
        }

    @abstractmethod
    def _target(self, pair: LabelledPair, labels: tuple[str, ...]) -> int | float:
        """What the loss compares with."""

    @abstractmethod
    def _loss(
        self, recipe: Recipe, model: Any, train: Sequence[Part[LabelledPair]], labels: tuple[str, ...]
    ) -> Any:
        """The loss module."""

    def evaluate(self, recipe: Recipe, model: Any, part: Part[LabelledPair]) -> dict[str, float]:
        return self._figures(self._assess(model, part))

    def details(self, recipe: Recipe, model: Any, part: Part[LabelledPair]) -> dict[str, Any]:
        return dict(self._assess(model, part).result.as_dict())

    @abstractmethod
    def _assess(self, model: Any, part: Part[LabelledPair]) -> Assessment:
        """The model's outputs on a part, judged."""

    @abstractmethod
    def _figures(self, assessment: Assessment) -> dict[str, float]:
        """The few figures that a person follows."""


def with_perturbation(recipe: Recipe, loss: Any) -> Any:
    """The loss with the recipe's smoothness and adversarial training around it."""
    if (smooth := recipe.smoothness) is not None:
        loss = smoothness_loss(loss, noise=smooth.noise, weight=smooth.weight)
    if (adversarial := recipe.adversarial) is not None:
        loss = adversarial_loss(loss, epsilon=adversarial.epsilon, weight=adversarial.weight)
    return loss


def _ask_teacher(recipe: Recipe, rows: Mapping[str, dict[str, list[Any]]], labels: tuple[str, ...]) -> None:
    """Add the teacher's logits as a column, in front of the labels."""
    from simengine.cross_encoders.load import load_cross_encoder

    assert recipe.distillation is not None
    teacher = load_cross_encoder(recipe.distillation.teacher)
    for columns in rows.values():
        pairs = list(zip(columns["text1"], columns["text2"], strict=True))
        target = columns.pop("label")
        columns[TEACHER_COLUMN] = teacher_logits(teacher, pairs, labels or teacher.labels).tolist()
        columns["label"] = target


def _dataset(rows: Mapping[str, dict[str, list[Any]]], concatenate: bool) -> Any:
    from datasets import Dataset, DatasetDict

    if concatenate or len(rows) == 1:
        columns: dict[str, list[Any]] = {}
        for part in rows.values():
            for name, values in part.items():
                columns.setdefault(name, []).extend(values)
        return Dataset.from_dict(columns)
    return DatasetDict({name: Dataset.from_dict(columns) for name, columns in rows.items()})


def _no_evaluator() -> Any:
    """The trainer wants one where dev is evaluated; `with_dev_metrics` does that itself."""
    from sentence_transformers.base.evaluation import BaseEvaluator

    return BaseEvaluator()


def predict_logits(model: Any, pairs: Sequence[LabelledPair]) -> FloatMatrix:
    """Logits of a CrossEncoder in training, (n, n_labels) float32; the model is left in the mode it was in."""
    import torch

    was_training = model.training
    model.eval()
    logits = model.predict(
        [(pair.text1, pair.text2) for pair in pairs],
        batch_size=PREDICT_BATCH,
        activation_fn=torch.nn.Identity(),
        show_progress_bar=False,
        convert_to_numpy=True,
    )
    model.train(was_training)
    matrix: FloatMatrix = np.asarray(logits, np.float32).reshape(len(pairs), -1)
    return matrix


class NLITask(PairTask):
    """Three classes: entailment, neutral, contradiction; answer selection can be mixed in."""

    name: ClassVar[str] = "nli"
    metric: ClassVar[str] = "macro_f1"

    def read(self, source: DataSource) -> Part[LabelledPair]:
        count = ReadCount()
        rows = sources.read_three_classes(source, self._seed, count)
        return sources.make_part(source, rows, self._seed, count)

    def labels(self, parts: Sequence[Part[LabelledPair]]) -> tuple[str, ...]:
        return NLI_LABELS

    def _target(self, pair: LabelledPair, labels: tuple[str, ...]) -> int:
        if pair.label not in labels:
            known = ", ".join(labels)
            raise DataError(f"the label is {pair.label!r}; the model knows {known}", pair.source, pair.line)
        return labels.index(pair.label)

    def _loss(
        self, recipe: Recipe, model: Any, train: Sequence[Part[LabelledPair]], labels: tuple[str, ...]
    ) -> Any:
        found = [pair.label or "" for part in train for pair in part.examples]
        weights = class_weights(found, labels, recipe.loss.class_weights)
        return cross_entropy_loss(model, weights=weights, label_smoothing=recipe.loss.label_smoothing)

    def _assess(self, model: Any, part: Part[LabelledPair]) -> Assessment:
        labels = tuple(model.transformers_model.config.id2label[i] for i in range(model.num_labels))
        return assess_nli(part.examples, softmax(predict_logits(model, part.examples)), labels)

    def _figures(self, assessment: Assessment) -> dict[str, float]:
        result: Any = assessment.result
        return {
            "accuracy": result.accuracy,
            "macro_f1": result.macro_f1,
            "weighted_f1": result.weighted_f1,
        }


class _OneOutputTask(PairTask):
    """One logit, trained by binary cross-entropy against targets in [0, 1]."""

    def _target(self, pair: LabelledPair, labels: tuple[str, ...]) -> float:
        if pair.score is None:
            raise DataError("the row has no score", pair.source, pair.line)
        return pair.score

    def _loss(
        self, recipe: Recipe, model: Any, train: Sequence[Part[LabelledPair]], labels: tuple[str, ...]
    ) -> Any:
        import torch
        from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

        if recipe.loss.label_smoothing:
            raise UsageError("loss.label_smoothing is for classes; this task has one graded output")
        weight = None
        if recipe.loss.class_weights == "balanced":
            targets = np.asarray([self._target(pair, labels) for part in train for pair in part.examples])
            positive = float(targets.sum())
            if not 0 < positive < len(targets):
                raise UsageError("loss.class_weights 'balanced': all rows have the same label")
            weight = torch.tensor((len(targets) - positive) / positive)
        elif recipe.loss.class_weights is not None:
            raise UsageError("loss.class_weights names labels; this task has one output: use 'balanced'")
        return BinaryCrossEntropyLoss(model, pos_weight=weight)


class SimilarityTask(_OneOutputTask):
    """A graded score from 0 (nothing in common) to 1 (the same)."""

    name: ClassVar[str] = "similarity"
    metric: ClassVar[str] = "spearman"

    def read(self, source: DataSource) -> Part[LabelledPair]:
        return sources.make_part(source, sources.read_graded(source), self._seed)

    def _assess(self, model: Any, part: Part[LabelledPair]) -> Assessment:
        logits = predict_logits(model, part.examples)[:, 0]
        return assess_similarity(part.examples, 1 / (1 + np.exp(-logits)))

    def _figures(self, assessment: Assessment) -> dict[str, float]:
        result: Any = assessment.result
        return {"spearman": result.spearman, "pearson": result.pearson}


class RelevanceTask(_OneOutputTask):
    """Whether a passage answers a question, or an item suits a query."""

    name: ClassVar[str] = "relevance"
    metric: ClassVar[str] = "map"

    def read(self, source: DataSource) -> Part[LabelledPair]:
        return sources.make_part(source, sources.read_relevant(source, self._seed), self._seed)

    def _assess(self, model: Any, part: Part[LabelledPair]) -> Assessment:
        return assess_answer_selection(part.examples, predict_logits(model, part.examples)[:, 0])

    def _figures(self, assessment: Assessment) -> dict[str, float]:
        result: Any = assessment.result
        return {name.lower(): value for name, value in result.metrics.items()}

"""Cross-encoders: natural language inference, graded similarity, relevance."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from simengine.corpus.examples import NLI_LABELS, LabelledPair
from simengine.errors import DataError, UsageError
from simengine.training import sources
from simengine.training.arguments import st_arguments
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
        return CrossEncoder(
            str(folder),
            num_labels=max(len(labels), 1),
            max_length=recipe.max_tokens,
            local_files_only=True,
            config_kwargs=config,
            model_kwargs={"dtype": "float32"},
        )

    def transformer(self, model: Any) -> Any:
        return model.transformers_model

    def trainer(
        self, recipe: Recipe, model: Any, train: Sequence[Part[LabelledPair]], parts: TrainerParts
    ) -> Any:
        from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments

        rows = {part.name: self._rows(part, parts.labels) for part in train}
        trainer_class = with_dev_metrics(CrossEncoderTrainer)
        trainer = trainer_class(
            model=model,
            args=st_arguments(CrossEncoderTrainingArguments, recipe, parts),
            train_dataset=_dataset(rows, recipe.mixing.strategy == "concatenate"),
            loss=self._loss(recipe, model, train, parts.labels),
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

    def save(self, model: Any, folder: Path) -> None:
        model.save_pretrained(str(folder))


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

    def __init__(self, seed: int = 13) -> None:
        self._seed = seed

    def read(self, source: DataSource) -> Part[LabelledPair]:
        return sources.make_part(source, sources.read_three_classes(source, self._seed), self._seed)

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
        from sentence_transformers.cross_encoder.losses import CrossEntropyLoss

        counts = np.bincount(
            [self._target(pair, labels) for part in train for pair in part.examples], minlength=len(labels)
        )
        return CrossEntropyLoss(
            model,
            weight=class_weights(recipe.loss.class_weights, labels, counts.tolist()),
            label_smoothing=recipe.loss.label_smoothing,
        )

    def evaluate(self, recipe: Recipe, model: Any, part: Part[LabelledPair]) -> dict[str, float]:
        from sklearn.metrics import accuracy_score, f1_score

        labels = tuple(model.transformers_model.config.id2label[i] for i in range(model.num_labels))
        gold = [self._target(pair, labels) for pair in part.examples]
        predicted = predict_logits(model, part.examples).argmax(axis=1)
        return {
            "accuracy": float(accuracy_score(gold, predicted)),
            "macro_f1": float(
                f1_score(gold, predicted, average="macro", labels=range(len(labels)), zero_division=0)
            ),
        }


def class_weights(
    given: str | Mapping[str, float] | None, labels: Sequence[str], counts: Sequence[int]
) -> Any:
    """A torch tensor with a weight per label, or None.

    Args:
        given: "balanced" gives n / (classes * n of the class), as scikit-learn does; a mapping is taken as it is.
        labels: in the model's order.
        counts: rows of each label.

    Raises:
        UsageError: the mapping names unknown labels, or "balanced" meets a label without rows.
    """
    if given is None:
        return None
    import torch

    if given == "balanced":
        if not all(counts):
            raise UsageError(f"loss.class_weights 'balanced': no rows of {labels[list(counts).index(0)]!r}")
        return torch.tensor([sum(counts) / (len(counts) * n) for n in counts], dtype=torch.float32)
    assert not isinstance(given, str)
    unknown = set(given) - set(labels)
    if unknown:
        raise UsageError(f"loss.class_weights: unknown label {min(unknown)!r}; known are {', '.join(labels)}")
    return torch.tensor([given.get(label, 1.0) for label in labels], dtype=torch.float32)


class _OneOutputTask(PairTask):
    """One logit, trained by binary cross-entropy against targets in [0, 1]."""

    def labels(self, parts: Sequence[Part[LabelledPair]]) -> tuple[str, ...]:
        return ()

    def _target(self, pair: LabelledPair, labels: tuple[str, ...]) -> float:
        if pair.score is None:
            raise DataError("the row has no score", pair.source, pair.line)
        return pair.score

    def _loss(
        self, recipe: Recipe, model: Any, train: Sequence[Part[LabelledPair]], labels: tuple[str, ...]
    ) -> Any:
        import torch
        from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

        weight = None
        if recipe.loss.class_weights == "balanced":
            targets = np.asarray([self._target(pair, labels) for part in train for pair in part.examples])
            positive = float(targets.sum())
            if not 0 < positive < len(targets):
                raise UsageError("loss.class_weights 'balanced': all rows have the same label")
            weight = torch.tensor((len(targets) - positive) / positive)
        return BinaryCrossEntropyLoss(model, pos_weight=weight)


class SimilarityTask(_OneOutputTask):
    """A graded score from 0 (nothing in common) to 1 (the same)."""

    name: ClassVar[str] = "similarity"
    metric: ClassVar[str] = "spearman"

    def __init__(self, seed: int = 13) -> None:
        self._seed = seed

    def read(self, source: DataSource) -> Part[LabelledPair]:
        return sources.make_part(source, sources.read_graded(source), self._seed)

    def evaluate(self, recipe: Recipe, model: Any, part: Part[LabelledPair]) -> dict[str, float]:
        from scipy.stats import pearsonr, spearmanr

        gold = [pair.score for pair in part.examples]
        scores = 1 / (1 + np.exp(-predict_logits(model, part.examples)[:, 0]))
        return {
            "spearman": float(spearmanr(gold, scores).statistic),
            "pearson": float(pearsonr(gold, scores).statistic),
        }


class RelevanceTask(_OneOutputTask):
    """Whether a passage answers a question, or an item suits a query."""

    name: ClassVar[str] = "relevance"
    metric: ClassVar[str] = "map"

    def __init__(self, seed: int = 13) -> None:
        self._seed = seed

    def read(self, source: DataSource) -> Part[LabelledPair]:
        return sources.make_part(source, sources.read_relevant(source, self._seed), self._seed)

    def evaluate(self, recipe: Recipe, model: Any, part: Part[LabelledPair]) -> dict[str, float]:
        scores = predict_logits(model, part.examples)[:, 0]
        return answer_selection(part.examples, scores.tolist())


def answer_selection(pairs: Sequence[LabelledPair], scores: Sequence[float]) -> dict[str, float]:
    """MAP and MRR over questions that have a right answer among their candidates; ties count against the model."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for pair, score in zip(pairs, scores, strict=True):
        question = str(pair.extra.get("qid", pair.text1))
        groups.setdefault(question, []).append((-score, pair.score or 0.0))
    precisions, reciprocals = [], []
    for candidates in groups.values():
        ranked = [gold for _, gold in sorted(candidates)]
        hits = [rank for rank, gold in enumerate(ranked, 1) if gold > 0]
        if hits:
            precisions.append(float(np.mean([(i + 1) / rank for i, rank in enumerate(hits)])))
            reciprocals.append(1 / hits[0])
    if not precisions:
        raise UsageError("no question of the dev set has a right answer; MAP is not defined")
    return {
        "map": float(np.mean(precisions)),
        "mrr": float(np.mean(reciprocals)),
        "questions": len(precisions),
    }

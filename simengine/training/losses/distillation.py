"""Distillation: a cross-encoder teaches a bi-encoder (margins) or a smaller cross-encoder (class probabilities).

The teacher runs once, before training; what it says is a column of the training data.

Sources: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015 (temperature, mixing);
Hofstätter et al., "Improving Efficient Neural Ranking Models with Cross-Architecture Knowledge Distillation", 2020
(margin-MSE).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from simengine.corpus.examples import Triplet
from simengine.errors import UsageError
from simengine.training.losses.wrapping import check_not_cached, class_logits, scores_kept, wrapper_class
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    import torch

TEACHER_COLUMN = "teacher_logits"
"""Name of the column with the teacher's logits: after the two texts, one list of floats a row."""
_CHUNK = 4096


class Teacher(Protocol):
    """What distillation needs of a cross-encoder."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the outputs, in their order."""

    def predict_logits(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n, n_labels) float32."""


def teacher_logits(teacher: Teacher, pairs: Sequence[tuple[str, str]], labels: Sequence[str]) -> FloatMatrix:
    """What a teacher says about pairs, in the student's order of labels.

    Args:
        teacher: a cross-encoder.
        pairs: n pairs of texts.
        labels: of the student.

    Returns:
        (n, n_labels) float32.

    Raises:
        UsageError: teacher and student do not have the same labels.
    """
    own = tuple(teacher.labels)
    one_output = len(own) == len(labels) == 1
    if not one_output and sorted(own) != sorted(labels):
        raise UsageError(
            f"the teacher's labels are {', '.join(own)}, the student's {', '.join(labels)}; "
            "distillation needs the same labels in both"
        )
    order = [0] if one_output else [own.index(label) for label in labels]
    return _in_chunks(teacher, pairs)[:, order]


def teacher_margins(teacher: Teacher, triplets: Sequence[Triplet]) -> FloatMatrix:
    """How much better a teacher likes the positive of each triplet than the negative.

    Margins are divided so that 95 % of them are at most 1 in absolute value: the cosine of a student can differ by 2 at
    most, a teacher's logits by 20.

    Args:
        teacher: a cross-encoder with one output, whose logit is taken, or with an output "entailment", whose
            log-odds against the others are taken.
        triplets: n triplets.

    Returns:
        (n,) float32: the label column for sentence-transformers' MarginMSELoss.

    Raises:
        UsageError: the teacher has several outputs and none is called "entailment".
    """
    pairs = [(triplet.anchor, triplet.positive) for triplet in triplets]
    pairs += [(triplet.anchor, triplet.negative) for triplet in triplets]
    scores = _relatedness(_in_chunks(teacher, pairs), tuple(teacher.labels))
    margins = scores[: len(triplets)] - scores[len(triplets) :]
    scale = float(np.quantile(np.abs(margins), 0.95)) if len(margins) else 0.0
    return margins / np.float32(scale) if scale > 0 else margins


def margin_columns(triplets: Sequence[Triplet], margins: FloatMatrix) -> dict[str, list[Any]]:
    """The columns of a data set for MarginMSELoss: anchor, positive, negative, label."""
    if len(triplets) != len(margins):
        raise UsageError(f"{len(triplets)} triplets and {len(margins)} margins; expected as many of both")
    return {
        "anchor": [triplet.anchor for triplet in triplets],
        "positive": [triplet.positive for triplet in triplets],
        "negative": [triplet.negative for triplet in triplets],
        "label": [float(margin) for margin in margins],
    }


def margin_loss(model: Any) -> torch.nn.Module:
    """sentence-transformers' MarginMSELoss for a SentenceTransformer, on margins of cosines, as it will be used."""
    from sentence_transformers.sentence_transformer.losses import MarginMSELoss
    from sentence_transformers.util import pairwise_cos_sim

    made: torch.nn.Module = MarginMSELoss(model, pairwise_cos_sim)
    return made


def distillation_loss(
    loss: torch.nn.Module, *, alpha: float = 0.5, temperature: float = 2.0
) -> torch.nn.Module:
    """A loss of sentence-transformers' cross-encoders on labels, mixed with the divergence from a teacher.

    (1 - alpha) * loss + alpha * temperature**2 * KL(teacher || student), both softmaxes at that temperature. With
    one output, the two classes are "yes" and "no" and the output their log-odds. The data set has the two texts,
    then the column TEACHER_COLUMN, and the label. The model runs once a batch.

    Args:
        loss: on the labels, of a cross-encoder.
        alpha: in [0, 1], share of the teacher.
        temperature: above 0; the square keeps the gradients' size.

    Raises:
        UsageError: a value is out of range, or the loss caches gradients.
    """
    if not 0 <= alpha <= 1 or not temperature > 0:
        raise UsageError(
            f"alpha is {alpha}, temperature is {temperature}; expected alpha from 0 to 1, temperature above 0"
        )
    check_not_cached(loss, "distillation")
    made: torch.nn.Module = _loss_class()(loss, alpha, temperature)
    return made


def teacher_divergence(
    student: torch.Tensor, teacher: torch.Tensor, temperature: float = 1.0
) -> torch.Tensor:
    """temperature**2 * KL(teacher || student), the mean over rows, in nats.

    Args:
        student, teacher: (rows, classes) logits; with one class, log-odds of yes against no.
        temperature: of both softmaxes.
    """
    import torch

    said = (class_logits(student) / temperature).log_softmax(dim=-1)
    taught = (class_logits(teacher) / temperature).log_softmax(dim=-1)
    divergence = torch.nn.functional.kl_div(said, taught, log_target=True, reduction="batchmean")
    return divergence * temperature**2


def _in_chunks(teacher: Teacher, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
    starts = range(0, len(pairs), _CHUNK)
    rows = [teacher.predict_logits(pairs[start : start + _CHUNK]) for start in starts]
    return np.concatenate(rows) if rows else np.empty((0, len(teacher.labels)), np.float32)


def _relatedness(logits: FloatMatrix, labels: tuple[str, ...]) -> FloatMatrix:
    if len(labels) == 1:
        return logits[:, 0]
    if "entailment" not in labels:
        raise UsageError(
            f"the teacher's outputs are {', '.join(labels)}; margins need a teacher with one output or with "
            "an output called entailment"
        )
    chosen = labels.index("entailment")
    others = np.delete(logits, chosen, axis=1)
    odds: FloatMatrix = (logits[:, chosen] - np.logaddexp.reduce(others, axis=1)).astype(np.float32)
    return odds


@cache
def _loss_class() -> Any:
    import torch

    class DistillationLoss(wrapper_class()):  # type: ignore[misc]
        def __init__(self, loss: torch.nn.Module, alpha: float, temperature: float) -> None:
            super().__init__(loss, {"alpha": alpha, "temperature": temperature})
            self.alpha, self.temperature = alpha, temperature

        def forward(self, inputs: Any, labels: Any, prompt: Any = None, task: Any = None) -> torch.Tensor:
            inputs = list(inputs)
            if len(inputs) != 3:
                raise UsageError(
                    f"distillation got {len(inputs)} columns beside the label; expected two texts and {TEACHER_COLUMN}"
                )
            with scores_kept(self.model) as scores:
                hard: torch.Tensor = self.inner(inputs[:2], labels, prompt, task)
            student = torch.cat(scores)
            teacher = torch.as_tensor(inputs[2], dtype=torch.float32, device=student.device)
            if teacher.shape != student.shape:
                raise UsageError(
                    f"the teacher's logits have the shape {tuple(teacher.shape)}, the student's {tuple(student.shape)}"
                )
            soft = teacher_divergence(student, teacher, self.temperature)
            return (1 - self.alpha) * hard + self.alpha * soft

        @property
        def citation(self) -> str:
            return (
                "@misc{hinton2015distilling,\n"
                "    title = {Distilling the Knowledge in a Neural Network},\n"
                "    author = {Hinton, Geoffrey and Vinyals, Oriol and Dean, Jeff},\n"
                "    year = {2015},\n"
                "    eprint = {1503.02531},\n}"
            )

    return DistillationLoss

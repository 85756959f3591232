"""Class weights and label smoothing, passed to the libraries' own cross-entropy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from simengine.errors import UsageError

if TYPE_CHECKING:
    import torch


def class_weights(
    labels: Sequence[str], classes: Sequence[str], choice: Literal["balanced"] | Mapping[str, float] | None
) -> tuple[float, ...] | None:
    """A weight for each class.

    Args:
        labels: of the training examples.
        classes: all labels of the model, in its order.
        choice: "balanced" gives n / (n_classes * count), scikit-learn's rule over the classes that occur, and 1 to
            a class without examples; a mapping gives each class its weight, 1 by default; None gives None.

    Raises:
        UsageError: a label or a key of the mapping is not a class, a weight is not positive, or there are no labels
            to balance.
    """
    if choice is None:
        return None
    known = ", ".join(classes)
    if isinstance(choice, Mapping):
        for label, weight in choice.items():
            if label not in classes:
                raise UsageError(
                    f"class weights name {label!r}, which is not a label of the model; known are {known}"
                )
            if not weight > 0:
                raise UsageError(f"the class weight of {label!r} is {weight}; expected a value above 0")
        return tuple(float(choice.get(label, 1.0)) for label in classes)
    counts = Counter(labels)
    if unknown := sorted(counts.keys() - set(classes)):
        raise UsageError(f"the label {unknown[0]!r} is not one of the model's; known are {known}")
    if not counts:
        raise UsageError("balanced class weights need labelled examples; there are none")
    from sklearn.utils.class_weight import compute_class_weight

    present = [label for label in classes if counts[label]]
    balanced = compute_class_weight("balanced", classes=np.asarray(present), y=list(labels))
    by_label = dict(zip(present, balanced, strict=True))
    return tuple(float(by_label.get(label, 1.0)) for label in classes)


def cross_entropy_loss(
    model: Any, *, weights: Sequence[float] | None = None, label_smoothing: float = 0.0
) -> torch.nn.Module:
    """sentence-transformers' CrossEntropyLoss with class weights and label smoothing.

    Args:
        model: a CrossEncoder with as many outputs as there are weights.
        weights: of the classes, in the model's order; the loss of a batch is the mean weighted by them.
        label_smoothing: in [0, 1), share of each target that is spread over all classes.

    Raises:
        UsageError: a value is out of range, or the number of weights is not the number of outputs.
    """
    import torch
    from sentence_transformers.cross_encoder.losses import CrossEntropyLoss

    if not 0 <= label_smoothing < 1:
        raise UsageError(f"label smoothing is {label_smoothing}; expected a value from 0 to below 1")
    if weights is not None and len(weights) != model.num_labels:
        raise UsageError(
            f"there are {len(weights)} class weights and {model.num_labels} outputs; expected as many"
        )
    given = None if weights is None else torch.tensor(list(weights), dtype=torch.float32)
    made: torch.nn.Module = CrossEntropyLoss(model, weight=given, label_smoothing=label_smoothing)
    return made

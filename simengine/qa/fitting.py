"""The decision fitted on labelled questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.calibration.calibration import fit_calibration
from simengine.errors import UsageError
from simengine.evaluation.answer_text import answer_match, cmrc_normalise, squad_normalise
from simengine.extras import optional_module
from simengine.qa.decision import Decision, feature_names, feature_row
from simengine.text.scripts import is_chinese

Floats = npt.NDArray[np.float64]
PRECISIONS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
MIN_EXAMPLES = 40
N_FOLDS = 5
ENOUGH_F1 = 0.5
CONFIDENCE = 0.8
"""One-sided, of the share of right answers above a threshold: a few lucky ones make no precision."""
_YES = frozenset(("yes", "true", "\u662f", "\u5bf9", "\u662f\u7684", "\u53ef\u4ee5"))
_NO = frozenset(("no", "false", "\u5426", "\u4e0d", "\u4e0d\u662f", "\u4e0d\u53ef\u4ee5"))


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question whose right answers are known.

    Attributes:
        question: the question.
        answers: right ones, phrases or sentences; ("yes",) or ("no",) for questions that ask for that. None given and
            no ids either: the corpus does not answer.
        document_ids: documents that answer.
        group: questions of one group stay together in a fold, such as those on one article.
    """

    question: str
    answers: tuple[str, ...] = ()
    document_ids: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class DecisionExample:
    """The best candidate for a labelled question.

    Attributes:
        features: see `simengine.qa.decision.FEATURES`.
        right: whether the answer is.
        group: see `LabelledQuestion`.
    """

    features: Mapping[str, float]
    right: bool
    group: str = ""


def is_right(labelled: LabelledQuestion, text: str, document_id: str, says_yes: bool | None) -> bool:
    """Whether an answer is one of the right ones.

    An answer is right where it holds a right one in its words, or shares half of its words with one (F1); a question
    that has ids of documents alone is answered by these.

    Args:
        labelled: the question.
        text: the answer.
        document_id: where it stands.
        says_yes: for yes or no questions, which of the two.
    """
    if not labelled.answers:
        return document_id in labelled.document_ids
    lowered = {answer.strip().casefold().rstrip(".") for answer in labelled.answers}
    if says_yes is not None and lowered <= _YES | _NO:
        return bool(lowered & (_YES if says_yes else _NO))
    return any(_says(text, answer) for answer in labelled.answers)


def _says(text: str, answer: str) -> bool:
    if is_chinese(answer):
        match, normalised = answer_match("cmrc"), cmrc_normalise(answer)
        return bool(normalised) and (
            normalised in cmrc_normalise(text) or match.f1(text, answer) >= ENOUGH_F1
        )
    match, normalised = answer_match("squad"), squad_normalise(answer)
    held = f" {normalised} " in f" {squad_normalise(text)} "
    return bool(normalised) and (held or match.f1(text, answer) >= ENOUGH_F1)


def fit_decision(
    examples: Sequence[DecisionExample],
    *,
    judge: str = "",
    reader: str = "",
    fitted_on: str = "",
    precisions: Sequence[float] = PRECISIONS,
    regularisation: float = 1.0,
    seed: int = 0,
) -> Decision:
    """Fit a logistic model on labelled questions, calibrate its log-odds and find thresholds for precisions.

    Calibration and thresholds come from log-odds of questions that the model was not fitted on (5 folds, groups kept
    together), so that they promise no more than new questions get.

    Args:
        examples: 40 at least, right and wrong ones.
        judge: the digest of the judge's fingerprint.
        reader: name of the reader.
        fitted_on: what the questions are, for people.
        precisions: for which thresholds are looked for.
        regularisation: scikit-learn's C: less for weights nearer to 0.
        seed: of the folds.

    Raises:
        UsageError: too few examples, or all right, or all wrong.
        MissingExtraError: scikit-learn is not installed.
    """
    labels = np.asarray([example.right for example in examples], np.int64)
    if len(examples) < MIN_EXAMPLES or min(labels.sum(), len(labels) - labels.sum()) < N_FOLDS:
        raise UsageError(
            f"{len(examples)} labelled questions, {int(labels.sum())} of them answered right; a decision needs at "
            f"least {MIN_EXAMPLES}, {N_FOLDS} of them right and {N_FOLDS} wrong"
        )
    names = feature_names([example.features for example in examples])
    rows = np.stack([feature_row(example.features, names) for example in examples])
    groups = [example.group or f"#{number}" for number, example in enumerate(examples)]
    left_out = np.empty(len(rows))
    for train, test in _folds(labels, groups, seed):
        left_out[test] = _log_odds(rows[test], *_fitted(rows[train], labels[train], regularisation))
    if left_out[labels == 1].mean() <= left_out[labels == 0].mean():
        raise UsageError(
            f"on these {len(labels)} labelled questions nothing tells right answers from wrong ones; give more, "
            "or another judge or reader"
        )
    calibration = fit_calibration(
        left_out,
        labels,
        model=judge,
        task="answer",
        kind="platt",
        scale="logit",
        groups=groups,
        fitted_on=fitted_on,
        precisions=precisions,
        confidence=CONFIDENCE,
        seed=seed,
    )
    means, scales, weights, intercept = _fitted(rows, labels, regularisation)
    return Decision(
        names=names,
        means=tuple(means.tolist()),
        scales=tuple(scales.tolist()),
        weights=tuple(weights.tolist()),
        intercept=intercept,
        judge=judge,
        reader=reader,
        calibration=calibration,
    )


def _folds(labels: npt.NDArray[np.int64], groups: Sequence[str], seed: int) -> Any:
    selection = optional_module("sklearn.model_selection", "judge", "fitting the decision")
    n_folds = min(N_FOLDS, len(set(groups)))
    if n_folds < 2:
        raise UsageError("all labelled questions are of one group; leave the groups out, or give several")
    folds = selection.StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    found = list(folds.split(np.zeros((len(labels), 1)), labels, groups))
    if any(len(set(labels[train].tolist())) < 2 for train, _ in found):
        raise UsageError(
            "nearly all right answers, or wrong ones, are of one group; give more groups, or none"
        )
    return found


def _fitted(
    rows: Floats, labels: npt.NDArray[np.int64], regularisation: float
) -> tuple[Floats, Floats, Floats, float]:
    """Means, scales, weights and intercept."""
    linear = optional_module("sklearn.linear_model", "judge", "fitting the decision")
    known = ~np.isnan(rows)
    n_known = np.maximum(known.sum(axis=0), 1)
    means: Floats = np.where(known, rows, 0.0).sum(axis=0) / n_known
    spread = np.sqrt(np.where(known, (rows - means) ** 2, 0.0).sum(axis=0) / n_known)
    scales: Floats = np.where(spread > 1e-9, spread, 1.0)
    standard = np.where(known, (rows - means) / scales, 0.0)
    model = linear.LogisticRegression(C=regularisation, max_iter=1_000)
    model.fit(standard, labels)
    return means, scales, np.asarray(model.coef_[0], np.float64), float(model.intercept_[0])


def _log_odds(rows: Floats, means: Floats, scales: Floats, weights: Floats, intercept: float) -> Floats:
    standard: Floats = np.where(np.isnan(rows), 0.0, (rows - means) / scales)
    return standard @ weights + intercept

"""Turning a model's scores into probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Gt, Lt

from simengine.errors import UsageError
from simengine.requests.fields import Help, Texts, check_fields
from simengine.text.arguments import as_number, as_path_name, items_of

CalibratedTask: TypeAlias = Literal["relevance", "nli", "entailment", "answer", "classification", "cosine"]
CalibrationKind: TypeAlias = Literal["auto", "temperature", "platt", "isotonic"]
JUDGED_BEFORE = ("answer", "classification")
"""Tasks whose scores come of more than a pair and a model; they are read from the file."""


@dataclass(frozen=True, slots=True)
class CalibrateRequest:
    """A calibration fitted on labelled pairs.

    Attributes:
        pairs: a file, "-" for standard input: question, passage and label 0 or 1; for "nli" and "entailment" premise,
            hypothesis and one of the three labels.
        task: what a score is of: "relevance" of passages to questions; "nli", the three verdicts; "entailment", the
            first of them against the rest; "answer" and "classification", of pairs that were scored before; "cosine" of
            two texts, by the bi-encoder.
        kind: how scores become probabilities; "auto" takes what is best on pairs left out of the fit.
        precisions: for each of these shares of right pairs the threshold from which on it is reached is kept too.
        confidence: with which the precisions are reached (Wilson's interval); None for the plain share.
        score_field: the pairs were scored before: this field of a record holds the score, and no model runs.
        labels: names of the cross-encoder's outputs in their order, where its files do not say what they are.
        fields: names of the two texts, and of the label where it has another than the usual ones.
        seed: of the division into folds.

    Raises:
        UsageError: a value is out of range, or does not go with the task.
    """

    pairs: str
    task: Annotated[
        CalibratedTask,
        Help(
            "relevance of passages to questions; nli, the three verdicts; entailment, the first of them against the "
            "rest; answer (of `simengine ask`) and classification, with --score-field; cosine of two texts by the "
            "index's model."
        ),
    ] = "relevance"
    kind: Annotated[CalibrationKind, Help("auto takes what is best on pairs left out of the fit.")] = "auto"
    precisions: Annotated[
        tuple[float, ...],
        Help(
            "Also find the threshold above which this share of the pairs is right, and keep it with the calibration. "
            "Repeatable."
        ),
    ] = ()
    confidence: Annotated[
        float | None,
        Gt(0.5),
        Lt(1),
        Help(
            "With --precision: reach it with this confidence (Wilson's interval), as in 0.95, which costs coverage."
        ),
    ] = None
    score_field: Annotated[
        str | None,
        Help("The pairs were scored before: this field of a record holds the score, and no model runs."),
    ] = None
    labels: Annotated[
        tuple[str, ...] | None,
        Texts("label"),
        Help(
            "Names of the cross-encoder's outputs, in their order, as in contradiction,entailment,neutral, where its "
            "files do not say what they are."
        ),
    ] = None
    fields: Annotated[
        tuple[str, ...] | None,
        Texts("field"),
        Help(
            "Names of the fields of the pairs that hold the texts, and the label. [default: the usual names]"
        ),
    ] = None
    seed: Annotated[int, Ge(0), Help("Of the division into folds.")] = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", as_path_name(self.pairs, "pairs"))
        given = items_of(self.precisions, "precision")
        object.__setattr__(self, "precisions", tuple(as_number(each, "precision", 0, 1) for each in given))
        check_fields(self)
        if self.confidence is not None and not self.precisions:
            raise UsageError("a confidence needs a precision")
        if self.task in JUDGED_BEFORE and self.score_field is None:
            raise UsageError(
                f"the task {self.task} needs pairs that were scored before: two texts (question and answer, text and "
                "class), label 0 or 1, and the field of their probability as score_field"
            )
        if self.task == "nli" and self.score_field is not None:
            raise UsageError("a field holds one score; nli has three: give pairs to be judged")

"""Calibrating a model's scores to probabilities."""

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
"""Tasks whose scores depend on more than a pair and a model; they are read from the file."""


@dataclass(frozen=True, slots=True)
class CalibrateRequest:
    """A calibration fitted on labelled pairs.

    Attributes:
        pairs: a file, "-" for standard input: question, passage and label 0 or 1; for "nli" and "entailment" premise,
            hypothesis and one of the three labels.
        task: the meaning of the scores: "relevance" of passages to questions; "nli", the three verdicts; "entailment",
            the first of them against the rest; "answer" and "classification", of pairs with existing scores; "cosine"
            of two texts, by the bi-encoder.
        kind: the method; "auto" takes the best on held-out pairs.
        precisions: shares of right pairs whose thresholds are stored too.
        confidence: of reaching the precisions (Wilson's interval); None for the plain share.
        score_field: field of a record with an existing score; no model runs.
        labels: names of the cross-encoder's outputs in their order, if its files do not name them.
        fields: names of the two texts, and of the label if it is unusual.
        seed: of the split into folds.

    Raises:
        UsageError: a value is out of range, or does not fit the task.
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
    kind: Annotated[CalibrationKind, Help("auto takes the best on held-out pairs.")] = "auto"
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
        Help("Field of a record with an existing score; no model runs."),
    ] = None
    labels: Annotated[
        tuple[str, ...] | None,
        Texts("label"),
        Help(
            "Names of the cross-encoder's outputs, in their order, as in contradiction,entailment,neutral, if its "
            "files do not name them."
        ),
    ] = None
    fields: Annotated[
        tuple[str, ...] | None,
        Texts("field"),
        Help("Names of the pairs' fields with the texts and the label. [default: the usual names]"),
    ] = None
    seed: Annotated[int, Ge(0), Help("Of the split into folds.")] = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", as_path_name(self.pairs, "pairs"))
        given = items_of(self.precisions, "precision")
        object.__setattr__(self, "precisions", tuple(as_number(each, "precision", 0, 1) for each in given))
        check_fields(self)
        if self.confidence is not None and not self.precisions:
            raise UsageError("a confidence needs a precision")
        if self.task in JUDGED_BEFORE and self.score_field is None:
            raise UsageError(
                f"the task {self.task} needs pairs with existing scores: two texts (question and answer, text and "
                "class), label 0 or 1, and the field of their probability as score_field"
            )
        if self.task == "nli" and self.score_field is not None:
            raise UsageError("a field has one score; nli has three: give pairs without scores, for the model")

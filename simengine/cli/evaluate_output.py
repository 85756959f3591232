"""What `simengine evaluate` found, for people and for machines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simengine.cli.evaluate_command import EvaluateChoice
from simengine.cli.output import open_output
from simengine.cli.terminal import cells, counted, one_line
from simengine.evaluation.bootstrap import Interval, bootstrap_intervals
from simengine.evaluation.classification import ClassificationMetrics
from simengine.evaluation.comparison import Comparison, MetricDifference, UnitCounts, compare_models
from simengine.evaluation.reading import ReadingResult
from simengine.evaluation.tagging import TaggingResult
from simengine.types import Json, finite

if TYPE_CHECKING:
    from simengine.cli.evaluate_tasks import Evaluated

RESULT_NAME = "result.json"
PREDICTION_NAMES = ("predictions.jsonl", "predictions-compare.jsonl")
_NAMES = {
    "macro_f1": "macro-F1",
    "weighted_f1": "weighted-F1",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "exact_match": "exact match",
    "f1": "F1",
}


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found.

    Attributes:
        task, file, choice: what was given.
        evaluated: one or two models.
        intervals: of each model's metrics; empty where there are too few units.
        comparison: of two models.
    """

    task: str
    file: str
    choice: EvaluateChoice
    evaluated: Sequence[Evaluated]
    intervals: Sequence[Mapping[str, Interval]]
    comparison: Comparison | None

    @classmethod
    def of(cls, task: str, file: str, choice: EvaluateChoice, evaluated: Sequence[Evaluated]) -> Report:
        """With intervals and comparison, all drawn by the seed that was given."""
        drawing = {"rng": choice.seed, "n_resamples": choice.resamples, "confidence": choice.confidence}
        all_units = [one.assessment.units for one in evaluated]
        enough = len(all_units[0]) >= 2
        intervals = [bootstrap_intervals(units, **drawing) if enough else {} for units in all_units]  # type: ignore[arg-type]
        comparison = compare_models(*all_units, **drawing) if enough and len(evaluated) == 2 else None  # type: ignore[arg-type]
        return cls(task, file, choice, evaluated, intervals, comparison)

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures must know, each once."""
        notes = [line for one in self.evaluated for line in (*one.assessment.notes, *one.notes)]
        if len(self.evaluated[0].assessment.units) < 2:
            notes.append("a single example has no confidence interval")
        return list(dict.fromkeys(notes))

    def to_dict(self) -> dict[str, Json]:
        """Everything but the single examples."""
        units = self.evaluated[0].assessment.units
        return {
            "task": self.task,
            "file": self.file,
            "n": len(units),
            "unit": units.noun,
            "seed": self.choice.seed,
            "confidence": self.choice.confidence,
            "n_resamples": self.choice.resamples,
            "models": [self._model(number) for number in range(len(self.evaluated))],
            "comparison": None if self.comparison is None else self.comparison.to_dict(),
        }

    def _model(self, number: int) -> dict[str, Json]:
        one, intervals = self.evaluated[number], self.intervals[number]
        metrics: dict[str, Json] = {}
        for name, value in one.assessment.units.measure_all().items():
            interval = intervals.get(name)
            ends = (None, None) if interval is None else (interval.low, interval.high)
            metrics[name] = {"value": value, "low": ends[0], "high": ends[1]}
        return {
            "model": one.model,
            "runtime": one.runtime,
            "predict_s": round(one.predict_s, 3),
            "metrics": metrics,
            "result": one.assessment.result.to_dict(),
            "notes": [*one.assessment.notes, *one.notes],
        }

    def as_json(self) -> str:
        """JSON; numbers that JSON has no word for are null."""
        return json.dumps(finite(self.to_dict()), ensure_ascii=False, indent=2, allow_nan=False)

    def as_table(self) -> str:
        """For a person."""
        units = self.evaluated[0].assessment.units
        lines = [f"{self.task}  {one_line(self.file)}  {counted(len(units), units.noun)}"]
        for one, intervals in zip(self.evaluated, self.intervals, strict=True):
            lines += ["", *self._model_lines(one, intervals)]
        if self.comparison is not None:
            first, second = (one_line(one.model) for one in self.evaluated)
            lines += [
                "",
                f"{second} less {first}",
                *_comparison_lines(self.comparison, self.choice.confidence),
            ]
        return "\n".join(lines)

    def _model_lines(self, one: Evaluated, intervals: Mapping[str, Interval]) -> list[str]:
        units = one.assessment.units
        speed = len(one.assessment.rows) / one.predict_s if one.predict_s else 0.0
        rows = [["", "value", f"{self.choice.confidence:.0%} interval"]]
        for name, value in units.measure_all().items():
            interval = intervals.get(name)
            rows.append([_NAMES.get(name, name), figure(value), "" if interval is None else _ends(interval)])
        head = f"{one_line(one.model)}  ({one.runtime}, {speed:,.0f} a second)"
        return [head, *aligned(rows), *_details(one.assessment.result)]


def write_report(report: Report, folder: Path, *, plots: bool) -> None:
    """Write the figures, a record for each example, and (for classification) pictures.

    Raises:
        MissingExtraError: pictures without matplotlib.
        OSError: something cannot be written; names it.
    """
    with open_output(folder / RESULT_NAME) as file:
        file.write(report.as_json() + "\n")
    for name, one in zip(PREDICTION_NAMES, report.evaluated, strict=False):
        with open_output(folder / name) as file:
            for row in one.assessment.rows:
                file.write(json.dumps(finite(row), ensure_ascii=False, allow_nan=False) + "\n")
    if not plots:
        return
    from simengine.training.report.plots import plot_calibration, plot_confusion

    for ending, one in zip(("", "-compare"), report.evaluated, strict=False):
        result = one.assessment.result
        if isinstance(result, ClassificationMetrics):
            plot_confusion(
                folder / f"confusion{ending}.png", result.labels, result.confusion, title=one.model
            )
            if result.calibration is not None:
                plot_calibration(folder / f"calibration{ending}.png", result.calibration, title=one.model)


def figure(value: float | None) -> str:
    """A metric for a person."""
    return "undefined" if value is None or math.isnan(value) else f"{value:.4f}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns: the first to the left, the others to the right."""
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        parts = [" " * (width - cells(cell)) + cell for cell, width in zip(row, widths, strict=True)]
        parts[0] = row[0] + " " * (widths[0] - cells(row[0]))
        lines.append("  ".join(["", *parts]).rstrip())
    return lines


def _ends(interval: Interval) -> str:
    return f"{interval.low:.4f} to {interval.high:.4f}"


def _details(result: object) -> list[str]:
    """What a task has to show beyond its metrics."""
    if isinstance(result, ClassificationMetrics):
        return _classification_lines(result)
    if isinstance(result, TaggingResult):
        rows = [["", "precision", "recall", "F1", "entities"]]
        for kind in result.types:
            values = [figure(value) for value in (kind.precision, kind.recall, kind.f1)]
            rows.append([one_line(kind.type), *values, f"{kind.n_gold:,}"])
        return ["", *aligned(rows)]
    return _reading_lines(result) if isinstance(result, ReadingResult) else []


def _classification_lines(result: ClassificationMetrics) -> list[str]:
    rows = [["", "precision", "recall", "F1", "pairs"]]
    for one in result.classes:
        values = [figure(value) for value in (one.precision, one.recall, one.f1)]
        rows.append([one_line(one.label), *values, f"{one.support:,}"])
    confusion = [["gold, then predicted", *map(one_line, result.labels)]]
    for label, counts in zip(result.labels, result.confusion, strict=True):
        confusion.append([one_line(label), *(f"{count:,}" for count in counts)])
    lines = ["", *aligned(rows), "", *aligned(confusion)]
    if result.calibration is not None:
        lines += [
            "",
            f"  expected calibration error  {figure(result.calibration.expected_calibration_error)}",
        ]
    return lines


def _reading_lines(result: ReadingResult) -> list[str]:
    rows = [["", "exact match", "F1", "questions"]]
    for name, scores in (("answerable", result.answerable), ("unanswerable", result.unanswerable)):
        if scores is not None:
            rows.append([name, figure(scores.exact_match), figure(scores.f1), f"{scores.n:,}"])
    best = (result.best_exact_match, result.best_f1)
    at = "always answers" if result.threshold is None else f"threshold {result.threshold:g}"
    lines = ["", *aligned(rows), "", f"  {at}, abstained from {counted(result.n_abstained, 'question')}"]
    if result.unanswerable is not None:
        shown = [
            f"{figure(b.value)} at {'none' if b.threshold is None else format(b.threshold, 'g')}"
            for b in best
        ]
        lines.append(f"  with the threshold chosen on these questions: exact match {shown[0]}, F1 {shown[1]}")
    return lines


def _comparison_lines(comparison: Comparison, confidence: float) -> list[str]:
    rows = [["", "difference", f"{confidence:.0%} interval", "p"]]
    rows += [_difference_row(metric) for metric in comparison.metrics]
    lines = aligned(rows)
    return (
        lines if comparison.units is None else [*lines, "", *_unit_lines(comparison.units, comparison.noun)]
    )


def _difference_row(metric: MetricDifference) -> list[str]:
    if math.isnan(metric.difference):
        return [_NAMES.get(metric.metric, metric.metric), "undefined", "", ""]
    ends = "" if metric.interval is None else f"{metric.interval.low:+.4f} to {metric.interval.high:+.4f}"
    return [
        _NAMES.get(metric.metric, metric.metric),
        f"{metric.difference:+.4f}",
        ends,
        f"{metric.p_value:.3f}",
    ]


def _unit_lines(units: UnitCounts, noun: str) -> list[str]:
    nouns = "queries" if noun == "query" else f"{noun}s"
    if units.mcnemar_p is None:
        rows = [
            [f"{nouns} that the first does better ({units.metric})", f"{units.first_better:,}"],
            ["the second does better", f"{units.second_better:,}"],
            ["both do equally well", f"{units.equal:,}"],
        ]
        return aligned(rows)
    rows = [
        [f"{nouns} that both get right ({_NAMES.get(units.metric, units.metric)})", f"{units.both_right:,}"],
        ["only the first", f"{units.first_better:,}"],
        ["only the second", f"{units.second_better:,}"],
        ["neither", f"{units.both_wrong:,}"],
        ["p by McNemar's exact test", f"{units.mcnemar_p:.3f}"],
    ]
    return aligned(rows)

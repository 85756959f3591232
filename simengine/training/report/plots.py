"""Pictures: confusion matrix, learning curve, calibration. Drawn without a display and without global state."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.errors import UsageError
from simengine.evaluation.calibration import Calibration
from simengine.extras import needing
from simengine.files import make_folder, replace_file, writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 120
WIDTH_INCHES = 6.4
FONT_POINTS = 10
LOSS_COLOUR, METRIC_COLOURS = "0.45", ("C0", "C1", "C2", "C3", "C4", "C5")
SMOOTHING = 0.9
MAX_RAW_POINTS = 40


def plot_confusion(
    path: Path, labels: Sequence[str], confusion: Sequence[Sequence[int]], *, title: str = ""
) -> None:
    """A confusion matrix as PNG: counts, coloured by the share of the gold label's row.

    Args:
        path: of the PNG; replaced as a whole.
        labels: n names, in the order of rows and columns.
        confusion: (n, n) counts, rows are gold labels, columns predicted ones.
        title: above the picture.

    Raises:
        UsageError: the matrix does not fit the labels.
        MissingExtraError: matplotlib is not installed.
    """
    n = len(labels)
    if n == 0 or len(confusion) != n or any(len(row) != n for row in confusion):
        raise UsageError(f"a confusion matrix of {len(confusion)} rows does not fit {n} labels")
    side = max(4.0, min(1.2 + 0.9 * n, 24.0))
    figure = _figure(side + 1.2, side)
    axes = figure.subplots()
    sums = [max(sum(row), 1) for row in confusion]
    shares = [[count / total for count in row] for row, total in zip(confusion, sums, strict=True)]
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for row in range(n):
        for column in range(n):
            colour = "white" if shares[row][column] > 0.5 else "black"
            text = f"{confusion[row][column]:,}\n{shares[row][column]:.0%}"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=FONT_POINTS)
    long = max(map(len, labels)) > 8
    axes.set_xticks(range(n), labels, rotation=30 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(n), labels)
    axes.set_xlabel("predicted")
    axes.set_ylabel("gold")
    axes.set_title(title, fontsize=FONT_POINTS + 1)
    figure.colorbar(image, ax=axes, label="share of the gold label", fraction=0.046, pad=0.04)
    _save(figure, path)


def plot_calibration(path: Path, calibration: Calibration, *, title: str = "") -> None:
    """A reliability diagram as PNG: accuracy of each bin of probability, and how many predictions it holds.

    Args:
        path: of the PNG; replaced as a whole.
        calibration: see `evaluate_calibration`.
        title: above the picture.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(WIDTH_INCHES, 6.0)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    bins = calibration.bins
    centres, width = [(b.low + b.high) / 2 for b in bins], 0.92 * (bins[0].high - bins[0].low)
    upper.plot((0, 1), (0, 1), color="0.5", linestyle="--", linewidth=1, label="as it should be")
    upper.bar(
        centres, [b.accuracy or 0.0 for b in bins], width=width, color="C0", alpha=0.8, label="accuracy"
    )
    filled = [b for b in bins if b.n]
    upper.plot(
        [b.probability for b in filled], [b.accuracy for b in filled], "o", color="black", markersize=4,
        label="mean probability",
    )  # fmt: skip
    upper.set_ylabel("accuracy")
    upper.set_ylim(0, 1)
    upper.set_xlim(0, 1)
    upper.legend(loc="upper left", fontsize=FONT_POINTS - 1)
    error = f"expected calibration error {calibration.expected_calibration_error:.3f}, n = {calibration.n:,}"
    upper.set_title(f"{title}\n{error}" if title else error, fontsize=FONT_POINTS + 1)
    lower.bar(centres, [b.n for b in bins], width=width, color="0.6")
    lower.set_ylabel("predictions")
    lower.set_xlabel("probability of the predicted label")
    _save(figure, path)


def plot_learning_curve(
    path: Path,
    history: Sequence[Mapping[str, Any]],
    *,
    metrics: Sequence[str] = (),
    best_step: int = 0,
    title: str = "",
) -> None:
    """Training loss and dev metrics over the steps, as PNG.

    Args:
        path: of the PNG; replaced as a whole.
        history: the trainer's log: records with "step" and "loss", or "step" and "eval_..." keys.
        metrics: dev metrics to draw, without "eval_"; () draws all but losses and speeds.
        best_step: marked, if above 0.
        title: above the picture.

    Raises:
        UsageError: there is no step in the log, or none of the metrics.
        MissingExtraError: matplotlib is not installed.
    """
    losses = [(int(record["step"]), float(record["loss"])) for record in history if "loss" in record]
    curves = dev_curves(history)
    if not losses and not curves:
        raise UsageError("the log holds neither a training loss nor a dev metric")
    if absent := [name for name in metrics if name not in curves]:
        known = ", ".join(curves) or "none"
        raise UsageError(f"the log holds no dev metric {', '.join(absent)}; it holds {known}")
    figure = _figure(WIDTH_INCHES + 1.6, 4.6)
    axes = figure.subplots()
    if losses:
        _draw_losses(axes, losses)
    if best_step > 0:
        axes.axvline(best_step, color="C3", linewidth=1, linestyle=":", label=f"kept: step {best_step:,}")
    axes.set_xlabel("step")
    axes.set_title(title, fontsize=FONT_POINTS + 1)
    shown = {name: curves[name] for name in (metrics or curves)}
    if shown:
        right = axes.twinx()
        for number, (name, points) in enumerate(shown.items()):
            colour = METRIC_COLOURS[number % len(METRIC_COLOURS)]
            right.plot(
                *zip(*points, strict=True), marker="o", markersize=4, color=colour, label=f"dev {name}"
            )
        right.set_ylabel("dev metric")
    figure.legend(loc="outside lower center", ncols=4, fontsize=FONT_POINTS - 1, frameon=False)
    _save(figure, path)


def _draw_losses(axes: Axes, losses: Sequence[tuple[int, float]]) -> None:
    """The loss as it was logged, and smoothed where it was logged often."""
    steps, values = zip(*losses, strict=True)
    if len(values) <= MAX_RAW_POINTS:
        axes.plot(steps, values, color=LOSS_COLOUR, marker=".", label="training loss")
    else:
        axes.plot(steps, values, color=LOSS_COLOUR, alpha=0.35, linewidth=0.8)
        axes.plot(steps, smoothed(values), color=LOSS_COLOUR, label="training loss, smoothed")
    axes.set_ylabel("training loss")


def smoothed(values: Sequence[float]) -> list[float]:
    """An exponential moving average without the pull towards the start (divided by the sum of its weights)."""
    total = weight = 0.0
    result = []
    for value in values:
        total, weight = SMOOTHING * total + value, SMOOTHING * weight + 1
        result.append(total / weight)
    return result


def dev_curves(history: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """Dev metrics in a trainer's log: name without "eval_" to (step, value), without losses, speeds and counts."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for record in history:
        for key, value in record.items():
            name = key.removeprefix("eval_")
            speed = name.endswith(("loss", "runtime", "_per_second", "questions"))
            if key != name and not speed and isinstance(value, (int, float)):
                curves.setdefault(name, []).append((int(record["step"]), float(value)))
    return curves


def _figure(width: float, height: float) -> Figure:
    with needing("train", "drawing pictures", "matplotlib"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, path: Path) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    with writing(path):
        make_folder(path.parent)
        replace_file(path, buffer.getvalue())

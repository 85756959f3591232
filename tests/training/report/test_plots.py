"""Pictures: their size, that they show what they are given, and that nothing global is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import MissingExtraError, UsageError
from simengine.evaluation.calibration import evaluate_calibration
from simengine.training.report.plots import (
    dev_curves,
    plot_calibration,
    plot_confusion,
    plot_learning_curve,
    smoothed,
)
from simengine.training.report.types import TrainReport


def pixels(path: Path) -> np.ndarray:
    """(height, width, 4) of a PNG."""
    from matplotlib.image import imread

    return imread(str(path))


def test_a_confusion_matrix_is_coloured_by_the_share_of_its_row(tmp_path: Path) -> None:
    from matplotlib import colormaps

    path = tmp_path / "confusion.png"
    plot_confusion(path, ["a", "b"], [[9, 1], [500, 500]], title="set")
    picture = pixels(path)
    assert picture.shape[0] >= 400
    assert picture.shape[1] >= 400
    found, counts = np.unique(255 * picture[:, :, :3].reshape(-1, 3), axis=0, return_counts=True)
    large = found[counts > 2_000]
    # 90 %, 50 % and 10 %, whatever the counts; a colour is rounded to a whole number of 255.
    for share in (0.9, 0.5, 0.1):
        colour = 255 * np.array(colormaps["Blues"](share)[:3])
        assert np.abs(large - colour).max(axis=1).min() <= 1


@pytest.mark.parametrize(
    ("labels", "confusion"), [([], []), (["a"], [[1], [2]]), (["a", "b"], [[1, 2], [3]])]
)
def test_a_matrix_that_does_not_fit_its_labels_is_refused(tmp_path: Path, labels, confusion) -> None:
    with pytest.raises(UsageError, match="does not fit"):
        plot_confusion(tmp_path / "x.png", labels, confusion)
    assert not list(tmp_path.iterdir())


def test_a_row_without_examples_is_drawn(tmp_path: Path) -> None:
    plot_confusion(tmp_path / "x.png", ["entailment", "contradiction"], [[1, 0], [0, 0]])
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_a_calibration_curve_with_empty_bins_is_drawn(tmp_path: Path) -> None:
    plot_calibration(tmp_path / "x.png", evaluate_calibration([0.35, 0.9], [True, True]), title="set")
    assert pixels(tmp_path / "x.png").shape[0] == 720


def test_a_learning_curve_with_loss_and_metric(tmp_path: Path, report: TrainReport) -> None:
    plot_learning_curve(tmp_path / "a.png", report.history, metrics=("macro_f1",), best_step=20, title="run")
    plot_learning_curve(tmp_path / "b.png", report.history[:1])
    many = [{"loss": 1.0, "step": step} for step in range(100)]
    plot_learning_curve(tmp_path / "c.png", many)
    assert all(pixels(path).shape[0] == 552 for path in tmp_path.iterdir())


def test_what_the_log_does_not_hold_is_refused(tmp_path: Path, report: TrainReport) -> None:
    with pytest.raises(UsageError, match="no dev metric accuracy; it has macro_f1"):
        plot_learning_curve(tmp_path / "x.png", report.history, metrics=("accuracy",))
    with pytest.raises(UsageError, match="neither a training loss nor a dev metric"):
        plot_learning_curve(tmp_path / "x.png", [{"train_runtime": 3.0, "step": 1}])


def test_dev_curves_leave_out_losses_and_speeds(report: TrainReport) -> None:
    assert dev_curves(report.history) == {"macro_f1": [(10, 0.5), (20, 0.7)]}


def test_smoothing_keeps_a_constant_and_begins_at_the_first_value() -> None:
    assert smoothed([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
    assert smoothed([1.0, 0.0]) == pytest.approx([1.0, 0.9 / 1.9])


def test_drawing_leaves_pyplot_alone(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from simengine.training.report.plots import plot_confusion; "
        "assert 'matplotlib' not in sys.modules; plot_confusion(Path(sys.argv[1]), ['a'], [[1]]); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "x.png")], check=True)


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"simengine-search\[train\]"):
        plot_confusion(tmp_path / "x.png", ["a"], [[1]])

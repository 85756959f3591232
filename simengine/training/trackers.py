"""Experiment trackers that a run reports to: checked before anything is loaded, and where their files stay."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simengine.errors import UsageError

LOG_FOLDER = "logs"
# By transformers' name of a tracker, where they differ: what its check in transformers, and what its package is called.
_CHECKS = {"azure_ml": "azureml", "comet_ml": "comet", "flyte": "flytekit"}
_PACKAGES = {
    "azure_ml": "azureml-sdk",
    "comet_ml": "comet-ml",
    "dagshub": "dagshub mlflow",
    "flyte": "flytekit",
}
_SERVER = {"kubeflow": "KUBEFLOW_TRAINER_SERVER_URL"}


def check_trackers(names: Sequence[str]) -> tuple[str, ...]:
    """Refuse trackers that are unknown or not installed.

    Returns:
        The names, each once; ("all",) stands for all that are installed, and no name for "none".

    Raises:
        UsageError: names the nearest tracker, or what to install.
    """
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    wanted = tuple(dict.fromkeys(names))
    if wanted in (("all",), ("none",)):
        return wanted if wanted == ("all",) else ()
    for name in wanted:
        if name in ("all", "none"):
            raise UsageError(f"report to {name!r} stands alone; it was given with other trackers")
        if name not in INTEGRATION_TO_CALLBACK:
            near = difflib.get_close_matches(name.casefold(), list(INTEGRATION_TO_CALLBACK), 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(INTEGRATION_TO_CALLBACK)}"
            raise UsageError(f"no tracker is called {name!r}; {hint}")
        _check_installed(name)
    return wanted


def _check_installed(name: str) -> None:
    from transformers.integrations import integration_utils

    if (variable := _SERVER.get(name)) is not None and variable not in os.environ:
        raise UsageError(f"reporting to {name} needs the environment variable {variable}, which its jobs set")
    if name == "mlflow" and os.environ.get("DISABLE_MLFLOW_INTEGRATION", "").upper() == "TRUE":
        raise UsageError("reporting to mlflow is switched off by DISABLE_MLFLOW_INTEGRATION; unset it")
    if not getattr(integration_utils, f"is_{_CHECKS.get(name, name)}_available")():
        package = _PACKAGES.get(name, name)
        raise UsageError(f"reporting to {name} needs a package that is not installed: pip install {package}")


def log_to(trainer: Any, folder: Path) -> bool:
    """Let TensorBoard's files go to a folder that stays, unless TENSORBOARD_LOGGING_DIR names another.

    Returns:
        Whether the run reports to TensorBoard, into this folder.
    """
    from transformers.integrations import TensorBoardCallback

    found = False
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TensorBoardCallback) and callback.logging_dir is None:
            callback.logging_dir = str(folder)
            found = True
    return found


def keep_logs(checkpoints: Path, folder: Path) -> None:
    """Move what trackers wrote beside the checkpoints, such as emissions.csv, before these are deleted."""
    left = (
        [path for path in checkpoints.iterdir() if not path.name.startswith(("checkpoint-", "tmp-"))]
        if checkpoints.is_dir()
        else []
    )
    for path in left:
        folder.mkdir(exist_ok=True)
        target = folder / path.name
        if not target.exists():
            shutil.move(path, target)

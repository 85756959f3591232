"""A report of a small run."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.corpus.examples import NLI_LABELS
from simengine.evaluation.classification import evaluate_classification
from simengine.training.report.types import SourceReport, TrainReport


@pytest.fixture
def report() -> TrainReport:
    """Of an NLI model."""
    gold, predicted = ["entailment", "neutral", "contradiction"] * 2, ["entailment", "neutral", "neutral"] * 2
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.6, 0.3]] * 2)
    result = evaluate_classification(gold, predicted, labels=NLI_LABELS, probabilities=probabilities)
    return TrainReport(
        name="tiny-nli",
        task="nli",
        base="all-MiniLM-L6-v2",
        recipe={"task": "nli", "optimisation": {"epochs": 2.0}, "labels": ("a", "b")},
        sources=[
            SourceReport(
                "lingnli/train",
                "nli/lingnli/train.jsonl.gz",
                "ab" * 32,
                44_983,
                "train",
                "",
                "https://x.example",
            ),
            SourceReport(
                "cad_nli/train",
                "c.jsonl",
                "cd" * 32,
                8_330,
                "train",
                "Apache-2.0",
                n_dropped={"no gold label": 3},
            ),
            SourceReport("snli/dev", "d.jsonl", "ef" * 32, 9_842, "held out", "CC BY-SA | 4.0"),
        ],
        dev={"lingnli/dev": {"accuracy": 0.71234, "macro_f1": 0.7}},
        metric="macro_f1",
        history=[
            {"loss": 1.1, "grad_norm": 2.0, "learning_rate": 1e-5, "epoch": 0.5, "step": 10},
            {"eval_macro_f1": 0.5, "eval_loss": 0.9, "eval_runtime": 3.0, "epoch": 0.5, "step": 10},
            {"loss": 0.7, "epoch": 1.0, "step": 20},
            {"eval_macro_f1": 0.7, "eval_samples_per_second": 9.0, "epoch": 1.0, "step": 20},
            {"train_runtime": 99.0, "train_loss": 0.9, "epoch": 1.0, "step": 20},
        ],
        leakage={
            "train_rows": 53_313,
            "leaked_train_rows": 17,
            "options": {"action": "drop"},
            "sets": [{"name": "snli/dev"}, {"name": "xnli"}],
        },
        timings={"train_s": 3_725.0},
        versions={"python": "3.11.4", "torch": "2.13.0"},
        machine={"processor": "Some CPU", "cores": 2, "gpus": ["H100", "H100"]},
        command="simengine train --recipe minilm-nli -o runs/minilm-nli",
        seed=13,
        finished="2026-11-22T18:00:00+00:00",
        description="Judges pairs.",
        test={"snli/dev": {"accuracy": 0.75, "macro_f1": float("nan")}},
        details={"lingnli/dev": result.to_dict()},
        labels=NLI_LABELS,
        max_tokens=256,
        n_parameters=22_700_000,
        n_trainable=10_800_000,
        steps=20,
        best_step=20,
        limits=("It has read English only.",),
    )

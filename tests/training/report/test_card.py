"""The model card: its front matter as hubs read it, its figures, data and limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from huggingface_hub import ModelCard

from simengine.training.report.card import TASK_CARDS, hub_id, model_card, table
from simengine.training.report.types import TrainReport


def test_the_front_matter_is_what_hubs_expect(report: TrainReport) -> None:
    card = model_card(replace(report, languages=("en",)))
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["library_name"] == "sentence-transformers"
    assert front["pipeline_tag"] == "text-classification"
    assert front["base_model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert front["language"] == ["en"]
    assert "cross-encoder" in front["tags"]
    assert "license" not in front
    results = ModelCard(card).data.eval_results
    found = {(one.dataset_name, one.metric_name): one.metric_value for one in results}
    # NaN is no figure.
    assert found == {
        ("lingnli/dev", "Accuracy"): 0.7123,
        ("lingnli/dev", "Macro F1"): 0.7,
        ("snli/dev", "Accuracy"): 0.75,
    }
    assert {one.metric_type for one in results} == {"accuracy", "f1"}


def test_languages_that_are_not_known_are_not_claimed(report: TrainReport) -> None:
    card = model_card(report)
    assert "language" not in yaml.safe_load(card.split("---\n")[1])
    assert "The languages of its training data are not stated." in card
    assert "texts in: en, zh." in model_card(replace(report, languages=("en", "zh")))


def test_the_card_names_every_source_with_its_licence(report: TrainReport) -> None:
    card = model_card(report)
    assert "| [lingnli/train](https://x.example) | train | 44,983 | none stated | `abababababab` |" in card
    assert "| cad_nli/train | train | 8,330 | Apache-2.0 | `cdcdcdcdcdcd` |" in card
    assert r"CC BY-SA \| 4.0" in card
    assert "cad_nli/train (train): 3 rows left out: no gold label" in card
    assert "Some training data states no licence: lingnli/train." in card


def test_the_card_says_how_the_model_is_made_again(report: TrainReport) -> None:
    card = model_card(report)
    assert "```sh\nsimengine train --recipe minilm-nli -o runs/minilm-nli\n```" in card
    for fact in (
        "Seed 13, finished 2026-11-22T18:00:00+00:00.",
        "Training took 62 min.",
        "20 optimiser steps, the weights of step 20 were kept (by macro_f1).",
        "processor Some CPU; cores 2; gpus H100, H100.",
        "python 3.11.4, torch 2.13.0.",
        '"epochs": 2.0',
    ):
        assert fact in card


def test_the_card_says_what_leaked(report: TrainReport) -> None:
    line = (
        "Training rows were compared with snli/dev, xnli: 17 of 53,313 appear there, too. They were left out."
    )
    assert line in model_card(report)
    assert "were not compared" in model_card(replace(report, leakage=None))
    clean = {"train_rows": 5, "leaked_train_rows": 0, "sets": [{"name": "a"}], "options": {"action": "drop"}}
    assert "compared with a: 0 of 5 appear there, too.\n" in model_card(replace(report, leakage=clean))


def test_figures_and_classes_are_tables(report: TrainReport) -> None:
    card = model_card(report)
    assert "| lingnli/dev | 0.7123 | 0.7000 |" in card
    assert "| snli/dev | 0.7500 |  |" in card
    assert "| neutral | 0.5000 | 1.0000 | 0.6667 | 2 |" in card
    assert "- It has read English only." in card


def test_pictures_are_shown(report: TrainReport) -> None:
    assert "![learning curve](learning_curve.png)" in model_card(report, pictures=["learning_curve.png"])


@pytest.mark.parametrize("task", TASK_CARDS)
def test_every_task_has_a_card_whose_code_compiles(report: TrainReport, task: str) -> None:
    card = model_card(replace(report, task=task, details={}))
    code = card.split("```python\n")[1].split("\n```")[0]
    compile(code, "card", "exec")
    assert "tiny-nli" in code
    assert "fine-tuned from all-MiniLM-L6-v2" in card


def test_a_run_without_dev_data_says_so(report: TrainReport) -> None:
    card = model_card(replace(report, dev={}, test={}, details={}))
    assert "None: the run had no dev data." in card
    assert "model-index" not in card


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"),
        ("BAAI/bge-small-en-v1.5", "BAAI/bge-small-en-v1.5"),
        ("/models/mine", None),
        ("./runs/x", None),
        ("folder", None),
        ("a/b/c", None),
    ],
)
def test_only_names_of_hubs_are_base_models(base: str, expected: str | None) -> None:
    assert hub_id(base) == expected


def test_a_cell_cannot_break_its_table() -> None:
    assert table(["a", "b"], [["x|y", "1\n2"]]) == "| a | b |\n| --- | --: |\n| x\\|y | 1 2 |"

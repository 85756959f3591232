"""Training speed beside a plain sentence-transformers trainer: the same model, data, loss, batch size and steps.

python benchmarks/speed_train.py            measure, write results/speed_train.json
python benchmarks/speed_train.py --quick    few rows; prints, writes nothing

Both train the same rows for one pass in fp32-sized batches of 32 with AdamW, taking turns in one process; the time of
the trainer's own loop is compared. The peer is CrossEncoderTrainer as its documentation shows it. Ours is the same
trainer with what `simengine train` sets: batches of similar length, and bf16 where the processor has matrix units.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _common import write_result
from _training import data_or_exit

from simengine.corpus.examples import LabelledPair, read_nli
from simengine.models.resolve import resolve_model
from simengine.training.recipe import Recipe
from simengine.training.recipe_file import recipe_from_dict
from simengine.training.run import RunOptions, train

ROUNDS = 3
BATCH = 32
SETS = {"lingnli": "nli/lingnli/train.jsonl.gz", "sick": "nli/sick/train.jsonl.gz"}


def ours(recipe: Recipe, folder: Path) -> float:
    """Pairs a second of `simengine.training.run.train`."""
    result = train(recipe, folder, RunOptions(offline=True, overwrite=True))
    return sum(result.n_train.values()) / result.train_s


def plain(pairs: list[LabelledPair], folder: Path) -> float:
    """Pairs a second of a plain trainer."""
    import torch
    import transformers
    from datasets import Dataset
    from sentence_transformers import CrossEncoder
    from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments
    from sentence_transformers.cross_encoder.losses import CrossEntropyLoss

    labels = ("entailment", "neutral", "contradiction")
    transformers.set_seed(13)
    model = CrossEncoder(
        str(resolve_model(None, offline=True).path),
        num_labels=3,
        max_length=128,
        local_files_only=True,
        device="cpu",
    )
    rows = {
        "premise": [pair.text1 for pair in pairs],
        "hypothesis": [pair.text2 for pair in pairs],
        "label": [labels.index(pair.label or "") for pair in pairs],
    }
    arguments = CrossEncoderTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=BATCH,
        learning_rate=5e-5,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
        seed=13,
    )
    trainer = CrossEncoderTrainer(
        model=model, args=arguments, train_dataset=Dataset.from_dict(rows), loss=CrossEntropyLoss(model)
    )
    began = time.monotonic()
    trainer.train()
    return len(pairs) / (time.monotonic() - began)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = data_or_exit()
    n_rows = 160 if arguments.quick else 1600
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        for name, path in SETS.items():
            table = {
                "task": "nli",
                "train": [{"path": path, "limit": n_rows}],
                "optimisation": {"epochs": 1, "batch_size": BATCH},
                "stopping": {"evaluations": 1},
                "leakage": {"action": "report"},
            }
            recipe = recipe_from_dict(table, name)
            pairs = list(read_nli(data / path))[:n_rows]
            rounds = []
            for number in range(1 if arguments.quick else ROUNDS):
                theirs = plain(pairs, Path(place) / "plain")
                rounds.append((ours(recipe, Path(place) / "ours"), theirs))
                print(
                    f"{name} round {number}: ours {rounds[-1][0]:.1f}, plain {theirs:.1f} pairs/s",
                    file=sys.stderr,
                )
            summary[f"ratio_st_{name}"] = statistics.median(a / b for a, b in rounds)
            summary[f"pairs_per_s_{name}"] = statistics.median(a for a, _ in rounds)
            summary[f"pairs_per_s_plain_{name}"] = statistics.median(b for _, b in rounds)
            detail[name] = [{"ours": a, "plain": b} for a, b in rounds]
    summary["ratio_st"] = min(summary[f"ratio_st_{name}"] for name in SETS)
    print(summary)
    if not arguments.quick:
        print(write_result("speed_train", summary, detail))


if __name__ == "__main__":
    main()

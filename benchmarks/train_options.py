"""Every training option once against the run without it, on SICK (NLI) or STS-B, judged on dev.

python benchmarks/train_options.py                       measure, write results/train_options.json
python benchmarks/train_options.py --only lora,fgm       some of them; prints, writes nothing
python benchmarks/train_options.py --runs FOLDER         where the runs are kept; done ones are not done again

One run each, so differences below a point or so are noise; the baseline runs with three seeds to show how much.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from _common import write_result
from _training import data_or_exit, trained

BASE: dict[str, Any] = {
    "task": "nli",
    "train": [{"path": "nli/sick/train.jsonl.gz"}],
    "dev": [{"path": "nli/sick/dev.jsonl"}],
    "optimisation": {"epochs": 3, "batch_size": 32, "learning_rate": 8e-5},
    "stopping": {"evaluations": 3},
    "leakage": {"action": "drop"},
}
RETRIEVER: dict[str, Any] = {
    **BASE,
    "task": "retriever",
    "train": [{"path": "similarity/stsb/train.jsonl.gz"}],
    "dev": [{"path": "similarity/stsb/dev.jsonl.gz"}],
    "optimisation": {"epochs": 2, "batch_size": 32, "learning_rate": 5e-5},
}
NLI_RETRIEVER: dict[str, Any] = {
    **RETRIEVER,
    "train": [{"path": "nli/lingnli/train.jsonl.gz", "kind": "nli", "limit": 9000}],
    "optimisation": {"epochs": 1, "batch_size": 64, "learning_rate": 3e-5},
}


def with_optimisation(**changes: Any) -> dict[str, Any]:
    """The baseline with other numbers."""
    return {**BASE, "optimisation": {**BASE["optimisation"], **changes}}


# Name → (recipe, the run it is compared with).
OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "baseline": (BASE, ""),
    "seed 14": ({**BASE, "seed": 14}, "baseline"),
    "seed 15": ({**BASE, "seed": 15}, "baseline"),
    "freeze embeddings": ({**BASE, "freezing": {"embeddings": True}}, "baseline"),
    "freeze 3 layers": ({**BASE, "freezing": {"layers": 3}}, "baseline"),
    "lora": (with_optimisation(learning_rate=1e-3) | {"peft": {"rank": 16}}, "baseline"),
    "ia3": (with_optimisation(learning_rate=1e-2) | {"peft": {"method": "ia3"}}, "baseline"),
    "no weight decay": (with_optimisation(weight_decay=0.0), "baseline"),
    "dropout 0.2": (with_optimisation(dropout=0.2), "baseline"),
    "fgm": ({**BASE, "adversarial": {"epsilon": 0.5}}, "baseline"),
    "smoothness": ({**BASE, "smoothness": {"noise": 1e-2}}, "baseline"),
    "label smoothing": ({**BASE, "loss": {"label_smoothing": 0.1}}, "baseline"),
    "class weights": ({**BASE, "loss": {"class_weights": "balanced"}}, "baseline"),
    "random batches": (with_optimisation(group_by_length=False), "baseline"),
    "cosent": (RETRIEVER, ""),
    "matryoshka": ({**RETRIEVER, "loss": {"matryoshka": [192, 96, 48]}}, "cosent"),
    "nli triplets": (NLI_RETRIEVER, ""),
    "two-tower": ({**NLI_RETRIEVER, "loss": {"retriever": "two-tower"}}, "nli triplets"),
}


def measure(name: str, runs: Path) -> dict[str, Any]:
    """One run's dev figures and cost."""
    table, against = OPTIONS[name]
    run = trained(runs / name.replace(" ", "-"), table)
    figures = next(iter(run["dev"].values()))
    return {
        "against": against,
        "figures": figures,
        "train_s": run["train_s"],
        "trainable": run["n_trainable"],
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--runs", type=Path, default=Path(tempfile.gettempdir()) / "simengine-runs" / "options"
    )
    parser.add_argument("--only", help="names, separated by commas")
    arguments = parser.parse_args()
    data_or_exit()
    names = arguments.only.split(",") if arguments.only else list(OPTIONS)
    found = {name: measure(name, arguments.runs) for name in names}
    for name, one in found.items():
        print(name, one["figures"], f"{one['train_s']:.0f} s")
    if arguments.only:
        return
    summary: dict[str, float] = {}
    for name, one in found.items():
        metric = "macro_f1" if "macro_f1" in one["figures"] else "spearman"
        key = name.replace(" ", "_").replace("-", "_").replace(".", "_")
        summary[f"{key}_{metric}"] = one["figures"][metric]
        if one["against"]:
            summary[f"{key}_gain"] = one["figures"][metric] - found[one["against"]]["figures"][metric]
            summary[f"{key}_time_ratio"] = one["train_s"] / found[one["against"]]["train_s"]
    print(
        write_result("train_options", summary, {"runs": found, "recipes": {n: OPTIONS[n][0] for n in names}})
    )


if __name__ == "__main__":
    main()

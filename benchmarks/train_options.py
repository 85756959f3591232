"""Every training option once against the run without it, on 1,000 rows of SICK (NLI) or STS-B, judged on dev.

python benchmarks/train_options.py                       measure, write results/train_options.json
python benchmarks/train_options.py --only lora,fgm       some of them; prints, writes nothing
python benchmarks/train_options.py --quick               64 rows, one epoch: does it work? prints, writes nothing
python benchmarks/train_options.py --runs FOLDER         where the runs are kept; done ones are not done again

One run each, so differences below a point or so are noise; the baseline runs with three seeds to show how much.
Negatives are judged by MAP on WikiQA's dev questions; the few-shot runs, which learn from 8 examples a class, are means
of three draws. The base is all-MiniLM-L6-v2; minilm-nli serves only as the teacher of margins and as the NLI guard.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _common import write_result
from _option_runs import (
    GUARD,
    Place,
    few_fine_tuned,
    few_shot,
    lingnli_rows,
    negatives,
    nli_recipe,
    retriever_recipe,
    silver_pairs,
    small_base,
)
from _training import data_or_exit, trained

LIMIT, EPOCHS = 1_000, 2
QUICK_LIMIT, QUICK_EPOCHS, QUICK_DEV = 64, 1, 48
LONG = 3
"""Times the epochs, for runs that may stop early."""
METRICS = ("macro_f1", "spearman", "map")

Recipe = Callable[[Place], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the table.

    Attributes:
        recipe: of the run, or None where `figures` is given.
        against: name of the run without the option; "" for baselines.
        needs: runs whose models this one uses.
        figures: dev figures of what is no single run.
    """

    recipe: Recipe | None = None
    against: str = ""
    needs: tuple[str, ...] = ()
    figures: Callable[[Place], dict[str, Any]] | None = None


def nli(against: str = "baseline", **changes: Any) -> Option:
    """The cross-encoder's baseline with changes."""
    return Option(lambda place: nli_recipe(place, **changes), against)


def lingnli(place: Place, **changes: Any) -> dict[str, Any]:
    """The bi-encoder that learns from NLI, with changes."""
    train = [{"path": lingnli_rows(place), "kind": "nli"}]
    return retriever_recipe(
        place, **{"train": train, "optimisation": {"batch_size": 64, "learning_rate": 3e-5}, **changes}
    )


def taught(place: Place) -> dict[str, Any]:
    """Half the layers, the baseline as the teacher."""
    teacher = str(place.runs / "baseline" / "model")
    return nli_recipe(place, base=small_base(place), distillation={"teacher": teacher, "alpha": 0.7})


def augmented(place: Place) -> dict[str, Any]:
    """The baseline's data and as many silver pairs."""
    gold = nli_recipe(place)["train"]
    return nli_recipe(place, train=[*gold, {"path": silver_pairs(place), "name": "silver"}])


def long_run(place: Place, patience: int) -> dict[str, Any]:
    """More epochs than are needed, with or without an early end."""
    return nli_recipe(
        place,
        optimisation={"epochs": LONG * place.epochs},
        stopping={"evaluations": 4 * LONG, "patience": patience},
    )


OPTIONS: dict[str, Option] = {
    "baseline": nli(""),
    "seed 14": nli(seed=14),
    "seed 15": nli(seed=15),
    "freeze embeddings": nli(freezing={"embeddings": True}),
    "freeze 3 layers": nli(freezing={"layers": 3}),
    "lora": nli(optimisation={"learning_rate": 1e-3}, peft={"rank": 16}),
    "ia3": nli(optimisation={"learning_rate": 1e-2}, peft={"method": "ia3"}),
    "no weight decay": nli(optimisation={"weight_decay": 0.0}),
    "dropout 0.2": nli(optimisation={"dropout": 0.2}),
    "fgm": nli(adversarial={"epsilon": 0.5}),
    "smoothness": nli(smoothness={"noise": 1e-2}),
    "label smoothing": nli(loss={"label_smoothing": 0.1}),
    "class weights": nli(loss={"class_weights": "balanced"}),
    "random batches": nli(optimisation={"group_by_length": False}),
    "gradient accumulation": nli(optimisation={"batch_size": 8, "gradient_accumulation": 4}),
    "long": Option(lambda place: long_run(place, 0), "baseline"),
    "early stopping": Option(lambda place: long_run(place, 3), "long"),
    "silver pairs": Option(augmented, "baseline", ("baseline",)),
    "three layers": Option(lambda place: nli_recipe(place, base=small_base(place)), "baseline"),
    "distillation": Option(taught, "three layers", ("baseline",)),
    "few plain": Option(figures=few_fine_tuned),
    "few-shot cold": Option(against="few plain", figures=lambda place: few_shot(place, warm_up=False)),
    "few-shot": Option(against="few plain", figures=lambda place: few_shot(place, warm_up=True)),
    "cosent": Option(retriever_recipe),
    "matryoshka": Option(lambda place: retriever_recipe(place, loss={"matryoshka": [192, 96, 48]}), "cosent"),
    "nli triplets": Option(lingnli),
    "two-tower": Option(lambda place: lingnli(place, loss={"retriever": "two-tower"}), "nli triplets"),
    "margin-mse": Option(lambda place: lingnli(place, distillation={"teacher": GUARD}), "nli triplets"),
    "random negatives": Option(figures=lambda place: negatives(place, "random")),
    "near negatives": Option(against="random negatives", figures=lambda place: negatives(place, "near")),
    "guarded negatives": Option(
        against="random negatives", figures=lambda place: negatives(place, "guarded")
    ),
}


def measure(name: str, place: Place) -> dict[str, Any]:
    """One run's dev figures and cost, measured now unless they stand in the folder of the runs."""
    kept = place.runs / "measured" / f"{name.replace(' ', '-')}.json"
    if kept.exists():
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return found
    option = OPTIONS[name]
    for need in option.needs:
        measure(need, place)
    if option.figures is not None:
        figures = option.figures(place)
        found = {"against": option.against, "train_s": figures.pop("train_s"), "figures": figures}
    else:
        assert option.recipe is not None
        run = trained(place.runs / name.replace(" ", "-"), option.recipe(place))
        found = {
            "against": option.against,
            "figures": next(iter(run["dev"].values())),
            "train_s": run["train_s"],
            "steps": run["steps"],
            "trainable": run["n_trainable"],
        }
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def summarised(found: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Every run's metric, what it gains and what it costs against the run without the option."""
    summary: dict[str, float] = {}
    for name, one in found.items():
        metric = next(metric for metric in METRICS if metric in one["figures"])
        key = name.replace(" ", "_").replace("-", "_").replace(".", "_")
        summary[f"{key}_{metric}"] = one["figures"][metric]
        if one["against"] in found:
            other = found[one["against"]]
            summary[f"{key}_gain"] = one["figures"][metric] - other["figures"][metric]
            summary[f"{key}_time_ratio"] = one["train_s"] / other["train_s"]
    return summary


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--runs", type=Path, default=Path(tempfile.gettempdir()) / "simengine-runs" / "options"
    )
    parser.add_argument("--only", help="names, separated by commas")
    parser.add_argument("--quick", action="store_true", help="64 rows, one epoch")
    arguments = parser.parse_args()
    data = data_or_exit()
    names = arguments.only.split(",") if arguments.only else list(OPTIONS)
    if unknown := [name for name in names if name not in OPTIONS]:
        sys.exit(f"no option {unknown[0]!r}; there are {', '.join(OPTIONS)}")
    if arguments.quick:
        place = Place(arguments.runs / "quick", data, QUICK_LIMIT, QUICK_EPOCHS, {"limit": QUICK_DEV})
    else:
        place = Place(arguments.runs, data, LIMIT, EPOCHS, {})
    found = {}
    for name in names:
        found[name] = measure(name, place)
        print(name, found[name]["figures"], f"{found[name]['train_s']:.0f} s", flush=True)
    if arguments.only or arguments.quick:
        return
    print(write_result("train_options", summarised(found), {"runs": found, "rows": LIMIT, "epochs": EPOCHS}))


if __name__ == "__main__":
    main()

"""NLI: full fine-tunes of a small model on SICK, and on sets whose licences keep them out of what ships.

python benchmarks/quality_nli_tuned.py                   train, measure, write results/quality_nli_tuned.json
python benchmarks/quality_nli_tuned.py --runs FOLDER     where fine-tunes are kept (default: simengine-runs in the
                                                         system's temporary folder); done ones are not done again

Dev sets of which some pairs stand in a training set are reported without those pairs ("in_train").
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _common import write_result
from _training import data_or_exit, trained

from simengine.corpus.examples import LabelledPair, read_nli
from simengine.cross_encoders.nli import NLIModel
from simengine.evaluation.assessment import assess_nli

NLI_SETS = {
    "lingnli_dev": "nli/lingnli/dev.jsonl.gz",
    "cad_nli_dev": "nli/cad_nli/dev.jsonl.gz",
    "snli_dev": "nli/snli/dev.jsonl.gz",
    "sick_dev": "nli/sick/dev.jsonl",
    "sick_test": "nli/sick/test.jsonl.gz",
    "xnli_en": "nli/xnli_dev/dev_en.jsonl.gz",
    "conjnli_dev": "nli/conjnli/dev.jsonl",
    "mpe_dev": "nli/mpe/dev.jsonl.gz",
}
SICK = {
    "task": "nli",
    "base": "minilm-relevance",
    "train": [{"path": "nli/sick/train.jsonl.gz"}],
    "dev": [{"path": "nli/sick/dev.jsonl"}],
    "optimisation": {"epochs": 5, "batch_size": 16, "learning_rate": 4e-5},
    "stopping": {"evaluations": 10},
    "leakage": {"action": "drop", "held_out": [{"path": "nli/sick/test.jsonl.gz"}]},
}
"""All weights, from minilm-relevance, on the one set."""
UNLIMITED = {
    "task": "nli",
    "base": "minilm-relevance",
    "train": [
        {"path": "nli/sick/train.jsonl.gz"},
        {"path": "nli/semi_automatic_nli/train.jsonl.gz", "limit": 12_000},
        {"path": "nli/lingnli/train.jsonl.gz", "limit": 6_000},
        {"path": "nli/conjnli/train_adversarial.jsonl.gz", "limit": 2_000},
        {"path": "nli/mpe/train.jsonl.gz", "limit": 2_000},
        {"path": "qa/wikiqa/train.jsonl.gz", "kind": "relevance", "limit": 4_000},
    ],
    "dev": [
        {"path": "nli/sick/dev.jsonl"},
        {"path": "nli/lingnli/dev.jsonl.gz", "limit": 500},
        {"path": "nli/conjnli/dev.jsonl", "exclude": {"in_train": [True]}, "limit": 300},
    ],
    "max_tokens": 128,
    "optimisation": {"epochs": 1, "batch_size": 32, "learning_rate": 4e-5},
    "stopping": {"evaluations": 3},
    "leakage": {
        "action": "drop",
        "held_out": [
            {"path": path}
            for path in (
                "nli/sick/test.jsonl.gz",
                "nli/snli/dev.jsonl.gz",
                "nli/xnli_dev/dev_en.jsonl.gz",
                "nli/mpe/dev.jsonl.gz",
            )
        ],
    },
}
"""All weights, from minilm-relevance, on sets that the shipped model had to leave out, and a part of its own."""


def fresh(pairs: Sequence[LabelledPair]) -> list[LabelledPair]:
    """Pairs that do not repeat a training pair."""
    return [pair for pair in pairs if not pair.extra.get("in_train")]


def judged(model: str, data: Path, sets: Sequence[str] = tuple(NLI_SETS)) -> dict[str, dict[str, Any]]:
    """Sets by name, judged by one three-class model."""
    classifier = NLIModel.load(model, offline=True)
    found: dict[str, dict[str, Any]] = {}
    for name, path in ((name, path) for name, path in NLI_SETS.items() if name in sets):
        pairs = fresh(list(read_nli(data / path)))
        probabilities = classifier.probabilities([(pair.text1, pair.text2) for pair in pairs])
        found[name] = dict(assess_nli(pairs, probabilities, classifier.labels).result.to_dict())
        print(model, name, found[name]["accuracy"], flush=True)
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, default=Path(tempfile.gettempdir()) / "simengine-runs")
    arguments = parser.parse_args()
    data = data_or_exit()
    summary: dict[str, float] = {}
    run = trained(arguments.runs / "sick-nli", SICK)
    detail = {"sick": judged(run["model"], data, ("sick_test",))}
    test = detail["sick"]["sick_test"]
    summary |= {"sick_test_weighted_f1": test["weighted_f1"], "sick_test_accuracy": test["accuracy"]}
    summary["sick_train_s"] = run["train_s"]
    run = trained(arguments.runs / "unlimited-nli", UNLIMITED)
    detail["unlimited"] = judged(run["model"], data)
    for name, found in detail["unlimited"].items():
        summary[f"unlimited_{name}_accuracy"] = found["accuracy"]
        summary[f"unlimited_{name}_macro_f1"] = found["macro_f1"]
    summary["unlimited_train_s"] = run["train_s"]
    print(write_result("quality_nli_tuned", summary, detail))


if __name__ == "__main__":
    main()

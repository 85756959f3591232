"""NLI: the shipped model and full fine-tunes without licence limits, on sets that none of them was trained on.

python benchmarks/quality_nli.py                         measure, write results/quality_nli.json
python benchmarks/quality_nli.py --runs FOLDER           where fine-tunes are kept (default: simengine-runs in the
                                                         system's temporary folder); done ones are not done again
python benchmarks/quality_nli.py --model FOLDER          another model in the place of the shipped one
python benchmarks/quality_nli.py --no-training           the shipped model only, without the fine-tune on SICK

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

from simengine.corpus.examples import LabelledPair, read_nli, read_relevance
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.relevance import RelevanceModel
from simengine.evaluation.assessment import assess_answer_selection, assess_nli

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
ANSWER_SETS = {"wikiqa_dev": "qa/wikiqa/dev.jsonl.gz", "trecqa_dev": "qa/trecqa/dev.jsonl.gz"}
QUICK = 100
SICK = {
    "task": "nli",
    "base": "minilm-nli",
    "train": [{"path": "nli/sick/train.jsonl.gz"}],
    "dev": [{"path": "nli/sick/dev.jsonl"}],
    "optimisation": {"epochs": 5, "batch_size": 16, "learning_rate": 4e-5},
    "stopping": {"evaluations": 10},
    "leakage": {"action": "drop", "held_out": [{"path": "nli/sick/test.jsonl.gz"}]},
}
"""All weights, from the shipped model, on the one set."""
UNLIMITED = {
    "task": "nli",
    "base": "minilm-nli",
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
"""All weights, from the shipped model, on sets that the shipped model had to leave out, and a part of its own."""


def fresh(pairs: Sequence[LabelledPair]) -> list[LabelledPair]:
    """Pairs that do not repeat a training pair."""
    return [pair for pair in pairs if not pair.extra.get("in_train")]


def judged(
    model: str, data: Path, sets: Sequence[str] = (*NLI_SETS, *ANSWER_SETS), most: int | None = None
) -> dict[str, dict[str, Any]]:
    """Sets by name, judged by one three-class model."""
    classifier = NLIModel.load(model, offline=True)
    scorer = RelevanceModel(classifier.model)
    found: dict[str, dict[str, Any]] = {}
    for name, path in ((name, path) for name, path in NLI_SETS.items() if name in sets):
        pairs = fresh(list(read_nli(data / path)))[:most]
        probabilities = classifier.probabilities([(pair.text1, pair.text2) for pair in pairs])
        found[name] = dict(assess_nli(pairs, probabilities, classifier.labels).result.to_dict())
        print(model, name, found[name]["accuracy"], flush=True)
    for name, path in ((name, path) for name, path in ANSWER_SETS.items() if name in sets):
        pairs = fresh(list(read_relevance(data / path)))[:most]
        scores = scorer.scores([(pair.text1, pair.text2) for pair in pairs])
        found[name] = dict(assess_answer_selection(pairs, scores).result.to_dict())
        print(model, name, found[name]["metrics"], flush=True)
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, default=Path(tempfile.gettempdir()) / "simengine-runs")
    parser.add_argument("--model", default="minilm-nli")
    parser.add_argument("--no-training", action="store_true")
    parser.add_argument("--quick", action="store_true", help="few pairs, no training; prints, writes nothing")
    arguments = parser.parse_args()
    data = data_or_exit()
    shipped = judged(arguments.model, data, most=QUICK if arguments.quick else None)
    if arguments.quick:
        return
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {"shipped": shipped, "model": arguments.model}
    for name in NLI_SETS:
        summary[f"shipped_{name}_accuracy"] = shipped[name]["accuracy"]
        summary[f"shipped_{name}_macro_f1"] = shipped[name]["macro_f1"]
    for name in ANSWER_SETS:
        summary |= {f"shipped_{name}_{key.lower()}": shipped[name]["metrics"][key] for key in ("MAP", "MRR")}
    if not arguments.no_training:
        run = trained(arguments.runs / "sick-nli", SICK)
        detail["sick"] = judged(run["model"], data, ("sick_test",))
        test = detail["sick"]["sick_test"]
        summary |= {"sick_test_weighted_f1": test["weighted_f1"], "sick_test_accuracy": test["accuracy"]}
        summary["sick_train_s"] = run["train_s"]
        run = trained(arguments.runs / "unlimited-nli", UNLIMITED)
        detail["unlimited"] = judged(run["model"], data, tuple(NLI_SETS))
        for name, found in detail["unlimited"].items():
            summary[f"unlimited_{name}_accuracy"] = found["accuracy"]
            summary[f"unlimited_{name}_macro_f1"] = found["macro_f1"]
        summary["unlimited_train_s"] = run["train_s"]
    print(write_result("quality_nli", summary, detail))


if __name__ == "__main__":
    main()

"""STS-B and SICK-R before and after fine-tuning, for a bi-encoder and a cross-encoder.

python benchmarks/quality_sts.py                  measure, write results/quality_sts.json
python benchmarks/quality_sts.py --runs FOLDER    where fine-tunes are kept; done ones are not done again

Checkpoints are chosen on dev; each test set is judged without pairs that repeat a training pair. On STS-B a second
cross-encoder ("cross_silver") also learns from pairs that the fine-tuned bi-encoder scores (see `_silver.py`).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from _common import write_result
from _silver import silver_pairs
from _training import data_or_exit, trained

from simengine.corpus.examples import read_scored_pairs
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.relevance import SimilarityModel
from simengine.encoders.load import load_encoder
from simengine.evaluation.assessment import assess_similarity
from simengine.evaluation.pair_models import BiEncoderScorer

SETS = {"stsb": ("similarity/stsb", "jsonl.gz"), "sick": ("nli/sick", "jsonl")}


def files(name: str) -> dict[str, Any]:
    """Train, dev and held-out test of a set, as a recipe has them."""
    folder, dev = SETS[name]
    return {
        "train": [{"path": f"{folder}/train.jsonl.gz", "kind": "scored"}],
        "dev": [{"path": f"{folder}/dev.{dev}", "kind": "scored"}],
        "leakage": {"action": "drop", "held_out": [{"path": f"{folder}/test.jsonl.gz"}]},
    }


def recipes(name: str) -> dict[str, dict[str, Any]]:
    """The two fine-tunes of a set."""
    bi = {
        "task": "retriever",
        **files(name),
        "optimisation": {"epochs": 2, "batch_size": 32, "learning_rate": 5e-5},
        "stopping": {"evaluations": 6},
    }
    cross = {
        "task": "similarity",
        **files(name),
        "base": "minilm-nli",
        "optimisation": {"epochs": 4, "batch_size": 16, "learning_rate": 4e-5},
        "stopping": {"evaluations": 8},
    }
    return {"bi": bi, "cross": cross}


def silver_recipe(runs: Path, data: Path) -> dict[str, Any]:
    """The cross-encoder of STS-B with the pairs that its bi-encoder scores besides."""
    table = files("stsb")
    silver = silver_pairs(data / "similarity/stsb", runs / "stsb-bi" / "model", runs / "stsb-silver.jsonl")
    return {
        "task": "similarity",
        **table,
        "train": [*table["train"], {"path": str(silver), "kind": "scored", "name": "silver"}],
        "base": "minilm-nli",
        "optimisation": {"epochs": 2, "batch_size": 32, "learning_rate": 6e-5},
        "stopping": {"evaluations": 4},
    }


def without_folder(table: dict[str, Any], runs: Path) -> dict[str, Any]:
    """A recipe without the place of the runs on this machine."""
    return {
        **table,
        "train": [{**one, "path": one["path"].replace(f"{runs}/", "")} for one in table["train"]],
    }


def spearman(scorer: Any, path: Path) -> float:
    """On the pairs of a file that do not repeat a training pair."""
    pairs = [pair for pair in read_scored_pairs(path) if not pair.extra.get("in_train")]
    result: Any = assess_similarity(pairs, scorer.scores([(p.text1, p.text2) for p in pairs])).result
    return float(result.spearman)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, default=Path(tempfile.gettempdir()) / "simengine-runs")
    parser.add_argument(
        "--quick", action="store_true", help="few steps of one bi-encoder; prints, writes nothing"
    )
    arguments = parser.parse_args()
    data = data_or_exit()
    if arguments.quick:
        table = {**recipes("stsb")["bi"], "optimisation": {"epochs": 0.02, "batch_size": 16}}
        run = trained(arguments.runs / "quick-stsb-bi", table)
        scorer: Any = BiEncoderScorer(load_encoder(run["model"], offline=True), relevance=False)
        print(spearman(scorer, data / "similarity/stsb/test.jsonl.gz"))
        return
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {"recipes": {}}
    for name, (folder, _) in SETS.items():
        test = data / folder / "test.jsonl.gz"
        before = BiEncoderScorer(load_encoder(offline=True), relevance=False)
        summary[f"bi_{name}_test_spearman_before"] = spearman(before, test)
        tables: dict[str, Any] = dict(recipes(name))
        if name == "stsb":
            tables["cross_silver"] = None  # made when the bi-encoder is there
        for kind, given in tables.items():
            table = given or silver_recipe(arguments.runs, data)
            run = trained(arguments.runs / f"{name}-{kind.replace('_', '-')}", table)
            if kind == "bi":
                scorer = BiEncoderScorer(load_encoder(run["model"], offline=True), relevance=False)
            else:
                scorer = SimilarityModel(load_cross_encoder(run["model"], offline=True))
            summary[f"{kind}_{name}_test_spearman"] = spearman(scorer, test)
            summary[f"{kind}_{name}_dev_spearman"] = next(iter(run["dev"].values()))["spearman"]
            summary[f"{kind}_{name}_train_s"] = run["train_s"]
            detail["recipes"][f"{name}-{kind}"] = without_folder(table, arguments.runs)
            print(kind, name, summary[f"{kind}_{name}_test_spearman"], flush=True)
    print(write_result("quality_sts", summary, detail))


if __name__ == "__main__":
    main()

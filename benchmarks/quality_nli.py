"""NLI: the verdicts that the product gives, in English and Chinese, on sets of many kinds.

python benchmarks/quality_nli.py             measure, write results/quality_nli.json (about 6 minutes on two cores)
python benchmarks/quality_nli.py --quick     100 pairs of each set; prints, writes nothing

Verdicts are those of `Engine`: of the model that knows the languages, its calibration, and the rules. Nothing here is
in the training data. The probes are only measured. Of sets with two classes the third counts as wrong, but for RTE,
which tells entailment from the rest.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from _common import write_result
from _training import data_or_exit
from _verdict_sets import LABELS, VerdictSet, balanced_accuracy, dev_sets, verdict_set
from nli_data import rows

from simengine.calibration.measures import calibration_error
from simengine.corpus.examples import read_relevance
from simengine.cross_encoders.load import DEFAULT_RELEVANCE_MODEL, load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.relevance import RelevanceModel
from simengine.engine.loaded import LoadedModels
from simengine.evaluation.assessment import assess_answer_selection
from simengine.training.generate.stress import stress_pairs
from simengine.types import SURE, Verdict

QUICK = 100
N_STRESS = 200
KINDS = ("identity", "roles", "unrelated_neutral", "intervals", "premise_negation")
PROBES = {"everyday_en": "everyday_en.jsonl", "everyday_zh": "everyday_zh.jsonl"}
VERIFICATION = ("docnli_fever", "fever_symmetric", "fool_me_twice", "healthver", "rte")
CALIBRATED = ("written_en", "written_zh", "passages_en", "docnli_fever", "lingnli", "snli")
ANSWER_SETS = {"wikiqa_dev": "qa/wikiqa/dev.jsonl.gz", "trecqa_dev": "qa/trecqa/dev.jsonl.gz"}


def all_sets(data: Path, most: int | None) -> dict[str, VerdictSet]:
    """Everything that is measured, by name; of sets with a half that calibration was fitted on, the other half."""
    found = {
        f"probe_{name}": verdict_set(rows(data / "probes" / path), most) for name, path in PROBES.items()
    }
    found |= {name: one.part(False) for name, one in dev_sets(data, most or 10_000).items()}
    found["snli_dev"] = verdict_set(rows(data / "nli" / "snli" / "dev.jsonl.gz"), most)
    for language in ("en", "zh"):
        path = data / "nli" / "xnli_dev" / f"dev_{language}.jsonl.gz"
        found[f"xnli_{language}"] = verdict_set(rows(path), most)
        for kind in KINDS:
            pairs = stress_pairs(kind, min(most or N_STRESS, N_STRESS), 13, language)
            found[f"stress_{kind}_{language}"] = VerdictSet(
                tuple((pair.premise, pair.hypothesis) for pair in pairs), tuple(pair.label for pair in pairs)
            )
    return found


def measured(one: VerdictSet, verdicts: list[Verdict]) -> dict[str, Any]:
    """Figures of one set."""
    given = [verdict.label for verdict in verdicts]
    hits = np.array(
        [
            label == (truth if truth in LABELS else "neutral")
            for label, truth in zip(given, one.labels, strict=True)
        ]
    )
    sure = np.array([verdict.sure for verdict in verdicts])
    probabilities = np.array([list(verdict.probabilities.values()) for verdict in verdicts])
    known = (one.columns >= 0).all()
    return {
        "n": len(given),
        "accuracy": float(hits.mean()),
        "balanced_accuracy": balanced_accuracy(one.labels, given),
        "most_frequent": max(Counter(one.labels).values()) / len(one.labels),
        "calibration_error": calibration_error(probabilities, one.columns) if known else None,
        "sure_share": float(sure.mean()),
        "sure_accuracy": float(hits[sure].mean()) if sure.any() else None,
        "with_rule": float(np.mean([bool(verdict.reason) for verdict in verdicts])),
        "confusion": [
            [
                sum(t == truth and g == label for t, g in zip(one.labels, given, strict=True))
                for label in LABELS
            ]
            for truth in dict.fromkeys(one.labels)
        ],
        "confusion_rows": list(dict.fromkeys(one.labels)),
    }


def answer_selection(data: Path, most: int | None) -> dict[str, float]:
    """MAP and MRR of the model for relevance."""
    scorer = RelevanceModel(load_cross_encoder(DEFAULT_RELEVANCE_MODEL, offline=True))
    found = {}
    for name, path in ANSWER_SETS.items():
        pairs = list(read_relevance(data / path))[:most]
        scores = scorer.scores([(pair.text1, pair.text2) for pair in pairs])
        metrics: Any = assess_answer_selection(pairs, scores).result.to_dict()["metrics"]
        found |= {f"relevance_{name}_{key.lower()}": metrics[key] for key in ("MAP", "MRR")}
    scorer.close()
    return found


def summary_of(detail: dict[str, Any]) -> dict[str, float]:
    """The keys that have bars, and their neighbours."""
    accuracy = {name: found["accuracy"] for name, found in detail.items()}
    found = {f"{name}_accuracy": accuracy[f"probe_{name}"] for name in PROBES}
    found["verification_balanced_accuracy"] = float(
        np.mean([detail[name]["balanced_accuracy"] for name in VERIFICATION])
    )
    for kind in KINDS:
        found[f"stress_{kind}"] = accuracy[f"stress_{kind}_en"]
        found[f"stress_{kind}_zh"] = accuracy[f"stress_{kind}_zh"]
    found |= {f"shipped_{name}_accuracy": accuracy[name] for name in ("snli_dev", "xnli_en", "xnli_zh")}
    errors = {name: detail[name]["calibration_error"] for name in CALIBRATED}
    found["ece_worst_set"] = max(errors.values())
    found |= {f"ece_{name}": value for name, value in errors.items()}
    for name, one in detail.items():
        found.setdefault(f"{name}_balanced_accuracy", one["balanced_accuracy"])
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = data_or_exit()
    most = QUICK if arguments.quick else None
    models = LoadedModels()
    nli: NLIModel = models.nli()
    detail: dict[str, Any] = {}
    for name, one in all_sets(data, most).items():
        start = time.perf_counter()
        detail[name] = measured(one, nli.verdicts(one.pairs, evidence=False))
        seconds = time.perf_counter() - start
        detail[name]["ms_per_verdict"] = 1000 * seconds / len(one.pairs)
        print(f"{name:32} {detail[name]['accuracy']:.3f} {detail[name]['balanced_accuracy']:.3f}", flush=True)
    summary = {**summary_of(detail), **answer_selection(data, most), "sure": SURE}
    models.close()
    if not arguments.quick:
        print(write_result("quality_nli", summary, {"sets": detail}))


if __name__ == "__main__":
    main()

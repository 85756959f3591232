"""Calibration: the expected calibration error before and after, on another set than the one that it was fitted on.

python benchmarks/quality_calibration.py                 measure, write results/quality_calibration.json
python benchmarks/quality_calibration.py --quick         300 pairs of each set, nothing written
python benchmarks/quality_calibration.py --model FOLDER  another NLI model in the place of the shipped one
python benchmarks/quality_calibration.py --cache FOLDER  where outputs are kept: a run that was stopped goes on

NLI: for each set a temperature is fitted on equal parts of all the others. Relevance: each of WikiQA dev and TrecQA
dev is fitted on and judged on the other, by every kind; "auto" is the one reported. "own_100" is what a user gets who
judges 100 pairs of their own: fitted on 100 pairs of a set, judged on the rest of it, mean of ten draws. Pairs that
repeat a training pair of their own set ("in_train") are left out. The sets that are judged never decide anything.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _cached_pairs import CachedPairs
from _common import write_result
from _training import data_or_exit

from simengine.calibration.calibration import KINDS, Calibration, fit_calibration
from simengine.calibration.measures import (
    calibration_error,
    log_loss,
    threshold_for_precision,
)
from simengine.corpus.examples import LabelledPair, read_nli, read_relevance
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.relevance import RelevanceModel
from simengine.types import FloatMatrix

NLI_SETS = {
    "snli_dev": "nli/snli/dev.jsonl.gz",
    "xnli_en": "nli/xnli_dev/dev_en.jsonl.gz",
    "lingnli_dev": "nli/lingnli/dev.jsonl.gz",
    "cad_nli_dev": "nli/cad_nli/dev.jsonl.gz",
    "sick_dev": "nli/sick/dev.jsonl",
}
RELEVANCE_SETS = {"wikiqa_dev": "qa/wikiqa/dev.jsonl.gz", "trecqa_dev": "qa/trecqa/dev.jsonl.gz"}
MOST_PAIRS = 2_000
OWN_PAIRS = 100
SEED = 20
PRECISIONS = (0.8, 0.9)


@dataclass(frozen=True)
class Judged:
    """A set with the model's probabilities: (n, 3) for NLI, (n,) for relevance; questions or premises as groups."""

    scores: FloatMatrix
    labels: npt.NDArray[np.int64]
    groups: list[str]


def sample(pairs: Sequence[LabelledPair], most: int) -> list[LabelledPair]:
    """At most so many of the pairs that do not repeat a training pair, the same ones each time."""
    fresh = [pair for pair in pairs if not pair.extra.get("in_train")]
    random.Random(SEED).shuffle(fresh)
    return fresh[:most]


def nli_sets(model: NLIModel, data: Path, most: int) -> dict[str, Judged]:
    """All NLI sets, judged."""
    found = {}
    for name, path in NLI_SETS.items():
        pairs = sample(list(read_nli(data / path)), most)
        scores = model.probabilities([(pair.text1, pair.text2) for pair in pairs])
        labels = np.array([NLIModel.labels.index(str(pair.label)) for pair in pairs], np.int64)
        found[name] = Judged(scores, labels, [pair.text1 for pair in pairs])
        print(name, len(pairs), flush=True)
    return found


def relevance_sets(model: RelevanceModel, data: Path, most: int) -> dict[str, Judged]:
    """All relevance sets, judged."""
    found = {}
    for name, path in RELEVANCE_SETS.items():
        pairs = sample(list(read_relevance(data / path)), most)
        scores = model.scores([(pair.text1, pair.text2) for pair in pairs])
        labels = np.array([int(str(pair.label)) for pair in pairs], np.int64)
        found[name] = Judged(scores, labels, [pair.text1 for pair in pairs])
        print(name, len(pairs), flush=True)
    return found


def judged(calibration: Calibration, given: Judged) -> dict[str, Any]:
    """What a calibration does to a set that it has not seen."""
    after = calibration.apply(given.scores)
    result: dict[str, Any] = {
        "n": len(given.labels),
        "ece_before": calibration_error(given.scores, given.labels),
        "ece_after": calibration_error(after, given.labels),
        "log_loss_before": log_loss(given.scores, given.labels),
        "log_loss_after": log_loss(after, given.labels),
    }
    if given.scores.ndim == 1:
        result["base_rate"] = float(given.labels.mean())
        result["precision_at_threshold"] = {
            precision: precision_reached(after, given.labels, threshold)
            for precision, threshold in calibration.thresholds.items()
        }
        result["best_threshold"] = {
            f"{each:g}": threshold_for_precision(after, given.labels, each) for each in PRECISIONS
        }
    return result


def precision_reached(
    probabilities: FloatMatrix, labels: npt.NDArray[np.int64], threshold: float | None
) -> dict[str, float] | None:
    """Precision and share kept at a threshold that another set has chosen."""
    if threshold is None or not (probabilities >= threshold).any():
        return None
    kept = probabilities >= threshold
    return {"threshold": threshold, "precision": float(labels[kept].mean()), "kept": float(kept.mean())}


def measure_nli(sets: dict[str, Judged], digest: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Each set judged with a temperature of all the others."""
    detail: dict[str, Any] = {}
    for name, given in sets.items():
        pool = pooled([each for other, each in sets.items() if other != name])
        calibration = fit_calibration(
            pool.scores,
            pool.labels,
            model=digest,
            task="nli",
            kind="temperature",
            groups=pool.groups,
            fitted_on=f"all but {name}",
        )
        detail[name] = {
            "calibration": calibration.to_dict(),
            "transfer": judged(calibration, given),
            "own_100": own(given, digest, "temperature"),
        }
    found = [each["transfer"] for each in detail.values()]
    summary = {
        "nli_ece_before": mean(each["ece_before"] for each in found),
        "nli_ece_after_transfer": mean(each["ece_after"] for each in found),
        "nli_ece_after_transfer_worst": max(each["ece_after"] for each in found),
        "nli_ece_own_100": mean(each["own_100"] for each in detail.values()),
    }
    return summary, detail


def pooled(sets: Sequence[Judged]) -> Judged:
    """As many pairs of each set: the first ones, which are a sample already."""
    least = min(len(each.labels) for each in sets)
    return Judged(
        np.concatenate([each.scores[:least] for each in sets]),
        np.concatenate([each.labels[:least] for each in sets]),
        [group for each in sets for group in each.groups[:least]],
    )


def own(given: Judged, digest: str, kind: str) -> float:
    """The error on the rest of a set after a fit on OWN_PAIRS of it; mean of ten draws."""
    errors = []
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(len(given.labels))
        few, rest = order[:OWN_PAIRS], order[OWN_PAIRS:]
        calibration = fit_calibration(
            given.scores[few], given.labels[few], model=digest, task="own", kind=kind
        )
        errors.append(calibration_error(calibration.apply(given.scores[rest]), given.labels[rest]))
    return mean(errors)


def measure_relevance(sets: dict[str, Judged], digest: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Each set fitted on and judged on the others, by every kind."""
    detail: dict[str, Any] = {}
    for name, given in sets.items():
        for kind in (*KINDS, "auto"):
            calibration = fit_calibration(
                given.scores,
                given.labels,
                model=digest,
                task="relevance",
                kind=kind,
                groups=given.groups,
                fitted_on=name,
                precisions=PRECISIONS,
            )
            detail[f"{name}/{kind}"] = {
                "calibration": calibration.to_dict(),
                "transfer": {other: judged(calibration, sets[other]) for other in sets if other != name},
            }
    summary: dict[str, float] = {}
    for kind in (*KINDS, "auto"):
        found = [each for name in sets for each in detail[f"{name}/{kind}"]["transfer"].values()]
        suffix = "" if kind == "auto" else f"_{kind}"
        summary[f"relevance_ece_after_transfer{suffix}"] = mean(each["ece_after"] for each in found)
        if kind == "auto":
            summary["relevance_ece_own_100"] = mean(own(given, digest, "platt") for given in sets.values())
            summary["relevance_ece_before"] = mean(each["ece_before"] for each in found)
            summary["relevance_ece_after_transfer_worst"] = max(each["ece_after"] for each in found)
    return summary, detail


def mean(values: Any) -> float:
    """The arithmetic mean."""
    return float(np.mean(list(values)))


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=None)
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "simengine-bench" / "pairs"
    )
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = data_or_exit()
    most = 300 if arguments.quick else MOST_PAIRS
    model = CachedPairs(
        load_cross_encoder(arguments.model, offline=True, threads=arguments.threads), arguments.cache
    )
    digest = model.fingerprint.digest
    nli_summary, nli_detail = measure_nli(nli_sets(NLIModel(model), data, most), digest)
    relevance_summary, relevance_detail = measure_relevance(
        relevance_sets(RelevanceModel(model), data, most), digest
    )
    transfers = [each["transfer"] for each in nli_detail.values()]
    transfers += [
        each for name in RELEVANCE_SETS for each in relevance_detail[f"{name}/auto"]["transfer"].values()
    ]
    summary = {
        "ece_before": mean(each["ece_before"] for each in transfers),
        "ece_after_transfer": mean(each["ece_after"] for each in transfers),
        **nli_summary,
        **relevance_summary,
    }
    for name, value in summary.items():
        print(f"{name:<42} {value:.4f}")
    if not arguments.quick:
        detail = {"model": digest, "runtime": model.runtime, "nli": nli_detail, "relevance": relevance_detail}
        print(write_result("quality_calibration", summary, detail))
    model.close()


if __name__ == "__main__":
    main()

"""Fit how the shipped NLI models' logits and the rules become verdicts: simengine/cross_encoders/fusion.json.

python benchmarks/fit_verdicts.py                fit, compare on the other half, write
python benchmarks/fit_verdicts.py --dry-run      print only

- What each rule adds: how often each class was right where the rule fired, on training sets; the network has no part.
  Rules that are only weak evidence are left out.
- Temperature and bias: the lowest log loss on one half of dev sets of many kinds, each set with the same weight.
- The rules' strength: of six values the one with the lowest log loss on the same half.
- The multilingual model is fitted on the Chinese sets, as English goes to the other one.

The other half says what came of it. No set here is used by any benchmark's probe keys.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _common import ROOT
from _training import data_or_exit
from _verdict_sets import LABELS, VerdictSet, balanced_accuracy, dev_sets, verdict_set
from nli_data import passage_pairs, rows
from scipy.optimize import minimize

from simengine.calibration.measures import calibration_error
from simengine.cross_encoders.fusion import VerdictFusion
from simengine.cross_encoders.labels import nli_columns, softmax
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.windows import predict_in_windows
from simengine.rules.changes import RuleEvidence
from simengine.rules.evidence import WEAK_RULES, rule_evidence
from simengine.types import SURE

TARGET = ROOT / "simengine" / "cross_encoders" / "fusion.json"
MODELS: Mapping[str, tuple[str, ...]] = {"minilm-nli": ("en",), "multilingual-nli": ("en", "zh")}
STRENGTHS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
PRIOR_WEIGHT = 10.0
_WEAK = {f"{rule} {label}" for rule in WEAK_RULES for label in LABELS}
Array = npt.NDArray[np.float64]


def training_sets(data: Path) -> dict[str, VerdictSet]:
    """The sets that the rules are counted on."""
    nli = data / "nli"
    return {
        **{
            f"written_{language}": verdict_set(rows(nli / f"written_{language}" / "train.jsonl.gz"))
            for language in ("en", "zh")
        },
        **{
            f"passages_{language}": verdict_set(
                passage_pairs(data / "qa" / f"written_passages_{language}" / "train.jsonl.gz")
            )
            for language in ("en", "zh")
        },
        "docnli_fever": verdict_set(rows(nli / "docnli_fever" / "train.jsonl.gz"), 3000),
        "lingnli": verdict_set(rows(nli / "lingnli" / "train.jsonl.gz"), 3000),
    }


def counted_rules(sets: Mapping[str, VerdictSet]) -> dict[str, tuple[float, float, float]]:
    """For each rule and its label the logarithm of how much more often each class is right where it fires."""
    counts: dict[str, Array] = {}
    total = np.zeros(3)
    for one in sets.values():
        for (premise, hypothesis), column in zip(one.pairs, one.columns, strict=True):
            total[column] += 1
            for key in {f"{each.rule} {each.label}" for each in rule_evidence(premise, hypothesis)} - _WEAK:
                counts.setdefault(key, np.zeros(3))[column] += 1
    prior = total / total.sum()
    found = {}
    for key, count in sorted(counts.items()):
        share = (count + PRIOR_WEIGHT * prior) / (count.sum() + PRIOR_WEIGHT)
        print(f"{key:32} n {int(count.sum()):5}  {np.round(count / count.sum(), 3)}")
        gain = np.round(np.log(share / prior), 4).tolist()
        found[key] = (gain[0], gain[1], gain[2])
    return found


def logits_of(model: Any, one: VerdictSet) -> npt.NDArray[np.float32]:
    """(n, 3) logits of the window that decides."""
    columns = nli_columns(model.labels)
    windows = predict_in_windows(model, one.pairs, long_side=0)
    chosen = []
    for group in windows.groups():
        block = softmax(windows.logits[group][:, columns])
        strength = np.delete(block, 1, axis=1).max(axis=1) + (block.argmax(axis=1) != 1)
        chosen.append(group.start + int(strength.argmax()))
    return np.asarray(windows.logits[chosen][:, columns])


@dataclass(frozen=True, slots=True)
class Judged:
    """A set with a model's logits, (n, 3) float32, and the rules that fire."""

    given: VerdictSet
    logits: npt.NDArray[np.float32]
    evidence: list[tuple[RuleEvidence, ...]]

    def probabilities(self, fusion: VerdictFusion) -> npt.NDArray[np.float32]:
        """(n, 3) float32."""
        return fusion.fused(softmax(fusion.calibrated(self.logits)), self.evidence)[0]


def judged(model: Any, sets: Mapping[str, VerdictSet]) -> dict[str, Judged]:
    """Sets by name with what the model and the rules say."""
    return {
        name: Judged(one, logits_of(model, one), [rule_evidence(*pair) for pair in one.pairs])
        for name, one in sets.items()
    }


def log_loss(fusion: VerdictFusion, sets: Mapping[str, Judged]) -> float:
    """Mean over the sets of the mean negative log-probability of the right class."""
    losses = []
    for one in sets.values():
        fused, columns = one.probabilities(fusion), one.given.columns
        right = np.where(columns >= 0, fused[np.arange(len(columns)), columns], 1 - fused[:, 0])
        losses.append(-np.log(np.maximum(right, 1e-6)).mean())
    return float(np.mean(losses))


def fitted(languages: Sequence[str], rules: Any, sets: Mapping[str, Judged]) -> VerdictFusion:
    """Temperature, bias and strength with the lowest log loss."""

    def scaled(values: Array) -> VerdictFusion:
        bias = (float(values[1]), 0.0, float(values[2]))
        return VerdictFusion(tuple(languages), float(np.exp(values[0])), bias, 0.0, rules)

    plain = {name: one for name, one in sets.items() if name != "rte"}
    best = minimize(
        lambda values: log_loss(scaled(values), plain),
        np.array([0.3, 0.0, 0.0]),
        method="Nelder-Mead",
        options={"maxfev": 60, "xatol": 0.02, "fatol": 1e-4},
    )
    fusion = scaled(best.x)
    tried = {strength: log_loss(replace(fusion, strength=strength), sets) for strength in STRENGTHS}
    print("log loss by the rules' strength:", {key: round(value, 4) for key, value in tried.items()})
    return replace(fusion, strength=min(tried, key=tried.__getitem__))


def report(fusion: VerdictFusion, sets: Mapping[str, Judged]) -> None:
    """Print accuracy and calibration error of every set, network alone and fused."""
    for name, one in sets.items():
        line = [f"{name:16} n {len(one.given.pairs):5}"]
        for strength in (0.0, fusion.strength):
            found = one.probabilities(replace(fusion, strength=strength))
            given = [LABELS[column] for column in found.argmax(axis=1)]
            line.append(f"balanced {balanced_accuracy(one.given.labels, given):.3f}")
        if (one.given.columns >= 0).all():
            hits = found.argmax(axis=1) == one.given.columns
            line.append(f"ECE {calibration_error(found, one.given.columns):.3f}")
            sure = found.max(axis=1) >= SURE
            line.append(f"sure {sure.mean():.2f} right {hits[sure].mean():.3f}")
        print("  ".join(line), flush=True)


def main() -> None:
    """Fit both models."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--most", type=int, default=1200, help="pairs of a dev set")
    parser.add_argument("--model", action="append", help="only this one, or a folder NAME=FOLDER")
    arguments = parser.parse_args()
    data = data_or_exit()
    rules = counted_rules(training_sets(data))
    sets = dev_sets(data, arguments.most)
    table = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    folders = dict(item.partition("=")[::2] for item in arguments.model or MODELS)
    for name, folder in folders.items():
        model = load_cross_encoder(folder or name, offline=True)
        languages = MODELS[name]
        own = {key: one for key, one in sets.items() if key.endswith("_zh") == ("zh" in languages)}
        first, second = (
            judged(model, {key: one.part(half) for key, one in own.items()}) for half in (True, False)
        )
        fusion = fitted(languages, rules, first)
        print(name, "temperature", fusion.temperature, "bias", fusion.bias, "strength", fusion.strength)
        report(fusion, second)
        table = {digest: one for digest, one in table.items() if one["model"] != name}
        table[model.fingerprint.digest] = {
            "model": name,
            "languages": list(languages),
            "temperature": round(fusion.temperature, 4),
            "bias": [round(value, 4) for value in fusion.bias],
            "strength": fusion.strength,
            "rules": {key: list(values) for key, values in rules.items()},
        }
        model.close()
    if not arguments.dry_run:
        TARGET.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

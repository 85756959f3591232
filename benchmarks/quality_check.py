"""Claims of a text judged one by one: supported, contradicted, not found, in English and Chinese.

python benchmarks/quality_check.py                    measure, write results/quality_check.json
python benchmarks/quality_check.py --quick            a few passages; prints, writes nothing
python benchmarks/quality_check.py --fit              compare weights of whole passages on passages for training; prints
python benchmarks/quality_check.py --model-en FOLDER  another NLI model for English; --model-zh for Chinese

The claims are those of the written passages' dev half, of which no model has seen a sentence. Verdicts are those of
`Engine`, by the model that knows the language. "index": the passages of both halves are an index, so that a claim has
to be found among about 540 (Chinese: 190) passages; "source": a claim is checked against its own passage. A claim that
is taken apart is supported if all its parts are, and contradicted if one is. Balanced accuracy is the mean recall of
the three classes, with "not sure" counted as "not found"; the share of claims with another verdict (coverage) and the
accuracy on these (selective accuracy) stand beside it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _common import write_result
from _training import data_or_exit

from simengine.engine import Engine, TextEngine
from simengine.engine.models import Models
from simengine.reasoning.check import ClaimChecker, clearest
from simengine.reasoning.check_candidates import SourcePassages
from simengine.results.check import CheckedText
from simengine.types import SURE, Document

CLASSES = ("supported", "contradicted", "not found")
ENCODERS = {"en": None, "zh": "multilingual-e5-small"}
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
QUICK, FITTED = 6, 80


@dataclass(frozen=True)
class Labelled:
    """A claim of a passage.

    Attributes:
        claim: one sentence.
        label: of CLASSES.
        passage: its own.
        evidence: the passage's words that decide; "" for "not found".
    """

    claim: str
    label: str
    passage: Document
    evidence: str


def read_claims(path: Path, most: int | None = None) -> tuple[list[Document], list[Labelled]]:
    """The passages of a file, and their claims."""
    passages, claims = [], []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in list(lines)[:most]:
            record = json.loads(line)
            passage = Document(record["id"], record["text"], record["title"])
            passages.append(passage)
            claims += [
                Labelled(each["claim"], each["label"].replace("_", " "), passage, each["evidence"] or "")
                for each in record["claims"]
            ]
    return passages, claims


def verdict_of(checked: CheckedText) -> str:
    """One verdict for a text of one or several claims."""
    verdicts = [claim.verdict for claim in checked.claims]
    for verdict in ("contradicted", "not sure", "not found"):
        if verdict in verdicts:
            return verdict
    return "supported" if verdicts else "not found"


def figures(claims: Sequence[Labelled], checked: Sequence[CheckedText]) -> dict[str, Any]:
    """Balanced accuracy, coverage, selective accuracy, false support, evidence found, and counts of both labels."""
    verdicts = [verdict_of(each) for each in checked]
    strict = ["not found" if verdict == "not sure" else verdict for verdict in verdicts]
    right = np.array([verdict == each.label for verdict, each in zip(strict, claims, strict=True)])
    labels = np.array([each.label for each in claims])
    sure = np.array([verdict != "not sure" for verdict in verdicts])
    said = np.array([verdict == "supported" for verdict in verdicts])
    decided = [
        (each, text.claims[0].evidence)
        for each, text, good in zip(claims, checked, right, strict=True)
        if good and each.label != "not found" and len(text.claims) == 1
    ]
    found = [
        place is not None
        and place.document_id == each.passage.id
        and (each.evidence in place.text or place.text in each.evidence)
        for each, place in decided
    ]
    return {
        "balanced_accuracy": float(np.mean([right[labels == name].mean() for name in CLASSES])),
        "coverage": float(sure.mean()),
        "selective_accuracy": float(right[sure].mean()) if sure.any() else 0.0,
        "false_support": float(said[labels != "supported"].mean()),
        "evidence_found": float(np.mean(found)) if found else 0.0,
        "recall": {name: float(right[labels == name].mean()) for name in CLASSES},
        "verdicts": {
            name: {
                verdict: int(np.sum((labels == name) & (np.array(verdicts) == verdict)))
                for verdict in (*CLASSES, "not sure")
            }
            for name in CLASSES
        },
        "taken_apart": float(np.mean([len(each.claims) > 1 for each in checked])),
        "claims": len(claims),
    }


def measured(folder: Path, models: Models, most: int | None) -> dict[str, Any]:
    """The figures of one language: by an index, and by each claim's own passage."""
    dev, claims = read_claims(folder / "dev.jsonl.gz", most)
    others, _ = read_claims(folder / "train.jsonl.gz", most)
    texts = [each.claim for each in claims]
    found = {}
    with (
        tempfile.TemporaryDirectory() as place,
        Engine.build([*dev, *others], Path(place) / "index", models=models) as engine,
    ):
        start = time.perf_counter()
        found["index"] = figures(claims, engine.check(texts))
        found["index"]["claims_per_s"] = len(claims) / (time.perf_counter() - start)
    with TextEngine(models) as engine:
        checked = []
        for passage in dev:
            own = [each.claim for each in claims if each.passage is passage]
            checked += engine.check(own, source=[passage])
        found["source"] = figures(claims, checked)
    return found


def compared(folder: Path, models: Models, most: int) -> dict[float, float]:
    """Balanced accuracy on passages for training, for each weight of whole passages."""
    passages, claims = read_claims(folder / "train.jsonl.gz", most)
    right: dict[float, dict[str, list[bool]]] = {weight: {name: [] for name in CLASSES} for weight in WEIGHTS}
    with TextEngine(models) as engine:
        for passage in passages:
            own = [each for each in claims if each.passage is passage]
            source = SourcePassages([passage], engine.encode)
            checker = ClaimChecker(engine.nli_model, source.find, engine.encode)
            for each, judged in zip(own, checker.judged([each.claim for each in own]), strict=True):
                for weight in WEIGHTS:
                    sides = [
                        clearest(judged, side, SURE, weight=weight) for side in ("support", "contradiction")
                    ]
                    likely = [0.0 if side is None else side.probability for side in sides]
                    both = min(likely) >= SURE
                    verdict = "not found" if both or max(likely) < SURE else CLASSES[int(np.argmax(likely))]
                    right[weight][each.label].append(verdict == each.label)
    return {
        weight: float(np.mean([np.mean(values) for values in by_label.values()]))
        for weight, by_label in right.items()
    }


def summarised(detail: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The flat keys of the result."""
    summary = {}
    for language, ways in detail.items():
        for way, found in ways.items():
            prefix = "" if way == "index" else "source_"
            for key in (
                "balanced_accuracy",
                "coverage",
                "selective_accuracy",
                "false_support",
                "evidence_found",
            ):
                summary[f"{prefix}{key}_{language}"] = found[key]
        summary[f"claims_{language}"] = ways["index"]["claims"]
    return summary


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model-en")
    parser.add_argument("--model-zh")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quick", action="store_true", help="few passages; prints, writes nothing")
    parser.add_argument("--fit", action="store_true", help="compare weights on passages for training; prints")
    arguments = parser.parse_args()
    data = data_or_exit()
    detail: dict[str, Any] = {}
    for language, encoder in ENCODERS.items():
        nli = getattr(arguments, f"model_{language}")
        models = Models(encoder, nli=nli, offline=True, threads=arguments.threads)
        folder = data / "qa" / f"written_passages_{language}"
        if arguments.fit:
            found = compared(folder, models, QUICK if arguments.quick else FITTED)
            print(language, {weight: round(value, 4) for weight, value in found.items()})
        else:
            detail[language] = measured(folder, models, QUICK if arguments.quick else None)
    if arguments.quick:
        print(json.dumps(detail, indent=1, ensure_ascii=False))
    elif not arguments.fit:
        print(write_result("quality_check", summarised(detail), detail))


if __name__ == "__main__":
    main()

"""Zero-shot classification by NLI and the bi-encoder's cosine of texts and labels, joined and each alone.

python benchmarks/quality_zero_shot.py                 measure, write results/quality_zero_shot.json
python benchmarks/quality_zero_shot.py --quick         100 texts of each set, nothing written
python benchmarks/quality_zero_shot.py --model FOLDER  another NLI model in the place of the shipped one
python benchmarks/quality_zero_shot.py --cache FOLDER  where outputs are kept: a run that was stopped goes on

All see the same hypotheses; a label's vector is the mean of its hypotheses' vectors. "joined" is what `classify` does;
its two weights were chosen on train and dev files by fit_zero_shot.py, the default prior ("empty") on ag_news train,
TREC train and 250 texts of sst2. Where an NLI model cannot read a text (eprstmt is Chinese; the cosines are those of
the multilingual bi-encoder, if it is there) the cosines decide. `worst_joined_minus_cosine` is of the accuracies.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _cached_pairs import CachedPairs
from _common import write_result
from _finance_phrases import PHRASES
from _training import data_or_exit

from simengine.corpus.read import read_corpus
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.contract import BiEncoder
from simengine.encoders.load import load_encoder
from simengine.errors import ModelNotFoundError
from simengine.evaluation.classification import evaluate_classification
from simengine.models.packaged import MULTILINGUAL_MODEL
from simengine.reasoning.zero_shot import PRIORS, ZeroShotClassifier
from simengine.reasoning.zero_shot_templates import hypotheses_for, templates_for
from simengine.types import FloatMatrix

CHINESE = "Chinese, by the multilingual bi-encoder where it is there"
MOST_TEXTS = 1_000
SEED = 21


@dataclass(frozen=True)
class Task:
    """A set and what its labels mean.

    Attributes:
        path: of its file in the data folder; "" for the financial phrases.
        descriptions: from each label to its words.
        kind: "topic" or "sentiment".
        template: None for the built-in ones.
        note: what a reader of the figures is to know.
        skipped: texts at the front of the shuffled file that were looked at before.
    """

    path: str
    descriptions: Mapping[str, str]
    kind: str = "topic"
    template: Sequence[str] | None = None
    note: str = ""
    skipped: int = 0


TASKS = {
    "ag_news": Task(
        "classification/ag_news/test.jsonl.gz",
        {
            "World": "world news",
            "Sports": "sports",
            "Business": "business",
            "Sci/Tech": "science and technology",
        },
    ),
    "trec_qc": Task(
        "classification/trec_qc/test.jsonl",
        {
            "ABBR": "an abbreviation",
            "DESC": "a description or an explanation",
            "ENTY": "a thing",
            "HUM": "a person",
            "LOC": "a place",
            "NUM": "a number or an amount",
        },
        template=("The question asks for {}.", "The answer is {}."),
    ),
    "sst2": Task(
        "classification/sst2/dev.jsonl.gz",
        {"positive": "positive", "negative": "negative"},
        "sentiment",
        note="phrases of sentences; 250 other texts of this file were looked at when the prior was chosen",
        skipped=250,
    ),
    "eprstmt": Task(
        "classification/eprstmt_fewclue/test.jsonl",
        {"positive": "正面", "negative": "负面"},
        "sentiment",
        template=("这段文字的情感是{}的。", "作者的评价是{}的。"),
        note=CHINESE,
    ),
    "finance": Task(
        "",
        {"positive": "positive", "neutral": "neutral", "negative": "negative"},
        "sentiment",
        note="phrases written for this benchmark; the other half helped to choose the weights",
    ),
}


def read_texts(path: Path, skipped: int, most: int) -> tuple[list[str], list[str]]:
    """Texts and their labels, a sample that is the same each time.

    Args:
        path: a file; a folder stands for the half of the financial phrases that chose nothing.
        skipped: texts left out.
        most: at most so many.
    """
    if path.is_dir():
        return [text for text, _ in PHRASES[1::2]][:most], [label for _, label in PHRASES[1::2]][:most]
    rows = [(document.text, str(document.metadata["label"])) for document in read_corpus([path])]
    random.Random(7).shuffle(rows)  # the texts that were looked at stand in front
    rows = rows[skipped:]
    random.Random(SEED).shuffle(rows)
    return [text for text, _ in rows[:most]], [label for _, label in rows[:most]]


def cosines(encoder: BiEncoder, texts: Sequence[str], task: Task, labels: Sequence[str]) -> FloatMatrix:
    """(n, labels): of texts and the mean of each label's hypotheses."""
    templates = templates_for(task.template, task.kind, labels)
    hypotheses = hypotheses_for(labels, templates, task.descriptions)
    vectors = np.stack([encoder.encode(each).mean(axis=0) for each in hypotheses])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    result: FloatMatrix = encoder.encode(texts) @ vectors.T
    return result


def figures(gold: Sequence[str], rows: FloatMatrix, labels: Sequence[str]) -> dict[str, float]:
    """Accuracy and macro-F1 of the largest number of each row."""
    predicted = [labels[int(at)] for at in rows.argmax(axis=1)]
    result = evaluate_classification(gold, predicted, labels=labels)
    return {"accuracy": result.accuracy, "macro_f1": result.macro_f1}


def measure(name: str, nli: NLIModel, encoder: BiEncoder, data: Path, most: int) -> dict[str, Any]:
    """One set by NLI with each prior, by the bi-encoder, and by both."""
    task = TASKS[name]
    texts, gold = read_texts(data / task.path, task.skipped, most)
    labels = tuple(task.descriptions)
    found: dict[str, Any] = {"n": len(texts), "labels": len(labels), "note": task.note}
    ways = {f"nli_{prior}": (ZeroShotClassifier(nli), prior) for prior in PRIORS}
    ways["joined"] = ZeroShotClassifier(nli, encoder=encoder), "empty"
    for way, (classifier, prior) in ways.items():
        rows = classifier.probabilities(
            texts, labels, template=task.template, task=task.kind, descriptions=task.descriptions, prior=prior
        )
        found[way] = figures(gold, rows, labels)
    found["cosine"] = figures(gold, cosines(encoder, texts, task, labels), labels)
    most_frequent = max(set(gold), key=gold.count)
    found["most_frequent"] = {"accuracy": gold.count(most_frequent) / len(gold)}
    return found


def multilingual_or(encoder: BiEncoder, threads: int | None) -> BiEncoder:
    """The multilingual bi-encoder, if it is there."""
    try:
        return load_encoder(MULTILINGUAL_MODEL, offline=True, threads=threads)
    except ModelNotFoundError:
        return encoder


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=None)
    parser.add_argument("--encoder", default=None)
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "simengine-bench" / "pairs"
    )
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = data_or_exit()
    model = CachedPairs(
        load_cross_encoder(arguments.model, offline=True, threads=arguments.threads), arguments.cache
    )
    encoder = load_encoder(arguments.encoder, offline=True, threads=arguments.threads)
    multilingual = multilingual_or(encoder, arguments.threads)
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {"model": model.fingerprint.digest, "runtime": model.runtime, "sets": {}}
    for name in TASKS:
        chosen = multilingual if TASKS[name].note == CHINESE else encoder
        found = measure(name, NLIModel(model), chosen, data, 100 if arguments.quick else MOST_TEXTS)
        detail["sets"][name] = found
        print(name, {key: value for key, value in found.items() if key != "note"}, flush=True)
        summary |= {f"{name}_nli_{key}": value for key, value in found["nli_empty"].items()}
        summary |= {f"{name}_cosine_{key}": value for key, value in found["cosine"].items()}
        summary |= {f"{name}_joined_{key}": value for key, value in found["joined"].items()}
    summary["worst_joined_minus_cosine"] = min(
        summary[f"{name}_joined_accuracy"] - summary[f"{name}_cosine_accuracy"] for name in TASKS
    )
    print(f"worst: {summary['worst_joined_minus_cosine']:+.4f}")
    if not arguments.quick:
        print(write_result("quality_zero_shot", summary, detail))
    model.close()
    encoder.close()


if __name__ == "__main__":
    main()

"""Choose the weights by which zero-shot classification joins NLI and cosine (`simengine.reasoning.zero_shot_cosine`).

python benchmarks/fit_zero_shot.py                 the sets, all pairs of weights, and the chosen one (5 min, two cores)
python benchmarks/fit_zero_shot.py --texts 60      fewer texts of each set

Only train and dev files are read: ag_news train, TREC train, SST-5 dev, eprstmt train and dev (Chinese, with the
multilingual bi-encoder if it is there; the NLI model that ships cannot read it and has no part), and the financial
phrases of `_finance_phrases`, halved. Of the weights that make no set worse than cosines alone those with the best mean
accuracy are chosen, of equal ones those with the lowest log loss. Nothing is written: put the weights into `GAINS`.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from _cached_pairs import CachedPairs
from _finance_phrases import PHRASES
from _training import data_or_exit
from quality_zero_shot import TASKS, Task, multilingual_or, read_texts

from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.load import load_encoder
from simengine.reasoning.zero_shot import ZeroShotClassifier
from simengine.reasoning.zero_shot_cosine import label_cosines
from simengine.reasoning.zero_shot_templates import hypotheses_for, templates_for

Floats = npt.NDArray[np.float64]
NLI_GAINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
COSINE_GAINS = (0.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0)
THREE = {"positive": "positive", "neutral": "neutral", "negative": "negative"}
DEV = {
    "ag_news train": dataclasses.replace(TASKS["ag_news"], path="classification/ag_news/train_10k.jsonl.gz"),
    "trec_qc train": dataclasses.replace(TASKS["trec_qc"], path="classification/trec_qc/train.jsonl.gz"),
    "sst5 dev": Task("classification/sst5/dev.jsonl.gz", THREE, "sentiment"),
    "eprstmt train": dataclasses.replace(TASKS["eprstmt"], path="classification/eprstmt_fewclue/train.jsonl"),
    "eprstmt dev": dataclasses.replace(TASKS["eprstmt"], path="classification/eprstmt_fewclue/dev.jsonl"),
    "finance": Task("", THREE, "sentiment"),
}


def texts_of(name: str, data: Path, most: int) -> tuple[list[str], list[int]]:
    """Texts of a set and the places of their labels."""
    task = DEV[name]
    read = read_texts(data / task.path, 0, 1_000_000) if task.path else None
    pairs = PHRASES[::2] if read is None else tuple(zip(*read, strict=True))
    labels = list(task.descriptions)
    kept = [(text, labels.index(coarse(label))) for text, label in pairs if coarse(label) in labels][:most]
    return [text for text, _ in kept], [label for _, label in kept]


def coarse(label: str) -> str:
    """Of the five classes of SST-5 the outer ones are left out: "very positive" is "positive" to anybody."""
    return label.removeprefix("very ")


def table(nli: Floats, cosine: Floats, gold: Sequence[int]) -> Floats:
    """(gains of NLI, gains of cosine, 2): accuracy and log loss."""
    found = np.empty((len(NLI_GAINS), len(COSINE_GAINS), 2))
    rows = np.arange(len(gold))
    for one, of_nli in enumerate(NLI_GAINS):
        for other, of_cosine in enumerate(COSINE_GAINS):
            scores = of_nli * nli + of_cosine * cosine
            logs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
            found[one, other] = (scores.argmax(axis=1) == gold).mean(), -logs[rows, gold].mean()
    return found


def choose(tables: Sequence[Floats]) -> tuple[int, int]:
    """Places of the chosen gains."""
    stacked = np.stack(tables)
    accuracy, loss = stacked[..., 0], stacked[..., 1].mean(axis=0)
    cosine_alone = accuracy[:, 0, 1][:, None, None]
    worst, mean = (accuracy - cosine_alone).min(axis=0), accuracy.mean(axis=0)
    mean = np.where(worst >= -1e-9, mean, -1.0)
    best = np.argwhere(mean >= mean.max() - 1e-9)
    one, other = min(best.tolist(), key=lambda place: loss[place[0], place[1]])
    return int(one), int(other)


def main() -> None:
    """Measure and choose."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=None)
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--threads", type=int)
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "simengine-bench" / "pairs"
    )
    arguments = parser.parse_args()
    data = data_or_exit()
    model = CachedPairs(
        load_cross_encoder(arguments.model, offline=True, threads=arguments.threads), arguments.cache
    )
    classifier = ZeroShotClassifier(NLIModel(model))
    encoder = load_encoder(None, offline=True, threads=arguments.threads)
    multilingual = multilingual_or(encoder, arguments.threads)
    tables = {}
    for name, task in DEV.items():
        texts, gold = texts_of(name, data, arguments.texts)
        labels = tuple(task.descriptions)
        hypotheses = hypotheses_for(
            labels, templates_for(task.template, task.kind, labels), task.descriptions
        )
        chinese = name.startswith("eprstmt")
        cosine = label_cosines(multilingual if chinese else encoder, texts, hypotheses)
        nli = np.zeros_like(cosine)
        if not chinese:
            nli = classifier.scores(
                texts,
                labels,
                template=task.template,
                task=task.kind,
                descriptions=task.descriptions,
                prior="empty",
            )
        tables[name] = table(nli, cosine, gold)
        alone = tables[name][-1, 0, 0], tables[name][0, 1, 0]
        print(f"{name} ({len(texts)}): NLI {alone[0]:.3f}, cosine {alone[1]:.3f}", flush=True)
    one, other = choose(list(tables.values()))
    print(f"GAINS = Gains(nli={NLI_GAINS[one]:g}, cosine={COSINE_GAINS[other]:g})")
    for name, found in tables.items():
        print(f"{name}: {found[one, other, 0]:.3f}, log loss {found[one, other, 1]:.3f}")


if __name__ == "__main__":
    main()

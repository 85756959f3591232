"""Fits how probable it is that a claim is supported or contradicted: simengine/reasoning/check_decision.json.

python benchmarks/fit_check.py                 for the NLI models that ship, both languages
python benchmarks/fit_check.py --language zh   one language; the other's weights stay
python benchmarks/fit_check.py --cache FOLDER  where the models' outputs are kept (default: simengine-runs/check in
                                               the system's temporary folder)

The claims are those of benchmarks/written/answers_*, of the part that no model was trained on, each checked against its
own small corpus; and of some written passages of the train part, which the models know, each against its own passage.
`benchmarks/quality_check.py` measures on claims of other passages.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _ask import ENCODERS, LANGUAGES, WRITTEN, rows
from _cached_pairs import CachedPairs
from _training import data_or_exit

from simengine.encoders.load import load_encoder
from simengine.engine.loaded import LoadedModels
from simengine.engine.models import Models
from simengine.reasoning.check import ClaimChecker, claim_features, clearest
from simengine.reasoning.check_candidates import SourcePassages
from simengine.reasoning.check_decision import FEATURES, FITS, OUTCOMES
from simengine.types import SURE, Document

N_FOLDS, REGULARISATION, N_PASSAGES = 5, 1.0, 50
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def corpora_of(data: Path, language: str) -> Iterator[tuple[list[Document], list[tuple[str, str]]]]:
    """Documents, and their claims with labels."""
    for row in rows(WRITTEN / f"answers_{language}.jsonl.gz"):
        if row["part"] == "fit":
            documents = [Document(each["id"], each["text"], each["title"]) for each in row["documents"]]
            yield documents, [(claim["claim"], claim["label"]) for claim in row["claims"]]
    passages = rows(data / "qa" / f"written_passages_{language}" / "train.jsonl.gz")
    for row in passages[:N_PASSAGES]:
        claims = [(claim["claim"], claim["label"]) for claim in row["claims"]]
        yield [Document(row["id"], row["text"], row["title"])], claims


def read_language(data: Path, language: str, loaded: LoadedModels) -> tuple[Floats, Labels, Labels]:
    """Features of claims, their outcomes, and the numbers of their corpora."""
    encoder = load_encoder(ENCODERS[language], offline=True)
    features, labels, corpora = [], [], []
    for number, (documents, claims) in enumerate(corpora_of(data, language)):
        find = SourcePassages(documents, encoder.encode).find
        judged = ClaimChecker(loaded.nli(), find, encoder.encode).judged([text for text, _ in claims])
        for (_, label), premises in zip(claims, judged, strict=True):
            support, against = (clearest(premises, side, SURE) for side in ("support", "contradiction"))
            if support is not None and against is not None:
                features.append(claim_features(premises, support, against))
                labels.append(OUTCOMES.index(label.replace("_", " ")))
                corpora.append(number)
    encoder.close()
    return np.asarray(features), np.asarray(labels), np.asarray(corpora)


def fitted(features: Floats, labels: Labels) -> Floats:
    """(3, f + 1): weights and intercepts of a multinomial logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression

    middle, width = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    model = LogisticRegression(C=REGULARISATION, max_iter=1_000).fit((features - middle) / width, labels)
    weights = model.coef_ / width
    found: Floats = np.column_stack([weights, model.intercept_ - weights @ middle])
    return found


def probabilities(features: Floats, weights: Floats) -> Floats:
    """(n, 3)."""
    odds = np.column_stack([features, np.ones(len(features))]) @ weights.T
    shares = np.exp(odds - odds.max(axis=1, keepdims=True))
    found: Floats = shares / shares.sum(axis=1, keepdims=True)
    return found


def described(features: Floats, labels: Labels, corpora: Labels) -> dict[str, float]:
    """How claims of corpora that were left out are judged."""
    _, numbers = np.unique(corpora, return_inverse=True)
    found = np.empty((len(labels), len(OUTCOMES)))
    for fold in range(N_FOLDS):
        inside = numbers % N_FOLDS == fold
        found[inside] = probabilities(features[inside], fitted(features[~inside], labels[~inside]))
    named = found[:, :2].argmax(axis=1)
    sure = found[:, :2].max(axis=1) >= SURE
    verdict = np.where(sure, named, 2)
    recall = [float((verdict[labels == each] == each).mean()) for each in range(len(OUTCOMES))]
    return {
        "claims": len(labels),
        "balanced_accuracy": round(float(np.mean(recall)), 4),
        "most_probable": round(
            float(np.mean([(found.argmax(axis=1)[labels == each] == each).mean() for each in range(3)])), 4
        ),
        "sure": round(float(sure.mean()), 4),
        "right_where_sure": round(float((verdict[sure] == labels[sure]).mean()), 4),
        "false_support": round(float((verdict[labels != 0] == 0).mean()), 4),
    }


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--language", choices=LANGUAGES)
    default = Path(tempfile.gettempdir()) / "simengine-runs" / "check"
    parser.add_argument("--cache", type=Path, default=default)
    arguments = parser.parse_args()
    data = data_or_exit()
    loaded = LoadedModels(Models(offline=True), wrap=lambda model: CachedPairs(model, arguments.cache))
    digest = loaded.nli().model.fingerprint.digest
    chosen = [arguments.language] if arguments.language else list(LANGUAGES)
    before: dict[str, Any] = json.loads(FITS.read_text(encoding="utf-8")) if FITS.is_file() else {}
    fits: dict[str, Any] = dict(before.get(digest, {}))
    for language in chosen:
        features, labels, corpora = read_language(data, language, loaded)
        weights = fitted(features, labels)
        fits[language] = {
            "weights": [[round(each, 4) for each in row] for row in weights.tolist()],
            "left_out": described(features, labels, corpora),
        }
        print(language, fits[language]["left_out"])
        for name, row in zip(OUTCOMES, fits[language]["weights"], strict=True):
            print("  ", name, dict(zip((*FEATURES, "1"), row, strict=True)))
    loaded.close()
    FITS.write_text(json.dumps({digest: fits}, indent=1) + "\n", encoding="utf-8")
    print(FITS)


if __name__ == "__main__":
    main()

"""Fits what decides whether two claims conflict, and writes simengine/reasoning/conflict_decision.json.

python benchmarks/fit_contradictions.py                for the NLI models that ship, both languages
python benchmarks/fit_contradictions.py --nli MODEL    for another one, beside what is there
python benchmarks/fit_contradictions.py --quick        few corpora of each language, written nowhere
python benchmarks/fit_contradictions.py --cache FOLDER where the models' outputs are kept (default:
                                                       simengine-runs/contradictions in the system's temporary folder)

The corpora are those of benchmarks/written/conflicts_*, of the part that no model was trained on: six documents with
planted conflicts are one corpus, in which all pairs that are not listed as conflicts are compatible. The threshold is
the one with the best F1 at a precision of a third or more on corpora that the weights were not fitted on.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from _cached_pairs import CachedPairs

from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.load import load_encoder
from simengine.engine.loaded import LoadedModels
from simengine.engine.models import Models
from simengine.models.unknown import readings_of
from simengine.reasoning.claims import extract_claims, normalised
from simengine.reasoning.claims_statements import gather_statements
from simengine.reasoning.conflict import judge_pairs
from simengine.reasoning.conflict_candidates import conflict_candidates
from simengine.reasoning.conflict_decision import FEATURES, FITS, RULE, Features, pair_features, seen
from simengine.reasoning.conflict_rules import rule_conflict
from simengine.requests.conflicts import ContradictionOptions
from simengine.rules.cues import profile
from simengine.types import Document

ENCODERS = {"en": None, "zh": "multilingual-e5-small"}
WRITTEN = Path(__file__).parent / "written"
SETS_PER_CORPUS, QUICK = 6, 2
LEAST_PRECISION, REGULARISATION = 1 / 3, 1.0
Labels = npt.NDArray[np.bool_]
Corpus: TypeAlias = tuple[list[Document], set[frozenset[str]]]
"""Documents, and pairs of texts in conflict."""


@dataclass(frozen=True)
class Judged:
    """Pairs with their features and labels, and how many conflicts were no candidates."""

    features: Features
    labels: Labels
    missed: int

    @classmethod
    def joined(cls, parts: list[Judged]) -> Judged:
        """All of several."""
        return cls(
            np.concatenate([np.empty((0, len(FEATURES))), *(each.features for each in parts)]),
            np.concatenate([np.empty(0, np.bool_), *(each.labels for each in parts)]),
            sum(each.missed for each in parts),
        )


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The records of a JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def clauses(sets: list[dict[str, Any]]) -> Iterator[Corpus]:
    """Of six documents each."""
    for at in range(0, len(sets), SETS_PER_CORPUS):
        documents: list[Document] = []
        gold: set[frozenset[str]] = set()
        for each in sets[at : at + SETS_PER_CORPUS]:
            texts = {clause["id"]: clause["text"] for clause in each["clauses"]}
            documents += [Document(f"{each['set']}:{name}", text) for name, text in texts.items()]
            gold |= {
                frozenset((normalised(texts[pair["a"]]), normalised(texts[pair["b"]])))
                for pair in each["pairs"]
                if pair["label"] == "conflict"
            }
        yield documents, gold


def judged_corpus(
    documents: list[Document],
    gold: set[frozenset[str]],
    encode: Any,
    judge: NLIModel,
) -> Judged:
    """The candidates that `find_contradictions` has by default, as it sees them."""
    claims = extract_claims(documents)
    statements = gather_statements(claims, None)
    profiles = [profile(text) for text in statements.texts]
    found = conflict_candidates(statements, encode(statements.texts), profiles, ContradictionOptions())
    keys = [normalised(text) for text in statements.texts]
    named = [frozenset((keys[left], keys[right])) for left, right in found.rows.tolist()]
    pairs = [(statements.texts[left], statements.texts[right]) for left, right in found.rows.tolist()]
    both = [(profiles[left], profiles[right]) for left, right in found.rows.tolist()]
    ruled = [
        rule_conflict(text1, one, text2, two, same_document=False) is not None
        for (text1, text2), (one, two) in zip(pairs, both, strict=True)
    ]
    verdicts = judge_pairs(judge, pairs)
    features = pair_features(verdicts, found.subjects, found.cosines, both, ruled, found.rows)
    labels = np.asarray([pair in gold for pair in named], np.bool_)
    return Judged(features, labels, len(gold - set(named)))


def fitted(data: Judged) -> tuple[npt.NDArray[np.float64], float]:
    """Weights and intercept of a logistic regression with an L2 penalty on standardised features.

    No weight has the wrong sign: more contradiction, more in common and a sign of a conflict never make one less
    probable, nor does entailment make it more probable.
    """
    from scipy.optimize import minimize

    middle, width = data.features.mean(axis=0), np.maximum(data.features.std(axis=0), 1e-6)
    features, labels = (data.features - middle) / width, data.labels.astype(np.float64)

    def loss(given: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        odds = features @ given[:-1] + given[-1]
        error = 1 / (1 + np.exp(-odds)) - labels
        penalty = given[:-1] / REGULARISATION
        value = float((np.logaddexp(0, odds) - labels * odds).sum() + 0.5 * given[:-1] @ penalty)
        return value, np.append(features.T @ error + penalty, error.sum())

    bounds = [(None, 0.0) if "entailment" in name else (0.0, None) for name in FEATURES]
    start = np.zeros(len(FEATURES) + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    weights = found[:-1] / width
    return weights, float(found[-1] - weights @ middle)


def odds_of(features: Features, fit: tuple[npt.NDArray[np.float64], float]) -> Features:
    """(m,) log-odds; infinite where a rule fired, as those are always reported, and where the model sees nothing."""
    odds = np.where(seen(features), features @ fit[0] + fit[1], -np.inf)
    found: Features = np.where(features[:, RULE] > 0, np.inf, odds)
    return found


def at_best(odds: Features, data: Judged) -> dict[str, float]:
    """The threshold with the best F1 at the least precision, or with the best F1 of all; and what it gives."""
    order = np.argsort(-odds, kind="stable")
    right = np.cumsum(data.labels[order])
    precision = right / np.arange(1, len(order) + 1)
    recall = right / max(int(data.labels.sum()) + data.missed, 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    last = np.append(odds[order][:-1] > odds[order][1:], True) & np.isfinite(odds[order])
    good = last & (precision >= LEAST_PRECISION)
    best = int(np.argmax(np.where(good if good.any() else last, f1, -1.0)))
    following = odds[order][best + 1] if best + 1 < len(order) else -np.inf
    middle = (odds[order][best] + following) / 2 if np.isfinite(following) else odds[order][best]
    return {
        "threshold": round(float(1 / (1 + np.exp(-middle))), 4),
        "f1": float(f1[best]),
        "precision": float(precision[best]),
        "recall": float(recall[best]),
    }


def cross_fitted(parts: Sequence[Judged]) -> Features:
    """(m,) log-odds of the candidates of corpora, each by a fit on the other corpora."""
    odds = []
    for place, part in enumerate(parts):
        others = [each for other, each in enumerate(parts) if other != place]
        odds.append(odds_of(part.features, fitted(Judged.joined(others))))
    return np.concatenate(odds)


def decision(parts: dict[str, list[Judged]]) -> dict[str, Any]:
    """The entry of a judge: weights for each language, one threshold, and how they do on corpora left out."""
    found: dict[str, Any] = {}
    odds: dict[str, Features] = {}
    for language, corpora in parts.items():
        odds[language] = cross_fitted(corpora)
        together = Judged.joined(corpora)
        fit, ruled = fitted(together), together.features[:, RULE] > 0
        found[language] = {
            "weights": dict(zip(FEATURES, np.round(fit[0], 4).tolist(), strict=True)),
            "intercept": round(fit[1], 4),
            "fitted_on": {"candidates": len(together.labels), "conflicts": int(together.labels.sum())},
            "left_out": _rounded(at_best(odds[language], together)),
            "rules": {
                "right": int((ruled & together.labels).sum()),
                "wrong": int((ruled & ~together.labels).sum()),
            },
        }
    every = Judged.joined([each for corpora in parts.values() for each in corpora])
    best = at_best(np.concatenate(list(odds.values())), every)
    return {"threshold": best["threshold"], "left_out": _rounded(best), **found}


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def read_language(language: str, judge: NLIModel, most: int | None) -> list[Judged]:
    """What the decision is fitted on, by corpus."""
    encoder = load_encoder(ENCODERS[language], offline=True)
    sets = [row for row in rows_of(WRITTEN / f"conflicts_{language}.jsonl.gz") if row["part"] == "fit"]
    found = [judged_corpus(*corpus, encoder.encode, judge) for corpus in islice(clauses(sets), most)]
    every = Judged.joined(found)
    print(
        f"{language}: {len(every.labels)} candidates, {int(every.labels.sum())} conflicts, "
        f"{every.missed} more are no candidates"
    )
    encoder.close()
    return found


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nli")
    parser.add_argument("--quick", action="store_true")
    default = Path(tempfile.gettempdir()) / "simengine-runs" / "contradictions"
    parser.add_argument("--cache", type=Path, default=default)
    arguments = parser.parse_args()
    models = Models(nli=arguments.nli, offline=True)
    loaded = LoadedModels(models, wrap=lambda model: CachedPairs(model, arguments.cache))
    judge = loaded.nli()
    parts: dict[str, list[Judged]] = {}
    for language, text in (("en", "words"), ("zh", "文字")):
        if readings_of(judge, [text])[0].unreadable:
            print(f"{language}: the model does not know it")
            continue
        parts[language] = read_language(language, judge, QUICK if arguments.quick else None)
    digest = judge.model.fingerprint.digest
    before = {} if arguments.nli is None else json.loads(FITS.read_text(encoding="utf-8"))
    fits = {
        "default": before.get("default", digest),
        "models": {**before.get("models", {}), digest: decision(parts)},
    }
    text = json.dumps(fits, indent=1, ensure_ascii=False) + "\n"
    print(text)
    if not arguments.quick:
        FITS.write_text(text, encoding="utf-8")
    loaded.close()


if __name__ == "__main__":
    main()

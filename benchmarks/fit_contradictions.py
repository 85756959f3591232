"""Fits what decides whether two claims conflict, and writes simengine/reasoning/conflict_decision.json.

python benchmarks/fit_contradictions.py                for the NLI models that ship, both languages
python benchmarks/fit_contradictions.py --nli MODEL    for another one, beside what is there
python benchmarks/fit_contradictions.py --quick        few corpora of each language, written nowhere
python benchmarks/fit_contradictions.py --cache FOLDER where the models' outputs are kept (default:
                                                       simengine-runs/contradictions in the system's temporary folder)

Two kinds of corpora. Clauses: of benchmarks/written/conflicts_*, of the part that no model was trained on; six
documents are one corpus, in which all pairs that are not listed as conflicts are compatible. Passages: 20 of the
written passages of the dev part are one corpus; each sentence and each claim is a document, and a claim that is
contradicted conflicts
with its evidence. Two claims of one passage may conflict or not and are left out. Written premises with their
hypotheses are added. The threshold is the one with the best F1 at a precision of 0.4 or more on clauses of corpora that
the weights were not fitted on.
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
from _training import data_or_exit

from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.load import load_encoder
from simengine.engine.loaded import LoadedModels
from simengine.engine.models import Models
from simengine.models.unknown import readings_of
from simengine.reasoning.claims import extract_claims, normalised, sentence_pieces
from simengine.reasoning.claims_neighbours import cosines_of
from simengine.reasoning.claims_statements import gather_statements
from simengine.reasoning.claims_subjects import subject_matrix, subject_scores, subject_terms
from simengine.reasoning.conflict import judge_pairs
from simengine.reasoning.conflict_candidates import conflict_candidates
from simengine.reasoning.conflict_decision import FEATURES, FITS, RULE, Features, pair_features, seen
from simengine.reasoning.conflict_rules import rule_conflict
from simengine.requests.conflicts import ContradictionOptions
from simengine.rules.cues import profile
from simengine.types import Document

ENCODERS = {"en": None, "zh": "multilingual-e5-small"}
WRITTEN = Path(__file__).parent / "written"
PASSAGES_PER_CORPUS, SETS_PER_CORPUS, N_PASSAGES, N_PAIRS, QUICK = 20, 6, 60, 600, 2
LEAST_PRECISION, N_FOLDS, REGULARISATION = 0.4, 5, 1.0
Labels = npt.NDArray[np.bool_]
Corpus: TypeAlias = tuple[list[Document], set[frozenset[str]], set[frozenset[str]]]
"""Documents, pairs of texts in conflict, and pairs of which that is not known."""


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
        yield documents, gold, set()


def statements_of(passages: list[dict[str, Any]]) -> Iterator[Corpus]:
    """Of 20 passages each."""
    for at in range(0, len(passages), PASSAGES_PER_CORPUS):
        texts: list[str] = []
        gold: set[frozenset[str]] = set()
        unknown: set[frozenset[str]] = set()
        for passage in passages[at : at + PASSAGES_PER_CORPUS]:
            spans = sentence_pieces(passage["text"])
            sentences = [passage["text"][span.start : span.end] for span in spans]
            texts += sentences
            for number, claim in enumerate(passage["claims"]):
                texts.append(claim["claim"])
                key = normalised(claim["claim"])
                unknown |= {frozenset((key, normalised(c["claim"]))) for c in passage["claims"][:number]}
                if claim["label"] == "contradicted":
                    hit = [s for s in sentences if s in claim["evidence"] or claim["evidence"] in s]
                    gold |= {frozenset((key, normalised(sentence))) for sentence in hit}
        yield [Document(f"d{number}", text) for number, text in enumerate(texts)], gold, unknown - gold


def judged_corpus(
    documents: list[Document],
    gold: set[frozenset[str]],
    unknown: set[frozenset[str]],
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
    kept = [place for place, pair in enumerate(named) if pair not in unknown]
    rows = found.rows[kept].tolist()
    pairs = [(statements.texts[left], statements.texts[right]) for left, right in rows]
    both = [(profiles[left], profiles[right]) for left, right in rows]
    features = _features(judge, pairs, both, found.subjects[kept], found.cosines[kept])
    labels = np.asarray([named[place] in gold for place in kept], np.bool_)
    return Judged(features, labels, len(gold - set(named)))


def judged_pairs(rows: list[dict[str, Any]], encode: Any, judge: NLIModel) -> Judged:
    """Written premises with their hypotheses."""
    texts = list(dict.fromkeys(row[name] for row in rows for name in ("premise", "hypothesis")))
    places, profiles = {text: place for place, text in enumerate(texts)}, [profile(text) for text in texts]
    matrix = subject_matrix([subject_terms(text, each) for text, each in zip(texts, profiles, strict=True)])
    pairs = [(row["premise"], row["hypothesis"]) for row in rows]
    numbers = np.asarray([(places[one], places[two]) for one, two in pairs], np.int64)
    both = [(profiles[one], profiles[two]) for one, two in numbers.tolist()]
    cosines = cosines_of(encode(texts), numbers)
    features = _features(judge, pairs, both, subject_scores(matrix, numbers), cosines)
    return Judged(features, np.asarray([row["label"] == "contradiction" for row in rows], np.bool_), 0)


def _features(judge: NLIModel, pairs: Any, both: Any, subjects: Any, cosines: Any) -> Features:
    ruled = [
        rule_conflict(text1, one, text2, two, same_document=False) is not None
        for (text1, text2), (one, two) in zip(pairs, both, strict=True)
    ]
    return pair_features(judge_pairs(judge, pairs), subjects, cosines, both, ruled)


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


def cross_fitted(parts: Sequence[Judged], more: Judged) -> Features:
    """(m,) log-odds of the candidates of corpora, each by a fit on other corpora and on `more`."""
    odds = []
    for place, part in enumerate(parts):
        others = [each for other, each in enumerate(parts) if other % N_FOLDS != place % N_FOLDS]
        odds.append(odds_of(part.features, fitted(Judged.joined([*others, more]))))
    return np.concatenate(odds)


@dataclass(frozen=True)
class Language:
    """What the decision of one language is fitted on: candidates of corpora, and pairs."""

    clauses: list[Judged]
    passages: list[Judged]
    pairs: Judged


def decision(parts: dict[str, Language]) -> dict[str, Any]:
    """The entry of a judge: weights for each language, one threshold, and how they do on corpora left out."""
    found: dict[str, Any] = {}
    odds: dict[str, Features] = {}
    for language, data in parts.items():
        more = Judged.joined([*data.passages, data.pairs])
        odds[language] = cross_fitted(data.clauses, more)
        fit = fitted(Judged.joined([*data.clauses, more]))
        together = Judged.joined(data.clauses)
        ruled = together.features[:, RULE] > 0
        found[language] = {
            "weights": dict(zip(FEATURES, np.round(fit[0], 4).tolist(), strict=True)),
            "intercept": round(fit[1], 4),
            "fitted_on": {
                "candidates": len(together.labels) + len(more.labels) - len(data.pairs.labels),
                "conflicts": int(together.labels.sum() + more.labels.sum() - data.pairs.labels.sum()),
                "pairs": len(data.pairs.labels),
            },
            "clauses": _rounded(at_best(odds[language], together)),
            "rules_on_clauses": {
                "right": int((ruled & together.labels).sum()),
                "wrong": int((ruled & ~together.labels).sum()),
            },
        }
    every = Judged.joined([each for data in parts.values() for each in data.clauses])
    best = at_best(np.concatenate(list(odds.values())), every)
    return {"threshold": best["threshold"], "clauses": _rounded(best), **found}


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def read_language(data: Path, language: str, judge: NLIModel, most: int | None) -> Language:
    """What the decision is fitted on and chosen by."""
    encoder = load_encoder(ENCODERS[language], offline=True)
    sets = [row for row in rows_of(WRITTEN / f"conflicts_{language}.jsonl.gz") if row["part"] == "fit"]
    passages = rows_of(data / f"qa/written_passages_{language}/dev.jsonl.gz")[:N_PASSAGES]
    pairs = rows_of(data / f"nli/written_{language}/dev.jsonl.gz")
    order = np.random.default_rng(0).permutation(len(pairs))[:N_PAIRS].tolist()
    found = Language(
        [judged_corpus(*corpus, encoder.encode, judge) for corpus in islice(clauses(sets), most)],
        [judged_corpus(*corpus, encoder.encode, judge) for corpus in islice(statements_of(passages), most)],
        judged_pairs([pairs[place] for place in order], encoder.encode, judge),
    )
    for name, parts in (("clauses", found.clauses), ("passages", found.passages)):
        every = Judged.joined(parts)
        print(
            f"{language} {name}: {len(every.labels)} candidates, {int(every.labels.sum())} conflicts, "
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
    data = data_or_exit()
    models = Models(nli=arguments.nli, offline=True)
    loaded = LoadedModels(models, wrap=lambda model: CachedPairs(model, arguments.cache))
    judge = loaded.nli()
    parts: dict[str, Language] = {}
    for language, text in (("en", "words"), ("zh", "文字")):
        if readings_of(judge, [text])[0].unreadable:
            print(f"{language}: the model does not know it")
            continue
        parts[language] = read_language(data, language, judge, QUICK if arguments.quick else None)
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

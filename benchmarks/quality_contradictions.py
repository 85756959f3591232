"""Conflicts found in a corpus: how many of those hidden in it, and how many that are none.

python benchmarks/quality_contradictions.py                  measure, write results/quality_contradictions.json
python benchmarks/quality_contradictions.py --quick          a tenth of it, written nowhere
python benchmarks/quality_contradictions.py --cache FOLDER   where the judge's outputs are kept, so that a stopped run
                                                             goes on (default: simengine-runs/contradictions in the
                                                             system's temporary folder)
python benchmarks/quality_contradictions.py --model FOLDER   another judge in the place of the shipped one
python benchmarks/quality_contradictions.py --only clauses   the clauses alone, in a minute; the other figures stay

Clauses: short statements of contracts and policies, English and Chinese, with the pairs that are in conflict; what is
found at the defaults, by the models that ship. For Chinese the vectors are those of multilingual-e5-small.

Pairs of three NLI sets that the judge was not trained on (SNLI dev, SICK dev and test, XNLI dev in English) are hidden,
each sentence a document, among 5,000 other sentences (news, encyclopaedia, captions). Contradiction pairs are the
conflicts to be found. A conflict reported between sentences that no set pairs counts as false in `strict`, and not at
all in `labelled`; many of the former are true, as captions of one kind contradict each other. The rule and the
threshold are chosen on one half of the pairs, and judged on the other.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _cached_pairs import CachedPairs
from _clauses import clause_figures
from _common import RESULTS, write_result
from _paraphrases import false_conflicts, guarded_duplicates
from _training import data_or_exit

from simengine.corpus.examples import LabelledPair, read_nli, read_scored_pairs
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.load import load_encoder
from simengine.engine.loaded import LoadedModels
from simengine.engine.models import Models
from simengine.reasoning.claims import normalised, sentence_pieces
from simengine.reasoning.conflict import Conflict
from simengine.reasoning.conflict_decision import decision_for
from simengine.reasoning.contradictions import Contradictions, find_contradictions
from simengine.requests.conflicts import ContradictionOptions
from simengine.types import Document

NLI_SETS = {
    "snli": ("nli/snli/dev.jsonl.gz",),
    "sick": ("nli/sick/dev.jsonl", "nli/sick/test.jsonl.gz"),
    "xnli_en": ("nli/xnli_dev/dev_en.jsonl.gz",),
}
LABELS = ("contradiction", "entailment", "neutral")
RULES = ("both", "mean", "either")
PER_LABEL, N_OTHERS = 200, 5_000
Edge = frozenset[str]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hidden:
    """What is hidden: for each pair of normalised texts its set and label, and the texts as written."""

    labels: dict[Edge, tuple[str, str]]
    texts: list[str]


@dataclass(frozen=True)
class Edges:
    """Judged pairs of the corpus.

    Attributes:
        keys: the two texts, normalised.
        scores: one row for each rule of RULES, one for the cosine, and one for the fitted probability.
        ruled: whether a rule for numbers, dates and negations found it.
    """

    keys: list[Edge]
    scores: Scores
    ruled: npt.NDArray[np.bool_]


def hidden_pairs(data: Path, per_label: int, seed: int = 0) -> Hidden:
    """`per_label` pairs of each label and set, no premise and no sentence twice."""
    labels: dict[Edge, tuple[str, str]] = {}
    texts: list[str] = []
    used: set[str] = set()
    for name, files in NLI_SETS.items():
        pairs = [pair for file in files for pair in read_nli(data / file) if not pair.extra.get("in_train")]
        left = dict.fromkeys(LABELS, per_label)
        for row in np.random.default_rng(seed).permutation(len(pairs)).tolist():
            pair = pairs[row]
            ends = {normalised(pair.text1), normalised(pair.text2)}
            if left[str(pair.label)] == 0 or len(ends) < 2 or ends & used or not _one_claim(pair):
                continue
            left[str(pair.label)] -= 1
            used |= ends
            labels[frozenset(ends)] = (name, str(pair.label))
            texts += [pair.text1, pair.text2]
    return Hidden(labels, texts)


def _one_claim(pair: LabelledPair) -> bool:
    """Each text is one sentence, so that a conflict of sentences is one of the pair."""
    return all(len(sentence_pieces(text)) == 1 for text in (pair.text1, pair.text2))


def other_sentences(data: Path, n: int, seed: int = 1) -> list[str]:
    """n sentences of news, encyclopaedia and captions: two, two and one fifth."""
    sources: list[tuple[Callable[[Path], Iterator[str]], int]] = [
        (_news, 2 * n // 5),
        (_encyclopaedia, 2 * n // 5),
        (_captions, n - 2 * (2 * n // 5)),
    ]
    found = []
    for source, count in sources:
        texts = list(dict.fromkeys(source(data)))
        chosen = np.random.default_rng(seed).permutation(len(texts))[:count]
        if len(chosen) < count:
            sys.exit(f"{source.__name__}: {len(texts):,} sentences, {count:,} are needed")
        found += [texts[row] for row in chosen.tolist()]
    return found


def _sentences(text: str) -> Iterator[str]:
    for span in sentence_pieces(text):
        if 6 <= len(text[span.start : span.end].split()) <= 40:
            yield text[span.start : span.end]


def _news(data: Path) -> Iterator[str]:
    with gzip.open(data / "classification/ag_news/test.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield from _sentences(json.loads(line)["text"])


def _encyclopaedia(data: Path) -> Iterator[str]:
    with gzip.open(data / "qa/squad_v2_dev/dev-v2.0.json.gz", "rt", encoding="utf-8") as file:
        for article in json.load(file)["data"]:
            for paragraph in article["paragraphs"]:
                yield from _sentences(paragraph["context"])


def _captions(data: Path) -> Iterator[str]:
    for pair in read_scored_pairs(data / "similarity/stsb/train.jsonl.gz"):
        yield from _sentences(pair.text1)


def edges_of(conflicts: Sequence[Conflict]) -> Edges:
    """All judged pairs with their scores."""
    both = np.asarray([(c.forward["contradiction"], c.backward["contradiction"]) for c in conflicts]).reshape(
        -1, 2
    )
    cosines = [c.cosine for c in conflicts]
    fitted = [c.probability for c in conflicts]
    scores = np.stack(
        [both.min(axis=1), both.mean(axis=1), both.max(axis=1), np.asarray(cosines), np.asarray(fitted)]
    )
    keys = [frozenset((normalised(c.claim1.text), normalised(c.claim2.text))) for c in conflicts]
    return Edges(keys, scores, np.asarray([c.found_by != ("nli",) for c in conflicts], np.bool_))


def half_of(edge: Edge) -> int:
    """0 or 1, evenly."""
    return zlib.crc32("\0".join(sorted(edge)).encode()) & 1


def measured(
    edges: Edges, chosen: npt.NDArray[np.bool_], hidden: Hidden, half: int | None, name: str | None = None
) -> dict[str, float]:
    """Precision, recall and F1 of chosen edges.

    Args:
        chosen: (m,) which of the edges are called conflicts.
        half: of the pairs; None for all.
        name: of the NLI set, None for all; with a name only pairs of that set are counted.
    """
    gold = {
        edge
        for edge, (owner, label) in hidden.labels.items()
        if label == "contradiction" and half in (None, half_of(edge)) and name in (None, owner)
    }
    picked = {edges.keys[row] for row in np.flatnonzero(chosen) if half in (None, half_of(edges.keys[row]))}
    right = len(picked & gold)
    labelled = {e for e in picked if e in hidden.labels and name in (None, hidden.labels[e][0])}
    counted = picked if name is None else labelled
    recall = right / max(len(gold), 1)
    result = {"gold": len(gold), "found": len(counted), "right": right, "recall": recall}
    for kind, total in (("strict", len(counted)), ("labelled", len(labelled))):
        precision = right / max(total, 1)
        result[f"precision_{kind}"] = precision
        result[f"f1_{kind}"] = 2 * precision * recall / max(precision + recall, 1e-12)
    return result


def best_threshold(edges: Edges, scores: Scores, hidden: Hidden, with_rules: bool) -> tuple[float, float]:
    """The threshold with the highest strict F1 on the first half, and that F1."""
    grid = np.unique(np.quantile(scores, np.linspace(0.5, 1, 201))) if scores.size else np.zeros(1)
    found = []
    for threshold in grid.tolist():
        chosen = (scores >= threshold) | (edges.ruled & with_rules)
        found.append((measured(edges, chosen, hidden, 0)["f1_strict"], threshold))
    f1, threshold = max(found)
    return threshold, f1


def ways(edges: Edges, hidden: Hidden, threshold_fitted: float) -> dict[str, dict[str, Any]]:
    """Every way to call conflicts: threshold chosen on the first half, figures of the second."""
    named = dict(zip((*RULES, "cosine", "fitted"), edges.scores, strict=True))
    kinds = [(f"nli_{rule}", named[rule], False) for rule in RULES]
    kinds += [(f"nli_{rule}_rules", named[rule], True) for rule in RULES] + [
        ("cosine", named["cosine"], False)
    ]
    found: dict[str, dict[str, Any]] = {}
    for name, scores, with_rules in kinds:
        threshold, f1 = best_threshold(edges, scores, hidden, with_rules)
        chosen = (scores >= threshold) | (edges.ruled & with_rules)
        found[name] = {"threshold": threshold, "f1_first_half": f1, **measured(edges, chosen, hidden, 1)}
        found[name]["sets"] = {each: measured(edges, chosen, hidden, 1, each) for each in NLI_SETS}
    default = (named["fitted"] >= threshold_fitted) | edges.ruled
    found["default"] = {"threshold": threshold_fitted, **measured(edges, default, hidden, 1)}
    return found


def rules_alone(edges: Edges, hidden: Hidden) -> dict[str, int]:
    """What the rules for numbers, dates and negations found, by label."""
    found = dict.fromkeys((*LABELS, "unlabelled"), 0)
    for row in np.flatnonzero(edges.ruled):
        found[hidden.labels.get(edges.keys[row], ("", "unlabelled"))[1]] += 1
    return found


def figures(
    found: Contradictions, edges: Edges, hidden: Hidden, threshold: float
) -> tuple[dict[str, float], dict[str, Any]]:
    """What the conflicts of the corpus say: summary and detail. The best way is that of the first half."""
    table = ways(edges, hidden, threshold)
    best = max((f"nli_{rule}_rules" for rule in RULES), key=lambda name: table[name]["f1_first_half"])
    judged = set(edges.keys)
    near = {
        name: sum(
            edge in judged
            for edge, (owner, label) in hidden.labels.items()
            if label == "contradiction" and owner == name
        )
        for name in NLI_SETS
    }
    summary = {
        "precision": table[best]["precision_strict"],
        "precision_labelled": table[best]["precision_labelled"],
        "recall": table[best]["recall"],
        "f1": table[best]["f1_strict"],
        "threshold": table[best]["threshold"],
        "f1_default": table["default"]["f1_strict"],
        "f1_nli_alone": table[best.removesuffix("_rules")]["f1_strict"],
        "f1_cosine_alone": table["cosine"]["f1_strict"],
        "precision_cosine_alone": table["cosine"]["precision_strict"],
        "recall_cosine_alone": table["cosine"]["recall"],
    }
    corpus = {
        "documents": found.n_documents,
        "claims": found.n_claims,
        "statements": found.n_statements,
        "skipped": found.skipped,
        "candidates": found.n_candidates,
        "pairs": found.n_pairs,
        "judged": found.n_judged,
        "left_out": found.n_left_out,
        "hidden_pairs": len(hidden.labels),
        "contradictions_among_candidates": near,
    }
    detail = {
        "rule": best.split("_")[1],
        "corpus": corpus,
        "ways": table,
        "rules_alone": rules_alone(edges, hidden),
    }
    return summary, detail


def hidden_figures(
    data: Path, judge: NLIModel, encode: Any, max_pairs: int, share: int
) -> tuple[dict[str, float], dict[str, Any]]:
    """Summary and detail of the hidden pairs, of paraphrases and of duplicates."""
    hidden = hidden_pairs(data, PER_LABEL // share)
    texts = [*hidden.texts, *other_sentences(data, N_OTHERS // share)]
    order = np.random.default_rng(2).permutation(len(texts)).tolist()
    found = find_contradictions(
        [Document(f"s{row}", texts[row]) for row in order],
        encode=encode,
        judge=judge,
        options=ContradictionOptions(max_pairs=max_pairs, min_probability=0.0),
    )
    edges = edges_of(found.conflicts)
    summary, detail = figures(found, edges, hidden, decision_for(judge).threshold)
    rule, threshold, most = detail["rule"], summary["threshold"], 10_000 // share**2
    detail["paraphrases"] = false_conflicts(data, judge, rule, threshold, most)
    detail["duplicates"] = guarded_duplicates(data, judge, encode, most)
    summary["false_conflicts_on_paraphrases"] = detail["paraphrases"]["by_either"]
    for name in ("contradictory_called_duplicates", "paraphrases_called_duplicates"):
        summary[name] = detail["duplicates"][name]
    return summary, detail


def clauses(data: Path, name: str | None, cache: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Summary and detail of the clauses of both languages."""
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {}
    models = Models(nli=name, offline=True)
    loaded = LoadedModels(models, wrap=lambda model: CachedPairs(model, cache))
    for language, encoder_name in (("en", None), ("zh", "multilingual-e5-small")):
        encoder = load_encoder(encoder_name, offline=True)
        found, detail[language] = clause_figures(data, language, encoder.encode, loaded.nli())
        summary |= found
        encoder.close()
    detail["judges"] = [model.fingerprint.digest[:12] for model in loaded.loaded()]
    loaded.close()
    return summary, {"clauses": detail}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(tempfile.gettempdir()) / "simengine-runs" / "contradictions"
    parser.add_argument("--cache", type=Path, default=default)
    parser.add_argument("--model")
    parser.add_argument("--max-pairs", type=int, default=20_000)
    parser.add_argument("--only", choices=("clauses", "hidden"))
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = data_or_exit()
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {}
    committed = RESULTS / "quality_contradictions.json"
    if arguments.only and committed.exists():
        before = json.loads(committed.read_text(encoding="utf-8"))
        summary, detail = before["summary"], before["detail"]
    if arguments.only != "clauses":
        judge = NLIModel(CachedPairs(load_cross_encoder(arguments.model, offline=True), arguments.cache))
        encoder = load_encoder(None, offline=True)
        share = 10 if arguments.quick else 1
        found, more = hidden_figures(data, judge, encoder.encode, arguments.max_pairs, share)
        summary, detail = (
            {**summary, **found},
            {**detail, **more, "judge": judge.model.fingerprint.digest[:12]},
        )
        judge.close()
    if arguments.only != "hidden":
        found, more = clauses(data, arguments.model, arguments.cache)
        summary, detail = {**summary, **found}, {**detail, **more}
    print(json.dumps({**summary, "detail": detail}, indent=1))
    if not arguments.quick:
        print(write_result("quality_contradictions", summary, detail))


if __name__ == "__main__":
    main()

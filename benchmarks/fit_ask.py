"""Fit the decision about answers that ships with the package, and write simengine/qa/default_decision.json.

python benchmarks/fit_ask.py                 fit for the shipped models; run again when their weights change
python benchmarks/fit_ask.py --nli FOLDER    another NLI model; prints, writes only with -o
python benchmarks/fit_ask.py --language zh   one language; the other's entries stay
python benchmarks/fit_ask.py --cache FOLDER  where the models' outputs are kept (default: simengine-runs/ask in the
                                             system's temporary folder)

The questions are those of benchmarks/written/answers_*, of the part that no model was trained on: small corpora of one
house each; and some of the written passages' dev part, half of them asked of all passages of a language, half of the
few of a group. For each language there are two models: for yes or no, and for everything else. The thresholds are those
with the most right verdicts on questions of corpora that the models were not fitted on, where at most MAX_FALSE of the
unanswerable questions get an answer.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from _ask import LANGUAGES, Bench, Gold, answers, by_corpus, open_bench, overlaps, passages
from _common import ROOT
from _training import data_or_exit

from simengine.errors import UsageError
from simengine.qa.candidates import Candidate
from simengine.qa.decision import Decision
from simengine.qa.default_decision import FILE, FittedFor
from simengine.qa.fitting import DecisionExample, fit_decision
from simengine.qa.stance import StanceFit, fit_stance, sided

MAX_FALSE = 0.12
GRID = np.linspace(0.02, 0.98, 97)
KINDS = ("yes/no", "other")
REGULARISATION = 0.3
N_PASSAGE_QUESTIONS = 150
"""Questions about the written passages for each language, drawn at random."""
N_FOLDS = 5
SEED = 7


@dataclass(frozen=True)
class Asked:
    """A question with its candidate answers, and which of them are right."""

    gold: Gold
    candidates: Sequence[Candidate]
    right: Sequence[bool]

    @property
    def kind(self) -> str:
        """By which model its candidates are decided."""
        return "yes/no" if any(each.says_yes is not None for each in self.candidates) else "other"


def right_candidate(gold: Gold, candidate: Candidate) -> bool:
    """Whether giving a candidate would be right: the right verdict from the right document."""
    if gold.verdict == "not_found" or candidate.hit.id != gold.document:
        return False
    if gold.verdict == "answer":
        return candidate.says_yes is None and overlaps(candidate.evidence_text, gold.evidence)
    return candidate.says_yes is (gold.verdict == "yes")


def ask_all(bench: Bench, gold: Sequence[Gold]) -> list[Asked]:
    """The candidates for each question; follow-up questions are asked in full."""
    found = []
    for where, own in by_corpus(gold):
        texts = [each.standalone or each.question for each in own]
        for each, candidates in zip(own, bench.answerer(where).candidates(texts), strict=True):
            kept = [candidate for candidate in candidates if candidate.source == "passage"]
            found.append(Asked(each, kept, [right_candidate(each, candidate) for candidate in kept]))
    return found


def stance_of(asked: Sequence[Asked]) -> StanceFit:
    """Whether evidence says yes or no: fitted on the gold passages of questions that have an answer."""
    known = [
        (candidate.signs, each.gold.verdict == "yes")
        for each in asked
        if each.gold.verdict in ("yes", "no")
        for candidate in each.candidates
        if candidate.signs and candidate.hit.id == each.gold.document
    ]
    return fit_stance([signs for signs, _ in known], [yes for _, yes in known])


def with_stance(asked: Sequence[Asked], stance: StanceFit) -> list[Asked]:
    """The same questions, each candidate for yes or no with what a fitted stance says of it."""
    found = []
    for each in asked:
        candidates = [_with_stance(candidate, stance) for candidate in each.candidates]
        right = [right_candidate(each.gold, candidate) for candidate in candidates]
        found.append(Asked(each.gold, candidates, right))
    return found


def _with_stance(candidate: Candidate, stance: StanceFit) -> Candidate:
    if not candidate.signs:
        return candidate
    features = {**candidate.features, **sided(candidate.readings, stance.probability(candidate.signs))}
    return replace(candidate, features=features, says_yes=features["yes"] > 0)


def fit(asked: Sequence[Asked], kind: str, judge: str, language: str) -> Decision:
    """The model of one kind."""
    examples = [
        _without_constants(
            DecisionExample(candidate.features, right, each.gold.document or each.gold.question)
        )
        for each in asked
        if each.kind == kind
        for candidate, right in zip(each.candidates, each.right, strict=True)
    ]
    return fit_decision(
        examples,
        judge=judge,
        fitted_on=f"written questions ({language}) of small corpora and of passages",
        regularisation=REGULARISATION,
    )


def _without_constants(example: DecisionExample) -> DecisionExample:
    left_out = ("chinese", "denied")
    features = {name: value for name, value in example.features.items() if name not in left_out}
    return DecisionExample(features, example.right, example.group)


def outcomes(asked: Sequence[Asked], kind: str, decision: Decision) -> list[tuple[float, bool, bool]]:
    """For each question of a kind the best probability, whether that answer is right, and whether there is one."""
    found = []
    for each in asked:
        if each.kind != kind:
            continue
        values = [decision.probability(candidate.features) for candidate in each.candidates]
        best = int(np.argmax(values)) if values else -1
        right = best >= 0 and _right_verdict(each.gold, each.candidates[best])
        found.append((values[best] if best >= 0 else 0.0, right, each.gold.verdict != "not_found"))
    return found


def _right_verdict(gold: Gold, candidate: Candidate) -> bool:
    if gold.verdict in ("yes", "no"):
        return candidate.says_yes is (gold.verdict == "yes")
    return right_candidate(gold, candidate)


def figures(found: Sequence[tuple[float, bool, bool]], threshold: float) -> tuple[int, int, int, int]:
    """Right verdicts, questions, false answers, unanswerable questions."""
    given = [value >= threshold for value, _, _ in found]
    right = sum(
        (is_given and ok) or (not is_given and not can)
        for is_given, (_, ok, can) in zip(given, found, strict=True)
    )
    false = sum(is_given and not can for is_given, (_, _, can) in zip(given, found, strict=True))
    return right, len(found), false, sum(not can for _, _, can in found)


def choose_thresholds(by_kind: Sequence[Sequence[tuple[float, bool, bool]]]) -> tuple[float, ...]:
    """The thresholds of the kinds with the most right verdicts among those with few enough false answers."""
    tables = [[figures(found, float(threshold)) for threshold in GRID] for found in by_kind]
    best: tuple[tuple[float, float], tuple[float, ...]] | None = None
    for places in itertools.product(range(len(GRID)), repeat=len(tables)):
        each = [table[place] for table, place in zip(tables, places, strict=True)]
        share = sum(row[2] for row in each) / max(sum(row[3] for row in each), 1)
        key = (-max(share - MAX_FALSE, 0.0), sum(row[0] for row in each) - share)
        if best is None or key > best[0]:
            best = key, tuple(float(GRID[place]) for place in places)
    return () if best is None else best[1]


def fitted(asked: Sequence[Asked], judge: str, language: str) -> tuple[StanceFit, list[Decision]]:
    """What says yes or no, and the models of the kinds."""
    stance = stance_of(asked)
    known = with_stance(asked, stance)
    return stance, [fit(known, kind, judge, language) for kind in KINDS]


def out_of_fold(asked: Sequence[Asked], judge: str, language: str) -> list[list[tuple[float, bool, bool]]]:
    """For each kind the outcomes of questions by models that were fitted on other corpora's."""
    groups = [each.gold.corpus or each.gold.document or each.gold.question for each in asked]
    names = sorted(set(groups))
    random.Random(SEED).shuffle(names)
    folds = {name: place % N_FOLDS for place, name in enumerate(names)}
    found: list[list[tuple[float, bool, bool]]] = [[] for _ in KINDS]
    for fold in range(N_FOLDS):
        inside = [folds[group] == fold for group in groups]
        others = [each for each, held in zip(asked, inside, strict=True) if not held]
        stance, decisions = fitted(others, judge, language)
        held = with_stance([each for each, held in zip(asked, inside, strict=True) if held], stance)
        for kind, (name, decision) in enumerate(zip(KINDS, decisions, strict=True)):
            found[kind] += outcomes(held, name, decision)
    return found


def fit_language(data: Path, language: str, nli: str | None, folder: Path, cache: Path) -> list[FittedFor]:
    """Fit, choose thresholds out of fold, print the figures."""
    started = time.monotonic()
    documents, gold = answers(language, "fit")
    more_documents, more = passages(data, language, "dev")
    others, _ = passages(data, language, "train")
    gold += random.Random(SEED).sample(more, min(N_PASSAGE_QUESTIONS, len(more)))
    bench = open_bench([*documents, *more_documents, *others], folder / language, language, nli, cache)
    with bench.engine:
        judge, relevance, encoder = bench.digests
        asked = ask_all(bench, gold)
    try:
        found = out_of_fold(asked, judge, language)
        stance, decisions = fitted(asked, judge, language)
    except UsageError as error:  # such as an NLI model that cannot read the language
        print(f"{language}: the plain rule stays: {error}")
        return []
    reads = any("relevance" in candidate.features for each in asked for candidate in each.candidates)
    final = []
    for kind, decision, values, threshold in zip(
        KINDS, decisions, found, choose_thresholds(found), strict=True
    ):
        say = stance if kind == KINDS[0] else None
        final.append(FittedFor(language, kind, encoder, relevance if reads else "", threshold, decision, say))
        right, n, false, unanswerable = figures(values, threshold)
        print(
            f"{language} {kind}: threshold {threshold:.2f}; out of fold {right}/{n} verdicts right, "
            f"{false}/{unanswerable} false answers"
        )
        for names, weights in [
            (decision.names, decision.weights),
            *([(say.names, say.weights)] if say else []),
        ]:
            print(
                "   "
                + ", ".join(f"{name} {weight:+.2f}" for name, weight in zip(names, weights, strict=True))
            )
    print(f"{language}: {len(gold)} questions, {time.monotonic() - started:.0f} s")
    return final


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nli")
    parser.add_argument("--language", choices=LANGUAGES)
    default = Path(tempfile.gettempdir()) / "simengine-runs" / "ask"
    parser.add_argument("--cache", type=Path, default=default)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    data = data_or_exit()
    target = arguments.output or (None if arguments.nli else ROOT / "simengine" / "qa" / FILE)
    chosen = [arguments.language] if arguments.language else list(LANGUAGES)
    with tempfile.TemporaryDirectory() as folder:
        found = [
            each
            for language in chosen
            for each in fit_language(data, language, arguments.nli, Path(folder), arguments.cache)
        ]
    if target is None:
        return
    kept = []
    if target.is_file():
        old = [FittedFor.from_dict(table) for table in json.loads(target.read_text(encoding="utf-8"))]
        kept = [each for each in old if each.language not in chosen]
    tables = [each.to_dict() for each in (*kept, *found)]
    target.write_text(json.dumps(tables, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(target)


if __name__ == "__main__":
    main()

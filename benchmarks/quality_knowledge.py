"""Knowledge beside inference: what rules over WordNet change of the NLI model's verdicts.

python benchmarks/quality_knowledge.py                  measure, write results/quality_knowledge.json
python benchmarks/quality_knowledge.py --cache FOLDER   where the judge's outputs are kept (default: in the system's
                                                        temporary folder, simengine-runs/knowledge)
python benchmarks/quality_knowledge.py --model FOLDER   another judge in the place of the shipped one

Weights are fitted on SICK train and one half of SNLI dev, together and for each alone: the two sets label antonyms
differently ("a man" beside "a woman" is neutral in SICK, a contradiction in SNLI). Judged on SICK test and on the other
half of SNLI dev, on the pairs where a rule fires; all other verdicts stay as they are.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _cached_pairs import CachedPairs
from _common import write_result
from _training import data_or_exit

from simengine.corpus.examples import NLI_LABELS, LabelledPair, read_nli
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.reasoning.graph import KnowledgeGraph, wordnet_triples
from simengine.reasoning.graph_rules import GroundedJudge, RuleWeights, fire, fit_weights

QUICK = 300


def texts_of(pairs: Sequence[LabelledPair]) -> tuple[list[tuple[str, str]], list[str]]:
    """Pairs of texts, and their labels."""
    return [(pair.text1, pair.text2) for pair in pairs], [str(pair.label) for pair in pairs]


def judged(
    graph: KnowledgeGraph, judge: NLIModel, weights: RuleWeights, pairs: Sequence[LabelledPair]
) -> dict[str, Any]:
    """Accuracy on the pairs where a rule fires, with and without it; right answers won and lost among all."""
    texts, labels = texts_of([pair for pair in pairs if fire(graph, pair.text1, pair.text2)])
    wanted = np.asarray([NLI_LABELS.index(label) for label in labels])
    before = judge.probabilities(texts).argmax(axis=1) == wanted
    after = GroundedJudge(judge, graph, weights).probabilities(texts).argmax(axis=1) == wanted
    fired = Counter(
        (firing.rule.name, label)
        for pair, label in zip(texts, labels, strict=True)
        for firing in fire(graph, *pair)
    )
    return {
        "pairs": len(pairs),
        "fired": len(texts),
        "accuracy_before": float(before.mean()),
        "accuracy_after": float(after.mean()),
        "won": int((after & ~before).sum()),
        "lost": int((before & ~after).sum()),
        "fired_by_label": {f"{name} {label}": count for (name, label), count in sorted(fired.items())},
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(tempfile.gettempdir()) / "simengine-runs" / "knowledge"
    parser.add_argument("--cache", type=Path, default=default)
    parser.add_argument("--model")
    parser.add_argument("--quick", action="store_true", help="few pairs; prints, writes nothing")
    arguments = parser.parse_args()
    data = data_or_exit()
    judge = NLIModel(CachedPairs(load_cross_encoder(arguments.model, offline=True), arguments.cache))
    graph = KnowledgeGraph(wordnet_triples(data / "knowledge/open_english_wordnet"))
    most = QUICK if arguments.quick else None
    snli = list(read_nli(data / "nli/snli/dev.jsonl.gz"))[:most]
    sick = list(read_nli(data / "nli/sick/train.jsonl.gz"))[:most]
    sick_test = [p for p in read_nli(data / "nli/sick/test.jsonl.gz") if not p.extra.get("in_train")][:most]
    order = np.random.default_rng(0).permutation(len(snli)).tolist()
    snli_fit, snli_test = ([snli[row] for row in order[half::2]] for half in (0, 1))
    sets = {"sick_test": sick_test, "snli_dev_half": snli_test}
    detail: dict[str, Any] = {"triples": graph.n_triples, "judge": judge.model.fingerprint.digest[:12]}
    for name, pairs in {"both": [*sick, *snli_fit], "sick": sick, "snli": snli_fit}.items():
        weights = fit_weights(graph, judge, *texts_of(pairs))
        detail[f"fitted_on_{name}"] = {
            "weights": dict(weights.weights),
            "n_firings": dict(weights.n_firings),
            **{each: judged(graph, judge, weights, held_out) for each, held_out in sets.items()},
        }
    summary = {
        f"{each}_{key}": detail["fitted_on_both"][each][key]
        for each in sets
        for key in ("fired", "accuracy_before", "accuracy_after", "won", "lost")
    }
    print(summary if arguments.quick else write_result("quality_knowledge", summary, detail))


if __name__ == "__main__":
    main()

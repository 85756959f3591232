"""Reranking with the model that ships: nDCG@10 and MRR@10 before and after, on all retrieval sets.

python benchmarks/quality_rerank.py                      all sets, half an hour to an hour on two cores; judged pairs
                                                         are kept in --cache, a run that was stopped goes on
python benchmarks/quality_rerank.py --quick              few queries of few sets; prints, writes nothing
python benchmarks/quality_rerank.py --sets med cacm      these only; prints, writes nothing
python benchmarks/quality_rerank.py --model FOLDER       another judge; prints, writes nothing
python benchmarks/quality_rerank.py --fitted             also what `--fit` is worth; twice as long
python benchmarks/quality_rerank.py --queries 100        at most so many queries of each set
python benchmarks/quality_rerank.py --all-queries        no sampling of the sets with more than 300 queries

Candidates are those of hybrid search; WikiQA and TrecQA dev bring their own, which the engine orders. Queries are
routed as `--rerank` routes them: questions are reranked, all others (and those in a language that the model does not
know) keep their order and count as no change. Depths and weights are swept without the model:

- `mean_gain_questions_ndcg10`: over the questions of QUESTION_SETS, with the default of `simengine.rerank.options`,
  which was chosen on these sets.
- `worst_change_ndcg10`: of all sets, over all their queries, likewise.
- `left_out_*`: depth and weight chosen on the other sets: what to expect of a kind of corpus that nobody measured.
- `*_map`: the model alone on the candidates of the answer sets, without the retriever.
- `*_fitted_*`: weight chosen by `simengine rerank --fit` on four fifths of the set's own queries, judged on the others,
  with "leave the order alone" among the choices; whoever fits a weight reranks all kinds of queries.

Sets that share questions or articles with the training data of the model are reported apart, and choose nothing. With
`--fitted` queries that are no questions are judged, too, for the figures of a fit; without it only questions are.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _candidates import ANSWER_SETS, Candidates, judged, read_candidates, set_names
from _common import find_data, write_result

from simengine import Models, Rerank
from simengine.engine.loaded import LoadedModels
from simengine.evaluation.bootstrap import bootstrap_intervals
from simengine.evaluation.ranking import evaluate_answer_selection
from simengine.evaluation.units import MeanUnits
from simengine.rerank.fit import WEIGHTS, choose_weight, weight_table
from simengine.rerank.options import DEFAULT_DEPTH, DEFAULT_WEIGHT, Stage

DEPTHS = (20,)
MEASURES = ("nDCG@10", "MRR@10")
MAIN = "nDCG@10"
APART = ("squad_dev_retrieval", "trecqa_dev")
QUESTION_SETS = (
    "wikiqa_dev", "msmarco_sample", "covidfaq", "squad_dev_retrieval", "written_ag_news", "written_abstracts",
)  # fmt: skip
QUICK_SETS = ("med", "wikiqa_dev", "trecqa_dev")
WORST_ALLOWED, DEEPER_GAINS = -0.002, 0.002
Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Swept:
    """One set.

    Attributes:
        name: of the set.
        n_queries, n_all: queries that were searched for, and that there are.
        asks: (q,) whether the product reranks a query.
        tables: measure to depth to (q, w) values, a column for each of WEIGHTS, as the product routes queries.
        unrouted: as `tables`, every query reranked; empty if only questions were judged.
        mean_relevance: what the judge said of all candidates, on the mean.
        alone: MAP of the model alone, for an answer set; else None.
    """

    name: str
    n_queries: int
    n_all: int
    asks: npt.NDArray[np.bool_]
    tables: Mapping[str, Mapping[int, Table]]
    unrouted: Mapping[str, Mapping[int, Table]]
    mean_relevance: float
    alone: float | None = None

    def means(self, measure: str, depth: int) -> Table:
        """(w,) means over queries."""
        found: Table = self.tables[measure][depth].mean(axis=0)
        return found


def sweep(candidates: Candidates, stage: Stage, cache: Path, *, fitted: bool) -> Swept:
    """All depths and weights of one set."""
    asks = np.array([not stage.leaves_alone(text) for _, text in candidates.queries])
    answers = candidates.name in ANSWER_SETS
    read = [place for place, each in enumerate(asks.tolist()) if each or fitted or answers]
    part = replace(
        candidates,
        queries=[candidates.queries[place] for place in read],
        hits=[candidates.hits[place] for place in read],
    )
    relevance = [np.full(len(hits), 0.5) for hits in candidates.hits]  # no difference: the order stays
    for place, line in zip(read, judged(part, stage.judge, cache), strict=True):
        relevance[place] = line
    qrels = {query: candidates.qrels[query] for query, _ in candidates.queries}
    every = {
        measure: {
            depth: weight_table(
                qrels, candidates.hits, [line[:depth] for line in relevance], WEIGHTS, measure
            )
            for depth in DEPTHS
        }
        for measure in MEASURES
    }
    routed = {
        measure: {depth: np.where(asks[:, None], table, table[:, :1]) for depth, table in tables.items()}
        for measure, tables in every.items()
    }
    judged_scores = np.concatenate([relevance[place] for place in read] or [np.zeros(1)])
    n = len(candidates.queries)
    alone = map_of(candidates, relevance) if answers else None
    return Swept(
        candidates.name,
        n,
        candidates.n_all,
        asks,
        routed,
        every if fitted else {},
        float(judged_scores.mean()),
        alone,
    )


def map_of(candidates: Candidates, relevance: Sequence[Table]) -> float:
    """Mean average precision of each query's candidates in the order of the judge alone."""
    flat = [
        (query, hit.id in candidates.qrels[query], float(value))
        for (query, _), hits, line in zip(candidates.queries, candidates.hits, relevance, strict=True)
        for hit, value in zip(hits, line, strict=True)
    ]
    questions, relevant, values = zip(*flat, strict=True)
    return evaluate_answer_selection(questions, relevant, values).metrics["MAP"]


def choose_default(sets: Sequence[Swept]) -> tuple[int, float]:
    """Depth and weight with the best mean over sets, among those that make no set worse than WORST_ALLOWED.

    A greater depth costs time: it must be better by DEEPER_GAINS.
    """
    best, found = 0.0, (DEPTHS[0], 0.0)
    for depth in DEPTHS:
        gains = np.array([one.means(MAIN, depth) - one.means(MAIN, depth)[0] for one in sets])
        allowed = np.where(gains.min(axis=0) >= WORST_ALLOWED, gains.mean(axis=0), -1.0)
        column = int(allowed.argmax())
        if allowed[column] > best + (DEEPER_GAINS if depth > DEPTHS[0] else 1e-9):
            best, found = float(allowed[column]), (depth, WEIGHTS[column])
    return found


def left_out(sets: Sequence[Swept]) -> dict[str, tuple[int, float]]:
    """For each set the depth and weight that the other ones choose."""
    return {one.name: choose_default([other for other in sets if other is not one]) for one in sets}


def figures(one: Swept, chosen: tuple[int, float]) -> dict[str, Any]:
    """One set: before, with the weight that other sets chose, and with one fitted on its own queries."""
    depth, weight = chosen
    column = WEIGHTS.index(weight)
    result: dict[str, Any] = {
        "queries": one.n_queries,
        "queries_in_set": one.n_all,
        "questions": int(one.asks.sum()),
        "mean_relevance": one.mean_relevance,
        "chosen": {"depth": depth, "weight": weight},
    }
    for measure in MEASURES:
        table = one.tables[measure][depth]
        differences = table[:, column] - table[:, 0]
        result[measure] = {
            "before": float(table[:, 0].mean()),
            "after": float(table[:, column].mean()),
            "difference": float(differences.mean()),
            "interval": interval_of(differences),
            "difference_of_questions": float(differences[one.asks].mean()) if one.asks.any() else 0.0,
            "better_queries": int((differences > 1e-9).sum()),
            "worse_queries": int((differences < -1e-9).sum()),
            "by_weight": {
                str(each): dict(zip(map(str, WEIGHTS), one.means(measure, each).tolist(), strict=True))
                for each in DEPTHS
            },
        }
    if one.unrouted:
        fitted, gains = choose_weight(one.unrouted[MAIN][DEPTHS[-1]], WEIGHTS)
        result["fitted"] = {
            "depth": DEPTHS[-1],
            "weight": fitted,
            "left_alone": fitted == 0.0,
            "difference_of_queries_left_out": float(gains.mean()) if fitted else 0.0,
            "difference_before_deciding": float(gains.mean()),
        }
    return result


def interval_of(differences: Table) -> list[float]:
    """Ends of the 95 % interval of a mean over queries."""
    ids = tuple(map(str, range(len(differences))))
    units = MeanUnits(ids, ("change",), differences[:, None], "query", "change")
    interval = bootstrap_intervals(units)["change"]
    return [interval.low, interval.high]


def mean(values: Sequence[float]) -> float:
    """0.0 of none."""
    return float(np.mean(values)) if values else 0.0


def summarise(
    found: Mapping[str, Mapping[str, Any]], apart: Mapping[str, Mapping[str, Any]]
) -> dict[str, float]:
    """The figures that targets are set for, and others."""
    summary: dict[str, float] = {"n_sets": len(found)}
    everything = {**found, **apart}
    for measure in MEASURES:
        key = measure.lower().replace("@", "")
        questions = [everything[name][measure] for name in QUESTION_SETS if name in everything]
        summary |= {
            f"mean_gain_questions_{key}": mean([one["difference_of_questions"] for one in questions]),
            f"mean_gain_{key}": mean([one[measure]["difference"] for one in found.values()]),
            f"worst_change_{key}": min(one[measure]["difference"] for one in everything.values()),
            f"mean_{key}_before": mean([one[measure]["before"] for one in found.values()]),
            f"mean_{key}_after": mean([one[measure]["after"] for one in found.values()]),
        }
        for name, one in everything.items():
            summary[f"change_{key}_{name}"] = one[measure]["difference"]
    summary["sets_significantly_worse"] = sum(one[MAIN]["interval"][1] < 0 for one in everything.values())
    if all("fitted" in one for one in found.values()):
        gains = [one["fitted"]["difference_of_queries_left_out"] for one in found.values()]
        summary["mean_gain_fitted_ndcg10"], summary["worst_change_fitted_ndcg10"] = mean(gains), min(gains)
        summary["sets_left_alone_fitted"] = sum(one["fitted"]["left_alone"] for one in found.values())
    return summary


def tables(result: Mapping[str, Any]) -> Iterator[str]:
    """Markdown tables of a result file: the sets, and the sweep of weights."""
    detail = result["detail"]
    head = [
        "set",
        "queries (questions)",
        *(f"{m}, before" for m in MEASURES),
        *(f"{m}, change" for m in MEASURES),
    ]
    head += ["95 % interval", "better / worse", "depth, weight", "fitted: weight", "change"]
    rows = []
    for part in ("sets", "apart"):
        for name, one in detail[part].items():
            note = " (shares questions or articles with training)" if name in APART else ""
            low, high = one[MAIN]["interval"]
            chosen, fitted = one.get("chosen") or one["chosen_elsewhere"], one.get("fitted")
            rows.append(
                [
                    name + note,
                    f"{one['queries']:,} ({one.get('questions', '?')})",
                    *(f"{one[m]['before']:.4f}" for m in MEASURES),
                    *(f"{one[m]['difference']:+.4f}" for m in MEASURES),
                    f"{low:+.4f} to {high:+.4f}",
                    f"{one[MAIN]['better_queries']} / {one[MAIN]['worse_queries']}",
                    f"{chosen['depth']}, {chosen['weight']:g}",
                    "" if not fitted else "left alone" if fitted["left_alone"] else f"{fitted['weight']:g}",
                    "" if not fitted else f"{fitted['difference_of_queries_left_out']:+.4f}",
                ]
            )
    yield ("The interval is of the change of nDCG@10:\n\n" + _table(head, rows))
    depth = str(DEPTHS[-1])
    weights = [f"{weight:g}" for weight in WEIGHTS]
    rows = [
        [name, *(f"{value:.4f}" for value in one[MAIN]["by_weight"][depth].values())]
        for part in ("sets", "apart")
        for name, one in detail[part].items()
    ]
    yield f"nDCG@10 by weight of the judge, depth {depth}:\n\n" + _table(["set", *weights], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def measure(
    names: Sequence[str], data: Path, cache: Path, stage: Stage, most_queries: int, *, fitted: bool
) -> list[Swept]:
    """All sets."""
    found = []
    for name in names:
        candidates = read_candidates(name, data, cache, depth=DEPTHS[-1], most_queries=most_queries)
        one = sweep(candidates, stage, cache, fitted=fitted)
        found.append(one)
        shown = "  ".join(
            f"{weight:g}: {value:.4f}"
            for weight, value in zip(WEIGHTS, one.means(MAIN, DEPTHS[-1]), strict=True)
        )
        print(f"{one.name}: {MAIN}  {shown}", flush=True)
    return found


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", help="names of sets; nothing is written")
    parser.add_argument("--model", help="folder or name of a judge (default: minilm-relevance)")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "simengine-rerank")
    parser.add_argument("--all-queries", action="store_true", help="no sampling")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--queries", type=int, default=300, help="most queries of a set [default: 300]")
    parser.add_argument("--fitted", action="store_true", help="also judge what is no question, and fit")
    parser.add_argument("--quick", action="store_true", help="few queries; prints, writes nothing")
    arguments = parser.parse_args()
    data = find_data()
    if data is None:
        print("no data: set SIMENGINE_DATA to the folder that holds retrieval/ and qa/", file=sys.stderr)
        return 1
    most = 10 if arguments.quick else 1_000_000 if arguments.all_queries else arguments.queries
    names = arguments.sets or (QUICK_SETS if arguments.quick else set_names(data))
    models = LoadedModels(Models(offline=True, threads=arguments.threads))
    stage = Stage(models.judge(Rerank(arguments.model)), questions_only=arguments.model is None)
    judge = stage.judge
    found = measure(names, data, arguments.cache, stage, most, fitted=arguments.fitted)
    main_sets = [one for one in found if one.name not in APART]
    default = choose_default(main_sets)
    chosen = left_out(main_sets)
    product = DEFAULT_DEPTH, DEFAULT_WEIGHT
    sets = {one.name: figures(one, product) for one in main_sets}
    apart = {one.name: figures(one, product) for one in found if one.name not in sets}
    held_out = [figures(one, chosen[one.name])[MAIN]["difference"] for one in main_sets]
    detail = {
        "sets": sets,
        "apart": apart,
        "chosen_on_all_sets": {"depth": default[0], "weight": default[1]},
        "default": {"depth": DEFAULT_DEPTH, "weight": DEFAULT_WEIGHT},
        "judge": {"name": judge.name, "fingerprint": judge.fingerprint, "kind": judge.kind},
    }
    summary = summarise(sets, apart)
    summary |= {"left_out_mean_gain_ndcg10": mean(held_out), "left_out_worst_change_ndcg10": min(held_out)}
    summary |= {f"{one.name}_map": one.alone for one in found if one.alone is not None}
    for part in tables({"detail": detail}):
        print(f"\n{part}")
    print(json.dumps(summary, indent=1))
    print(
        f"the default chosen on all sets: depth {default[0]}, weight {default[1]:g}; the package has {DEFAULT_DEPTH}, "
        f"{DEFAULT_WEIGHT:g}"
    )
    if not (arguments.sets or arguments.quick or arguments.model):
        print(f"written: {write_result('quality_rerank', summary, detail).name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Retrieval quality in Chinese, and in English, of the multilingual model beside the English one and BM25.

python benchmarks/quality_retrieval_zh.py                     all sets, about 15 minutes on two cores
python benchmarks/quality_retrieval_zh.py --sets mlqa_zh      these only; prints, writes nothing
python benchmarks/quality_retrieval_zh.py --languages zh      the Chinese sets only
python benchmarks/quality_retrieval_zh.py --cache FOLDER      keep indexes and figures there: a run that was stopped, or
                                                              was given some --sets first, is continued
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from _chinese_sets import chinese_sets, english_sets, without_self
from _common import find_data, write_result
from quality_retrieval import DEPTH, MEASURES, Collection, Runs, evaluate, paired

from simengine import Document, Engine
from simengine.models.packaged import MULTILINGUAL_MODEL
from simengine.models.resolve import DEFAULT_MODEL
from simengine.requests.search import SearchOptions

MODELS = {"english": DEFAULT_MODEL, "multilingual": MULTILINGUAL_MODEL}
SYSTEMS = ("lexical", *(f"{model}_{mode}" for model in MODELS for mode in ("dense", "hybrid")))
N_QUERIES, QUICK_QUERIES = 500, 20


def runs_of(collection: Collection, cache: Path, threads: int | None) -> Runs:
    """Index a collection with each model as a user would, and search it in every mode."""
    texts = [text for _, text in collection.queries]
    corpus = hashlib.sha256(repr(collection.documents).encode()).hexdigest()[:16]  # sets may share one
    runs: Runs = {}
    for short, model in MODELS.items():
        documents = (Document(name, text, title) for name, title, text in collection.documents if text)
        index = cache / "indexes" / f"{corpus}-{short}"
        with Engine.build(documents, index, model=model, threads=threads) as engine:
            for mode in ("lexical", "dense", "hybrid"):
                if mode == "lexical" and mode in runs:
                    continue
                options = SearchOptions(k=DEPTH, mode=mode)
                ranked = [[i for i in ids if i] for ids in engine.search_arrays(texts, options).ids]
                runs[mode if mode == "lexical" else f"{short}_{mode}"] = without_self(collection, ranked)
    return runs


def run_set(name: str, make: Callable[[], Collection], cache: Path, threads: int | None) -> dict[str, Any]:
    """All systems on one set; figures that are in the cache are taken from there: delete it to measure anew."""
    collection = make()
    file = cache / "figures" / f"{name}-{len(collection.queries)}.json"
    if file.is_file():
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return kept
    found = measured(collection, cache, threads)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found), encoding="utf-8")
    return found


def measured(collection: Collection, cache: Path, threads: int | None) -> dict[str, Any]:
    """All systems on one set."""
    values = evaluate(collection, runs_of(collection, cache, threads))
    means = {system: {name: float(v.mean()) for name, v in values[system].items()} for system in SYSTEMS}
    ndcg = {system: values[system]["nDCG@10"] for system in SYSTEMS}
    better = max(("multilingual_dense", "lexical"), key=lambda system: means[system]["nDCG@10"])
    return {
        "documents": len(collection.documents),
        "queries": len(collection.queries),
        "means": means,
        "hybrid_against_better": {"system": better, **paired(ndcg["multilingual_hybrid"], ndcg[better])},
        "hybrid_against_english": paired(ndcg["multilingual_hybrid"], ndcg["english_hybrid"]),
        "dense_against_english": paired(ndcg["multilingual_dense"], ndcg["english_dense"]),
    }


def summarise(sets: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Means over the sets of each language, and the worst and mean gap of hybrid search."""
    summary: dict[str, float] = {}
    for language in ("zh", "en"):
        chosen = [one for one in sets.values() if one["language"] == language]
        if not chosen:
            continue
        summary[f"n_sets_{language}"] = len(chosen)
        for measure, short in zip(MEASURES, ("ndcg10", "recall100"), strict=True):
            for system in SYSTEMS:
                values = [one["means"][system][measure] for one in chosen]
                summary[f"mean_{short}_{language}_{system}"] = round(float(np.mean(values)), 5)
        for model in MODELS:
            gaps = [_gap(one["means"], model) for one in chosen]
            summary[f"worst_hybrid_gap_ndcg10_{language}_{model}"] = round(min(gaps), 5)
            summary[f"mean_hybrid_gap_ndcg10_{language}_{model}"] = round(float(np.mean(gaps)), 5)
    return summary


def _gap(means: Mapping[str, Mapping[str, float]], model: str) -> float:
    """nDCG@10 of hybrid search less the better of dense and lexical."""
    better = max(means[system]["nDCG@10"] for system in (f"{model}_dense", "lexical"))
    return means[f"{model}_hybrid"]["nDCG@10"] - better


def tables(result: Mapping[str, Any]) -> Iterator[str]:
    """Markdown tables of a result file: one for each measure, and one of the differences."""
    sets = result["detail"]["sets"]
    names = [system.replace("_", " ") for system in SYSTEMS]
    for measure in MEASURES:
        rows = [[name, *(f"{one['means'][s][measure]:.4f}" for s in SYSTEMS)] for name, one in sets.items()]
        yield f"{measure}:\n\n" + _table(["set", *names], rows)
    rows = []
    for name, one in sets.items():
        gain, english = one["hybrid_against_better"], one["hybrid_against_english"]
        rows.append(
            [
                f"{name} ({one['queries']:,} queries, {one['documents']:,} documents)",
                f"{gain['mean']:+.4f} over {gain['system'].replace('_', ' ')} (p {gain['p_value']:.2g})",
                f"{english['mean']:+.4f} (p {english['p_value']:.2g})",
            ]
        )
    head = ["set", "multilingual hybrid, nDCG@10", "less english hybrid"]
    yield "Differences, paired t-test over queries:\n\n" + _table(head, rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", help="names of sets; nothing is written")
    parser.add_argument("--languages", nargs="+", choices=("zh", "en"), default=("zh", "en"))
    parser.add_argument("--quick", action="store_true", help="the smallest set; prints, writes nothing")
    parser.add_argument("--queries", type=int, default=N_QUERIES, help="most queries of a set")
    parser.add_argument("--threads", type=int, help="threads; default: all cores")
    parser.add_argument("--cache", type=Path, help="where indexes stay; default: a temporary folder")
    arguments = parser.parse_args()
    data = find_data()
    if data is None:
        print("no data: set SIMENGINE_DATA to the folder that holds retrieval/ and qa/", file=sys.stderr)
        return 1
    n_queries = QUICK_QUERIES if arguments.quick else arguments.queries
    makers = {
        **{name: ("zh", make) for name, make in chinese_sets(data, n_queries).items()},
        **{name: ("en", make) for name, make in english_sets(data, n_queries).items()},
    }
    chosen = (
        ["mlqa_zh"]
        if arguments.quick
        else arguments.sets
        or [name for name, (language, _) in makers.items() if language in arguments.languages]
    )
    sets: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name in chosen:
            language, make = makers[name]
            found = run_set(name, make, arguments.cache or Path(temporary), arguments.threads)
            sets[name] = {"language": language, **found}
            shown = "  ".join(f"{system} {found['means'][system]['nDCG@10']:.4f}" for system in SYSTEMS)
            print(f"{name}: nDCG@10  {shown}", flush=True)
    summary = summarise(sets)
    detail = {"sets": sets, "models": MODELS, "most_queries": n_queries}
    for part in tables({"detail": detail}):
        print(f"\n{part}")
    print(json.dumps(summary, indent=1))
    if not (arguments.sets or arguments.quick):
        print(f"written: {write_result('quality_retrieval_zh', summary, detail).name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

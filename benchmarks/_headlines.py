"""The figures that the project's README shows: what was measured beside what was aimed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Targets = Mapping[str, Mapping[str, tuple[str, float, float | None]]]


@dataclass(frozen=True)
class Headline:
    """One line: what its keys of one result say together."""

    what: str
    result: str
    keys: Sequence[str]


HEADLINES = (
    Headline(
        "Indexing 10,000 passages, times as fast as txtai / Chroma / LanceDB",
        "speed_index",
        ("ratio_txtai", "ratio_chroma", "ratio_lancedb"),
    ),
    Headline(
        "One query in 100,000 texts, times as fast as Chroma (dense) / txtai (hybrid) / LanceDB (filtered)",
        "speed_index",
        ("search_ratio_chroma_100k", "hybrid_ratio_txtai_100k", "filtered_ratio_lancedb_100k"),
    ),
    Headline("Recall@10 of that dense search", "speed_index", ("dense_recall_at_10_100k",)),
    Headline(
        "`simengine search` from a cold start, times as fast as a sentence-transformers script",
        "speed_index",
        ("cold_search_ratio",),
    ),
    Headline(
        "nDCG@10 of hybrid search less the better of dense and lexical, mean of all collections",
        "quality_retrieval",
        ("mean_gain_hybrid_ndcg10",),
    ),
    Headline(
        "nDCG@10 gained by reranking, depth and weight chosen on other collections: mean / worst",
        "quality_rerank",
        ("mean_gain_ndcg10", "worst_change_ndcg10"),
    ),
    Headline(
        "Reranking 100 candidates, times as fast as sentence-transformers' CrossEncoder",
        "speed_rerank",
        ("ratio_100",),
    ),
    Headline(
        "NLI verdicts on everyday texts, accuracy: English / Chinese",
        "quality_nli",
        ("everyday_en_accuracy", "everyday_zh_accuracy"),
    ),
    Headline(
        "Fine-tuned here, Spearman on STS-B test: bi-encoder / cross-encoder",
        "quality_sts",
        ("bi_stsb_test_spearman", "cross_silver_stsb_test_spearman"),
    ),
    Headline(
        "Training, times as fast as a plain sentence-transformers trainer", "speed_train", ("ratio_st",)
    ),
    Headline(
        "Telling answerable from unanswerable questions: area under the ROC curve",
        "quality_qa",
        ("evidence_auroc",),
    ),
    Headline(
        "MovieLens 100K, nDCG@10 with ALS less ALS alone",
        "quality_recommend",
        ("gain_blend_over_als_ndcg10",),
    ),
    Headline(
        "Service with 1 / 8 / 32 clients searching, times the requests of a plain FastAPI service",
        "load_service",
        ("ratio_search_1", "ratio_search_8", "ratio_search_32"),
    ),
)


def rows(summaries: Mapping[str, Mapping[str, float]], targets: Targets) -> list[list[str]]:
    """What, measured, aimed at; lines whose result is not there are left out."""
    found = []
    for line in HEADLINES:
        summary = summaries.get(line.result)
        if summary is None:
            continue
        measured = " / ".join(_short(summary[key]) for key in line.keys)
        aimed = [targets.get(line.result, {}).get(key) for key in line.keys]
        found.append([line.what, measured, _aims(aimed)])
    return found


def _aims(aimed: Sequence[tuple[str, float, float | None] | None]) -> str:
    signs = {">=": "≥", "<=": "≤"}
    said = ["-" if aim is None else f"{signs[aim[0]]} {_short(aim[1])}" for aim in aimed]
    if set(said) == {"-"}:
        return ""
    return said[0] if len(set(said)) == 1 else " / ".join(said)


def _short(value: float) -> str:
    return (
        f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1 else f"{value:.2f}".rstrip("0").rstrip(".")
    )

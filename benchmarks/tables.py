"""Writes the tables of benchmarks/README.md, and the short one of the project's README, from the committed results.

python benchmarks/tables.py            rewrite the tables
python benchmarks/tables.py --check    exit with 1 when they do not show what results/ holds
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import quality_rerank
import quality_retrieval
import quality_retrieval_zh
from _headlines import rows as headline_rows

HERE = Path(__file__).resolve().parent
READMES = (HERE / "README.md", HERE.parent / "README.md")
HEADLINES = "headlines"
Result: TypeAlias = dict[str, Any]

# What is aimed at: key → (">=" or "<=", target, beyond or None). Keys without a target are listed below the table.
TARGETS: dict[str, dict[str, tuple[str, float, float | None]]] = {
    "speed_encode": {
        "ratio_short": (">=", 4.5, 8),
        "ratio_passage": (">=", 4.5, 8),
        "ratio_fp32": (">=", 1.3, None),
        "min_cosine": (">=", 0.999, None),
    },
    "speed_index": {
        "ratio_txtai": (">=", 3.5, 6),
        "ratio_chroma": (">=", 3.5, 6),
        "ratio_lancedb": (">=", 3.5, 6),
        "encode_share": (">=", 0.85, 0.95),
        "cold_help_ratio": ("<=", 2, 1.5),
        "cold_search_ratio": (">=", 6, 10),
        "search_ratio_chroma_100k": (">=", 2, 4),
        "hybrid_ratio_txtai_100k": (">=", 2, 4),
        "filtered_ratio_lancedb_100k": (">=", 2, 4),
        "peak_rss_mb_200k": ("<=", 1500, 800),
    },
    "speed_ann": {
        "ratio_faiss_b64": (">=", 0.95, None),
    },
    "quality_nli": {
        "everyday_en_accuracy": (">=", 0.74, 0.88),
        "everyday_zh_accuracy": (">=", 0.66, 0.85),
        "verification_balanced_accuracy": (">=", 0.67, 0.75),
        "stress_identity": (">=", 0.99, None),
        "stress_roles": (">=", 0.85, None),
        "stress_unrelated_neutral": (">=", 0.92, None),
        "stress_intervals": (">=", 0.85, None),
        "stress_premise_negation": (">=", 0.88, None),
        "shipped_snli_dev_accuracy": (">=", 0.75, 0.82),
        "shipped_xnli_en_accuracy": (">=", 0.73, 0.78),
        "shipped_xnli_zh_accuracy": (">=", 0.64, 0.72),
        "ece_worst_set": ("<=", 0.1, 0.05),
    },
    "quality_nli_tuned": {
        "sick_test_weighted_f1": (">=", 0.885, None),
    },
    "quality_sts": {
        "bi_stsb_test_spearman": (">=", 0.86, 0.88),
        "cross_stsb_test_spearman": (">=", 0.87, 0.9),
        "cross_silver_stsb_test_spearman": (">=", 0.87, 0.9),
    },
    "speed_train": {
        "ratio_st": (">=", 2, 3),
    },
    "quality_rerank": {
        "mean_gain_questions_ndcg10": (">=", 0.03, 0.06),
        "worst_change_ndcg10": (">=", -0.002, None),
    },
    "quality_zero_shot": {
        "worst_joined_minus_cosine": (">=", 0, None),
    },
    "speed_rerank": {
        "ratio_100": (">=", 4, 6),
    },
    "quality_contradictions": {
        "clause_f1_en": (">=", 0.6, 0.85),
        "clause_f1_zh": (">=", 0.5, 0.85),
    },
    "quality_qa": {
        "evidence_auroc": (">=", 0.75, 0.85),
        "covidfaq_recall1": (">=", 0.55, 0.85),
    },
    "quality_ask": {
        "verdict_accuracy_en": (">=", 0.72, 0.90),
        "verdict_accuracy_zh": (">=", 0.66, 0.90),
        "followup_accuracy": (">=", 0.65, 0.90),
        "false_answers": ("<=", 0.12, None),
    },
    "quality_check": {
        "balanced_accuracy_en": (">=", 0.70, 0.85),
        "balanced_accuracy_zh": (">=", 0.64, 0.85),
    },
    "quality_recommend": {
        "gain_over_popularity_ndcg10": (">=", 0, None),
        "gain_over_itemknn_ndcg10": (">=", 0, None),
        "gain_blend_over_als_ndcg10": (">=", 0, 0.01),
    },
    "speed_recommend": {
        "ratio_implicit": (">=", 0.5, 1),
    },
    "quality_calibration": {
        "ece_after_transfer": ("<=", 0.05, 0.03),
    },
    "load_service": {
        "ratio_search_32": (">=", 2, 4),
        "errors_not_429": ("<=", 0, None),
        "lost_writes": ("<=", 0, None),
    },
    "quality_retrieval": {
        "max_loss_dense_ndcg10": ("<=", 0.002, None),
        "mean_gain_hybrid_ndcg10": (">=", 0.01, 0.03),
        "worst_hybrid_gap_ndcg10": (">=", -0.01, 0),
    },
    "quality_retrieval_zh": {
        "worst_hybrid_gap_ndcg10_zh_multilingual": (">=", 0, None),
    },
}


def figure(value: object) -> str:
    """A number with the digits that matter."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.4f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    rule = "|".join(["---", *["--:"] * (len(head) - 1)])
    return "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)])


def reached(value: float, sense: str, target: float, beyond: float | None) -> str:
    """Whether a figure meets its target, or what lies beyond it."""

    def meets(limit: float) -> bool:
        return value >= limit if sense == ">=" else value <= limit

    if beyond is not None and meets(beyond):
        return "beyond"
    return "yes" if meets(target) else "no"


def origin(result: Result) -> str:
    """One line: where and when the result was measured, and with what."""
    machine = result.get("machine", "")
    if isinstance(machine, dict):
        parts = {key: " ".join(value) if isinstance(value, list) else value for key, value in machine.items()}
        machine = "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in parts.items())
    versions = ", ".join(f"{name} {value}" for name, value in sorted(result.get("versions", {}).items()))
    return f"Commit {result['commit']}, {str(result['date'])[:10]}. {machine}. {versions}."


def summary_table(name: str, result: Result) -> str:
    """Figures that have a target, then all others."""
    summary, targets = result["summary"], TARGETS.get(name, {})
    parts = []
    aimed = []
    for key, (sense, target, beyond) in targets.items():
        if key in summary:
            limits = [f"{sense} {figure(target)}", figure(beyond) if beyond is not None else ""]
            verdict = reached(summary[key], sense, target, beyond)
            aimed.append([f"`{key}`", figure(summary[key]), *limits, verdict])
    if aimed:
        parts.append(table(["key", "measured", "target", "beyond", "reached"], aimed))
    rest = [[f"`{key}`", figure(value)] for key, value in sorted(summary.items()) if key not in targets]
    if rest:
        parts.append(table(["other keys", "measured"], rest))
    return "\n\n".join(parts)


def search_tables(result: Result) -> Iterator[str]:
    """speed_index: latency of every subject and mode, one table per corpus."""
    for label, section in result.get("detail", {}).get("search", {}).items():
        if not isinstance(section, dict) or "rows" not in section:
            continue
        rows = []
        for key, row in section["rows"].items():
            subject, mode = key.split("/")
            name = subject.removesuffix("_peer").removesuffix("_subject")
            recall = figure(row["recall_at_10"]) if "recall_at_10" in row else ""
            rows.append([f"{name}, {mode}", f"{row['p50_ms']:.1f}", f"{row['p95_ms']:.1f}", recall])
        yield f"Search, {label} {section['corpus']} (one query at a time, milliseconds):\n\n" + table(
            ["subject, mode", "p50", "p95", "recall@10"], rows
        )


def build_table(result: Result) -> Iterator[str]:
    """speed_index: every run of the build section, in the order in which they ran."""
    section = result.get("detail", {}).get("build")
    if section:
        rows = []
        for run in section["runs"]:
            name = run["subject"].removesuffix("_peer").removesuffix("_subject")
            seconds = [f"{run[key]:.1f}" for key in ("start_s", "seconds", "process_s")]
            rows.append([name, *seconds, f"{run['peak_tree_rss_mb']:.0f}", f"{run['disk_mb']:.0f}"])
        yield f"Indexing {section['n_passages']:,} passages, in the order of the runs:\n\n" + table(
            ["subject", "start s", "texts to closed index s", "whole process s", "peak MB", "disk MB"], rows
        )


def verdict_card(result: Result) -> str:
    """verdict_card: every pair with its verdict, and a line that counts."""
    rows = []
    for row in result["detail"]["rows"]:
        right = row["verdict"] == row["right"]
        mark = " (**wrong**)" if not right and row["verdict"] != "not sure" else ""
        rows.append(
            [
                row["premise"],
                row["hypothesis"],
                row["right"],
                f"{row['verdict']}{mark}",
                f"{row['probability']:.2f}",
            ]
        )
    summary = result["summary"]
    counts = f"{summary['right']} of {summary['n']} right, {summary['not_sure']} not sure, {summary['wrong']} wrong."
    head = ["premise", "hypothesis", "expected", "verdict", "probability"]
    return f"{counts}\n\n{table(head, rows)}"


EXTRA: dict[str, tuple[Callable[[Result], Iterator[str]], ...]] = {
    "speed_index": (build_table, search_tables),
    "quality_retrieval": (quality_retrieval.tables,),
    "quality_retrieval_zh": (quality_retrieval_zh.tables,),
    "quality_rerank": (quality_rerank.tables,),
}


def rendered(name: str) -> str:
    """Everything between the markers of one result."""
    if name == HEADLINES:
        paths = sorted((HERE / "results").glob("*.json"))
        summaries = {path.stem: json.loads(path.read_text(encoding="utf-8"))["summary"] for path in paths}
        return table(["", "measured", "aimed at"], headline_rows(summaries, TARGETS))
    path = HERE / "results" / f"{name}.json"
    if not path.exists():
        return "(not measured yet)"
    result = json.loads(path.read_text(encoding="utf-8"))
    if name == "verdict_card":
        return verdict_card(result)
    parts = [origin(result), summary_table(name, result)]
    for extra in EXTRA.get(name, ()):
        parts.extend(extra(result))
    return "\n\n".join(parts)


def main() -> int:
    """Rewrite or check the tables."""
    pattern = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
    n_stale = 0
    for readme in READMES:
        old = readme.read_text(encoding="utf-8")
        new = pattern.sub(lambda found: f"{found[1]}{rendered(found[2])}\n{found[3]}", old)
        if "--check" not in sys.argv[1:]:
            readme.write_text(new, encoding="utf-8")
        elif new != old:
            n_stale += 1
            message = "does not show what results/ holds: run python benchmarks/tables.py"
            print(f"{readme.relative_to(HERE.parent)} {message}", file=sys.stderr)
    return min(n_stale, 1)


if __name__ == "__main__":
    sys.exit(main())

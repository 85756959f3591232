"""Conflicts among short clauses of contracts and policies: what `contradictions` finds at its defaults."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from simengine.reasoning.conflict import PairJudge
from simengine.reasoning.contradictions import find_contradictions
from simengine.types import Document, FloatMatrix

Pair = frozenset[str]


def clause_figures(
    data: Path, language: str, encode: Callable[[Sequence[str]], FloatMatrix], judge: PairJudge
) -> tuple[dict[str, float], dict[str, Any]]:
    """Precision, recall and F1 of the reported pairs, all documents together as one corpus.

    A conflict that is not in the gold file counts as false, and so does one between clauses of two documents.

    Args:
        data: the folder with the data sets.
        language: "en" or "zh".
        encode, judge: see `find_contradictions`.

    Returns:
        Summary, with the language at the end of its keys, and detail.
    """
    clauses = _rows(data / f"probes/conflicts-{language}.jsonl")
    gold = _rows(data / f"probes/conflicts-{language}-gold.jsonl")
    documents = [Document(_name(row["doc"], row["id"]), row["text"]) for row in clauses]
    found = find_contradictions(documents, encode=encode, judge=judge)
    reported = {frozenset((each.claim1.document_id, each.claim2.document_id)) for each in found.conflicts}
    conflicts, near = (_pairs(gold, label) for label in ("conflict", "near"))
    right = len(reported & conflicts)
    precision, recall = right / max(len(reported), 1), right / max(len(conflicts), 1)
    summary = {
        "clause_f1": 2 * precision * recall / max(precision + recall, 1e-12),
        "clause_precision": precision,
        "clause_recall": recall,
    }
    kinds = sorted({row["kind"] for row in gold if row["label"] == "conflict"})
    detail = {
        "documents": found.n_documents,
        "claims": found.n_claims,
        "pairs": found.n_pairs,
        "judged": found.n_judged,
        "conflicts": len(conflicts),
        "reported": len(reported),
        "right": right,
        "near_pairs": len(near),
        "near_pairs_reported": len(reported & near),
        "not_judged": found.n_not_judged,
        "threshold": found.threshold,
        "recall_by_kind": {
            kind: [len(reported & pairs), len(pairs)]
            for kind in kinds
            if (pairs := _pairs([row for row in gold if row["kind"] == kind], "conflict"))
        },
    }
    return {f"{name}_{language}": value for name, value in summary.items()}, detail


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _name(document: object, clause: object) -> str:
    return f"{document}:{clause}"


def _pairs(gold: list[dict[str, Any]], label: str) -> set[Pair]:
    return {
        frozenset((_name(row["doc"], row["a"]), _name(row["doc"], row["b"])))
        for row in gold
        if row["label"] == label
    }

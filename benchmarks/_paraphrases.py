"""Paraphrases that are called conflicts, and conflicts that are called duplicates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from simengine.corpus.examples import read_nli, read_scored_pairs
from simengine.cross_encoders.nli import NLIModel
from simengine.reasoning.conflict import judge_pairs
from simengine.reasoning.conflict_rules import rule_conflict
from simengine.reasoning.duplicates_guard import compare_texts, read_texts
from simengine.rules.cues import profile

PARAPHRASE_SCORE, NEAR_COSINE = 4.5, 0.8


def false_conflicts(data: Path, judge: NLIModel, rule: str, threshold: float, most: int) -> dict[str, float]:
    """Share of paraphrases (STS-B dev and test, score of 4.5 or more) that are called conflicts."""
    pairs = [
        (pair.text1, pair.text2)
        for split in ("dev", "test")
        for pair in read_scored_pairs(data / f"similarity/stsb/{split}.jsonl.gz")
        if pair.score is not None and pair.score >= PARAPHRASE_SCORE and not pair.extra.get("in_train")
    ][:most]
    scores = judge_pairs(judge, pairs).together(rule)  # type: ignore[arg-type]
    ruled = [rule_conflict(a, profile(a), b, profile(b), same_document=False) is not None for a, b in pairs]
    return {
        "paraphrases": len(pairs),
        "by_nli": float((scores >= threshold).mean()),
        "by_rules": float(np.mean(ruled)),
        "by_either": float(((scores >= threshold) | np.asarray(ruled)).mean()),
    }


def guarded_duplicates(data: Path, judge: NLIModel, encode: Any, most: int) -> dict[str, float]:
    """Near pairs (cosine of 0.8 or more) of SICK test and STS-B: which are called duplicates by the guard.

    The cosine alone calls all of them duplicates.
    """
    sick = [pair for pair in read_nli(data / "nli/sick/test.jsonl.gz") if not pair.extra.get("in_train")]
    stsb = read_scored_pairs(data / "similarity/stsb/test.jsonl.gz")
    kinds = {
        "contradictory": [(p.text1, p.text2) for p in sick if p.label == "contradiction"],
        "paraphrases": [
            (p.text1, p.text2) for p in stsb if p.score is not None and p.score >= PARAPHRASE_SCORE
        ],
    }
    found: dict[str, float] = {}
    for name, pairs in kinds.items():
        texts = list(dict.fromkeys(text for pair in pairs[:most] for text in pair))
        read = dict(zip(texts, read_texts(texts, encode), strict=True))
        near = [(read[a], read[b]) for a, b in pairs[:most]]
        near = [(a, b) for a, b in near if float(a.vectors.mean(0) @ b.vectors.mean(0)) >= NEAR_COSINE]
        same = [each.same for each in compare_texts(near, judge)]
        found[f"{name}_near"] = len(near)
        found[f"{name}_called_duplicates"] = float(np.mean(same)) if same else 0.0
    return found

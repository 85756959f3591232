"""The sets that verdicts are fitted and measured on, read once into one shape; and balanced accuracy over them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from nli_data import half, passage_pairs, rows

from simengine.requests.training import GenerateOptions
from simengine.training.generate.generate import generate_nli

LABELS = ("entailment", "neutral", "contradiction")
NOT_ENTAILED = "not_entailment"
GENERATED_PER_KIND, GENERATED_SEED = 20, 29


@dataclass(frozen=True, slots=True)
class VerdictSet:
    """Labelled pairs.

    Attributes:
        pairs: n pairs (premise, hypothesis).
        labels: n of LABELS, or "not_entailment".
    """

    pairs: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]

    @property
    def columns(self) -> npt.NDArray[np.int64]:
        """(n,) the labels as columns of LABELS; -1 for "not_entailment"."""
        return np.array([LABELS.index(label) if label in LABELS else -1 for label in self.labels], np.int64)

    def part(self, first: bool) -> VerdictSet:
        """One of two halves; pairs with one premise stay together."""
        kept = [row for row, (premise, _) in enumerate(self.pairs) if _first_half(premise) == first]
        return VerdictSet(tuple(self.pairs[row] for row in kept), tuple(self.labels[row] for row in kept))


def _first_half(premise: str) -> bool:
    return hashlib.sha256(b"half" + premise.encode()).digest()[0] % 2 == 0


def verdict_set(found: Iterator[Mapping[str, str]], most: int | None = None) -> VerdictSet:
    """A set from rows with premise, hypothesis and label."""
    taken = [row for row in found if row["label"] in (*LABELS, NOT_ENTAILED)][:most]
    return VerdictSet(
        tuple((row["premise"], row["hypothesis"]) for row in taken), tuple(row["label"] for row in taken)
    )


def dev_sets(data: Path, most: int = 2000) -> dict[str, VerdictSet]:
    """Sets that no shipped model was trained on, at most `most` pairs each."""
    nli = data / "nli"
    plain = {
        "written_en": nli / "written_en" / "dev.jsonl.gz",
        "written_zh": nli / "written_zh" / "dev.jsonl.gz",
        "docnli_fever": nli / "docnli_fever" / "dev.jsonl.gz",
        "fever_symmetric": nli / "fever_symmetric" / "train.jsonl.gz",
        "rte": nli / "rte" / "dev.jsonl.gz",
        "lingnli": nli / "lingnli" / "dev.jsonl.gz",
        "cad_nli": nli / "cad_nli" / "dev.jsonl.gz",
        "snli": nli / "snli" / "dev.jsonl.gz",
    }
    halves = {name: nli / name / "train.jsonl.gz" for name in ("fool_me_twice", "healthver")}
    passages = {
        f"passages_{language}": data / "qa" / f"written_passages_{language}" for language in ("en", "zh")
    }
    found = {name: verdict_set(rows(path), most) for name, path in plain.items()}
    return {
        **found,
        **{
            f"generated_{language}": generated_set(found[f"written_{language}"], language)
            for language in ("en", "zh")
        },
        **{name: verdict_set(half(path, measured=True), most) for name, path in halves.items()},
        **{name: verdict_set(passage_pairs(path / "dev.jsonl.gz")) for name, path in passages.items()},
    }


def generated_set(one: VerdictSet, language: Literal["en", "zh"]) -> VerdictSet:
    """Pairs by rule out of the premises of a set."""
    options = GenerateOptions(language=language, per_kind=GENERATED_PER_KIND, seed=GENERATED_SEED)
    made = generate_nli(list(dict.fromkeys(premise for premise, _ in one.pairs)), options)
    found = [pair for pair in made if pair.label in LABELS]
    return VerdictSet(
        tuple((pair.premise, pair.hypothesis) for pair in found), tuple(pair.label for pair in found)
    )


def balanced_accuracy(truth: Sequence[str], given: Sequence[str]) -> float:
    """Mean recall over the labels that occur; for "not_entailment" any other label than entailment is right."""
    right: dict[str, list[bool]] = {}
    for label, verdict in zip(truth, given, strict=True):
        hit = verdict != LABELS[0] if label == NOT_ENTAILED else verdict == label
        right.setdefault(label, []).append(hit)
    return float(np.mean([np.mean(hits) for hits in right.values()]))

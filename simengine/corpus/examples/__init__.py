"""Examples to train on and to evaluate with: labelled pairs, triplets, reading comprehension, tagged sentences."""

from __future__ import annotations

from simengine.corpus.examples.kinds import (
    NLI_LABELS,
    LabelledPair,
    ReadCount,
    ReadingExample,
    TaggedSentence,
    Triplet,
    canonical_label,
    example_record,
)
from simengine.corpus.examples.pairs import (
    read_any_pairs,
    read_nli,
    read_pair_records,
    read_relevance,
    read_scored_pairs,
)
from simengine.corpus.examples.squad import read_squad
from simengine.corpus.examples.tagging import read_tagging
from simengine.corpus.examples.triplets import read_triplets

__all__ = [
    "NLI_LABELS",
    "LabelledPair",
    "ReadCount",
    "ReadingExample",
    "TaggedSentence",
    "Triplet",
    "canonical_label",
    "example_record",
    "read_any_pairs",
    "read_nli",
    "read_pair_records",
    "read_relevance",
    "read_scored_pairs",
    "read_squad",
    "read_tagging",
    "read_triplets",
]

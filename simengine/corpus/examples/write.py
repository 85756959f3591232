"""Writes examples: the JSON Lines record that a reader turns back into the same example."""

from __future__ import annotations

from simengine.corpus.examples.kinds import LabelledPair, TaggedSentence, Triplet
from simengine.types import Json


def example_record(example: LabelledPair | Triplet | TaggedSentence) -> dict[str, Json]:
    """The fields of an example under the names that the readers know; its origin is left out.

    A pair with the label "1" or "0" and its score is written as the relevance label 1 or 0.
    """
    if isinstance(example, Triplet):
        return {"anchor": example.anchor, "positive": example.positive, "negative": example.negative}
    if isinstance(example, TaggedSentence):
        return {"tokens": list(example.tokens), "tags": list(example.tags)}
    record: dict[str, Json] = {"text1": example.text1, "text2": example.text2}
    if example.label in ("0", "1") and example.score == float(example.label):
        record["label"] = int(example.label)
    else:
        if example.label is not None:
            record["label"] = example.label
        if example.score is not None:
            record["score"] = example.score
    record.update((name, value) for name, value in example.extra.items() if name not in record)
    return record

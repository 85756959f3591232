"""MovieLens 100K as items, interactions and splits by time, for the benchmarks of recommending."""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _common import find_data

from simengine.recommend import Interactions, ItemVectors, read_interactions, relevant_items, split_by_time
from simengine.types import Document

LIKED_FROM = 4.0
TEST_SHARE = 0.2
VALIDATION_SHARE = 0.2
"""Of what comes before the test; settings are chosen on it alone."""


@dataclass(frozen=True)
class Split:
    """What is learned from, and what has to be foretold.

    Attributes:
        name: "validation" or "test".
        earlier, later: interactions before and after the cut.
        relevant: items that each user liked later and had not seen before.
        warm: users with something relevant and with an earlier interaction.
        cold_items: items without an earlier interaction.
    """

    name: str
    earlier: Interactions
    later: Interactions
    relevant: dict[str, set[str]]
    warm: list[str]
    cold_items: list[str]


def data_folder() -> Path:
    """The data set's folder, or an exit that says what is missing."""
    data = find_data()
    folder = None if data is None else data / "recommendation" / "ml_100k"
    if folder is None or not folder.is_dir():
        sys.exit("data missing: set SIMENGINE_DATA to a folder that holds recommendation/ml_100k")
    return folder


def load_documents(folder: Path) -> list[Document]:
    """Films with title, genres and, for about half of them, an overview; in random order.

    The ids of MovieLens follow the popularity of their time, so that ties in their order would tell the future.
    """
    records: list[dict[str, Any]] = []
    with gzip.open(folder / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    order = np.random.default_rng(0).permutation(len(records))
    return [
        Document(
            records[at]["_id"],
            records[at]["text"],
            records[at]["title"],
            {"genres": records[at]["genres"], "year": records[at].get("year")},
        )
        for at in order
    ]


def load_items(documents: list[Document]) -> tuple[ItemVectors, float]:
    """Vectors of title and text by the bundled encoder, kept in the temporary folder, and seconds spent on it."""
    import time

    texts = [f"{document.title}. {document.text}" for document in documents]
    kept = Path(tempfile.gettempdir()) / "simengine-ml100k-vectors.npz"
    if kept.is_file():
        with np.load(kept, allow_pickle=False) as found:
            if found["texts"].tolist() == texts:
                return ItemVectors.from_vectors([d.id for d in documents], found["vectors"]), float(
                    found["s"]
                )
    from simengine.encoders.load import load_encoder

    encoder = load_encoder(None, offline=True)
    encoder.encode(texts[:8])
    start = time.perf_counter()
    vectors = encoder.encode(texts, role="passage")
    spent = time.perf_counter() - start
    np.savez(kept, texts=np.array(texts), vectors=vectors, s=spent)
    return ItemVectors.from_vectors([d.id for d in documents], vectors), spent


def load_splits(folder: Path, items: ItemVectors) -> dict[str, Split]:
    """Validation (all of it before the test) and test, each cut at one moment for all users."""
    interactions = read_interactions(folder / "interactions.csv.gz")
    before, test = split_by_time(interactions, TEST_SHARE)
    train, validation = split_by_time(before, VALIDATION_SHARE)
    return {
        "validation": _split("validation", train, validation, items),
        "test": _split("test", before, test, items),
    }


def _split(name: str, earlier: Interactions, later: Interactions, items: ItemVectors) -> Split:
    relevant = relevant_items(later, earlier, at_least=LIKED_FROM)
    known = set(earlier.user_ids[np.unique(earlier.users)])
    seen = set(earlier.item_ids[np.unique(earlier.items)])
    return Split(
        name,
        earlier,
        later,
        relevant,
        sorted(user for user in relevant if user in known),
        [id_ for id_ in items.ids if id_ not in seen],
    )

"""Where the pipeline's items and interactions come from."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simengine.corpus.read import read_corpus
from simengine.recommend import Interactions, read_interactions
from simengine.types import Document

ROOT = Path(__file__).resolve().parents[2]
THEMES = {
    "space": ["rocket", "orbit", "planet", "telescope", "galaxy", "astronaut"],
    "kitchen": ["bread", "oven", "butter", "recipe", "salt", "dough"],
    "music": ["guitar", "concert", "melody", "drummer", "choir", "album"],
    "garden": ["rose", "soil", "seed", "hedge", "bee", "orchard"],
}
ITEMS_PER_THEME, USERS, CHOICES = 15, 120, 14
DAY_S = 86_400.0


class DataMissing(Exception):  # noqa: N818 - a state, told without a traceback
    """The data set is not there; says where it was looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Items with texts, and who chose which of them when."""

    name: str
    documents: list[Document]
    interactions: Interactions


def movielens() -> Dataset:
    """MovieLens 100K with plots: `recommendation/ml_100k` in SIMENGINE_DATA, or in ../shared/data beside the checkout.

    Raises:
        DataMissing: it is at neither place.
    """
    given = os.environ.get("SIMENGINE_DATA")
    data = Path(given).expanduser() if given else ROOT.parent / "shared" / "data"
    folder = data / "recommendation" / "ml_100k"
    files = folder / "items.jsonl.gz", folder / "interactions.csv.gz"
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise DataMissing(
            f"data missing: {' and '.join(missing)} not found in {folder}; set SIMENGINE_DATA to the folder that holds "
            "recommendation/ml_100k, or give --items and --interactions, or --synthetic"
        )
    documents = []
    with gzip.open(files[0], "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            about = {"genres": record["genres"], "year": record.get("year")}
            documents.append(Document(record["_id"], record["text"], record["title"], about))
    return Dataset("MovieLens 100K", in_random_order(documents, 0), read_interactions(files[1]))


def own_files(items: Path, interactions: Path) -> Dataset:
    """Files in the forms that `simengine index` and `simengine recommend` take.

    Raises:
        DataError: a file cannot be used; names file and line.
    """
    return Dataset(items.name, list(read_corpus([items])), read_interactions(interactions))


def synthetic(seed: int = 0) -> Dataset:
    """A made-up catalogue of four themes, and users who keep to one or two of them."""
    rng = np.random.default_rng(seed)
    documents, themes = [], []
    for place, (theme, words) in enumerate(THEMES.items()):
        for number in range(ITEMS_PER_THEME):
            chosen = rng.choice(words, 4)
            text = f"A story of {chosen[0]} and {chosen[1]}, with {chosen[2]} and {chosen[3]}."
            documents.append(
                Document(f"{theme}-{number:02}", text, f"{theme.title()} {number + 1}", {"theme": theme})
            )
            themes.append(place)
    popularity = rng.gamma(0.7, size=len(documents)) + 0.2
    users, items, ratings, times = [], [], [], []
    for user in range(USERS):
        favourite, second = rng.permutation(len(THEMES))[:2]
        wish = popularity * np.where(
            np.array(themes) == favourite, 8.0, np.where(np.array(themes) == second, 2.0, 0.3)
        )
        chosen = rng.choice(len(documents), CHOICES, replace=False, p=wish / wish.sum())
        start = rng.uniform(0, 60) * DAY_S
        for step, item in enumerate(chosen):
            users.append(f"user-{user:03}")
            items.append(documents[item].id)
            ratings.append(
                float(np.clip(round(rng.normal(4.4 if themes[item] == favourite else 3.0, 0.6)), 1, 5))
            )
            times.append(start + step * 4 * DAY_S)
    interactions = Interactions.from_arrays(users, items, ratings=ratings, times=times)
    return Dataset("synthetic", in_random_order(documents, seed), interactions)


def in_random_order(documents: list[Document], seed: int) -> list[Document]:
    """Ids may follow popularity, and ties keep the order of the items: a file's order must not tell the future."""
    return [documents[place] for place in np.random.default_rng(seed).permutation(len(documents))]

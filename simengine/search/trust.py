"""Measurements of a model and a corpus for fusion: made when an index is built, without labels, in about a second."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simengine.text.tokens import text_units
from simengine.types import Json

if TYPE_CHECKING:
    from simengine.encoders.contract import BiEncoder
    from simengine.store.snapshot import Snapshot

N_PASSAGES = 200
N_UNITS = 300
MIN_UNITS = 30
SAME_COSINE = 0.9995  # two words this near are one to the model; runtimes in bf16 differ by less
VERSION = 2

_UNRELATED = (
    "The ferry leaves the harbour at seven every morning.",
    "Inflation slowed for the third month in a row.",
    "Add the flour slowly and stir until the dough is smooth.",
    "A goalkeeper may not hold the ball for more than six seconds.",
    "The function returns a list of all matching keys.",
    "Bees tell each other by dancing where they have found nectar.",
    "Her second novel is set in a mountain village.",
    "The court ruled that the contract was void.",
    "Press the red button to restart the printer.",
    "Glaciers carve valleys as they slide downhill.",
    "He plays the violin in a small orchestra.",
    "Vaccines train the immune system to recognise a virus.",
    "The king was crowned in the old cathedral.",
    "Solar panels turn light into electric current.",
    "Please cancel my booking and refund the deposit.",
    "A triangle with equal sides has equal angles.",
    "The museum is closed on Mondays.",
    "Tighten the bolts before you lower the car.",
    "Whales breathe air through a hole on top of the head.",
    "The senator voted against the new tax.",
    "My grandmother knitted scarves all winter.",
    "Iron rusts when it meets water and oxygen.",
    "The train to the airport was delayed by snow.",
    "This perfume smells of oranges and cedar wood.",
)


def measure_trust(snapshot: Snapshot, encoder: BiEncoder, *, seed: int = 0) -> dict[str, Json] | None:
    """Measure the input of `Fusion.of`; stored with the index as "fusion".

    Two things are measured. How far apart the model puts unrelated texts: the mean and
    the spread of the cosines among two dozen fixed sentences ("level", "spread"). And which part of the corpus's
    words, and of its characters in scripts without spaces between words, the model cannot distinguish
    ("unknown_words", "unknown_characters"): an English model gives one vector to most Chinese characters.

    Args:
        snapshot: the index.
        encoder: encodes some hundred single words.
        seed: of the sample; the same seed and index give the same result.

    Returns:
        None for an index without live passages.
    """
    live = snapshot.live_rows()
    rows = np.arange(snapshot.n_rows) if live is None else np.flatnonzero(live)
    if not rows.size:
        return None
    rng = np.random.default_rng(seed)
    passages = snapshot.passages(np.sort(rng.permutation(rows)[:N_PASSAGES]))
    documents = snapshot.documents(sorted({passage.doc_key for passage in passages}))
    words: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    for passage in passages:
        found_words, found_characters = text_units(
            documents[passage.doc_key].text[passage.start : passage.end]
        )
        words.update(map(_folded, found_words))
        characters.update(found_characters)
    vectors = encoder.encode(_UNRELATED)
    cosines = (vectors @ vectors.T)[np.triu_indices(len(_UNRELATED), 1)]
    return {
        "version": VERSION,
        "level": round(float(cosines.mean()), 4),
        "spread": round(float(cosines.std()), 4),
        "unknown_words": _unknown_share(words, encoder),
        "unknown_characters": _unknown_share(characters, encoder),
    }


def _folded(word: str) -> str:
    """A word without case and accents, which many models ignore, too."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def _unknown_share(units: Counter[str], encoder: BiEncoder) -> float:
    """Share of the occurrences of the commonest units whose vector is also that of another one."""
    commonest = [unit for unit, _ in sorted(units.items(), key=lambda pair: (-pair[1], pair[0]))[:N_UNITS]]
    if len(commonest) < MIN_UNITS:
        return 0.0
    return round(_shared(encoder, commonest, [units[unit] for unit in commonest]), 4)


def _shared(encoder: BiEncoder, units: Sequence[str], counts: Sequence[int]) -> float:
    vectors = encoder.encode(units)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    shared = cosines.max(axis=1) > SAME_COSINE
    weights = np.array(counts, dtype=np.float64)
    return float(weights[shared].sum() / weights.sum())

"""How well a model reads a corpus, measured on the corpus itself when an index is built, without labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from simengine.lexical.analysis import unspaced_share
from simengine.types import Json, RowArray

if TYPE_CHECKING:
    from simengine.encoders.contract import BiEncoder
    from simengine.store.snapshot import Snapshot

N_QUERIES = 200
N_POOL = 500
MIN_PASSAGES = 50
QUERY_WORDS = 8
QUERY_CHARS = 12  # in text without spaces
VERSION = 1


def measure_trust(snapshot: Snapshot, encoder: BiEncoder, *, seed: int = 0) -> dict[str, Json] | None:
    """Ask for passages by a few words out of their middle, and see how far they stand out.

    Args:
        snapshot: the index; its vectors must be the encoder's.
        encoder: encodes up to 200 short queries.
        seed: of the sample; the same seed and index give the same result.

    Returns:
        What `Fusion.of` reads, to be stored with the index: "reading", the median over the sampled passages of
        (cosine to its own words - mean cosine of other passages to them) / standard deviation of the latter. None
        for fewer than 50 passages.
    """
    live = snapshot.live_rows()
    rows = np.arange(snapshot.n_rows) if live is None else np.flatnonzero(live)
    if rows.size < MIN_PASSAGES:
        return None
    rng = np.random.default_rng(seed)
    pool = np.sort(rng.permutation(rows)[:N_POOL])
    places = np.sort(rng.permutation(pool.size)[:N_QUERIES])
    texts = [_part(text, rng) for text in _texts(snapshot, pool[places])]
    asked = np.array([bool(re.search(r"\w", text)) for text in texts])
    places, texts = places[asked], [text for text in texts if re.search(r"\w", text)]
    if len(texts) < MIN_PASSAGES // 2:
        return None
    cosines = encoder.encode(texts, role="query") @ snapshot.vectors(pool).T
    numbers = np.arange(len(texts))
    own = cosines[numbers, places].copy()
    cosines[numbers, places] = np.nan
    spread = np.nanstd(cosines, axis=1)
    distances = (own - np.nanmean(cosines, axis=1))[spread > 0] / spread[spread > 0]
    if not distances.size:
        return None
    return {"version": VERSION, "reading": round(float(np.median(distances)), 4), "n_queries": len(texts)}


def _texts(snapshot: Snapshot, rows: RowArray) -> list[str]:
    passages = snapshot.passages(rows)
    documents = snapshot.documents([passage.doc_key for passage in passages])
    return [documents[passage.doc_key].text[passage.start : passage.end] for passage in passages]


def _part(text: str, rng: np.random.Generator) -> str:
    """A few neighbouring words, at most half of a text."""
    if unspaced_share(text) > 0.3:
        n_chars = min(QUERY_CHARS, max(2, len(text) // 2))
        start = int(rng.integers(0, max(1, len(text) - n_chars + 1)))
        return text[start : start + n_chars]
    words = text.split()
    n_words = min(QUERY_WORDS, max(1, (len(words) + 1) // 2))
    start = int(rng.integers(0, max(1, len(words) - n_words + 1)))
    return " ".join(words[start : start + n_words])

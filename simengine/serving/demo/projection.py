"""The corpus as points in the plane: documents with similar meanings lie close together."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from simengine.engine.contents import Contents, open_contents
from simengine.errors import UsageError
from simengine.extras import optional_module
from simengine.text.joining import joined
from simengine.text.scripts import HAN
from simengine.types import FloatMatrix, RowArray

T = TypeVar("T")

MAX_POINTS = 20_000
MAX_LANDMARKS = 5_000
"""Points that t-SNE places; the others lie among the nearest of these. See `layout`."""
NEIGHBOURS = 6
COMPONENTS = 50
PERPLEXITY = 30.0
SEED = 0
JUDGED_POINTS = 1_000
JUDGED_NEIGHBOURS = 10
LABEL_CHARS = 150
SHORT_LABEL_CHARS = 70
SHORT_LABELS_FROM = 5_000
READ_CHARS = 600
MIN_CLUSTERS, MAX_CLUSTERS = 3, 12
WORDS_PER_CLUSTER = 3
_WORD = re.compile(r"[^\W\d_]{3,}")
_HAN = re.compile(rf"(?=([{HAN}]{{2}}))")


@dataclass(frozen=True, slots=True, eq=False)
class CorpusMap:
    """Documents as points.

    Attributes:
        ids, labels: n of each; a label is the title and the beginning of the text, on one line.
        places: (n, 2) float32, each in [0, 1].
        clusters: (n,) int64, from 0.
        words: for each cluster the words that tell it from the others, best first.
        n_documents: documents of the index; more than n where the points are a sample.
        trust: trustworthiness of the picture in [0, 1]: near 1 where those who are neighbours in it are neighbours in
            the documents' vectors, too. Measured on a sample; None for fewer points than it takes.
        seconds: that the computing took.
        version: of the index, see `Contents.version`.
    """

    ids: Sequence[str]
    labels: Sequence[str]
    places: FloatMatrix
    clusters: RowArray
    words: Sequence[Sequence[str]]
    n_documents: int
    trust: float | None
    seconds: float
    version: tuple[int, int]

    def __len__(self) -> int:
        """Number of points."""
        return len(self.ids)


class PerCommit(Generic[T]):
    """What is made out of an index and kept until another commit is there. May be used by several threads at once.

    Args:
        path: the index directory.
        make: called with the opened index.
    """

    def __init__(self, path: Path, make: Callable[[Contents], T]) -> None:
        self._path, self._make = path, make
        self._lock = threading.Lock()
        self._kept: tuple[tuple[int, int], T] | None = None

    def get(self) -> T:
        """As of the last commit; whoever asks while it is made waits for it.

        Raises:
            IndexNotFoundError, DamagedIndexError: as `open_contents`.
        """
        with self._lock, open_contents(self._path) as contents:
            if self._kept is None or self._kept[0] != contents.version:
                self._kept = contents.version, self._make(contents)
            return self._kept[1]

    def is_made(self) -> bool:
        """Whether it was made before, for this commit or an earlier one."""
        return self._kept is not None


def corpus_map(contents: Contents) -> CorpusMap:
    """Place the documents of an index; above MAX_POINTS a random sample of them, the same at each call.

    Raises:
        UsageError: there are fewer than two documents.
        MissingExtraError: scikit-learn is not installed.
    """
    start = time.perf_counter()
    documents, vectors = contents.sampled_vectors(MAX_POINTS, SEED)
    n_documents = contents.counts.documents
    if len(documents) < 2:
        raise UsageError(f"a map needs at least two documents; the index has {n_documents}")
    reduced = reduce_dimensions(vectors)
    places = layout(reduced)
    clusters = cluster(reduced)
    texts = [joined(document.title, document.text[:READ_CHARS]) for document in documents]
    length = SHORT_LABEL_CHARS if len(documents) >= SHORT_LABELS_FROM else LABEL_CHARS
    return CorpusMap(
        [document.id for document in documents],
        [label_of(document.title, document.text, length) for document in documents],
        places,
        clusters,
        telling_words(texts, clusters),
        n_documents,
        trust(vectors, places),
        time.perf_counter() - start,
        contents.version,
    )


def reduce_dimensions(vectors: FloatMatrix) -> FloatMatrix:
    """(n, COMPONENTS at most) float32, by PCA: t-SNE, k-means and the search for neighbours are faster on it."""
    width = min(COMPONENTS, *vectors.shape)
    decomposition = _sklearn("decomposition")
    reduced = decomposition.PCA(width, svd_solver="randomized", random_state=SEED).fit_transform(vectors)
    return np.ascontiguousarray(reduced, np.float32)


def layout(reduced: FloatMatrix) -> FloatMatrix:
    """(n, 2) float32 in [0, 1]: t-SNE from the first two components, so that the same corpus gives the same picture.

    t-SNE places MAX_LANDMARKS random points at most; every other one is put at the mean of its NEIGHBOURS nearest
    landmarks, weighted by nearness. On 1,682 films the trustworthiness (10 neighbours, against the vectors) is 0.86
    with t-SNE for all of them, in 5 s of one core; 0.81 with 1,200 landmarks and 0.75 with 600, in 3 and 2 s; 0.69 for
    the first two components. On 20,000 made-up mixtures of these, 5,000 landmarks give 0.78 in 48 s of a busy machine,
    8,000 give 0.75 in 55 s.

    Reference: van der Maaten, Accelerating t-SNE using tree-based algorithms, JMLR 15, 2014; landmarks as in van der
    Maaten and Hinton, Visualizing data using t-SNE, JMLR 9, 2008.
    """
    n = len(reduced)
    if n <= MAX_LANDMARKS:
        return fitted(_tsne(reduced))
    rng = np.random.default_rng(SEED)
    landmarks = np.sort(rng.choice(n, MAX_LANDMARKS, replace=False))
    drawn = _tsne(reduced[landmarks])
    finder = _sklearn("neighbors").NearestNeighbors(n_neighbors=NEIGHBOURS).fit(reduced[landmarks])
    distances, near = finder.kneighbors(reduced)
    width = np.maximum(distances[:, -1:], 1e-9)
    weights = np.exp(-3 * (distances / width) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    places = np.einsum("nk,nkd->nd", weights, drawn[near])
    places[landmarks] = drawn
    return fitted(places)


def _tsne(reduced: FloatMatrix) -> FloatMatrix:
    n = len(reduced)
    if n < 5:  # t-SNE needs more points than its perplexity; a line shows as much
        places = np.zeros((n, 2), np.float32)
        places[:, : min(2, reduced.shape[1])] = reduced[:, :2]
        return places
    model = _sklearn("manifold").TSNE(
        n_components=2,
        perplexity=min(PERPLEXITY, (n - 1) / 3),
        init=start_places(reduced),
        learning_rate="auto",
        max_iter=500,
        random_state=SEED,
    )
    return np.asarray(model.fit_transform(reduced), np.float32)


def start_places(reduced: FloatMatrix) -> FloatMatrix:
    """The first two components, as small as t-SNE wants its beginning."""
    first = np.zeros((len(reduced), 2), np.float32)
    width = min(2, reduced.shape[1])
    first[:, :width] = reduced[:, :width]
    spread = float(first[:, 0].std())
    result: FloatMatrix = (first / (spread or 1.0) * 1e-4).astype(np.float32)
    return result


def fitted(places: npt.NDArray[np.floating[Any]]) -> FloatMatrix:
    """Moved and stretched into the unit square, with a margin for what lies far out; both axes alike."""
    low, high = places.min(axis=0), places.max(axis=0)
    size = float((high - low).max()) or 1.0
    middle = (low + high) / 2
    result: FloatMatrix = np.clip((places - middle) / size + 0.5, 0, 1).astype(np.float32)
    return result


def cluster(reduced: FloatMatrix) -> RowArray:
    """(n,) int64, by k-means; the largest cluster is 0."""
    n = len(reduced)
    k = min(int(np.clip(round(np.sqrt(n) / 1.3), MIN_CLUSTERS, MAX_CLUSTERS)), n)
    clusters = _sklearn("cluster")
    if n > MAX_LANDMARKS:
        model = clusters.MiniBatchKMeans(k, n_init=3, batch_size=1_024, random_state=SEED)
    else:
        model = clusters.KMeans(k, n_init=4, random_state=SEED)
    numbers = np.asarray(model.fit_predict(reduced), np.int64)
    found, sizes = np.unique(numbers, return_counts=True)
    order = found[np.argsort(-sizes, kind="stable")]
    ranks = np.zeros(k, np.int64)
    ranks[order] = np.arange(len(order))
    return np.asarray(ranks[numbers], np.int64)


def telling_words(texts: Sequence[str], clusters: RowArray, most: int = WORDS_PER_CLUSTER) -> list[list[str]]:
    """For each cluster the words that stand in many of its texts and in few of the others.

    A word scores with the share of the cluster's texts that have it, times the logarithm of how much larger that is
    than its share of all texts. English words of three letters on without function words; Chinese pairs of characters.
    """
    stops = _sklearn("feature_extraction.text").ENGLISH_STOP_WORDS
    n_clusters = int(clusters.max()) + 1 if len(clusters) else 0
    inside: list[Counter[str]] = [Counter() for _ in range(n_clusters)]
    for text, number in zip(texts, clusters.tolist(), strict=True):
        inside[number].update(text_words(text) - stops)
    overall: Counter[str] = Counter()
    for counts in inside:
        overall.update(counts)
    sizes = np.bincount(clusters, minlength=n_clusters)
    told = []
    for counts, size in zip(inside, sizes.tolist(), strict=True):
        least = 2 if size > 2 and max(counts.values(), default=0) > 1 else 1
        scores = {
            word: count / size * float(np.log((count / size) / (overall[word] / len(texts))))
            for word, count in counts.items()
            if count >= least
        }
        told.append(_distinct(sorted(scores, key=lambda word: (-scores[word], word)), most))
    return told


def text_words(text: str) -> set[str]:
    """Words of a text in lower case, and pairs of Chinese characters."""
    words = {word.lower() for word in _WORD.findall(text) if not _HAN.match(word)}
    return words | {found[1] for found in _HAN.finditer(text)}


def _distinct(words: Sequence[str], most: int) -> list[str]:
    """The first words, without another form of one that is there and without pairs that overlap."""
    chosen: list[str] = []
    for word in words:
        stem = word.rstrip("s")
        if all(
            stem != other.rstrip("s") and not (len(word) == 2 == len(other) and set(word) & set(other))
            for other in chosen
        ):
            chosen.append(word)
        if len(chosen) == most:
            break
    return chosen


def trust(vectors: FloatMatrix, places: FloatMatrix) -> float | None:
    """Trustworthiness of the picture, on a sample; None where there are too few points.

    Reference: Venna and Kaski, Neighborhood preservation in nonlinear projection methods, ICANN 2001.
    """
    n = len(vectors)
    if n < 4 * JUDGED_NEIGHBOURS:
        return None
    chosen = np.arange(n)
    if n > JUDGED_POINTS:
        chosen = np.random.default_rng(SEED).choice(n, JUDGED_POINTS, replace=False)
    score = _sklearn("manifold").trustworthiness
    return float(score(vectors[chosen], places[chosen], n_neighbors=JUDGED_NEIGHBOURS))


def label_of(title: str, text: str, length: int) -> str:
    """Title and beginning of the text on one line, at most so many characters."""
    parts = [" ".join(part.split()) for part in (title[:length], text[: 2 * length])]
    line = " · ".join(part for part in parts if part)
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _sklearn(module: str) -> Any:
    return optional_module(f"sklearn.{module}", "demo", "the map of the corpus")

"""What a training set says twice: near-duplicates, their clusters, and labels that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt

from simengine.corpus.examples import LabelledPair
from simengine.errors import UsageError
from simengine.requests.training import By, RepeatOptions
from simengine.training.leakage.nearby import TextEncoder, encoder_name
from simengine.training.leakage.relation import (
    EXACT,
    KINDS,
    NORMALISED,
    Strengths,
    TextRelation,
    alike_pairs,
    relate,
    strength,
)
from simengine.training.leakage.report import STRONGEST_FIRST, Kind, LeakageOptions
from simengine.training.leakage.tables import TextTable, TextTableBuilder
from simengine.types import Json, RowArray

_COLUMNS: dict[By, tuple[int, int]] = {"pair": (0, 1), "text1": (0, 0), "text2": (1, 1)}


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A row that repeats the first row of its cluster.

    Attributes:
        row: its place in the set.
        kind: how it is like the first row.
        similarity: in [0, 1]; 1 if exact or normalised.
    """

    row: int
    kind: Kind
    similarity: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """A row and those after it that repeat it.

    Attributes:
        first: the row that is repeated.
        repeats: rising by row.
        conflict: the rows do not agree on their label, or their scores lie far apart.
    """

    first: int
    repeats: tuple[ClusterRow, ...]
    conflict: bool

    @property
    def rows(self) -> tuple[int, ...]:
        """All rows of the cluster, rising."""
        return (self.first, *(repeat.row for repeat in self.repeats))


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """What of a set is said twice.

    Attributes:
        n_rows: of the set.
        options: what was asked.
        clusters: of two rows or more, by their first row.
        n_repeats: rows that repeat an earlier one, by how they are like it.
        n_distinct: rows that repeat none.
        n_effective: exponential of the Shannon entropy of the clusters' shares of the set (the Hill number of order
            1, Hill 1973): `n_rows` if every row is distinct, `n_distinct` if all are repeated equally often, less
            where a few things are said very often.
        n_conflicts: clusters whose labels or scores contradict each other, None where texts alone are compared.
        n_conflict_rows: rows in these clusters, None likewise.
        n_certain_conflicts: of these clusters, those with two rows of one and the same content, None likewise.
        encoder: what made the vectors, or None where none were compared.
    """

    n_rows: int
    options: RepeatOptions
    clusters: tuple[Cluster, ...] = field(repr=False)
    n_repeats: dict[Kind, int]
    n_distinct: int
    n_effective: float
    n_conflicts: int | None
    n_conflict_rows: int | None
    n_certain_conflicts: int | None
    encoder: str | None

    @property
    def repeated_share(self) -> float:
        """Share of the rows that repeat an earlier one."""
        return (self.n_rows - self.n_distinct) / max(self.n_rows, 1)

    def as_json(self) -> dict[str, Json]:
        """Plain values; the clusters as a number and the size of the largest."""
        return {
            "rows": self.n_rows,
            "options": cast(Json, asdict(self.options)),
            "encoder": self.encoder,
            "repeats": cast(Json, dict(self.n_repeats)),
            "repeated_share": self.repeated_share,
            "distinct": self.n_distinct,
            "effective": self.n_effective,
            "clusters": len(self.clusters),
            "largest_cluster": max(
                (len(cluster.rows) for cluster in self.clusters), default=min(self.n_rows, 1)
            ),
            "conflicting_clusters": self.n_conflicts,
            "conflicting_rows": self.n_conflict_rows,
            "certain_conflicts": self.n_certain_conflicts,
        }


def find_duplicates(
    rows: Sequence[LabelledPair],
    options: RepeatOptions | None = None,
    *,
    encoder: TextEncoder | None = None,
) -> DuplicateReport:
    """Find the rows of a set that repeat an earlier one.

    A row joins the cluster of the row it is most like among those that begin a cluster before it (of equals the first),
    else it begins one. So a row is always like the row it is said to repeat; likeness is not passed on.

    Args:
        rows: the set, in its order.
        options: when two rows say the same.
        encoder: None compares no vectors. Every distinct text is encoded once.

    Returns:
        The report; the same input gives the same one.
    """
    options = options or RepeatOptions()
    texts, table = _numbered(rows, _COLUMNS[options.by])
    keys = table.key[texts]
    wanted = np.unique(keys)
    alike = LeakageOptions(jaccard=options.jaccard, cosine=options.cosine, ngram_words=None)
    relation = relate(table, wanted, wanted, alike, encoder)
    leaders, strengths = _lead(relation, texts, keys, options.symmetric)
    return _report(rows, options, leaders, strengths, encoder)


def rows_to_keep(rows: Sequence[LabelledPair], report: DuplicateReport) -> RowArray:
    """The rows of a set without those that repeat another, rising.

    Of a cluster the first row of each label is kept, and of a conflict of scores the first row: which one is right is
    for a person to say.

    Args:
        rows: the set that the report is of.
        report: of `find_duplicates`.

    Raises:
        UsageError: the report is of another set.
    """
    if len(rows) != report.n_rows:
        raise UsageError(f"the report is of {report.n_rows:,} rows, and {len(rows):,} were given")
    keep = np.ones(len(rows), np.bool_)
    for cluster in report.clusters:
        labels = {rows[cluster.first].label}
        for repeat in cluster.repeats:
            label = rows[repeat.row].label
            keep[repeat.row] = report.options.by == "pair" and label not in labels
            labels.add(label)
    return np.flatnonzero(keep)


def _numbered(rows: Sequence[LabelledPair], columns: tuple[int, int]) -> tuple[RowArray, TextTable]:
    builder = TextTableBuilder()
    texts = [tuple(builder.add((row.text1, row.text2)[column]) for column in columns) for row in rows]
    return np.array(texts, np.int64).reshape(-1, 2), builder.build()


def _lead(
    relation: TextRelation, texts: RowArray, keys: RowArray, symmetric: bool
) -> tuple[RowArray, Strengths]:
    """For each row the row whose cluster it is in, and how strongly it is like that one."""
    content = np.sort(keys, axis=1) if symmetric else keys
    _, first, number = np.unique(content, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")  # contents by their first row
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    contents, rows = keys[first[order]], first[order]
    leader_of = np.arange(len(rows))
    like = np.full(len(rows), strength(NORMALISED))
    leads = np.ones(len(rows), np.bool_)
    for later, earlier, strengths in _links(relation, contents, symmetric):
        # All earlier contents of this one are settled: links come by rising `later`.
        leading = leads[earlier]
        if leading.any():
            earlier, strengths = earlier[leading], strengths[leading]
            best = np.lexsort((earlier, -strengths))[0]
            leads[later] = False
            leader_of[later], like[later] = earlier[best], strengths[best]
    mine = rank[number.reshape(-1)]
    leaders = rows[leader_of[mine]]
    strengths = like[mine]
    same = (texts == texts[leaders]).all(axis=1)
    if symmetric:
        same |= (texts[:, ::-1] == texts[leaders]).all(axis=1)
    return leaders, np.where(same, strength(EXACT), strengths)


def _links(
    relation: TextRelation, contents: RowArray, symmetric: bool
) -> Iterator[tuple[int, RowArray, Strengths]]:
    """For each content that is like earlier ones, by rising number: (number, earlier ones, strengths)."""
    later: list[RowArray] = []
    earlier: list[RowArray] = []
    strengths: list[Strengths] = []
    for turned in (False, True) if symmetric else (False,):
        other = contents[:, ::-1] if turned else contents
        for i, j, values in alike_pairs(relation, other, contents):
            before = j < i
            later.append(i[before])
            earlier.append(j[before])
            strengths.append(values[before])
    if not any(len(block) for block in later):
        return
    i, j, values = np.concatenate(later), np.concatenate(earlier), np.concatenate(strengths)
    order = np.argsort(i, kind="stable")
    i, j, values = i[order], j[order], values[order]
    numbers, starts = np.unique(i, return_index=True)
    for number, start, end in zip(numbers.tolist(), starts, [*starts[1:], len(i)], strict=True):
        yield number, j[start:end], values[start:end]


def _report(
    rows: Sequence[LabelledPair],
    options: RepeatOptions,
    leaders: RowArray,
    strengths: Strengths,
    encoder: TextEncoder | None,
) -> DuplicateReport:
    places = np.arange(len(rows))
    repeating = leaders != places
    sizes = np.bincount(leaders, minlength=len(rows))
    clusters = _clusters(rows, options, leaders, strengths)
    judged = options.by == "pair"
    conflicts = [cluster for cluster in clusters if cluster.conflict]
    kinds = (strengths[repeating] // 2).astype(np.int64)
    return DuplicateReport(
        n_rows=len(rows),
        options=options,
        clusters=tuple(clusters),
        n_repeats={
            kind: int((kinds == KINDS.index(kind)).sum()) for kind in STRONGEST_FIRST if kind != "ngram"
        },
        n_distinct=int((~repeating).sum()),
        n_effective=_hill_number(sizes[sizes > 0]),
        n_conflicts=len(conflicts) if judged else None,
        n_conflict_rows=sum(len(cluster.rows) for cluster in conflicts) if judged else None,
        n_certain_conflicts=sum(_is_certain(cluster, rows, options) for cluster in conflicts)
        if judged
        else None,
        encoder=encoder_name(encoder),
    )


def _hill_number(sizes: npt.NDArray[np.int64]) -> float:
    if not len(sizes):
        return 0.0
    shares = sizes / sizes.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _clusters(
    rows: Sequence[LabelledPair], options: RepeatOptions, leaders: RowArray, strengths: Strengths
) -> list[Cluster]:
    repeats: dict[int, list[ClusterRow]] = {}
    for row in np.flatnonzero(leaders != np.arange(len(leaders))).tolist():
        kind = int(strengths[row] // 2)
        found = ClusterRow(row, cast(Kind, KINDS[kind]), float(strengths[row] - 2 * kind))
        repeats.setdefault(int(leaders[row]), []).append(found)
    gap = _score_gap(rows, options)
    clusters = []
    for first in sorted(repeats):
        members = [first, *(repeat.row for repeat in repeats[first])]
        conflict = options.by == "pair" and _disagree([rows[row] for row in members], gap)
        clusters.append(Cluster(first, tuple(repeats[first]), conflict))
    return clusters


def _score_gap(rows: Sequence[LabelledPair], options: RepeatOptions) -> float:
    """How far apart two scores must be to contradict each other, in the scores' own range."""
    scores = [row.score for row in rows if row.score is not None]
    return options.score_gap * (max(scores) - min(scores)) if scores else 0.0


def _disagree(members: Sequence[LabelledPair], gap: float) -> bool:
    labels = {row.label for row in members if row.label is not None}
    scores = [row.score for row in members if row.score is not None]
    return len(labels) > 1 or (len(scores) > 1 and gap > 0 and max(scores) - min(scores) >= gap)


def _is_certain(cluster: Cluster, rows: Sequence[LabelledPair], options: RepeatOptions) -> bool:
    """Whether rows of a cluster with one and the same content contradict each other."""
    same = [repeat.row for repeat in cluster.repeats if repeat.kind in ("exact", "normalised")]
    return _disagree([rows[row] for row in [cluster.first, *same]], _score_gap(rows, options))

"""The leakage guard: overlap of the training data with dev or test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from simengine.errors import LeakageError, UsageError
from simengine.training.leakage.examples import Example, TextPairs, shown, units_of
from simengine.training.leakage.nearby import encoder_name
from simengine.training.leakage.relation import (
    EXACT,
    KINDS,
    NORMALISED,
    UNRELATED,
    Strengths,
    TextRelation,
    alike_pairs,
    relate,
    strength,
)
from simengine.training.leakage.report import (
    SCOPES,
    STRONGEST_FIRST,
    Kind,
    LeakageOptions,
    LeakageReport,
    OverlapCount,
    OverlapExample,
    Scope,
    SetOverlap,
)
from simengine.training.leakage.tables import TextTable, TextTableBuilder
from simengine.types import RowArray, TextEncoder

E = TypeVar("E", bound=Example)


def check_leakage(
    train: Sequence[Example],
    held_out: Mapping[str, Sequence[Example]],
    options: LeakageOptions | None = None,
    *,
    encoder: TextEncoder | None = None,
) -> LeakageReport:
    """Find the overlap of training examples with held-out sets, by text and by pair.

    Kinds of examples can be mixed: a triplet is two pairs (anchor with positive, with negative), a reading example
    is (question, context), a tagged sentence is a single text.

    Args:
        train: the training examples.
        held_out: sets by name that the model must not have seen.
        options: what counts as leakage; `action` is ignored here (see `guard_examples`).
        encoder: for the kind "embedding"; None compares no vectors. Every distinct text is encoded once.

    Returns:
        Counts, shares and examples; deterministic.

    Raises:
        UsageError: "embedding" is requested without an encoder, or something is not an example.
    """
    options = options or LeakageOptions()
    if "embedding" in options.kinds and encoder is None:
        raise UsageError("kinds has 'embedding' but there is no encoder; give one, or leave 'embedding' out")
    builder = TextTableBuilder()
    train_units = units_of(train, builder)
    held_units = {name: units_of(examples, builder) for name, examples in held_out.items()}
    table = builder.build()
    train_keys = np.unique(table.key[train_units.texts])
    parts = [table.key[units.texts].ravel() for units in held_units.values()]
    held_keys = np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)
    relation = relate(table, train_keys, held_keys, options, encoder)
    leaked = np.zeros(len(train), np.bool_)
    sets = []
    for name, units in held_units.items():
        comparison = _Comparison(table, relation, train_units, units, options)
        sets.append(comparison.overlap(name, train, held_out[name]))
        leaked |= comparison.leaked_train()
    return LeakageReport(
        n_train=len(train),
        options=options,
        sets=tuple(sets),
        leaked_rows=np.flatnonzero(leaked),
        common_ngrams=relation.n_common_ngrams,
        encoder=encoder_name(encoder),
    )


def guard_examples(
    train: Sequence[E],
    held_out: Mapping[str, Sequence[Example]],
    options: LeakageOptions | None = None,
    *,
    encoder: TextEncoder | None = None,
) -> tuple[list[E], LeakageReport]:
    """Find overlap as `check_leakage` does, and apply `options.action`.

    Returns:
        The usable training examples, in order, and the report.

    Raises:
        LeakageError: training examples leak and the action is "refuse".
        UsageError: as for `check_leakage`.
    """
    report = check_leakage(train, held_out, options, encoder=encoder)
    if report.options.action == "report" or not report.n_leaked:
        return list(train), report
    if report.options.action == "refuse":
        first = shown(train[int(report.leaked_rows[0])])
        raise LeakageError(
            f"{report.n_leaked:,} of {report.n_train:,} training examples appear in held-out data, this one first; "
            "leakage.action=drop drops them, leakage.action=report only reports them (--set, or the recipe)\n"
            + "\n".join(report.lines()),
            first.source,
            first.line or None,
        )
    leaked = set(report.leaked_rows.tolist())
    return [example for row, example in enumerate(train) if row not in leaked], report


@dataclass(frozen=True, slots=True)
class _Found:
    """The strongest match of each row.

    Attributes:
        held, train: (rows,) strengths.
        partner: (held-out rows,) a training row of that strength, -1 for none.
        swapped: (held-out rows,) the pair is in the other order.
    """

    held: Strengths
    train: Strengths
    partner: RowArray
    swapped: np.ndarray[tuple[int], np.dtype[np.bool_]]


class _Comparison:
    """The training data compared with one held-out set."""

    def __init__(
        self,
        table: TextTable,
        relation: TextRelation,
        train: TextPairs,
        held: TextPairs,
        options: LeakageOptions,
    ) -> None:
        self._table, self._relation, self._options = table, relation, options
        self._train, self._held = train, held
        straight = self._by_pair(swapped=False)
        other = self._by_pair(swapped=True)
        self._n_swapped = int(
            ((other.held >= strength(NORMALISED)) & (straight.held < strength(NORMALISED))).sum()
        )
        pair = _stronger(straight, other) if options.symmetric else straight
        self._found: dict[Scope, _Found] = {"pair": pair}
        for scope, columns in (("text1", [0]), ("text2", [1]), ("text", [0, 1])):
            self._found[scope] = self._by_text(columns)  # type: ignore[index]

    def leaked_train(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """(training rows,) which of them leak by the given scope and kinds."""
        kinds = (self._found[self._options.scope].train // 2).astype(np.int64)
        return np.isin(kinds, [KINDS.index(kind) for kind in self._options.kinds])

    def overlap(self, name: str, train: Sequence[Example], held: Sequence[Example]) -> SetOverlap:
        """Counts and examples."""
        examples: list[OverlapExample] = []
        for scope in SCOPES:
            for kind in STRONGEST_FIRST:
                examples.extend(self._examples(scope, kind, train, held))
        return SetOverlap(
            name=name,
            n_rows=len(held),
            counts={scope: self._counts(scope) for scope in SCOPES},
            swapped=self._n_swapped,
            label_conflicts=self._conflicts(train, held),
            examples=tuple(examples),
        )

    def _counts(self, scope: Scope) -> dict[Kind, OverlapCount]:
        found = self._found[scope]
        counts = {}
        for kind in STRONGEST_FIRST:
            number = KINDS.index(kind)
            n_held = int((found.held // 2 == number).sum())
            n_train = int((found.train // 2 == number).sum())
            counts[kind] = OverlapCount(
                n_held, n_held / max(len(found.held), 1), n_train, n_train / max(len(found.train), 1)
            )
        return counts

    def _examples(
        self, scope: Scope, kind: Kind, train: Sequence[Example], held: Sequence[Example]
    ) -> list[OverlapExample]:
        found = self._found[scope]
        rows = np.flatnonzero(found.held // 2 == KINDS.index(kind))[: self._options.max_examples]
        return [
            OverlapExample(
                scope=scope,
                kind=kind,
                similarity=float(found.held[row] - 2 * KINDS.index(kind)),
                swapped=bool(found.swapped[row]),
                held_out=shown(held[row]),
                train=shown(train[int(found.partner[row])]),
            )
            for row in rows.tolist()
        ]

    def _conflicts(self, train: Sequence[Example], held: Sequence[Example]) -> int:
        found = self._found["pair"]
        n_conflicts = 0
        for row in np.flatnonzero(found.held >= strength(NORMALISED)).tolist():
            one = getattr(held[row], "label", None)
            other = getattr(train[int(found.partner[row])], "label", None)
            n_conflicts += one is not None and other is not None and one != other
        return n_conflicts

    def _by_pair(self, *, swapped: bool) -> _Found:
        train, held = self._train, self._held
        train_texts = train.texts[:, ::-1] if swapped else train.texts
        best = _StrongestOverlaps(held.n_rows, train.n_rows)
        left, right = self._table.key[train_texts], self._table.key[held.texts]
        for i, j, strengths in alike_pairs(self._relation, left, right):
            exact = (held.texts[i] == train_texts[j]).all(axis=1)
            best.offer(held.row[i], train.row[j], np.where(exact, strength(EXACT), strengths))
        return best.result(swapped)

    def _by_text(self, columns: list[int]) -> _Found:
        """Texts of some columns of the held-out rows compared with all texts of the training rows."""
        held_texts, held_rows = _column_texts(self._held, columns)
        train_texts, train_rows = _column_texts(self._train, [0, 1])
        table, relation = self._table, self._relation
        asked = np.zeros(table.n_keys, np.bool_)
        asked[table.key[held_texts]] = True
        mine = asked[relation.right]
        right, left, strengths = relation.right[mine], relation.left[mine], relation.strengths[mine]
        exact = np.intersect1d(held_texts, train_texts)
        held = _strengths(held_texts, table, right, strengths, exact)
        found = _strengths(train_texts, table, left, strengths, exact)
        best_held = np.full(self._held.n_rows, UNRELATED)
        best_train = np.full(self._train.n_rows, UNRELATED)
        np.maximum.at(best_held, held_rows, held)
        np.maximum.at(best_train, train_rows, found)
        partner = self._text_partners(columns, best_held)
        return _Found(best_held, best_train, partner, np.zeros(len(best_held), np.bool_))

    def _text_partners(self, columns: list[int], best: Strengths) -> RowArray:
        """A training row for each held-out row that will be shown as an example; -1 for the others."""
        partner = np.full(len(best), -1, np.int64)
        for kind in range(len(KINDS)):
            for row in np.flatnonzero(best // 2 == kind)[: self._options.max_examples].tolist():
                texts = self._held.texts[self._held.row == row][:, columns].ravel()
                partner[row] = self._partner(texts, best[row])
        return partner

    def _partner(self, texts: RowArray, wanted: float) -> int:
        """The first training row with a text that matches one of these with strength `wanted`."""
        if wanted >= strength(EXACT):
            hits = np.isin(self._train.texts, texts).any(axis=1)
        else:
            relation = self._relation
            mine = np.isin(relation.right, self._table.key[texts]) & (relation.strengths == wanted)
            hits = np.isin(self._table.key[self._train.texts], relation.left[mine]).any(axis=1)
        return int(self._train.row[np.flatnonzero(hits)[0]])


class _StrongestOverlaps:
    """Keeps the strongest match of each row over incoming pairs of rows; of equals the first training row."""

    def __init__(self, n_held: int, n_train: int) -> None:
        self._held = np.full(n_held, UNRELATED)
        self._train = np.full(n_train, UNRELATED)
        self._partner = np.full(n_held, -1, np.int64)

    def offer(self, held: RowArray, train: RowArray, strengths: Strengths) -> None:
        """Add pairs of rows."""
        np.maximum.at(self._train, train, strengths)
        order = np.lexsort((train, -strengths, held))
        held, train, strengths = held[order], train[order], strengths[order]
        rows, first = np.unique(held, return_index=True)
        best, partner = strengths[first], train[first]
        better = (best > self._held[rows]) | ((best == self._held[rows]) & (partner < self._partner[rows]))
        self._held[rows[better]] = best[better]
        self._partner[rows[better]] = partner[better]

    def result(self, swapped: bool) -> _Found:
        """The matches found."""
        return _Found(self._held, self._train, self._partner, np.full(len(self._held), swapped))


def _stronger(one: _Found, other: _Found) -> _Found:
    wins = other.held > one.held
    return _Found(
        np.maximum(one.held, other.held),
        np.maximum(one.train, other.train),
        np.where(wins, other.partner, one.partner),
        np.where(wins, other.swapped, one.swapped),
    )


def _column_texts(units: TextPairs, columns: list[int]) -> tuple[RowArray, RowArray]:
    """Numbers of the texts in some columns, and the row of each."""
    return units.texts[:, columns].ravel(), np.repeat(units.row, len(columns))


def _strengths(
    texts: RowArray, table: TextTable, keys: RowArray, strengths: Strengths, exact: RowArray
) -> Strengths:
    """For each text the strongest match of its key, or EXACT."""
    best = np.full(table.n_keys, UNRELATED)
    np.maximum.at(best, keys, strengths)
    return np.where(np.isin(texts, exact), strength(EXACT), best[table.key[texts]])

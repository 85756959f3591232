"""Metadata filters: which documents an expression keeps.

Comparisons: ``= != < <= > >=``, ``in (…)``, ``contains`` (member of a list, or part of a text),
``starts with``, ``is null``; the words can be preceded by ``not`` (``is not null``). Connected by ``and``, ``or``,
``not`` and parentheses. Texts in single or double quotes; numbers; ``true``, ``false``, ``null``. Field names
reach into objects (``author.name``); unusual ones need backticks. Keywords in any case.

Comparisons are typed: a document whose value has another type, or no value, is not kept by any
comparison (``year != 2020`` keeps documents that have a year, and another one; ``is null`` keeps those without).
ISO dates are texts and compare as such. A boolean is not a number.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from simengine.errors import FilterError
from simengine.search.factors import BOOL, LIST, NUMBER, OBJECT, TEXT, Factors, is_number, kind_of
from simengine.search.filter_syntax import FieldComparison, Step, cut, fail, parse
from simengine.store.contract import Column
from simengine.text.expressions import shown_value
from simengine.time_limit import check_time_limit
from simengine.types import Mask

_NAMES = {BOOL: "true or false", NUMBER: "numbers", TEXT: "text", LIST: "lists", OBJECT: "objects"}
_ONE = {BOOL: "a boolean", NUMBER: "a number", TEXT: "text", LIST: "a list"}
_ORDERED = ("<", "<=", ">", ">=")
_KNOWN_COMPARED = 1_000
_COMPARED_CHARS = 64
_NEAREST = 3
_LISTED = 12


@dataclass(frozen=True)
class Filter:
    """A parsed expression. Make it with `Filter.parse`.

    Attributes:
        expression: as given.
        fields: its field names, each once.
    """

    expression: str
    fields: tuple[str, ...]
    _program: tuple[Step, ...] = field(repr=False)

    @classmethod
    def parse(cls, expression: str) -> Filter:
        """Read an expression, as `year >= 2020 and kind in ("class", "function")`.

        Raises:
            FilterError: it cannot be read; the message shows where.
        """
        program = parse(expression)
        names = dict.fromkeys(step.field for step in program if isinstance(step, FieldComparison))
        return cls(expression, tuple(names), program)

    def check_fields(self, known: Collection[str]) -> None:
        """Refuse names that no document has.

        Args:
            known: all field names.

        Raises:
            FilterError: for the first comparison with an unknown field.
        """
        for step in self._program:
            if isinstance(step, FieldComparison) and step.field not in known:
                fail(_unknown(step.field, list(known)), self.expression, step.position)

    def mask(
        self,
        columns: Callable[[str], Column],
        n_documents: int,
        known_fields: Callable[[], Iterable[str]] | None = None,
    ) -> Mask:
        """Evaluate over all documents.

        Args:
            columns: gives the column of a field, `n_documents` long.
            n_documents: how many doc_keys there are.
            known_fields: all field names; called only if a field has no value in any document, to
                distinguish a wrong name from a field that is null everywhere.

        Returns:
            (n_documents,) bool by doc_key.

        Raises:
            FilterError: no document has such a field, or a field never has the type it is compared with.
        """
        return self.evaluate(lambda name: Factors.of(columns(name)), n_documents, known_fields)

    def evaluate(
        self,
        factors: Callable[[str], Factors],
        n_documents: int,
        known_fields: Callable[[], Iterable[str]] | None = None,
    ) -> Mask:
        """As `mask`, over columns that were prepared before (`Factors.of`), which is most of the work."""
        if n_documents == 0:
            return np.zeros(0, dtype=np.bool_)
        held: list[Mask] = []
        for step in self._program:
            if isinstance(step, FieldComparison):
                check_time_limit()
                column = factors(step.field)
                self._check(step, column, known_fields)
                held.append(column.keep(step))
            elif step == "not":
                held.append(~held.pop())
            else:
                right, left = held.pop(), held.pop()
                held.append(left & right if step == "and" else left | right)
        return held.pop()

    def _check(
        self, step: FieldComparison, column: Factors, known_fields: Callable[[], Iterable[str]] | None
    ) -> None:
        present = column.kinds_present
        if not present:
            known = list(known_fields()) if known_fields is not None else [step.field]
            if step.field not in known:
                fail(_unknown(step.field, known), self.expression, step.position)
            return
        wanted = _kinds_wanted(step)
        if not wanted:
            return
        if not wanted & present - {LIST} and column.holds_objects():
            inner = [n for n in known_fields() if n.startswith(f"{step.field}.")] if known_fields else []
            fail(_of_objects(step.field, inner), self.expression, step.position)
        if not wanted & present or (step.operator == "in" and not wanted <= present):
            are_numbers = column.spells_numbers()
            fail(_mistyped(step, present, are_numbers=are_numbers), self.expression, step.position)


def _kinds_wanted(step: FieldComparison) -> set[int]:
    if step.operator == "is null":
        return set()
    kinds = {kind_of(value) for value in step.values}
    if step.operator == "contains":
        return {LIST, TEXT} if TEXT in kinds else {LIST}
    return kinds


def _mistyped(step: FieldComparison, present: frozenset[int], *, are_numbers: bool) -> str:
    value = next((each for each in step.values if kind_of(each) not in present), step.values[0])
    written = cut(shown_value(value))
    has = " or ".join(_NAMES[kind] for kind in sorted(present))
    if step.operator == "contains":
        return f"{step.field} has {has} in every document, and contains is for lists and texts"
    reason = f"{step.field} has {has} in every document, and {written} is {_ONE[kind_of(value)]}"
    if present == {LIST}:
        return f"{reason}; write: {step.field} contains {written}"
    if present == {NUMBER} and isinstance(value, str) and is_number(value):
        return f"{reason}; write {cut(value)} without quotes"
    if present == {TEXT} and not isinstance(value, str):
        if are_numbers and step.operator in _ORDERED:
            return (
                f'{reason}; as texts "9" comes after "10". To compare numbers, build the index with numbers in this '
                f"field; for a .csv or .tsv, with --types {step.field}=float"
            )
        if isinstance(value, float):
            return f"{reason}; write it in quotes, spelled as in the documents"
        return f'{reason}; write "{written}"'
    return reason


def _of_objects(name: str, inner: list[str]) -> str:
    reason = f"{name} contains objects; compare a field inside them"
    return (
        f"{reason}: {', '.join(inner[:_LISTED])}{', …' if len(inner) > _LISTED else ''}" if inner else reason
    )


def _unknown(name: str, known: list[str]) -> str:
    reason = f"no document has a field {cut(name)!r}"
    # Comparing names is slow: with very many fields only those of similar length are considered.
    alike = sorted(known, key=lambda other: abs(len(other) - len(name)))[:_KNOWN_COMPARED]
    folded = {other.casefold(): other for other in alike if len(other) <= _COMPARED_CHARS}
    wanted = name.casefold()[:_COMPARED_CHARS]
    near = [folded[n] for n in difflib.get_close_matches(wanted, list(folded), _NEAREST, 0.5)]
    if near:
        return f"{reason}; did you mean {' or '.join(near)}?"
    listed = ", ".join(cut(other) for other in sorted(known)[:_LISTED])
    return f"{reason}; there are: {listed}{', …' if len(known) > _LISTED else ''}"


__all__ = ["Factors", "Filter", "FilterError"]

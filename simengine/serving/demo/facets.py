"""Filters made from an index's own metadata: which fields, which values, and the expression they add up to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from simengine.engine.contents import open_contents
from simengine.errors import UsageError
from simengine.text.expressions import Scalar, shown_field, shown_value
from simengine.types import FieldSummary, Json

MAX_FACETS = 6
MAX_VALUES = 200
MAX_COUNTED_DOCUMENTS = 300_000
"""Above it values are not counted: the examples that the index keeps are offered, and any other can be typed."""

FacetKind = Literal["choice", "member", "range"]


@dataclass(frozen=True, slots=True)
class Facet:
    """A metadata field to filter by.

    Attributes:
        name: of the field, dotted where it is nested.
        kind: "choice" (one of several values), "member" (of a list), "range" (numbers).
        values: what to choose from, most frequent first, with the number of documents (0: not counted); none
            for a range.
        least, greatest: of a range.
    """

    name: str
    kind: FacetKind
    values: tuple[tuple[Scalar, int], ...] = ()
    least: float = 0.0
    greatest: float = 0.0

    def by_key(self) -> dict[str, Scalar]:
        """Values under the texts that stand for them in the page; no two of them are alike."""
        return {shown_value(value): value for value, _ in self.values}


def facets_of(path: Path) -> list[Facet]:
    """The fields of an index that a person can filter by: few values first, then numbers, then lists.

    Raises:
        IndexNotFoundError, DamagedIndexError: as `open_contents`.
    """
    with open_contents(path) as contents:
        summaries = contents.fields()
        names = [name for name, summary in summaries.items() if _may_filter(name, summary)]
        if contents.counts.documents > MAX_COUNTED_DOCUMENTS:
            found = [_by_examples(name, summaries[name]) for name in names]
        else:
            found = [
                facet_of(
                    name,
                    [
                        value
                        for values in column
                        for value in (dict.fromkeys(values) if isinstance(values, tuple) else [values])
                        if value is not None
                    ],
                )
                for name, column in contents.values(names).items()
            ]
    useful = [facet for facet in found if facet is not None]
    useful.sort(key=lambda facet: (("choice", "member", "range").index(facet.kind), len(facet.values)))
    return useful[:MAX_FACETS]


def facet_of(name: str, values: Sequence[Json]) -> Facet | None:
    """The facet of a field from its values in all documents; None where choosing makes no sense.

    A field with as many texts as documents names them and is left out; so is one that has the same value everywhere.
    """
    if not values:
        return None
    if all(isinstance(value, list) for value in values):
        members = Counter(
            (type(member), member)
            for value in values
            if isinstance(value, list)
            for member in dict.fromkeys(each for each in value if isinstance(each, (str, int, float)))
        )
        return Facet(name, "member", _most(members)) if members else None
    if any(isinstance(value, (list, dict)) for value in values):
        return None
    counted = Counter((type(value), value) for value in values if isinstance(value, (str, int, float)))
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) == len(values) and len(counted) > 12:
        return Facet(name, "range", (), float(min(numbers)), float(max(numbers)))
    distinct = len(counted)
    if distinct < 2 or (distinct > 12 and (distinct > MAX_VALUES or distinct > len(values) / 2)):
        return None
    return Facet(name, "choice", _most(counted))


def expression(
    chosen: Mapping[str, Sequence[str]],
    ranges: Mapping[str, tuple[float | None, float | None]],
    facets: Sequence[Facet],
    typed: str = "",
) -> str | None:
    """The filter for what was chosen: within a field one of the values, and all fields at once.

    Args:
        chosen: field to keys of `Facet.by_key`; other texts count as texts that were typed.
        ranges: field to least and greatest number, None where it is open.
        facets: of the index.
        typed: an expression of the person's own, added with `and`.

    Returns:
        None where nothing was chosen.
    """
    by_name = {facet.name: facet for facet in facets}
    parts: list[str] = []
    for name, keys in chosen.items():
        facet = by_name[name]
        known = facet.by_key()
        values = [shown_value(known.get(key, key)) for key in keys]
        if not values:
            continue
        if facet.kind == "member":
            each = [f"{shown_field(name)} contains {value}" for value in values]
            parts.append(each[0] if len(each) == 1 else f"({' or '.join(each)})")
        elif len(values) == 1:
            parts.append(f"{shown_field(name)} = {values[0]}")
        else:
            parts.append(f"{shown_field(name)} in ({', '.join(values)})")
    for name, (least, greatest) in ranges.items():
        if least is not None:
            parts.append(f"{shown_field(name)} >= {_number(least)}")
        if greatest is not None:
            parts.append(f"{shown_field(name)} <= {_number(greatest)}")
    if typed.strip():
        parts.append(f"({typed.strip()})" if parts else typed.strip())
    return " and ".join(parts) or None


def as_number(field: str, typed: str | None) -> float | None:
    """A bound of a range as it was typed; None where the box is empty.

    Raises:
        UsageError: it is not a number.
    """
    text = (typed or "").strip().replace("\u2212", "-")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(
            f"{field}: {text!r:.50} is not a number; enter one such as 2020 or 0.5, or leave the box empty"
        )
    return number


def _may_filter(name: str, summary: FieldSummary) -> bool:
    return "`" not in name and "object" not in summary.types and bool(summary.examples)


def _by_examples(name: str, summary: FieldSummary) -> Facet | None:
    texts = [value for value in summary.examples if isinstance(value, (str, bool))]
    if texts and len(texts) == len(summary.examples):
        return Facet(name, "choice", tuple((value, 0) for value in texts))
    return None


def _most(counted: Counter[tuple[type, str | int | float]]) -> tuple[tuple[Scalar, int], ...]:
    ordered = sorted(counted.items(), key=lambda item: (-item[1], str(item[0][1])))
    return tuple((value, n) for (_, value), n in ordered[:MAX_VALUES])


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)

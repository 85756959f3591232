"""Interactions of users with items: ratings or weights, and times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.text import arguments
from simengine.types import FloatMatrix, Mask, RowArray

Ids: TypeAlias = npt.NDArray[np.object_]
Times: TypeAlias = npt.NDArray[np.float64]
SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """n interactions of users with items, in the given order. Make them with the methods `from_...`.

    Attributes:
        user_ids: (n_users,) object array of str, each once.
        item_ids: (n_items,) object array of str, each once.
        users: (n,) int64, indices into `user_ids`.
        items: (n,) int64, indices into `item_ids`.
        values: (n,) float32, ratings or weights.
        times: (n,) float64, seconds since 1970 (or any origin), or None.
        explicit: True for ratings, where a value below a user's own mean is a dislike; False for weights
            (counts, watch time), where what is negative is a dislike.
    """

    user_ids: Ids
    item_ids: Ids
    users: RowArray
    items: RowArray
    values: FloatMatrix
    times: Times | None
    explicit: bool

    @classmethod
    def from_arrays(
        cls,
        users: Iterable[Any],
        items: Iterable[Any],
        *,
        ratings: Iterable[float] | None = None,
        weights: Iterable[float] | None = None,
        times: Iterable[float] | None = None,
    ) -> Interactions:
        """Interactions from parallel columns.

        Args:
            users, items: n ids, strings or integers.
            ratings: n ratings on any scale; of several for one pair the latest counts.
            weights: n weights instead of ratings, 1 each by default; those of one pair are summed.
            times: n times in seconds.

        Raises:
            UsageError: lengths differ, an id is blank or of another type, a value is not finite, ratings and weights
                both, or a pair has different ratings without times to tell which is later.
        """
        if ratings is not None and weights is not None:
            raise UsageError("ratings and weights are given; expected one of them")
        user_ids, user_rows = encode_ids(users, "user")
        item_ids, item_rows = encode_ids(items, "item")
        n = len(user_rows)
        given = ratings if ratings is not None else weights
        name = "rating" if ratings is not None else "weight"
        values = np.ones(n, np.float32) if given is None else _numbers(given, name).astype(np.float32)
        seconds = None if times is None else _numbers(times, "time")
        for what, length in (("items", len(item_rows)), (f"{name}s", len(values))):
            if length != n:
                raise UsageError(f"{n} users and {length} {what} are given; expected as many of each")
        if seconds is not None and len(seconds) != n:
            raise UsageError(f"{n} users and {len(seconds)} times are given; expected as many of each")
        made = cls(user_ids, item_ids, user_rows, item_rows, values, seconds, ratings is not None)
        conflict = made.first_conflict()
        if conflict is not None:
            one, other = conflict
            raise UsageError(
                f"{made.describe(one)} at position {one}, {values[other]:g} at position {other}, and no times tell "
                "which is later; give times, or one rating per pair"
            )
        return made

    @classmethod
    def from_sparse(
        cls,
        matrix: Any,
        *,
        user_ids: Sequence[Any] | None = None,
        item_ids: Sequence[Any] | None = None,
        explicit: bool = False,
    ) -> Interactions:
        """Interactions from a scipy sparse matrix, as `implicit` takes it.

        Args:
            matrix: (n_users, n_items), all stored values count (explicit zeros too).
            user_ids, item_ids: ids of its rows and columns; by default their numbers.
            explicit: the values are ratings.

        Raises:
            UsageError: not a 2-d sparse matrix, a wrong number of ids, or values that are not finite.
        """
        if not hasattr(matrix, "tocoo") or len(matrix.shape) != 2:
            raise UsageError(f"expected a sparse matrix (n_users, n_items), got {type(matrix).__name__}")
        coo = matrix.tocoo()
        names = []
        for what, given, size in (
            ("user", user_ids, coo.shape[0]),
            ("item", item_ids, coo.shape[1]),
        ):
            ids = encode_ids(np.arange(size) if given is None else given, what)[0]
            if len(ids) != size:
                raise UsageError(f"{len(ids)} different {what} ids for a matrix of shape {coo.shape}")
            names.append(ids)
        values = _numbers(coo.data, "value").astype(np.float32)
        return cls(
            names[0], names[1], coo.row.astype(np.int64), coo.col.astype(np.int64), values, None, explicit
        )

    @classmethod
    def empty(cls, *, explicit: bool = False) -> Interactions:
        """No interactions at all."""
        none = np.empty(0, np.int64)
        ids = np.empty(0, object)
        return cls(ids, ids, none, none, np.empty(0, np.float32), None, explicit)

    def __len__(self) -> int:
        """Number of interactions."""
        return len(self.users)

    @property
    def n_users(self) -> int:
        """Users that have an interaction."""
        return len(np.unique(self.users))

    def user_row(self, user: object) -> int | None:
        """Index of a user in `user_ids`, or None. For many users build your own table."""
        found = np.flatnonzero(self.user_ids == str(user))
        return int(found[0]) if len(found) else None

    def select(self, keep: Mask | RowArray) -> Interactions:
        """Some of the interactions; all ids are kept."""
        times = None if self.times is None else self.times[keep]
        return Interactions(
            self.user_ids,
            self.item_ids,
            self.users[keep],
            self.items[keep],
            self.values[keep],
            times,
            self.explicit,
        )

    def before(self, time_s: float) -> Interactions:
        """Those earlier than a time.

        Raises:
            UsageError: there are no times.
        """
        return self.select(self.require_times() < arguments.as_number(time_s, "time_s"))

    def since(self, time_s: float) -> Interactions:
        """Those at a time or later; UsageError without times."""
        return self.select(self.require_times() >= arguments.as_number(time_s, "time_s"))

    def require_times(self) -> Times:
        """The times.

        Raises:
            UsageError: there are none.
        """
        if self.times is None:
            raise UsageError("these interactions have no times; a split by time or a half-life needs them")
        return self.times

    def latest(self) -> Interactions:
        """Final ratings: of several of one pair the latest, of equal times the last given.

        Weights are returned unchanged.
        """
        if not self.explicit or not len(self):
            return self
        order = np.arange(len(self)) if self.times is None else np.argsort(self.times, kind="stable")
        pairs = (self.users * max(1, len(self.item_ids)) + self.items)[order]
        _, last = np.unique(pairs[::-1], return_index=True)
        keep = np.sort(order[len(order) - 1 - last])
        return self if len(keep) == len(self) else self.select(keep)

    def first_conflict(self) -> tuple[int, int] | None:
        """Two positions with different ratings of one pair without times to tell which is later, or None."""
        if not self.explicit or self.times is not None:
            return None
        pairs = self.users * max(1, len(self.item_ids)) + self.items
        order = np.argsort(pairs, kind="stable")
        same = (pairs[order][1:] == pairs[order][:-1]) & (self.values[order][1:] != self.values[order][:-1])
        found = np.flatnonzero(same)
        return (int(order[found[0]]), int(order[found[0] + 1])) if len(found) else None

    def describe(self, position: int) -> str:
        """A rating, human-readable: "user 'u' rates item 'i' 5"."""
        user, item = self.user_ids[self.users[position]], self.item_ids[self.items[position]]
        return f"user {user!r} rates item {item!r} {self.values[position]:g}"


def encode_ids(ids: Iterable[Any], what: str) -> tuple[Ids, RowArray]:
    """Ids by first appearance and, for each given one, its index among them.

    Raises:
        UsageError: an id is neither a string nor an integer, or is blank.
    """
    items = arguments.items_of(ids, f"{what} id")
    given = ids if isinstance(ids, np.ndarray) else list(items)
    if isinstance(given, np.ndarray) and given.dtype.kind in "iu":
        unique, rows = np.unique(given, return_inverse=True)
        names: list[str] = [str(number) for number in unique.tolist()]
        return as_ids(names), rows.astype(np.int64).reshape(-1)
    table: dict[str, int] = {}
    places = np.empty(len(given), np.int64)
    for position, id_ in enumerate(given):
        places[position] = table.setdefault(as_id(id_, what, position), len(table))
    return as_ids(list(table)), places


def as_ids(ids: Sequence[str]) -> Ids:
    """(n,) object array of strings."""
    made = np.empty(len(ids), object)
    made[:] = ids
    return made


def as_id(given: object, what: str, position: int | None = None) -> str:
    """An id as a string.

    Raises:
        UsageError: it is neither a string nor an integer, or is blank.
        DataError: it contains half of a surrogate pair or U+0000.
    """
    where = "" if position is None else f" at position {position}"
    return arguments.as_id(given, f"the {what} id{where}")


def rows_of(table: Mapping[str, int], ids: Ids) -> RowArray:
    """(n,) int64, the row of each id, -1 if the table has none."""
    return np.fromiter((table.get(id_, -1) for id_ in ids), np.int64, len(ids))


def _numbers(given: Iterable[float], what: str) -> Times:
    numbers = given if isinstance(given, np.ndarray) else list(arguments.items_of(given, what))
    try:
        values = np.asarray(numbers, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"a {what} is not a number: {error}") from error
    if values.ndim != 1:
        raise UsageError(f"{what}s have shape {values.shape}; expected (n,)")
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise UsageError(
            f"the {what} at position {wrong[0]} is {values[wrong[0]]}; expected a finite number "
            f"({len(wrong)} such in all)"
        )
    return values

"""The dates of documents, so that of two claims that conflict the newer one can be named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from simengine.errors import UsageError
from simengine.rules.quantities import FIRST_YEAR, quantities
from simengine.types import Document, Json

MOST_NAMED = 8
LAST_YEAR = 9999


@dataclass(frozen=True, slots=True)
class ClaimDate:
    """A date, as written and as numbers.

    Attributes:
        text: as written; "" if there is none.
        parts: year, month, day, hour, minute, second, as far as known; empty if the text is no date.
    """

    text: str = ""
    parts: tuple[int, ...] = ()

    def newer(self, other: ClaimDate) -> str | None:
        """ "claim1" if this is later than the other, "claim2" if it is earlier, None if that cannot be told.

        "2024" is neither earlier nor later than "2024-05".
        """
        for ours, theirs in zip(self.parts, other.parts, strict=False):
            if ours != theirs:
                return "claim1" if ours > theirs else "claim2"
        return None


class DatedDocuments:
    """Notes the dates of documents while they are read.

    Args:
        field: of the metadata; None notes nothing.
    """

    def __init__(self, field: str | None) -> None:
        self._field = field
        self._dates: list[ClaimDate] = []
        self._fields: dict[str, None] = {}

    def read(self, documents: Iterable[Document]) -> Iterable[Document]:
        """The same documents."""
        return documents if self._field is None else self._noted(documents, self._field)

    def _noted(self, documents: Iterable[Document], field: str) -> Iterator[Document]:
        for document in documents:
            metadata = getattr(document, "metadata", {})
            self._fields.update(dict.fromkeys(metadata))
            self._dates.append(claim_date(metadata.get(field)))
            yield document

    def check(self) -> None:
        """Raise UsageError if documents were read and none has the field."""
        if self._field is not None and self._dates and self._field not in self._fields:
            known = ", ".join(list(self._fields)[:MOST_NAMED]) or "none at all"
            raise UsageError(
                f"no document has the metadata field {self._field!r} for a date; they have {known}"
            )

    def latest(self, documents: Sequence[int]) -> ClaimDate:
        """The latest date of some documents, counted from 0 as they were read."""
        if self._field is None:
            return ClaimDate()
        return max((self._dates[number] for number in documents), key=lambda each: each.parts)


def claim_date(value: Json) -> ClaimDate:
    """The date that a metadata value gives: ISO 8601, a year, or a date in English or Chinese words.

    Args:
        value: such as "2024-05-01T09:00:00Z", "2024-05", 2024, "1 May 2024" or "2024年5月".

    Returns:
        A date without parts if the value is none.
    """
    if value is None or isinstance(value, (bool, list, dict)):
        return ClaimDate()
    text = str(value).strip()
    if text.isdecimal() and len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return ClaimDate(text, (int(text),))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ClaimDate(text, _worded(text))
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    clock = (moment.hour, moment.minute, moment.second) if len(text) > len("2024-05-01") else ()
    return ClaimDate(text, (moment.year, moment.month, moment.day, *clock))


def _worded(text: str) -> tuple[int, ...]:
    """Year, month and day, as far as a text says them: "2024-05", "May 2024", "2024年5月1日"."""
    head, _, tail = text.partition("-")
    if head.isdecimal() and tail.isdecimal() and len(head) == 4 and 1 <= int(tail) <= 12:
        return int(head), int(tail)
    found = next((each.date for each in quantities(text) if each.date is not None), None)
    if found is None or found[0] is None:
        return ()
    year, month, day = found
    return tuple(part for part in ((year, month, day) if month else (year,)) if part is not None)

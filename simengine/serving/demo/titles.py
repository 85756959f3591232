"""Finding documents by a part of their title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simengine.serving.demo.cards import shortened

if TYPE_CHECKING:
    from simengine.engine.contents import Contents
    from simengine.serving.served import ServedIndex

MAX_TITLES = 200_000
"""Above it titles are not kept in memory; documents are found by the index's own search."""
TITLE_CHARS = 90


@dataclass(frozen=True, slots=True)
class Titled:
    """A document by its name: its title, or the beginning of its text where it has none."""

    id: str
    title: str


class Titles:
    """The titles of an index.

    Args:
        documents: in the order of the index.
    """

    def __init__(self, documents: Sequence[Titled]) -> None:
        self._documents = list(documents)
        self._folded = [document.title.casefold() for document in self._documents]

    @classmethod
    def of(cls, contents: Contents) -> Titles:
        """All live documents; none where there are more than MAX_TITLES."""
        if contents.counts.documents > MAX_TITLES:
            return cls([])
        return cls(
            [
                Titled(
                    document.id, shortened(document.title or document.text[:400] or document.id, TITLE_CHARS)
                )
                for document in contents.documents()
            ]
        )

    def find(self, query: str, n: int) -> list[Titled]:
        """At most n documents whose title holds all words of the query, those that begin with it first.

        Args:
            query: parts of words will do; upper and lower case are the same.
            n: at least 1.
        """
        words = query.casefold().split()
        if not words:
            return []
        whole = " ".join(words)
        found: list[tuple[int, int, int]] = []
        for place, title in enumerate(self._folded):
            if all(word in title for word in words):
                start = title.find(whole)
                rank = 0 if start == 0 else 1 if start > 0 and not title[start - 1].isalnum() else 2
                found.append((rank, len(title), place))
        return [self._documents[place] for _, _, place in sorted(found)[:n]]


def find_documents(served: ServedIndex, titles: Titles, query: str, n: int) -> tuple[list[Titled], bool]:
    """Documents by title, else by meaning and words.

    Returns:
        At most n documents, and whether titles had the words.

    Raises:
        SimengineError: as `Engine.search`.
    """
    found = titles.find(query, n)
    if found or not query.strip():
        return found, True
    hits = served.engine.search(query.strip(), k=n)
    return [
        Titled(hit.id, shortened(hit.title or hit.passage.text or hit.id, TITLE_CHARS)) for hit in hits
    ], False

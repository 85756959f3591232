"""Fields that have one type in some documents and another in others, which filters would miss."""

from __future__ import annotations

from collections.abc import Mapping

from simengine.types import Document

_KINDS = {bool: "bool", int: "number", float: "number", str: "str"}
_WORDS = {"bool": "true or false", "number": "a number", "str": "text"}


class FieldTypes:
    """Watches the metadata of documents for fields of several types; null, lists and objects fit any.

    Args:
        known: field → "str", "number" or "bool", its type in the index that the documents are added to.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._first: dict[str, tuple[str, str]] = {name: (kind, "the index") for name, kind in known.items()}
        self._mixed: dict[str, tuple[str, str]] = {}

    def see(self, document: Document) -> None:
        """Consider a document."""
        for name, value in document.metadata.items():
            kind = _KINDS.get(type(value))
            if kind is None:
                continue
            first = self._first.get(name)
            if first is None:
                self._first[name] = kind, f"document {document.id!r}"
            elif first[0] != kind and name not in self._mixed:
                self._mixed[name] = kind, document.id

    def notes(self) -> list[str]:
        """A line for each field of several types."""
        return [
            f"the field {name!r} is {_WORDS[self._first[name][0]]} in {self._first[name][1]} and {_WORDS[kind]} in "
            f"document {id_!r}: a filter finds only the documents whose type it compares with"
            for name, (kind, id_) in self._mixed.items()
        ]

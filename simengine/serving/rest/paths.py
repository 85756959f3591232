"""Ids of documents as parts of a path: whatever a document may be called, as the client encoded it."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor

ANYTHING = "anything"
"""Name of the convertor, as in `/v1/documents/{document_id:anything}`."""


class _AnythingConvertor(Convertor[str]):
    """The rest of a path, line breaks included, which Starlette's own `path` stops at."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def register() -> None:
    """Make the convertor known to Starlette; before the first route that uses it."""
    register_url_convertor(ANYTHING, _AnythingConvertor())

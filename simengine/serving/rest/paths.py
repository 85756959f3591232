"""Ids of documents as parts of a path: whatever a document may be called, as the client encoded it."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import Scope

from simengine.errors import UsageError

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


def check_address(scope: Scope) -> None:
    """Raise UsageError (422) where a path or a query string holds bytes that are not UTF-8.

    Servers put U+FFFD in their place, and the request would then name another document.
    """
    for what, raw in (("path", scope.get("raw_path")), ("query string", scope.get("query_string"))):
        try:
            unquote_to_bytes(raw or b"").decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"the {what} is not UTF-8; percent-encode the UTF-8 bytes of an id") from error

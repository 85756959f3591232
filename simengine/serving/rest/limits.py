"""Reading a request's body within bounds of size, time and depth."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi.exceptions import RequestValidationError

from simengine.errors import DataError
from simengine.serving.rest.errors import MediaTypeError, SlowBodyError, TooLargeError
from simengine.serving.settings import Limits
from simengine.text.checks import MAX_JSON_DEPTH, first_fault, is_nested_deeper

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

BIG_BODY_BYTES = 64 << 10
MAX_REQUEST_DEPTH = MAX_JSON_DEPTH + 3
"""A request's own lists and objects stand around a document's metadata."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class DisconnectedError(Exception):
    """The client went away before its request was there."""


class Arriving:
    """The requests whose bodies are arriving; used in one event loop.

    They take no place among those that are worked on, or whoever sends slowly could fill all places.

    Args:
        most: when there are more, the one that has been arriving the longest is given up.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._timeouts: dict[asyncio.Timeout, None] = {}

    @asynccontextmanager
    async def one(self, timeout_s: float) -> AsyncIterator[None]:
        """A body arrives during this block; TimeoutError when it takes too long."""
        async with asyncio.timeout(timeout_s) as timeout:
            if len(self._timeouts) >= self._most:
                oldest = next(iter(self._timeouts))
                del self._timeouts[oldest]
                oldest.reschedule(asyncio.get_running_loop().time())
            self._timeouts[timeout] = None
            try:
                yield
            finally:
                self._timeouts.pop(timeout, None)


async def read_body(
    receive: Receive,
    headers: dict[bytes, bytes],
    limits: Limits,
    timeout_s: float,
    arriving: Arriving | None = None,
) -> bytes:
    """A request's whole body.

    Args:
        receive: of ASGI.
        headers: of the request, names in lower case.
        limits: of one request.
        timeout_s: the body has to arrive within this time.
        arriving: counts it among others; None for no bound.

    Raises:
        TooLargeError: it has more bytes than are taken; known from its header, or as soon as they arrive.
        SlowBodyError: it did not arrive in time.
        MediaTypeError: it is not said to be JSON.
        DataError: it is not UTF-8, or its JSON is nested deeper than is taken.
        RequestValidationError: a text in it holds half of a character.
        DisconnectedError: the client went away.
    """
    most = limits.max_body_bytes
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > most:
        raise TooLargeError(f"the request has {int(declared):,} bytes; at most {most:,} are taken")
    try:
        async with (arriving or Arriving(1)).one(timeout_s):
            body = await _gather(receive, most)
    except TimeoutError as error:
        raise SlowBodyError(
            f"the request's body did not arrive within {timeout_s:g} s, or others that came later needed its place"
        ) from error
    if body:
        kind = headers.get(b"content-type", b"")
        if b"json" not in kind.lower():
            raise MediaTypeError(
                f"the content-type is {kind.decode('latin-1')!r:.80}; send content-type: application/json"
            )
        await check_json(body, limits.max_json_depth)
    return body


async def _gather(receive: Receive, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise TooLargeError(f"the request has more than {most:,} bytes, which is the most that is taken")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def check_json(body: bytes, most: int) -> None:
    """Refuse JSON that is not UTF-8, is nested deeper than `most`, or spells half of a surrogate pair anywhere.

    Python's own reader takes UTF-16, UTF-32 and halves of surrogate pairs in UTF-8, too; what follows here does not.

    Raises:
        DataError: it is not UTF-8, or nested too deeply.
        RequestValidationError: a field holds half of a character; names the field.
    """
    check_utf8(body, "body")
    if b"\0" in body:
        raise DataError(f"is not JSON in UTF-8: byte {body.index(0) + 1} is zero", "the request's body")
    most = min(most, MAX_REQUEST_DEPTH)
    suspicious = _SURROGATE.search(body) is not None
    if not suspicious and body.count(b"[") + body.count(b"{") <= most:
        return
    if len(body) > BIG_BODY_BYTES:
        await asyncio.to_thread(_check_json, body, most, suspicious)
    else:
        _check_json(body, most, suspicious)


def _check_json(body: bytes, most: int, suspicious: bool) -> None:
    if is_nested_deeper(body, most):
        raise DataError(f"lists and objects are nested more than {most} deep", "body")
    if not suspicious:
        return
    try:
        value = json.loads(body)
    except ValueError:
        return  # the route says what is wrong with it
    found = first_fault(value, most)
    if found is not None:
        path, fault = found
        raise RequestValidationError([{"loc": ("body", *path), "msg": fault, "type": "unicode"}])


def check_address(scope: MutableMapping[str, Any]) -> None:
    """Raise DataError where a path or its parameters are not UTF-8, which would be read as other characters."""
    for place, raw in (
        ("path", scope.get("raw_path") or b""),
        ("query string", scope.get("query_string") or b""),
    ):
        check_utf8(unquote_to_bytes(raw), place)


def check_utf8(raw: bytes, place: str) -> None:
    """Raise DataError where a part of a request is not UTF-8."""
    if raw.isascii():
        return
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        byte = f"byte 0x{error.object[error.start]:02x} (byte {error.start + 1})"
        raise DataError(f"is not valid UTF-8: {byte}", f"the request's {place}") from None


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, then whatever the server has to say."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay

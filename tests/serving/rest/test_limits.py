"""Bodies are read within bounds of size, time and depth."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from fastapi.exceptions import RequestValidationError

from simengine.errors import DataError
from simengine.serving.rest.errors import MediaTypeError, SlowBodyError, TooLargeError
from simengine.serving.rest.json_items import has_more_items
from simengine.serving.rest.limits import DisconnectedError, check_address, read_body, replayed
from simengine.serving.settings import Limits

LIMITS = Limits(max_body_bytes=100, max_json_depth=3)


def arriving(*chunks: bytes, then: str = "end") -> Any:
    """A `receive` of these chunks; `then` it ends, hangs, or the client goes."""
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left) or then != "end"}
        if then == "hang":
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    return receive


def read(receive: Any, timeout_s: float = 30, **headers: str) -> bytes:
    given = {"content_type": "application/json", **headers}
    raw = {name.replace("_", "-").encode(): value.encode() for name, value in given.items()}
    return asyncio.run(read_body(receive, raw, LIMITS, timeout_s))


@pytest.mark.parametrize(
    ("value", "n"),
    [
        ([1, 2, 3], 3),
        ({"a": [1, 2], "b": 3}, 3),
        ({"text": "a, b, c", 'b\\",': ",,,"}, 2),
        ([[], {}, ["\\\\", ","]], 4),
    ],
)
def test_values_are_counted_and_commas_in_texts_are_not(value: object, n: int) -> None:
    body = json.dumps(value).encode()
    assert not has_more_items(body, n)
    assert has_more_items(body, n - 1)


def test_a_body_is_joined_from_its_pieces() -> None:
    assert read(arriving(b'{"a"', b": 1}")) == b'{"a": 1}'
    assert read(arriving(b"")) == b""


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_said_to_be_json_is_refused(kind: str) -> None:
    with pytest.raises(MediaTypeError, match="application/json"):
        read(arriving(b'{"a": 1}'), content_type=kind)
    assert read(arriving(b""), content_type=kind) == b""


def test_too_many_bytes_are_refused_before_and_while_they_arrive() -> None:
    with pytest.raises(TooLargeError, match="101 bytes"):
        read(arriving(b"x", then="hang"), content_length="101")
    with pytest.raises(TooLargeError):
        read(arriving(b"x" * 60, b"x" * 60, then="hang"))
    assert read(arriving(b'"' + b"x" * 98 + b'"'), content_length="100")


def test_too_slow_too_deep_and_gone() -> None:
    with pytest.raises(SlowBodyError):
        read(arriving(b"x", then="hang"), 0.01)
    with pytest.raises(DataError, match="nested more than 3 deep"):
        read(arriving(b"[[[[1]]]]"))
    assert read(arriving(b"[[[1], [2]], [], []]")) == b"[[[1], [2]], [], []]"
    with pytest.raises(DisconnectedError):
        read(arriving(b"x", then="gone"))


def test_what_was_read_is_given_once_then_what_the_server_says() -> None:
    async def both() -> list[dict[str, Any]]:
        receive = replayed(b"body", arriving())
        return [dict(await receive()), dict(await receive())]

    assert asyncio.run(both()) == [
        {"type": "http.request", "body": b"body", "more_body": False},
        {"type": "http.disconnect"},
    ]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (rb'{"a": ["b", "\ud83d"]}', ("body", "a", 1)),
        (rb'{"a": {"\uDC00": 1}}', ("body", "a")),
        (rb'{"x": "\ud83d\ude00 \uD800"}', ("body", "x")),
    ],
)
def test_half_a_character_is_refused_with_the_field_that_holds_it(
    body: bytes, path: tuple[object, ...]
) -> None:
    with pytest.raises(RequestValidationError) as caught:
        read(arriving(body))
    assert caught.value.errors()[0]["loc"] == path
    assert "half of a surrogate pair" in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize("body", [rb'{"x": "\ud83d\ude00"}', rb'{"x": "\\ud83d"}', rb'{"\ud83d": '])
def test_whole_characters_and_what_is_not_json_pass_on(body: bytes) -> None:
    assert read(arriving(body)) == body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"query": "caf\xe9"}', r"body: is not valid UTF-8: byte 0xe9 \(byte 15\)"),
        ('{"query": "a"}'.encode("utf-16"), r"body: is not valid UTF-8: byte 0xff \(byte 1\)"),
        (
            '{"query": "\\ud83d"}'.encode("utf-16-le"),
            r"body: holds the byte 0x00 \(byte 2\); send JSON as UTF-8",
        ),
    ],
)
def test_a_body_in_another_encoding_is_refused_with_the_place(body: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(arriving(body))


def test_addresses_are_utf8() -> None:
    check_address({"raw_path": b"/v1/documents/caf%C3%A9", "query_string": b"id=%F0%9F%98%80&id=a%2Fb"})
    for scope in ({"raw_path": b"/v1/documents/caf%E9"}, {"query_string": b"id=%ED%A0%BD"}):
        with pytest.raises(DataError, match="not valid UTF-8: byte 0xe"):
            check_address(dict(scope))

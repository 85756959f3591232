"""Bodies are read within bounds of size, time and depth."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.serving.rest.errors import MediaTypeError, SlowBodyError, TooLargeError
from simengine.serving.rest.json_items import has_more_items
from simengine.serving.rest.limits import DisconnectedError, json_depth, read_body, replayed
from simengine.serving.settings import Limits

LIMITS = Limits(max_body_bytes=100, max_json_depth=3)

JSON_VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


def depth_of(value: object) -> int:
    """The oracle."""
    if isinstance(value, (dict, list)):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth_of, inner), default=0)
    return 0


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


@settings(deadline=None, max_examples=60)
@given(JSON_VALUES, st.booleans())
def test_the_depth_of_json_is_counted_as_it_is_nested(value: object, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert json_depth(body, 1_000) == depth_of(value)


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


def test_brackets_in_strings_do_not_count_and_broken_json_does_no_harm() -> None:
    assert json_depth(b'{"a": "[[[[[\\"[[["}', 99) == 1
    assert json_depth(b"]]]][", 99) <= 1
    assert json_depth(b'"' + b"[" * 100, 99) == 100  # no string: it does not end
    assert json_depth(b"[" * 1_000_000, 9) == 10


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
    with pytest.raises(UsageError, match="deeper than 3"):
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

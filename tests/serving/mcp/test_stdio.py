"""A message that cannot be read is answered, so that no client waits for nothing."""

from __future__ import annotations

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")
from mcp_types import JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError

from simengine.serving.mcp.stdio import refusal_of


def refused(line: str) -> JSONRPCError:
    with pytest.raises(ValidationError) as caught:
        jsonrpc_message_adapter.validate_json(line, by_name=False)
    answer = refusal_of(caught.value)
    assert answer.error.code in (-32700, -32600)
    answer.model_dump_json()
    return answer


def call(arguments: str, number: str = "7") -> str:
    params = f'{{"name": "search", "arguments": {arguments}}}'
    return f'{{"jsonrpc": "2.0", "id": {number}, "method": "tools/call", "params": {params}}}'


def test_half_a_character_is_named_by_its_argument() -> None:
    answer = refused(call(r'{"query": "cats \ud83d"}'))
    assert answer.id == 7
    assert answer.error.message.startswith("params.arguments.query: contains half of a surrogate pair")
    assert refused(call(r'{"liked": ["a", "\ude00"]}', '"x"')).id == "x"


@pytest.mark.parametrize(
    ("line", "number", "says"),
    [
        (call("[" * 900 + "]" * 900), 7, "nested more than 100 deep"),
        ('{"jsonrpc": "2.0", "id": 7, ', 7, "is not JSON"),
        ("[]", None, "is not a request of JSON-RPC 2.0"),
        ("\ud83d".encode("utf-8", "replace").decode(), None, "is not JSON"),
    ],
)
def test_what_is_not_a_message_is_refused_with_the_reason(line: str, number: object, says: str) -> None:
    answer = refused(line)
    assert answer.id == number
    assert says in answer.error.message

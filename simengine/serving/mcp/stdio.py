"""MCP on stdin and stdout, where every message gets an answer: one that cannot be read is refused with the reason."""

from __future__ import annotations

import json
import re

import anyio
from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

from simengine.text.checks import TOO_DEEP, first_fault, is_nested_deeper

NOT_A_REQUEST = "the message is not a request of JSON-RPC 2.0"
_ID = re.compile(r'"id"\s*:\s*(\d{1,18}|"[^"\\]{1,64}")')


async def serve(server: MCPServer) -> None:
    """Serve one client until it closes stdin.

    The library drops a message that it cannot read, and the client would wait for its answer until it gives up.
    """
    lowlevel = server._lowlevel_server  # its `run_stdio_async` has no place for what follows
    async with stdio_server() as (incoming, outgoing):
        forward, readable = anyio.create_memory_object_stream[SessionMessage | Exception](0)

        async def sort() -> None:
            async with forward:
                async for message in incoming:
                    if isinstance(message, ValidationError):
                        await outgoing.send(SessionMessage(refusal_of(message)))
                    else:
                        await forward.send(message)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sort)
            await lowlevel.run(readable, outgoing, lowlevel.create_initialization_options())
            tasks.cancel_scope.cancel()


def refusal_of(error: ValidationError) -> JSONRPCError:
    """The answer to a line that is not a message."""
    given = error.errors()[0].get("input")
    if isinstance(given, str):
        reason, found = _reason(given), _ID.search(given)
        request_id = None if found is None else json.loads(found.group(1))
        return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=PARSE_ERROR, message=reason))
    number = given.get("id") if isinstance(given, dict) else None
    known = number if isinstance(number, str) or type(number) is int else None
    return JSONRPCError(jsonrpc="2.0", id=known, error=ErrorData(code=INVALID_REQUEST, message=NOT_A_REQUEST))


def _reason(line: str) -> str:
    if is_nested_deeper(line):
        return f"the message: {TOO_DEEP}"
    try:
        found = first_fault(json.loads(line))
    except ValueError as error:
        return f"the message is not JSON: {error}"
    if found is None:
        return NOT_A_REQUEST
    path, fault = found
    return f"{'.'.join(map(str, path)) or 'the message'}: {fault}"

"""MCP on stdin and stdout, where every message gets an answer: one that cannot be read is refused with the reason."""

from __future__ import annotations

import json
import re

import anyio
from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

from simengine.text.checks import TOO_DEEP, first_fault, is_nested_deeper

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
                    refusal = refusal_of(message) if isinstance(message, ValidationError) else None
                    if refusal is not None:
                        await outgoing.send(SessionMessage(refusal))
                    else:
                        await forward.send(message)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sort)
            await lowlevel.run(readable, outgoing, lowlevel.create_initialization_options())
            tasks.cancel_scope.cancel()


def refusal_of(error: ValidationError) -> JSONRPCError | None:
    """The answer to a line that is not a message; None where the line is not known."""
    line = error.errors()[0].get("input")
    if not isinstance(line, str):
        return None
    reason, request_id = _reason(line), _ID.search(line)
    number = None if request_id is None else json.loads(request_id.group(1))
    return JSONRPCError(jsonrpc="2.0", id=number, error=ErrorData(code=PARSE_ERROR, message=reason))


def _reason(line: str) -> str:
    if is_nested_deeper(line):
        return f"the message: {TOO_DEEP}"
    try:
        found = first_fault(json.loads(line))
    except ValueError as error:
        return f"the message is not JSON: {error}"
    if found is None:
        return "the message is not one of JSON-RPC 2.0"
    path, fault = found
    return f"{'.'.join(map(str, path)) or 'the message'}: {fault}"

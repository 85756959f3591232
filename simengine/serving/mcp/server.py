"""The MCP server: tools over the indexes, on stdio or on this machine's own HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations

import simengine
from simengine.serving.catalogue import Catalogue
from simengine.serving.hosts import HostGuard, HostRules
from simengine.serving.listening import listen
from simengine.serving.mcp.stdio import serve
from simengine.serving.mcp.tools import Tools

HTTP_HOST = "127.0.0.1"
HTTP_PATH = "/mcp"
MAX_REQUEST_BYTES = 4 << 20
"""Enough for two texts of the greatest length in any script."""
INSTRUCTIONS = (
    "Search and question answering over collections of documents, on this machine. Use `search` to find documents, "
    "`ask` for a question whose answer a document states (it says so when none does), `score` to compare two texts, "
    "`nli` to check a statement against a text, `classify` to sort texts into labels, `recommend` and `similar` for "
    "documents like some others, `contradictions` for claims that conflict. Scores compare hits of one search only. "
    "Indexes: {names}."
)


def build_server(catalogue: Catalogue) -> MCPServer:
    """A server whose tools only read.

    Args:
        catalogue: what is served; its owner closes it after the server has stopped.
    """
    server = MCPServer(
        "simengine",
        title="simengine",
        instructions=INSTRUCTIONS.format(names=", ".join(catalogue)),
        version=simengine.__version__,
        log_level="WARNING",  # below it, tools' failures are logged with what was asked
    )
    hints = ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    for tool in Tools(catalogue).all():
        server.add_tool(tool, annotations=hints, structured_output=True)
    return server


def run_stdio(server: MCPServer) -> None:
    """Serve one client on stdin and stdout until it closes them."""
    anyio.run(serve, server)


def run_http(server: MCPServer, port: int, allowed_hosts: Sequence[str] = ()) -> None:
    """Serve clients of this machine on HTTP (streamable) at /mcp until interrupted.

    Requests that name another host or come from a page of another machine are refused.

    Args:
        server: of `build_server`.
        port: 0 to 65535.
        allowed_hosts: further names under which this is reached.

    Raises:
        SimengineError: the port is in use.
        UsageError: a name is no host name.
    """
    from simengine.serving.connections import BoundedServer, bounded_config

    rules = HostRules.of(HTTP_HOST, allowed_hosts, local_pages=True)
    app = server.streamable_http_app(
        streamable_http_path=HTTP_PATH,
        max_request_body_size=MAX_REQUEST_BYTES,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # the guard's
    )
    listening = listen(HTTP_HOST, port)
    try:
        BoundedServer(bounded_config(HostGuard(app, rules), log_level="warning")).run([listening])
    finally:
        listening.close()

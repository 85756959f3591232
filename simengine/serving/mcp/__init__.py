"""The index as tools for agents, over the Model Context Protocol."""

from simengine.serving.mcp.server import build_server, run_http, run_stdio

__all__ = ["build_server", "run_http", "run_stdio"]

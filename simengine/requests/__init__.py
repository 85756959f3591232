"""One frozen dataclass per operation: its arguments, with defaults, limits and help.

An option is declared here once. Command-line options, REST schemas and the signatures of MCP tools are derived from
these fields, and every front end passes the same object to `Engine.run`.
"""

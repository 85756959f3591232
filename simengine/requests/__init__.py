"""One frozen dataclass for each verb: what a caller asks for, with its defaults, limits and help.

An option is declared here once. Command-line options, REST schemas and the signatures of MCP tools are derived from
these fields, and every front end hands the same object to `Engine.run`.
"""

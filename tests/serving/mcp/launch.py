"""`simengine mcp` in a process of its own, with models that answer in microseconds."""

from __future__ import annotations

import sys

import pytest

from simengine.cli.main import COMMANDS, main
from tests.serving.library import patch_models

if __name__ == "__main__":
    patch_models(pytest.MonkeyPatch().setattr)
    COMMANDS.setdefault("mcp", ("mcp", ""))
    sys.argv = ["simengine", "mcp", *sys.argv[1:]]
    main()

"""`simengine serve` with models that answer in microseconds, for the tests that need a process of its own.

Called with the folder of a file `hold`, while which exists encoding waits, and the arguments of the command.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from simengine.cli.serve_command import command
from tests.faults import encoder
from tests.serving.library import patch_models


def _set(name: str, value: object) -> None:
    module, _, attribute = name.rpartition(".")
    setattr(import_module(module), attribute, value)


if __name__ == "__main__":
    encoder.hold = Path(sys.argv[1]) / "hold"
    patch_models(_set)
    command(sys.argv[2:])

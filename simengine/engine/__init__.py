"""The object that a user of the library holds."""

from simengine.engine.facade import Engine

__all__ = ["Engine"]

"""`Engine`: every operation on one opened index."""

from simengine.engine.engine import Engine
from simengine.engine.texts import TextEngine

__all__ = ["Engine", "TextEngine"]

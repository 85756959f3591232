"""What a training run leaves behind for people: a model card, pictures, and a JSON of everything."""

from __future__ import annotations

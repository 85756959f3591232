"""The human-readable output of a training run: a model card, pictures, and a JSON of everything."""

from __future__ import annotations

"""How good a model is: metrics by well-kept libraries, how sure they are, and which of two models is better."""

from __future__ import annotations

"""How a model is run: one contract, one file per runtime, the same for bi-encoders and cross-encoders."""

from __future__ import annotations

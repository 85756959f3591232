"""How models are run: one contract, one file per runtime, shared by bi-encoders and cross-encoders."""

from __future__ import annotations

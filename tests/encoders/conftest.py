from __future__ import annotations

from tests.runtimes.conftest import own_cache, tiny_model

__all__ = ["own_cache", "tiny_model"]

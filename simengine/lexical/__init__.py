"""Full-text search: BM25 over passages by tantivy, in a folder that can be rebuilt from the documents."""

from __future__ import annotations

from simengine.lexical.index import LexicalIndex

__all__ = ["LexicalIndex"]

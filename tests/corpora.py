"""Corpora as files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from simengine.corpus.write import document_record
from simengine.types import Document


def write_corpus(documents: Iterable[Document], path: Path) -> None:
    """Write documents as JSON Lines in BEIR's layout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(document_record(document), ensure_ascii=False) + "\n" for document in documents)
    path.write_text("".join(lines), encoding="utf-8")

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simengine.errors import IndexExistsError, IndexLockedError, UsageError
from simengine.store.contract import Change, NewDocument
from simengine.store.digest import content_digest
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter
from simengine.types import Document, Span
from tests.store.samples import DIMENSION, change, document, settings, unit_vectors, vector_of


def test_committed_documents_passages_and_vectors_come_back_exactly(tmp_path: Path) -> None:
    with IndexWriter.create(tmp_path / "index", settings()) as writer:
        assert writer.commit(change(["a", "b"])) == 1
        assert writer.commit(change(["c"], n_passages=3)) == 2
        writer.finish()
    with Snapshot.open(tmp_path / "index") as snapshot:
        assert snapshot.state == "complete"
        assert snapshot.settings == settings(canary_vectors=tuple(map(tuple, settings().canary_vectors)))
        assert snapshot.n_rows == 7
        assert snapshot.row_documents().tolist() == [0, 0, 1, 1, 2, 2, 2]
        assert snapshot.live_rows() is None
        found = snapshot.documents([2, 0])
        for key, id_, n in ((0, "a", 2), (2, "c", 3)):
            expected = document(id_, n_passages=n)
            stored = found[key]
            assert (stored.id, stored.title, stored.text) == (id_, expected.document.title, expected.document.text)
            assert stored.metadata == expected.document.metadata
        passages = snapshot.passages([6, 4])
        spans = document("c", n_passages=3).spans
        assert [(p.row, p.doc_key, p.start, p.end, p.n_tokens, p.n_truncated) for p in passages] == [
            (6, 2, spans[2].start, spans[2].end, 12, 0),
            (4, 2, spans[0].start, spans[0].end, 10, 0),
        ]
        np.testing.assert_array_equal(snapshot.vectors([5, 0, 5])[1], vector_of("a", 0, 0))
        np.testing.assert_array_equal(snapshot.vectors([5])[0], vector_of("c", 0, 1))
        assert snapshot.counts.tokens == 2 * (10 + 11) + 10 + 11 + 12
        assert snapshot.counts.tokens_truncated == 2 * 1 + 1

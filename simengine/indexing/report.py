"""What an indexing run did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class IndexReport:
    """Counts and times of one run; filled while it goes on.

    Attributes:
        added, updated, unchanged: documents by what became of them.
        deleted: documents removed (by delete, or by `prune`).
        missing: ids that were to be deleted and are not in the index.
        passages: passages encoded and committed in this run.
        tokens, tokens_truncated: of those passages; truncated tokens did not enter a vector.
        tokens_unknown: of those passages, tokens that mean nothing to the model.
        passages_unreadable: passages of which so much is unknown to the model that their vectors mean nothing.
        documents_split: documents of more than one passage.
        commits: transactions.
        read_s, chunk_s, encode_s, store_s, lexical_s, ann_s, total_s: wall-clock seconds by stage, and of the run.
        absent: live documents that the corpus of a "sync" did not hold; they are kept unless pruned.
        purged, kept: of a compaction, passages of deleted documents that are gone, and passages that are left.
        generation: number of the generation that a compaction has made.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    missing: list[str] = field(default_factory=list)
    passages: int = 0
    tokens: int = 0
    tokens_truncated: int = 0
    tokens_unknown: int = 0
    passages_unreadable: int = 0
    documents_split: int = 0
    commits: int = 0
    absent: int = 0
    purged: int = 0
    kept: int = 0
    generation: int = 0
    read_s: float = 0.0
    chunk_s: float = 0.0
    encode_s: float = 0.0
    store_s: float = 0.0
    lexical_s: float = 0.0
    ann_s: float = 0.0
    total_s: float = 0.0

    @property
    def encode_share(self) -> float:
        """Part of the total time that went into encoding, in [0, 1]."""
        return self.encode_s / self.total_s if self.total_s else 0.0

    @property
    def coverage(self) -> float:
        """Part of all tokens that entered a vector, in [0, 1]; 1.0 when nothing was encoded."""
        return 1.0 - self.tokens_truncated / self.tokens if self.tokens else 1.0

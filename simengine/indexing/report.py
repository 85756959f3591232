"""The result of an indexing run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simengine.results.conflicts import Contradictions


@dataclass(slots=True)
class IndexReport:
    """Counts and times of one run; filled during the run.

    Attributes:
        added, updated, unchanged: documents by outcome.
        deleted: documents removed (by delete, or by `prune`).
        missing: ids to delete that are not in the index.
        passages: passages encoded and committed in this run.
        tokens, tokens_truncated: of those passages; truncated tokens did not enter a vector.
        tokens_unknown: of those passages, tokens unknown to the model.
        passages_unreadable: passages of which so much is unknown to the model that their vectors are meaningless.
        documents_split: documents of more than one passage.
        commits: transactions.
        read_s, chunk_s, encode_s, store_s, lexical_s, ann_s, total_s: wall-clock seconds by stage, and of the run.
        absent: live documents missing from the corpus of a "sync"; they are kept unless pruned.
        purged, kept: of a compaction, passages of deleted documents that are gone, and passages that are left.
        generation: number of the generation that a compaction has made.
        conflicts: what the documents contradict in the index, if that was asked for; None if not.
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
    conflicts: Contradictions | None = None

    @property
    def encode_share(self) -> float:
        """Share of the total time spent on encoding, in [0, 1]."""
        return self.encode_s / self.total_s if self.total_s else 0.0

    @property
    def coverage(self) -> float:
        """Share of all tokens that entered a vector, in [0, 1]; 1.0 if nothing was encoded."""
        return 1.0 - self.tokens_truncated / self.tokens if self.tokens else 1.0

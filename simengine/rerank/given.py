"""Rerankers that callers hand in: any object with `predict`, such as sentence-transformers' `CrossEncoder`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.labels import sigmoid
from simengine.errors import UsageError
from simengine.rerank.judge import PairJudgements
from simengine.text.arguments import shown


class GivenReranker:
    """An object with `predict(pairs)` that returns one score for each pair (query, text).

    Scores in [0, 1] are taken as they are; scores beyond are logits, of which the sigmoid is taken.

    Args:
        given: stays its owner's. Calls from several threads are made one at a time.
    """

    kind = "relevance"

    def __init__(self, given: Any) -> None:
        self._given = given
        self._lock = threading.Lock()
        self._logits = False
        self.name = type(given).__name__
        self.fingerprint = f"given-{type(given).__module__}.{type(given).__qualname__}"

    def judge(self, pairs: Sequence[tuple[str, str]], *, claim: bool = False) -> PairJudgements:
        """See `simengine.rerank.judge.Judge`.

        Raises:
            UsageError: the stance on a claim is wanted, or `predict` does not return one finite score for each pair.
        """
        if claim:
            raise UsageError(f"{self.name} scores relevance; stances on a claim need an NLI model")
        if not pairs:
            return PairJudgements(np.empty(0, np.float32), np.empty(0, np.int32))
        with self._lock:
            returned = self._given.predict([list(pair) for pair in pairs])
        try:
            scores = np.asarray(returned, np.float32)
        except (TypeError, ValueError):
            scores = np.empty(0, np.float32)
        if scores.size != len(pairs) or not np.isfinite(scores).all():
            raise UsageError(
                f"{self.name}.predict returned {shown(returned)} for {len(pairs)} pairs; expected {len(pairs)} numbers"
            )
        scores = scores.reshape(-1)
        self._logits = self._logits or bool(((scores < 0) | (scores > 1)).any())
        return PairJudgements(sigmoid(scores) if self._logits else scores, np.zeros(len(pairs), np.int32))

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        """See `simengine.rerank.judge.Judge`; counts words."""
        return np.array([len(query.split()) + len(text.split()) for query, text in pairs], np.int32)

    def close(self) -> None:
        """The object stays its owner's."""

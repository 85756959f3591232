"""What is known of pairs, and which model says how well a text answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest

from simengine.models.unknown import READABLE, Reading
from simengine.qa.judging import RelevanceCache, VerdictCache
from simengine.rerank.judge import PairJudgements
from simengine.types import Verdict

ENGLISH, CHINESE = "When does it open?", "几点开门？"
TOLD, WITHHELD = "八点开门。", "九点"


class Nli:
    """Withholds one verdict; else a fifth is neutral."""

    def verdicts(self, pairs: Sequence[tuple[str, str]], *, evidence: bool = True) -> list[Verdict]:
        neutral = [1.0 if premise == WITHHELD else 0.2 for premise, _ in pairs]
        return [
            Verdict(
                "neutral",
                {"entailment": 0.8 * (1 - each), "neutral": each, "contradiction": 0.2 * (1 - each)},
                None,
                1,
            )
            for each in neutral
        ]


class Relevance:
    """Reads no Chinese."""

    name, kind, fingerprint = "relevance", "relevance", ""

    def judge(self, pairs: Sequence[tuple[str, str]], *, claim: bool = False) -> PairJudgements:
        assert all(query.isascii() for query, _ in pairs)
        return PairJudgements(np.full(len(pairs), 0.7, np.float32), np.zeros(len(pairs), np.int32))

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        return [READABLE if text.isascii() else Reading(1.0, (), (text,)) for text in texts]


def test_a_question_that_the_relevance_model_cannot_read_is_left_to_the_nli_model() -> None:
    cache = RelevanceCache(cast("Any", Relevance()), VerdictCache(cast("Any", Nli())))
    pairs = [("It opens at 8.", ENGLISH), (TOLD, CHINESE), (WITHHELD, CHINESE)]
    cache.learn(pairs)
    assert cache[pairs[0]] == pytest.approx(0.7)
    assert cache[pairs[1]] == pytest.approx(0.8)
    assert cache[pairs[2]] is None

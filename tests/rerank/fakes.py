"""A judge whose verdicts stand in a table, hits made of words, and a clock that only judging moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from simengine.rerank.judge import STANCES, PairJudgements
from simengine.types import Hit, Passage, Span

NAMES = ("entailment", "neutral", "contradiction")


class Clock:
    """Seconds that pass when somebody says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class TableJudge:
    """Gives each text the relevance that a table has for it; a word counts as a token.

    Args:
        table: text to relevance, or to probabilities of entailment, neutral and contradiction.
        s_per_token: judging moves the clock by so much for each token.
    """

    def __init__(
        self,
        table: Mapping[str, float | tuple[float, float, float]],
        *,
        kind: str = "nli",
        clock: Clock | None = None,
        s_per_token: float = 0.0,
        fingerprint: str = "table",
    ) -> None:
        self.table, self.kind, self.name, self.fingerprint = table, kind, "table", fingerprint
        self.clock, self.s_per_token = clock, s_per_token
        self.calls: list[list[tuple[str, str]]] = []
        self.closed = False

    def judge(self, pairs: Sequence[tuple[str, str]], *, claim: bool = False) -> PairJudgements:
        self.calls.append(list(pairs))
        if self.clock is not None:
            self.clock.now += self.s_per_token * int(self.count_tokens(pairs).sum())
        said = [self.table[text] for _, text in pairs]
        cut = np.array([query.startswith("long") for query, _ in pairs], np.int32)
        if not claim:
            alone = [each if isinstance(each, float) else each[0] for each in said]
            return PairJudgements(np.array(alone, np.float32), cut)
        rows = [each for each in said if isinstance(each, tuple)]
        stances = [STANCES[NAMES[int(np.argmax(row))]] for row in rows]
        return PairJudgements(
            np.array([1 - row[1] for row in rows], np.float32),
            cut,
            stances,
            [dict(zip(NAMES, row, strict=True)) for row in rows],
            [
                None if stance == "neutral" else Span(0, len(text))
                for stance, (_, text) in zip(stances, pairs, strict=True)
            ],
        )

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        return np.array([len(text.split()) for _, text in pairs], np.int32)

    def close(self) -> None:
        self.closed = True


def hit(name: str, score: float, text: str | None = None, *, title: str = "", start: int = 0) -> Hit:
    body = name if text is None else text
    return Hit(name, score, 1, title, Passage(start, start + len(body), body), {}, {"dense": score})


def ids(hits: Sequence[Hit]) -> list[str]:
    return [each.id for each in hits]

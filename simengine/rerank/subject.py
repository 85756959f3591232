"""Whether a text is about what a claim is about: no contradiction without a common subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simengine.rerank.judge import PairJudgements

MIN_COSINE = 0.25
"""Below this cosine of query and passage, "contradicts" becomes "neutral".

NLI models learn contradiction from pairs that describe one scene, and take the common subject for granted: the
bundled model calls 35 % of random pairs of LingNLI contradictions, 80 to 85 % of those of CAD and MPE. Of such random
pairs 95 % are below 0.25 to 0.3, of LingNLI's own contradictions 4 % (training parts; all-MiniLM-L6-v2).
"""


def without_foreign_contradictions(said: PairJudgements, cosines: Sequence[float | None]) -> PairJudgements:
    """The same, with "neutral" in place of "contradicts" for texts that are far from the claim.

    Their relevance is then the probability of entailment alone, and they have no evidence. The probabilities stay
    those of the model.

    Args:
        said: about n candidates, with stances; without stances nothing changes.
        cosines: of each candidate and the query; None if the retriever did not compare them by meaning.
    """
    if said.stances is None or said.probabilities is None or said.evidence is None:
        return said
    foreign = [
        stance == "contradicts" and cosine is not None and cosine < MIN_COSINE
        for stance, cosine in zip(said.stances, cosines, strict=True)
    ]
    return replace(
        said,
        relevance=np.array(
            [
                probabilities["entailment"] if far else relevance
                for far, probabilities, relevance in zip(
                    foreign, said.probabilities, said.relevance, strict=True
                )
            ],
            np.float32,
        ),
        stances=["neutral" if far else stance for far, stance in zip(foreign, said.stances, strict=True)],
        evidence=[None if far else span for far, span in zip(foreign, said.evidence, strict=True)],
    )

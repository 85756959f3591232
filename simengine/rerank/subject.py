"""Whether a text is about what a claim is about: no stance without a common subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simengine.rerank.judge import PairJudgements
from simengine.rules.cues import profile
from simengine.text.scripts import is_chinese

MIN_COSINE = 0.25
"""Below this cosine of query and passage a text has no stance.

NLI models learn contradiction from pairs that describe one scene, and take the common subject for granted: the first
bundled model called 35 % of random pairs of LingNLI contradictions, 80 to 85 % of those of CAD and MPE. Of such random
pairs 95 % are below 0.25 to 0.3, of LingNLI's own contradictions 4 % (training parts; all-MiniLM-L6-v2).
"""


def only_of_the_subject(
    said: PairJudgements, pairs: Sequence[tuple[str, str]], cosines: Sequence[float | None]
) -> PairJudgements:
    """The same, with "neutral" for texts about something else.

    A text is about what the claim is about if they are near and have a content word in common; in two languages, if
    they are near. That alone gives no stance: it only allows the model's.

    Of claims that a passage supports or contradicts 99 % have a word in common with it (in Chinese 97 %, where a pair
    of characters is a word), and 20 % (16 %) with a random passage (train parts of the written passages).

    A contradiction that is lost makes the relevance the probability of entailment alone. The probabilities stay those
    of the model.

    Args:
        said: about n candidates, with stances; without stances nothing changes.
        pairs: (claim, text) of each.
        cosines: of each candidate and the claim; None if the retriever did not compare them by meaning.
    """
    if said.stances is None or said.probabilities is None or said.evidence is None:
        return said
    profiles = {text: profile(text).words for text in {text for pair in pairs for text in pair}}
    foreign = [
        (cosine is not None and cosine < MIN_COSINE)
        or (is_chinese(claim) == is_chinese(text) and not profiles[claim] & profiles[text])
        for (claim, text), cosine in zip(pairs, cosines, strict=True)
    ]
    return replace(
        said,
        relevance=np.array(
            [
                chances["entailment"]
                if far and max(chances, key=chances.__getitem__) == "contradiction"
                else value
                for far, chances, value in zip(foreign, said.probabilities, said.relevance, strict=True)
            ],
            np.float32,
        ),
        stances=["neutral" if far else stance for far, stance in zip(foreign, said.stances, strict=True)],
        evidence=[None if far else span for far, span in zip(foreign, said.evidence, strict=True)],
    )

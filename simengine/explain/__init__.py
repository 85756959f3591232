"""Why two texts score as they do, with a figure that says how far the explanation holds."""

from simengine.explain.faithfulness import Faithfulness
from simengine.explain.pair import (
    ExplainedText,
    ExplainedWord,
    ExplainOptions,
    PairExplanation,
    explain_pair,
)

__all__ = [
    "ExplainOptions",
    "ExplainedText",
    "ExplainedWord",
    "Faithfulness",
    "PairExplanation",
    "explain_pair",
]

"""Explains the similarity of two texts, with a measure of the explanation's faithfulness."""

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

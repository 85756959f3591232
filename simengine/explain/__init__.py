"""Explains the similarity of two texts, with a measure of the explanation's faithfulness."""

from simengine.explain.pair import ExplainOptions, explain_pair
from simengine.results.pairs import ExplainedText, ExplainedWord, Faithfulness, PairExplanation

__all__ = [
    "ExplainOptions",
    "ExplainedText",
    "ExplainedWord",
    "Faithfulness",
    "PairExplanation",
    "explain_pair",
]

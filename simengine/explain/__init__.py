"""Why two texts score as they do, with a figure that says how far the explanation holds."""

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

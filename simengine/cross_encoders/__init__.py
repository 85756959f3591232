"""Models that read two texts together: NLI verdicts, relevance, graded similarity; and models of words in a text."""

from __future__ import annotations

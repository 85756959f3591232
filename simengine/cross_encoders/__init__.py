"""Models that read two texts together: NLI, relevance, graded similarity, extractive reading; and token taggers."""

from __future__ import annotations

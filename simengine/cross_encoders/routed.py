"""Several NLI models, each for the languages that it knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from simengine.cross_encoders.nli import NLIModel
from simengine.models.unknown import Reading
from simengine.rules.language import known_language
from simengine.text.arguments import as_pairs
from simengine.types import FloatMatrix, Verdict


class RoutedNLIModel(NLIModel):
    """Judges each pair by the model that knows its languages.

    Args:
        first: for all that the other does not know better; it gives this model its fingerprint and its labels.
        other: loads the other model on first use; None if it is not installed.
        languages: those that the other model is taken for.
    """

    def __init__(
        self, first: NLIModel, other: Callable[[], NLIModel | None], languages: Sequence[str] = ("zh",)
    ) -> None:
        super().__init__(first.model, labels=first.names)
        self._first, self._load, self._routed = first, other, frozenset(languages)

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """See `NLIModel`."""
        pairs = as_pairs(pairs)
        found = np.empty((len(pairs), 3), np.float32)
        for model, rows in self._parts(pairs):
            found[rows] = model.probabilities([pairs[row] for row in rows])
        return found

    def verdicts(self, pairs: Sequence[tuple[str, str]], *, evidence: bool = True) -> list[Verdict]:
        """See `NLIModel`."""
        pairs = as_pairs(pairs)
        found: dict[int, Verdict] = {}
        for model, rows in self._parts(pairs):
            given = model.verdicts([pairs[row] for row in rows], evidence=evidence)
            found.update(zip(rows, given, strict=True))
        return [found[row] for row in range(len(pairs))]

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """See `NLIModel`."""
        found: dict[int, Reading] = {}
        for model, rows in self._parts([(text, text) for text in texts]):
            found.update(zip(rows, model.model.readings([texts[row] for row in rows]), strict=True))
        return [found[row] for row in range(len(texts))]

    def _parts(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[NLIModel, list[int]]]:
        """The models, and the rows of the pairs that each judges."""
        routed = [
            row
            for row, pair in enumerate(pairs)
            if {language for text in pair if (language := known_language(text))} & self._routed
        ]
        other = self._load() if routed else None
        if other is None:
            return [(self._first, list(range(len(pairs))))]
        rest = sorted(set(range(len(pairs))) - set(routed))
        return [(other, routed), *([(self._first, rest)] if rest else [])]

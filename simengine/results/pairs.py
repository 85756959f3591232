"""Results of classifying a text and of explaining a pair of texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simengine.types import FloatMatrix


@dataclass(frozen=True, slots=True)
class Classification:
    """The classes of one text.

    Attributes:
        label: the most probable; of equals the first given; "" if the model cannot read the text.
        labels: (label,); with `multi_label` all whose probability reaches the threshold, best first; possibly
            none, as when the model cannot read the text.
        probabilities: of each label, in the given order. They sum to 1 unless `multi_label` is set
            or they were calibrated.
        calibrated: whether they went through a calibration.
        reason: why there is no label; "" if there is one.
    """

    label: str
    labels: tuple[str, ...]
    probabilities: Mapping[str, float]
    calibrated: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """The effect of removing words on the cosine.

    Attributes:
        drop: mean loss of cosine when the words that the explanation ranks highest are removed together.
        random_drop: the same for as many random words.
        beaten: share of the random draws that lost less than the explanation's choice; 0.5 is no better than chance.
        n_removals: removals by rank averaged in `drop`.
        n_draws: random removals averaged in `random_drop`.
    """

    drop: float
    random_drop: float
    beaten: float
    n_removals: int
    n_draws: int

    @property
    def gain(self) -> float:
        """How much more the chosen words matter than random ones; above 0 for a meaningful explanation."""
        return self.drop - self.random_drop


@dataclass(frozen=True, slots=True)
class ExplainedWord:
    """A word (a Chinese character, a run of words in a long text) and its contribution to the cosine.

    Attributes:
        start, end: characters of its text.
        text: these characters.
        contribution: mean of what the word adds to the cosine as the last word of its text, and as the first one;
            below 0 if it makes the texts less similar.
        loss: the former: the loss of cosine when only this word is left out.
        partner: index of its best aligned word in the other text, None if there is none.
        alignment: of that word, in [-1, 1], see `explain_pair`; of the best one even if it is too low for a partner.
    """

    start: int
    end: int
    text: str
    contribution: float
    loss: float
    partner: int | None
    alignment: float


@dataclass(frozen=True, slots=True)
class ExplainedText:
    """One of the two texts.

    Attributes:
        text: as given.
        words: those that the model read, in order.
        n_read: characters that the model read; text after them is not part of the cosine.
        n_truncated: tokens after them.
    """

    text: str
    words: tuple[ExplainedWord, ...]
    n_read: int
    n_truncated: int


@dataclass(frozen=True, slots=True, eq=False)
class PairExplanation:
    """The explanation of two texts' cosine.

    Attributes:
        cosine: of the two texts, in [-1, 1].
        first, second: the texts with their words.
        interactions: (n1, n2) float32; [i, j] is how much more leaving out word i of the first text costs if word j
            of the second is present: cos(a, b) - cos(a - i, b) - cos(a, b - j) + cos(a - i, b - j).
        faithfulness: whether the contributions name the words that matter; None if the texts are too short, or
            if it was not requested.
        n_encodings: texts that were encoded for it.
    """

    cosine: float
    first: ExplainedText
    second: ExplainedText
    interactions: FloatMatrix
    faithfulness: Faithfulness | None
    n_encodings: int

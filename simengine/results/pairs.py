"""What classifying a text and explaining a pair of texts gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simengine.types import FloatMatrix


@dataclass(frozen=True, slots=True)
class Classification:
    """The classes of one text.

    Attributes:
        label: the most probable; of equals the one that was named first; "" where the model cannot read the text.
        labels: (label,); of several possible labels all whose probability reaches the threshold, best first, which
            may be none, as where the model cannot read the text.
        probabilities: of each label, in the order they were named. They sum to 1 unless several labels are possible
            or they were calibrated.
        calibrated: whether they went through a calibration.
        reason: why there is no label; "" where there is one.
    """

    label: str
    labels: tuple[str, ...]
    probabilities: Mapping[str, float]
    calibrated: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """What removing words does to the cosine.

    Attributes:
        drop: mean loss of cosine when the words that the explanation ranks highest are removed together.
        random_drop: the same for as many words drawn at random.
        beaten: share of the random draws that lost less than the explanation's choice; 0.5 is no better than chance.
        n_removals: removals by rank that `drop` is the mean of.
        n_draws: random removals that `random_drop` is the mean of.
    """

    drop: float
    random_drop: float
    beaten: float
    n_removals: int
    n_draws: int

    @property
    def gain(self) -> float:
        """How much more the chosen words matter than random ones; above 0 for an explanation that says anything."""
        return self.drop - self.random_drop


@dataclass(frozen=True, slots=True)
class ExplainedWord:
    """A word (a character of Chinese, a run of words in a long text) and its part in the cosine.

    Attributes:
        start, end: characters of its text.
        text: these characters.
        contribution: mean of what the word adds to the cosine as the last word of its text, and as the first one;
            below 0 where it keeps the texts apart.
        loss: the former: the cosine that is lost when this word alone is left out.
        partner: place of the word of the other text that it goes with best, None where there is none.
        alignment: of that word, in [-1, 1], see `explain_pair`; of the best one also where it is too low for a partner.
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
        n_read: characters that the model read; what stands behind did not enter the cosine.
        n_truncated: tokens behind.
    """

    text: str
    words: tuple[ExplainedWord, ...]
    n_read: int
    n_truncated: int


@dataclass(frozen=True, slots=True, eq=False)
class PairExplanation:
    """Why two texts have the cosine that they have.

    Attributes:
        cosine: of the two texts, in [-1, 1].
        first, second: the texts with their words.
        interactions: (n1, n2) float32; [i, j] is how much more leaving out word i of the first text costs while word j
            of the second is there: cos(a, b) - cos(a - i, b) - cos(a, b - j) + cos(a - i, b - j).
        faithfulness: whether the contributions name the words that matter; None where the texts are too short to tell,
            and where it was not asked for.
        n_encodings: texts that were encoded for it.
    """

    cosine: float
    first: ExplainedText
    second: ExplainedText
    interactions: FloatMatrix
    faithfulness: Faithfulness | None
    n_encodings: int

"""What the generator makes: a pair, its label by construction, and the rule that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Label: TypeAlias = Literal["entailment", "neutral", "contradiction"]
ENTAILMENT: Label = "entailment"
NEUTRAL: Label = "neutral"
CONTRADICTION: Label = "contradiction"


@dataclass(frozen=True, slots=True)
class Made:
    """A pair of texts and what the first says about the second.

    Attributes:
        premise, hypothesis: the texts.
        label: certain by construction.
        kind: of rule, as in "roles".
    """

    premise: str
    hypothesis: str
    label: Label
    kind: str


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def both_ways(one: str, other: str, label: Label, kind: str) -> Iterator[Made]:
    """A relation that holds in both directions: equivalence, or contradiction."""
    yield Made(one, other, label, kind)
    yield Made(other, one, label, kind)


def each_label(premise: str, verdicts: Sequence[tuple[Label, str]], kind: str) -> Iterator[Made]:
    """One premise against several hypotheses."""
    for label, hypothesis in verdicts:
        yield Made(premise, hypothesis, label, kind)


def judged(
    kind: str,
    premise: str,
    *,
    follows: Sequence[str] = (),
    left_open: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> Iterator[Made]:
    """One premise against what follows from it, what it leaves open, and what it excludes."""
    labelled = ((ENTAILMENT, follows), (NEUTRAL, left_open), (CONTRADICTION, excluded))
    for label, hypotheses in labelled:
        yield from each_label(premise, [(label, hypothesis) for hypothesis in hypotheses], kind)

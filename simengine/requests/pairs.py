"""Pairs of texts: similarity, natural language inference, and why two texts are near."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Le

from simengine.errors import UsageError
from simengine.requests.fields import Help, Pairs, Texts, check_fields

ClassifyTask: TypeAlias = Literal["topic", "sentiment"]
Prior: TypeAlias = Literal["none", "empty", "texts"]


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """Cosine similarity of pairs of texts.

    Attributes:
        pairs: n pairs (text1, text2).
        graded: also by the engine's cross-encoder for graded similarity, where it has one.
    """

    pairs: Annotated[tuple[tuple[str, str], ...], Pairs("pair"), Help("Pairs of texts.")]
    graded: Annotated[bool, Help("Also score with the cross-encoder for graded similarity.")] = False

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class NLIRequest:
    """Does each premise entail its hypothesis, contradict it, or neither?

    Attributes:
        pairs: n pairs (premise, hypothesis).
        evidence: find the sentence of each premise that decides; False saves reading every sentence by itself.
    """

    pairs: Annotated[tuple[tuple[str, str], ...], Pairs("pair"), Help("Pairs (premise, hypothesis).")]
    evidence: Annotated[bool, Help("Find the sentence of the premise that decides.")] = True

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """Which words bring two texts near to each other, and how much of the cosine each is worth.

    Attributes:
        text1, text2: texts.
        roles: of the two texts; see `BiEncoder.encode_counted`.
        draws: random orders in which words are left out, beside the one-by-one removal; more are more exact.
    """

    text1: Annotated[str, Help("The first text.")]
    text2: Annotated[str, Help("The second text.")]
    roles: tuple[Literal["query", "passage", "text"], Literal["query", "passage", "text"]] = ("text", "text")
    draws: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class ClassifyRequest:
    """The label of each text, out of labels that no model was trained for.

    Attributes:
        texts: n texts of any length.
        labels: two at least; one is enough with `multi_label`.
        templates: sentences with {} for the label; of several the scores are averaged. Without any, built-in ones.
        task: which built-in templates.
        descriptions: pairs (label, statement): what is judged in place of a template.
        multi_label: a text may have any number of labels.
        threshold: the probability that a label needs then.
        prior: what is taken from each label's score; see `ZeroShotClassifier.classify`.
        calibration: the table of a calibration of these labels' probabilities, see `Calibration.as_table`; None leaves
            them as they are.
    """

    texts: Annotated[tuple[str, ...], Texts("text"), Help("Texts to classify.")]
    labels: Annotated[tuple[str, ...], Texts("label"), Help("Labels to choose from.")]
    templates: Annotated[
        tuple[str, ...],
        Texts("template"),
        Help(
            'A sentence with {} for the label, as in "This text is about {}."; of several the scores are averaged. '
            "[default: built-in ones, English or Chinese by the labels]"
        ),
    ] = ()
    task: Annotated[ClassifyTask, Help("Which built-in templates.")] = "topic"
    descriptions: Annotated[
        tuple[tuple[str, str], ...], Pairs("description"), Help("Pairs of a label and a statement for it.")
    ] = ()
    multi_label: Annotated[bool, Help("A text may have any number of the labels.")] = False
    threshold: Annotated[
        float, Ge(0), Le(1), Help("With several labels for a text: the probability that each needs.")
    ] = 0.5
    prior: Annotated[
        Prior | None,
        Help(
            "What is taken from each label's score: what it gets on texts that say nothing (empty), or on all these "
            "texts on average (texts). [default: empty, with several labels for a text none]"
        ),
    ] = None
    calibration: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.labels) < 2 and not self.multi_label:
            raise UsageError(
                "one label is no choice; give at least two, or let a text have several (multi_label)"
            )

"""Pairs of texts: similarity, natural language inference, and explanations of similarity."""

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
        graded: also by the engine's cross-encoder for graded similarity, if it has one.
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
        evidence: find the deciding sentence of each premise; False saves a pass over each sentence.
    """

    pairs: Annotated[tuple[tuple[str, str], ...], Pairs("pair"), Help("Pairs (premise, hypothesis).")]
    evidence: Annotated[bool, Help("Find the sentence of the premise that decides.")] = True

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """The words that make two texts similar, with each word's contribution to the cosine.

    Attributes:
        text1, text2: texts.
        roles: of the two texts; see `BiEncoder.encode_counted`.
        draws: random removals for each step of the faithfulness measure; 0 leaves it out.
    """

    text1: Annotated[str, Help("The first text.")]
    text2: Annotated[str, Help("The second text.")]
    roles: Annotated[
        tuple[Literal["query", "passage", "text"], Literal["query", "passage", "text"]],
        Help("Which of the model's prompts stands in front of each text."),
    ] = ("text", "text")
    draws: Annotated[
        int, Ge(0), Help("Random removals for each step of the faithfulness measure; 0 leaves it out.")
    ] = 0

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class ClassifyRequest:
    """The label of each text, by zero-shot classification.

    Attributes:
        texts: n texts of any length.
        labels: at least two; one is enough with `multi_label`.
        templates: sentences with {} for the label; scores of several are averaged. Without any, built-in ones.
        task: which built-in templates.
        descriptions: pairs (label, statement): the hypothesis instead of a template.
        multi_label: a text may have any number of labels.
        threshold: with `multi_label`, the least probability of a label.
        prior: what is subtracted from each label's score; see `ZeroShotClassifier.classify`.
        cosine: join the NLI model's scores with the cosine of text and label; not with `multi_label`.
        calibration: of these labels' probabilities, see `Calibration.to_dict`; None leaves them uncalibrated.
    """

    texts: Annotated[tuple[str, ...], Texts("text"), Help("Texts to classify.")]
    labels: Annotated[tuple[str, ...], Texts("label"), Help("Labels to choose from.")]
    templates: Annotated[
        tuple[str, ...],
        Texts("template"),
        Help(
            'A sentence with {} for the label, as in "This text is about {}."; scores of several are averaged. '
            "[default: built-in ones, English or Chinese by the labels]"
        ),
    ] = ()
    task: Annotated[ClassifyTask, Help("Which built-in templates.")] = "topic"
    descriptions: Annotated[
        tuple[tuple[str, str], ...], Pairs("description"), Help("Pairs of a label and a statement for it.")
    ] = ()
    multi_label: Annotated[bool, Help("A text may have any number of the labels.")] = False
    threshold: Annotated[
        float, Ge(0), Le(1), Help("With several labels per text: the least probability of each.")
    ] = 0.5
    prior: Annotated[
        Prior | None,
        Help(
            "What is subtracted from each label's score: its score on content-free texts (empty), or its mean over "
            "all these texts (texts). [default: empty; none with several labels per text]"
        ),
    ] = None
    cosine: Annotated[
        bool,
        Help(
            "Join the NLI model's scores with the cosine of text and label, by the bi-encoder; not with several labels "
            "per text."
        ),
    ] = True
    calibration: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.labels) < 2 and not self.multi_label:
            raise UsageError("give at least two labels, or let a text have several (multi-label)")

"""Files of training pairs: hard negatives, silver pairs, pairs made by rule, near-duplicate rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Gt, Le, Lt

from simengine.errors import UsageError
from simengine.requests.fields import Help, check_fields

Balance: TypeAlias = Literal["gold", "uniform", "none"]
PairLanguage: TypeAlias = Literal["auto", "en", "zh"]
By: TypeAlias = Literal["pair", "text1", "text2"]


@dataclass(frozen=True, slots=True)
class MiningOptions:
    """Which neighbours of a query become negatives.

    Attributes:
        negatives: most negatives per (query, positive).
        candidates: nearest passages of a query that are considered, without known positives and skipped ones.
        skip_first: nearest passages that are skipped, because they may be unlabelled answers.
        relative_margin: a negative's cosine is lower than the positive's by at least this share of it; None for no
            margin. 0.05 is the best of those tried by Moreira et al. 2024 (NV-Retriever). Contradictions are exempt.
        min_score, max_score: bounds of a negative's cosine. Contradictions are exempt from the upper one.
        entailment: a candidate that entails the positive with at least this probability is not a negative.
        contradiction: a candidate contradicts the positive if it does so with at least this probability, in both
            directions.

    Raises:
        UsageError: a value is out of range.
    """

    negatives: Annotated[int, Ge(1), Help("Most negatives for a pair.")] = 1
    candidates: Annotated[int, Ge(1), Help("Nearest passages of a query that are considered.")] = 20
    skip_first: Annotated[
        int, Ge(0), Help("Nearest passages to skip: unlabelled answers are likely among them.")
    ] = 0
    relative_margin: Annotated[
        float | None,
        Ge(0),
        Lt(1),
        Help(
            "A negative's cosine must be lower than the positive's by this share of it; contradictions are exempt. "
            "[default: 0.05]"
        ),
    ] = 0.05
    min_score: Annotated[float, Ge(-1), Le(1), Help("Least cosine of a negative.")] = -1.0
    max_score: Annotated[float, Ge(-1), Le(1), Help("Largest cosine of a negative.")] = 1.0
    entailment: Annotated[
        float,
        Gt(0),
        Le(1),
        Help("A passage that entails the positive with this probability is not a negative."),
    ] = 0.5
    contradiction: Annotated[
        float,
        Gt(0),
        Le(1),
        Help("A passage that contradicts it with this probability, both ways, is the hardest negative."),
    ] = 0.5

    def __post_init__(self) -> None:
        check_fields(self)
        if self.min_score > self.max_score:
            raise UsageError(f"min_score is {self.min_score}, above max_score, which is {self.max_score}")


@dataclass(frozen=True, slots=True)
class AugmentOptions:
    """Which new pairs are made, and which are kept.

    Attributes:
        neighbours: per first text, at most this many of the nearest second texts.
        random: per first text, at most this many random second texts.
        symmetric: both texts are of one kind, and (b, a) is the pair (a, b).
        min_confidence: least probability of the class; less certain pairs are left out.
        unsure: scores strictly within this range are left out; None keeps all.
        balance: "gold" gives the labels (or `bins` bins of scores) their shares among the given pairs, "uniform" equal
            numbers, "none" keeps all.
        bins: of equal width over the range of the gold scores.
        max_pairs: most pairs to keep; None keeps all.
        seed: of all sampling.

    Raises:
        UsageError: a value is out of range, or no pairs would be made.
    """

    neighbours: Annotated[int, Ge(0), Help("Number of nearest second texts for each first text.")] = 3
    random: Annotated[int, Ge(0), Help("Number of random second texts for each first text.")] = 1
    symmetric: Annotated[bool, Help("The pair (b, a) is the pair (a, b).")] = False
    min_confidence: Annotated[
        float, Ge(0), Le(1), Help("nli, relevance: least probability of the label.")
    ] = 0.9
    unsure: tuple[float, float] | None = None
    balance: Annotated[
        Balance,
        Help("Labels (or bins of scores) in the shares of the given pairs, in equal ones, or as they come."),
    ] = "gold"
    bins: Annotated[int, Ge(1), Help("Number of bins of scores.")] = 5
    max_pairs: Annotated[int | None, Ge(1), Help("Most pairs to keep. [default: all]")] = None
    seed: Annotated[int, Ge(0), Help("Seed of all sampling.")] = 13

    def __post_init__(self) -> None:
        check_fields(self)
        if self.neighbours + self.random < 1:
            raise UsageError("neighbours and random are 0: no pairs would be made; give one of them")
        if self.unsure is not None and not self.unsure[0] <= self.unsure[1]:
            raise UsageError(f"unsure is {self.unsure}; expected the lower bound first")


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """Which NLI pairs are made of unlabelled texts.

    Attributes:
        language: "auto" takes each text by its script; "en" or "zh" leaves the others out.
        per_kind: most pairs of a kind, in equal shares of its labels.
        kinds: those that are made; None for all. See `simengine.training.generate.kinds.KINDS`.
        seed: of all sampling.

    Raises:
        UsageError: a value is out of range.
    """

    language: Annotated[PairLanguage, Help("Language of the texts; auto goes by the script of each.")] = (
        "auto"
    )
    per_kind: Annotated[int, Ge(1), Help("Most pairs of a kind, in equal shares of its labels.")] = 200
    kinds: tuple[str, ...] | None = None
    seed: Annotated[int, Ge(0), Help("Seed of all sampling.")] = 13

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class RepeatOptions:
    """Criteria for two rows of a file of pairs to be duplicates.

    Attributes:
        by: what is compared: the "pair" (both texts must be similar), "text1" or "text2".
        symmetric: (b, a) may repeat (a, b).
        jaccard: of words and pairs of neighbouring words, in (0, 1].
        cosine: if an encoder is given; in (-1, 1].
        score_gap: scores in a cluster that differ by this share of the range of all scores are a conflict.

    Raises:
        UsageError: a value is out of range.
    """

    by: Annotated[By, Help("What is compared: the pair, or one of its texts.")] = "pair"
    symmetric: Annotated[bool, Help("The pair (b, a) may repeat (a, b).")] = False
    jaccard: Annotated[
        float,
        Gt(0),
        Le(1),
        Help("Similarity of words and word pairs from which two texts are near-duplicates."),
    ] = 0.8
    cosine: Annotated[
        float, Gt(-1), Le(1), Help("With --embeddings: cosine from which two texts mean the same.")
    ] = 0.97
    score_gap: Annotated[float, Gt(0)] = 0.25

    def __post_init__(self) -> None:
        check_fields(self)

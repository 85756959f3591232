"""The kinds of pairs, the labels that each of them has, and the rules of each language that make them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from simengine.training.generate import (
    corpus_en,
    corpus_zh,
    joined_en,
    logic_en,
    logic_zh,
    quantities_en,
    quantities_zh,
    roles_en,
    roles_zh,
)
from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Label, Made

Language: TypeAlias = Literal["en", "zh"]
FrameRule: TypeAlias = Callable[[random.Random], Iterator[Made]]
"""Draws words for a frame and yields pairs."""
SentenceRule: TypeAlias = Callable[[str, random.Random], Iterator[Made]]
"""Pairs made of one sentence."""

_ALL: Final[tuple[Label, ...]] = (ENTAILMENT, NEUTRAL, CONTRADICTION)
KINDS: Final[dict[str, tuple[Label, ...]]] = {
    "identity": (ENTAILMENT,),
    "negation": (ENTAILMENT, CONTRADICTION),
    "premise_negation": (ENTAILMENT, CONTRADICTION),
    "double_negation": (ENTAILMENT, CONTRADICTION),
    "denial": _ALL,
    "roles": _ALL,
    "transfer": _ALL,
    "comparison": _ALL,
    "number": _ALL,
    "corpus_number": (CONTRADICTION,),
    "interval": _ALL,
    "opening_hours": _ALL,
    "clock": _ALL,
    "date": _ALL,
    "unit": _ALL,
    "quantifier": _ALL,
    "modality": _ALL,
    "only": _ALL,
    "conjunct": _ALL,
    "clause": _ALL,
    "corpus_clause": (ENTAILMENT,),
    "unrelated": (NEUTRAL,),
    "same_topic": (NEUTRAL,),
    "passage": _ALL,
    "hypernym": (ENTAILMENT, NEUTRAL),
    "antonym": (CONTRADICTION,),
    "synonym": (ENTAILMENT,),
}
WORDNET_KINDS: Final = ("hypernym", "antonym", "synonym")


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes pairs in a language.

    Attributes:
        frames: from sentence frames and word lists.
        sentences: from a sentence of the corpus.
        in_passages: those of them whose changes are held against whole passages, too.
    """

    frames: tuple[FrameRule, ...]
    sentences: tuple[SentenceRule, ...]
    in_passages: tuple[SentenceRule, ...]


RULES: Final[dict[Language, Rules]] = {
    "en": Rules(
        frames=(
            roles_en.acts,
            roles_en.transfers,
            roles_en.converses,
            roles_en.mutual,
            quantities_en.numbers,
            quantities_en.deadlines,
            quantities_en.thresholds,
            quantities_en.opening_hours,
            quantities_en.clock_times,
            quantities_en.dates,
            quantities_en.units,
            logic_en.quantifiers,
            logic_en.shares,
            logic_en.modality,
            logic_en.only,
            joined_en.lists,
            joined_en.attendance,
            joined_en.clauses,
            joined_en.attitudes,
            joined_en.denials,
        ),
        sentences=(
            corpus_en.surface,
            corpus_en.negation,
            corpus_en.roles,
            corpus_en.number,
            corpus_en.halves,
        ),
        in_passages=(corpus_en.negation, corpus_en.number),
    ),
    "zh": Rules(
        frames=(
            roles_zh.acts,
            roles_zh.transfers,
            roles_zh.converses,
            roles_zh.mutual,
            quantities_zh.numbers,
            quantities_zh.deadlines,
            quantities_zh.thresholds,
            quantities_zh.opening_hours,
            quantities_zh.clock_times,
            quantities_zh.dates,
            quantities_zh.units,
            logic_zh.quantifiers,
            logic_zh.shares,
            logic_zh.modality,
            logic_zh.only,
            logic_zh.lists,
            logic_zh.clauses,
            logic_zh.denials,
        ),
        sentences=(corpus_zh.surface, corpus_zh.negation, corpus_zh.roles, corpus_zh.number),
        in_passages=(corpus_zh.negation, corpus_zh.number),
    ),
}

"""Knowledge for inference: rules over a knowledge graph adjust a model's probabilities for two sentences.

A rule fires if two sentences differ only in one word, or two, and the graph relates these words. Its weight is
added to the logarithm of the probability of its label, and the three are normalised again. So a rule is a Horn clause
whose truth is a matter of degree (a log-linear model with one feature for each rule, as in Richardson and Domingos
2006, "Markov logic networks"), and which relation of words gives which relation of sentences follows natural logic
(MacCartney and Manning 2009, "An extended model of natural logic"). Two rules were tried and dropped because labelled
pairs disagree with them: that a broader word is neutral, and that two kinds of one thing exclude each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simengine.corpus.examples import NLI_LABELS
from simengine.errors import UsageError
from simengine.reasoning.conflict import PairJudge
from simengine.reasoning.graph import KnowledgeGraph
from simengine.rules.cues import profile
from simengine.types import FloatMatrix

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_ARTICLES = frozenset(("a", "an", "the"))
_QUANTIFIERS = frozenset(("all", "every", "each", "few", "only", "most", "many", "any"))
MOST_WORDS = 2  # of a substitution: "climbing" for "getting down"
MIN_WORDS = 3  # of a sentence
LEAST_PROBABILITY = 1e-6
MIN_FIRINGS = 10
_GRID = np.arange(0.0, 4.01, 0.25)


@dataclass(frozen=True, slots=True)
class GraphRule:
    """A rule that leads from a relation of two words to a relation of two sentences.

    Attributes:
        name: of the relation: x is in the premise where y is in the hypothesis.
        clause: the rule as a Horn clause, human-readable.
        label: the label that it supports.
    """

    name: str
    clause: str
    label: str


RULES = {
    rule.name: rule
    for rule in (
        GraphRule("synonym", "entails(P, H) :- P = H[y/x], same(x, y)", "entailment"),
        GraphRule("kind", "entails(P, H) :- P = H[y/x], kind_of(x, y), affirmative(P)", "entailment"),
        GraphRule(
            "antonym", "contradicts(P, H) :- P = H[y/x], opposed(x, y), affirmative(P)", "contradiction"
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that applied to a pair: the word of the premise, and the word of the hypothesis in its place."""

    rule: GraphRule
    word1: str
    word2: str

    def __str__(self) -> str:
        return f"{self.rule.clause} with x = {self.word1}, y = {self.word2}"


@dataclass(frozen=True)
class RuleWeights:
    """The weight of each rule, added to the logarithm of its label's probability.

    Attributes:
        weights: by rule; rules that are missing add nothing.
        n_firings: pairs that each weight was fitted on; empty for weights that were chosen by hand.

    Raises:
        UsageError: a rule is unknown, or a weight is negative or not a number.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(RULES, 1.0))
    n_firings: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if name not in RULES:
                raise UsageError(f"there is no rule {name!r}; expected one of {', '.join(RULES)}")
            if not (isinstance(weight, (int, float)) and 0.0 <= weight < float("inf")):
                raise UsageError(
                    f"the weight of rule {name!r} is {weight!r}; expected a number of at least 0"
                )


class GroundedJudge:
    """An NLI model whose verdicts are corrected by a knowledge graph. Can replace any NLI model.

    Args:
        judge: such as an `NLIModel`.
        graph: the knowledge graph.
        weights: see `fit_weights`.
    """

    def __init__(self, judge: PairJudge, graph: KnowledgeGraph, weights: RuleWeights | None = None) -> None:
        self.judge, self.graph = judge, graph
        self.weights = weights or RuleWeights()

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n, 3) float32, rows summing to 1, in the order entailment, neutral, contradiction."""
        found = self.judge.probabilities(pairs)
        added = np.zeros(found.shape, np.float64)
        for row, (premise, hypothesis) in enumerate(pairs):
            for firing in fire(self.graph, premise, hypothesis):
                column = NLI_LABELS.index(firing.rule.label)
                added[row, column] += self.weights.weights.get(firing.rule.name, 0.0)
        return _with(found, added)

    def explain(self, premise: str, hypothesis: str) -> list[Firing]:
        """The rules that apply to a pair."""
        return fire(self.graph, premise, hypothesis)


def fire(graph: KnowledgeGraph, premise: str, hypothesis: str) -> list[Firing]:
    """The rules that apply to a pair; none if the sentences differ in more than one place.

    Args:
        graph: the knowledge graph.
        premise, hypothesis: one sentence each.
    """
    words = substitution(premise, hypothesis)
    if words is None:
        return []
    first, second = (_known(graph, phrase) for phrase in words)
    if first is None or second is None or first == second:
        return []
    names = []
    if graph.same(first, second):
        names.append("synonym")
    elif not _quantified(premise) and not _negated(premise) and not _negated(hypothesis):
        if graph.opposed(first, second):  # "man" and "woman" are antonyms, and a woman may be a kind of man
            names.append("antonym")
        elif graph.is_kind_of(first, second):
            names.append("kind")
    return [Firing(RULES[name], first, second) for name in names]


def fit_weights(
    graph: KnowledgeGraph,
    judge: PairJudge,
    pairs: Sequence[tuple[str, str]],
    labels: Sequence[str],
) -> RuleWeights:
    """Fit the weight of each rule next to a model on labelled pairs.

    Each weight is that of the grid 0, 0.25, ... 4 with the highest likelihood of the labels of the pairs where the
    rule fires. Rules that fire on fewer than MIN_FIRINGS pairs get 0. The model scores only pairs where a rule fires.

    Args:
        graph: the knowledge graph.
        judge: the NLI model.
        pairs: n pairs (premise, hypothesis).
        labels: n of "entailment", "neutral", "contradiction".

    Raises:
        UsageError: a label is unknown, or the numbers of labels and pairs differ.
    """
    if len(pairs) != len(labels) or not set(labels) <= set(NLI_LABELS):
        raise UsageError(
            f"{len(pairs)} pairs with {len(labels)} labels {', '.join(sorted(set(labels))[:5])}; expected for each "
            f"pair one of {', '.join(NLI_LABELS)}"
        )
    rows: dict[str, list[int]] = {name: [] for name in RULES}
    for row, (premise, hypothesis) in enumerate(pairs):
        for firing in fire(graph, premise, hypothesis):
            rows[firing.rule.name].append(row)
    weights, counts = {}, {}
    for name, found in rows.items():
        counts[name] = len(found)
        weights[name] = 0.0
        if len(found) >= MIN_FIRINGS:
            probabilities = judge.probabilities([pairs[row] for row in found])
            wanted = np.asarray([NLI_LABELS.index(labels[row]) for row in found])
            weights[name] = _likeliest(probabilities, wanted, NLI_LABELS.index(RULES[name].label))
    return RuleWeights(weights, counts)


def substitution(premise: str, hypothesis: str) -> tuple[str, str] | None:
    """The words of the premise that the hypothesis replaces by others, if that is the only difference."""
    first, second = (
        [word for word in _WORD.findall(text.lower()) if word not in _ARTICLES]
        for text in (premise, hypothesis)
    )
    if min(len(first), len(second)) < MIN_WORDS:
        return None
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    end = 0
    while end < min(len(first), len(second)) - start and first[-1 - end] == second[-1 - end]:
        end += 1
    middles = first[start : len(first) - end], second[start : len(second) - end]
    if not all(1 <= len(middle) <= MOST_WORDS for middle in middles):
        return None
    return " ".join(middles[0]), " ".join(middles[1])


def _known(graph: KnowledgeGraph, phrase: str) -> str | None:
    """The form of a phrase that the graph knows: unchanged, or without an English ending."""
    return next((form for form in _forms(phrase) if graph.knows(form)), None)


def _forms(phrase: str) -> list[str]:
    """A phrase and what its first word (of verbs such as "getting down") or last word may be a form of."""
    words = phrase.split()
    forms = [phrase]
    for place in dict.fromkeys((len(words) - 1, 0)):
        bases = _bases(words[place])
        forms += [" ".join([*words[:place], base, *words[place + 1 :]]) for base in bases]
    return forms


def _bases(word: str) -> list[str]:
    found = []
    for ending, replacements in (("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",))):
        if word.endswith(ending):
            found += [word[: -len(ending)] + each for each in replacements]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            base = word[: -len(ending)]
            found += [base + "e", base, *([base[:-1]] if base[-1] == base[-2:-1] else [])]
    return found


def _quantified(text: str) -> bool:
    return not _QUANTIFIERS.isdisjoint(_WORD.findall(text.lower()))


def _negated(text: str) -> bool:
    return profile(text).negated


def _likeliest(probabilities: FloatMatrix, labels: np.ndarray, column: int) -> float:
    """The weight of the grid with the highest likelihood; of equals the lowest."""
    best, highest = 0.0, -np.inf
    for weight in _GRID.tolist():
        added = np.zeros(probabilities.shape)
        added[:, column] = weight
        fused = _with(probabilities, added)[np.arange(len(labels)), labels]
        likelihood = float(np.log(np.maximum(fused, LEAST_PROBABILITY)).sum())
        if likelihood > highest + 1e-9:
            best, highest = weight, likelihood
    return best


def _with(probabilities: FloatMatrix, added: np.ndarray) -> FloatMatrix:
    """Probabilities with something added to their logarithms, normalised again; other rows are unchanged."""
    powers = np.maximum(probabilities.astype(np.float64), LEAST_PROBABILITY) * np.exp(added)
    fused: FloatMatrix = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return np.where(added.any(axis=1, keepdims=True), fused, probabilities)

"""Contradictions and duplicates among documents, and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simengine.requests.conflicts import ContradictionOptions, DuplicateOptions
from simengine.types import Evidence


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two claims that cannot both be true.

    Attributes:
        claim1, claim2: their positions; claim1 is the earlier one.
        probability: of a conflict by the fitted combination; by the other rules, the model's of contradiction, both
            directions combined, even if only a rule for numbers and negations found the conflict.
        calibrated: whether the model's probabilities went through a calibration of the index.
        forward, backward: probabilities of entailment, neutral, contradiction with claim1, and with claim2, as premise.
        cosine: similarity of the two claims.
        found_by: "nli" if the model's probability reached the threshold; and the name of a rule that found it:
            "number", "measure", "date", "time of day" or "negation" if the sentences differ only in that, or another of
            `simengine.rules.evidence.RULES`.
        difference: the difference between the sentences if a rule of the former kind found it, else None.
        reason: what a rule of the latter kind says; "" without one.
        cluster: conflicts that share claims, directly or through others, have one number, counted from 1.
        also1, also2: other positions of the same sentences.
        date1, date2: the latest dates of the documents that state them, as written; "" if none was asked for or is
            known.
        newer: "claim1" or "claim2", the one with the later date; None if the dates do not tell.
    """

    claim1: Evidence
    claim2: Evidence
    probability: float
    calibrated: bool
    forward: Mapping[str, float]
    backward: Mapping[str, float]
    cosine: float
    found_by: tuple[str, ...]
    difference: tuple[str, str] | None = None
    cluster: int = 0
    also1: tuple[Evidence, ...] = ()
    also2: tuple[Evidence, ...] = ()
    reason: str = ""
    date1: str = ""
    date2: str = ""
    newer: str | None = None


@dataclass(frozen=True, slots=True)
class Contradictions:
    """The conflicts found, and counts of what was compared.

    Attributes:
        conflicts: those found by a rule first, then by descending probability, then by position.
        n_documents, n_claims: read, and found in them. Both sides are counted.
        n_statements: distinct wordings of claims; each is checked once.
        skipped: sentences that are not claims, by reason.
        n_cut: sentences too long to be checked as a whole.
        n_pairs: pairs of statements that might be compared at all.
        n_candidates: those that are near in meaning or on one subject.
        n_judged: pairs that the model scored, in both directions.
        n_left_out: candidates beyond `max_pairs`.
        n_clusters: of conflicts that share claims.
        options: as given.
        threshold: least probability of a conflict that no rule found.
        calibrated: whether probabilities are calibrated.
    """

    conflicts: tuple[Conflict, ...]
    n_documents: int
    n_claims: int
    n_statements: int
    skipped: dict[str, int]
    n_cut: int
    n_pairs: int
    n_candidates: int
    n_judged: int
    n_left_out: int
    n_clusters: int
    options: ContradictionOptions
    threshold: float
    calibrated: bool

    @property
    def n_not_judged(self) -> int:
        """Pairs that the model did not score: neither near nor on one subject, or beyond `max_pairs`."""
        return self.n_pairs - self.n_judged

    @property
    def n_undated(self) -> int:
        """Conflicts of which the dates do not tell which claim is newer, if dates were asked for."""
        return sum(each.newer is None for each in self.conflicts) if self.options.by else 0


@dataclass(frozen=True, slots=True)
class DuplicateMember:
    """A document that says the same as its group's representative.

    Attributes:
        id, title: of the document.
        kind: "exact" (the same words), "entailed" (each entails the other), "near" (similar, not guarded).
        cosine: similarity to the representative.
        entailment: the least probability with which a sentence of the one follows from the other; 1 if exact, None
            if not guarded.
    """

    id: str
    title: str
    kind: str
    cosine: float
    entailment: float | None


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Documents that say the same.

    Attributes:
        id, title: of the representative, the first of them in the corpus.
        members: the others, in the order of the corpus. Each was compared with the representative itself.
    """

    id: str
    title: str
    members: tuple[DuplicateMember, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The duplicates found, and counts of what was compared.

    Attributes:
        groups: of two documents or more, in the order of their representatives.
        conflicts: similar documents that contradict each other, with these sentences; as in `Contradictions`.
        n_documents, n_distinct: read, and left if every group counts once.
        n_candidates, n_judged, n_left_out: pairs of documents that are near, were checked, were beyond `max_pairs`.
        n_related: checked pairs that neither say the same nor conflict.
        guarded: whether an NLI model was used; without one similar documents count as the same.
        calibrated: whether its probabilities are calibrated.
        options: as given.
    """

    groups: tuple[DuplicateGroup, ...]
    conflicts: tuple[Conflict, ...]
    n_documents: int
    n_distinct: int
    n_candidates: int
    n_judged: int
    n_left_out: int
    n_related: int
    guarded: bool
    calibrated: bool
    options: DuplicateOptions

"""What must be taken out and put in to make one sentence of another."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from simengine.rules.reading import Token, Unit
from simengine.rules.relations import Relation, relation


@dataclass(frozen=True, slots=True)
class QuantityPair:
    """Two quantities in the same place, what the first says of the second, and the second of the first."""

    one: Token
    other: Token
    relation: Relation
    turned: Relation


@dataclass(frozen=True, slots=True)
class Edits:
    """The difference between two sentences.

    Attributes:
        out, new: tokens of the first that the second lacks, and tokens of the second that the first lacks.
        pairs: quantities of one dimension that stand in the same place.
        same: tokens of the first that both have, in order.
    """

    out: tuple[Token, ...]
    new: tuple[Token, ...]
    pairs: tuple[QuantityPair, ...]
    same: tuple[Token, ...]

    def of(self, kind: str) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
        """Tokens of a kind taken out, and put in."""
        return tuple(t for t in self.out if t.kind == kind), tuple(t for t in self.new if t.kind == kind)


def edits(first: Unit, second: Unit) -> Edits:
    """The difference between two sentences."""
    ours, theirs = first.tokens, second.tokens
    matcher = SequenceMatcher(None, [t.key for t in ours], [t.key for t in theirs], autojunk=False)
    out: list[Token] = []
    new: list[Token] = []
    pairs: list[QuantityPair] = []
    same: list[Token] = []
    for tag, low1, high1, low2, high2 in matcher.get_opcodes():
        if tag != "equal":
            out += ours[low1:high1]
            new += theirs[low2:high2]
            continue
        same += ours[low1:high1]
        for one, other in zip(ours[low1:high1], theirs[low2:high2], strict=True):
            if one.quantity is not None and other.quantity is not None:
                said = relation(one.quantity, one.text, other.quantity, other.text)
                pairs.append(
                    QuantityPair(
                        one, other, said, relation(other.quantity, other.text, one.quantity, one.text)
                    )
                )
    return Edits(tuple(out), tuple(new), tuple(pairs), tuple(same))

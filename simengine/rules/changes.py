"""What the difference between two sentences of one frame means for the second, if the first is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from simengine.rules.edits import Edits, Pair, edits
from simengine.rules.lexicon import ALL, FORBID, FREE, MOST, PERMIT, REQUIRE, SOME, complementary, exclusive
from simengine.rules.reading import JOINT, MODAL, NEGATION, QUANTIFIER, QUANTITY, WORD, Token, Unit
from simengine.rules.relations import Relation
from simengine.rules.scope import asserted, stated, vague

Label: TypeAlias = Literal["entailment", "neutral", "contradiction"]
MIN_SHARED_WORDS = 2
_MODALS: dict[tuple[str, str], Label] = {
    (PERMIT, FORBID): "contradiction",
    (FORBID, PERMIT): "contradiction",
    (REQUIRE, FORBID): "contradiction",
    (FORBID, REQUIRE): "contradiction",
    (REQUIRE, FREE): "contradiction",
    (FREE, REQUIRE): "contradiction",
}
_QUANTIFIERS: dict[tuple[str, str], Label] = {
    (ALL, MOST): "entailment",
    (ALL, SOME): "entailment",
    (MOST, SOME): "entailment",
}
_QUANTITIES: dict[Relation, Label] = {"implied": "entailment", "excluded": "contradiction", "": "neutral"}


@dataclass(frozen=True, slots=True)
class RuleEvidence:
    """What a rule says of a hypothesis.

    Attributes:
        rule: its name, one of `simengine.rules.evidence.RULES`.
        label: the verdict it speaks for.
        reason: why, in a few words that people can read.
    """

    rule: str
    label: Label
    reason: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A change that turns a sentence into its opposite, or keeps it true.

    Attributes:
        rule, label, reason: as in `RuleEvidence`.
        tokens: tokens that it explains.
        more_said: which side may say more with the verdict unchanged: the premise ("out"), the hypothesis ("new").
        complementary: whether a denial beside it takes it back.
    """

    rule: str
    label: Label
    reason: str
    tokens: tuple[Token, ...]
    more_said: tuple[str, ...] = ()
    complementary: bool = False


def compare(premise: Unit, hypothesis: Unit) -> RuleEvidence | None:
    """What two sentences or clauses say of each other, if they differ in one thing that rules know."""
    change = edits(premise, hypothesis)
    if sum(token.kind == WORD for token in change.same) < MIN_SHARED_WORDS:
        return None
    found = (_exclusive, _modals, _quantifiers, _quantities, _negations)
    turns = [turn for rule in found for turn in rule(change)]
    if not all(_reaches(turn, premise, hypothesis) for turn in turns):
        return None
    explained = {id(token) for turn in turns for token in turn.tokens}
    out = [token for token in change.out if id(token) not in explained]
    new = [token for token in change.new if id(token) not in explained]
    if not turns:
        return None if out or new else RuleEvidence("identity", "entailment", "the same words")
    if not out and not new:
        return _whole_change(turns)
    turn = turns[0]
    if len(turns) > 1 or turn.label != "contradiction" or (out and new):
        return None
    side, rest, unit = ("out", out, premise) if out else ("new", new, hypothesis)
    if side not in turn.more_said or not _one_run(rest, unit):
        return None
    return RuleEvidence(turn.rule, turn.label, turn.reason)


def _whole_change(turns: Sequence[Turn]) -> RuleEvidence | None:
    """The verdict on two sentences that differ in these changes alone."""
    first = turns[0]
    against = [turn for turn in turns if turn.label == "contradiction"]
    if len(turns) == 1 and against:
        return RuleEvidence(first.rule, "contradiction", first.reason)
    if len(turns) == 2 == len(against) and first.complementary and turns[1].rule == "negation":
        return RuleEvidence("opposite", "entailment", f'{first.reason}, one of them with "not"')
    if all(turn.label == "entailment" for turn in turns):
        return RuleEvidence(first.rule, "entailment", first.reason)
    return None


def _one_run(tokens: Sequence[Token], unit: Unit) -> bool:
    """Whether tokens stand together in a unit and are plain words and numbers."""
    places = [index for index, token in enumerate(unit.tokens) if any(token is other for other in tokens)]
    together = places[-1] - places[0] + 1 == len(places)
    return together and all(token.kind in (WORD, JOINT, QUANTITY) for token in tokens)


def _reaches(turn: Turn, premise: Unit, hypothesis: Unit) -> bool:
    """Whether a change is one of what the sentences assert."""
    for token in turn.tokens:
        unit = premise if any(token is other for other in premise.tokens) else hypothesis
        if token.kind == QUANTITY and not stated(unit, token):
            return False
        if not asserted(unit, token) or (turn.rule == "negation" and vague(unit, token)):
            return False
    return True


def _exclusive(change: Edits) -> Iterator[Turn]:
    out, new = change.of(WORD)
    table = exclusive()
    for one in out:
        for other in new:
            sides = table.get(other.key, ())
            if any((line, 1 - side) in sides for line, side in table.get(one.key, ())):
                reason = f'opposites: "{one.text}" against "{other.text}"'
                both = complementary().issuperset((one.key, other.key))
                yield Turn("opposite", "contradiction", reason, (one, other), ("out", "new"), both)


def _modals(change: Edits) -> Iterator[Turn]:
    out, new = change.of(MODAL)
    label = _MODALS.get((out[0].key, new[0].key)) if len(out) == len(new) == 1 else None
    if label is not None:
        rule = "permission" if {out[0].key, new[0].key} == {PERMIT, FORBID} else "modality"
        reason = f'{rule}: "{out[0].text}" against "{new[0].text}"'
        yield Turn(rule, label, reason, (out[0], new[0]), ("out", "new"))


def _quantifiers(change: Edits) -> Iterator[Turn]:
    out, new = change.of(QUANTIFIER)
    label = _QUANTIFIERS.get((out[0].key, new[0].key)) if len(out) == len(new) == 1 else None
    if label is not None:
        reason = f'quantifier: "{out[0].text}" implies "{new[0].text}"'
        yield Turn("quantifier", label, reason, (out[0], new[0]))


def _quantities(change: Edits) -> Iterator[Turn]:
    for pair in change.pairs:
        if pair.relation != "same":
            tokens = (pair.one, pair.other)
            yield Turn("number", _QUANTITIES[pair.relation], _quantity_reason(pair), tokens, ("out",))


def _quantity_reason(pair: Pair) -> str:
    joined = "implies" if pair.relation == "implied" else "against"
    return f'number: "{pair.one.text}" {joined} "{pair.other.text}"'


def _negations(change: Edits) -> Iterator[Turn]:
    out, new = change.of(NEGATION)
    if (len(out) + len(new)) % 2:
        reason = f'negation: "{(out or new)[0].text}"'
        yield Turn("negation", "contradiction", reason, (*out, *new), ("out",) if new else ())

"""What the difference between two sentences of one frame means for the second, if the first is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from simengine.rules.edits import Edits, QuantityPair, edits
from simengine.rules.lexicon import (
    ALL,
    FORBID,
    FREE,
    MOST,
    ONLY,
    PERMIT,
    REQUIRE,
    SOME,
    complementary,
    denied_by_prefix,
    exclusive,
    lemma,
    limiting,
)
from simengine.rules.quantities import CLOCK
from simengine.rules.reading import JOINT, MODAL, NEGATION, QUANTIFIER, QUANTITY, WORD, Token, Unit
from simengine.rules.relations import Relation
from simengine.rules.scope import asserted, collective, conditional, stated, unconditional, vague
from simengine.rules.times import WEEKDAY

Label: TypeAlias = Literal["entailment", "neutral", "contradiction"]
MIN_SHARED_WORDS = 2
MAX_CONJUNCT_TOKENS = 6
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
_SIDES_OF_ACTS = frozenset(
    map(lemma, ("lend", "borrow", "buy", "sell", "买", "卖", "购买", "出售", "借入", "借出"))
)
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
class KnownChange:
    """A change whose meaning is known: it turns a sentence into its opposite or keeps it true.

    Attributes:
        rule, label, reason: as in `RuleEvidence`.
        tokens: tokens that it explains.
        more_said: which side may say more with the verdict unchanged: the premise ("out"), the hypothesis ("new").
        complementary: whether a denial beside it takes it back.
        nested: whether of two times one lies within the other, so that a denial of the one speaks of the other.
    """

    rule: str
    label: Label
    reason: str
    tokens: tuple[Token, ...]
    more_said: tuple[str, ...] = ()
    complementary: bool = False
    nested: bool = False


def compare(premise: Unit, hypothesis: Unit) -> RuleEvidence | None:
    """What two sentences or clauses say of each other, if they differ in one thing that rules know."""
    change = edits(premise, hypothesis)
    n_shared = sum(token.kind in (WORD, MODAL) for token in change.same)
    if n_shared < MIN_SHARED_WORDS - (not hypothesis.chinese):
        return None
    rules = (_exclusive, _modals, _quantifiers, _quantities, _negations)
    known = [single for rule in rules for single in rule(change)]
    if not all(_reaches(single, premise, hypothesis) for single in known):
        return None
    explained = {id(token) for single in known for token in single.tokens}
    out = [token for token in change.out if id(token) not in explained]
    new = [token for token in change.new if id(token) not in explained]
    if not known:
        if out or new:
            return _conjunct(out, new, premise)
        return RuleEvidence("identity", "entailment", "the same words")
    if not out and not new:
        return _whole_change(known)
    if n_shared < MIN_SHARED_WORDS:
        return None
    single = known[0]
    if len(known) > 1 or single.label != "contradiction" or (out and new):
        return None
    side, rest, unit = ("out", out, premise) if out else ("new", new, hypothesis)
    if side not in single.more_said or not _at_edge(rest, unit) or not unconditional(rest):
        return None
    return RuleEvidence(single.rule, single.label, single.reason)


def _whole_change(known: Sequence[KnownChange]) -> RuleEvidence | None:
    """The verdict on two sentences that differ in these changes alone."""
    first = known[0]
    against = [single for single in known if single.label == "contradiction"]
    if len(known) == 1 and against:
        return RuleEvidence(first.rule, "contradiction", first.reason)
    if len(known) == 2 == len(against) and first.complementary and known[1].rule == "negation":
        return RuleEvidence("opposite", "entailment", f'{first.reason}, one of them with "not"')
    if len(known) == 2 and len(against) == 1 and any(single.nested for single in known):
        return RuleEvidence(against[0].rule, "contradiction", against[0].reason)
    if all(single.label == "entailment" for single in known):
        return RuleEvidence(first.rule, "entailment", first.reason)
    return None


def _conjunct(out: Sequence[Token], new: Sequence[Token], premise: Unit) -> RuleEvidence | None:
    """One of several that a positive statement is made of: "A and B are included" without "and B"."""
    if new or len(out) > MAX_CONJUNCT_TOKENS or JOINT not in (out[0].kind, out[-1].kind):
        return None
    places = [index for index, token in enumerate(premise.tokens) if any(token is other for other in out)]
    plain = all(
        token.kind in (WORD, JOINT, QUANTITY, MODAL) and token.key != FORBID for token in premise.tokens
    )
    alternatives = any(token.kind == JOINT and token.key == "or" for token in premise.tokens)
    if not plain or alternatives or places[-1] - places[0] + 1 != len(places):
        return None
    if collective(premise) or conditional(premise) or not unconditional(premise.tokens):
        return None
    said = " ".join(token.text for token in out)
    return RuleEvidence("conjunct", "entailment", f'one of several: without "{said}"')


def _at_edge(tokens: Sequence[Token], unit: Unit) -> bool:
    """Whether tokens stand together at the start or the end of a unit and are plain words and numbers."""
    places = [index for index, token in enumerate(unit.tokens) if any(token is other for other in tokens)]
    if places[-1] - places[0] + 1 != len(places):
        return False
    edge = places[0] == 0 or places[-1] == len(unit.tokens) - 1
    return edge and all(token.kind in (WORD, JOINT, QUANTITY) for token in tokens)


def _reaches(single: KnownChange, premise: Unit, hypothesis: Unit) -> bool:
    """Whether a change is one of what the sentences assert."""
    for token in single.tokens:
        unit = premise if any(token is other for other in premise.tokens) else hypothesis
        if token.kind == QUANTITY and not stated(unit, token):
            return False
        if not asserted(unit, token) or (single.rule == "negation" and vague(unit, token)):
            return False
    return True


def _exclusive(change: Edits) -> Iterator[KnownChange]:
    out, new = change.of(WORD)
    table = exclusive()
    for one in out:
        for other in new:
            if _turned_round(one, other, change):
                continue
            sides = table.get(other.key, ())
            prefix = denied_by_prefix(one.text.lower(), other.text.lower())
            if prefix or any((line, 1 - side) in sides for line, side in table.get(one.key, ())):
                reason = f'opposites: "{one.text}" against "{other.text}"'
                both = prefix or complementary().issuperset((one.key, other.key))
                yield KnownChange("opposite", "contradiction", reason, (one, other), ("out", "new"), both)


def _turned_round(one: Token, other: Token, change: Edits) -> bool:
    """Whether two words tell one act from its two sides, and who is named before them is not the same."""
    earlier = any(token.at < one.at for token in change.out) or any(
        token.at < other.at for token in change.new
    )
    return earlier and not _SIDES_OF_ACTS.isdisjoint((one.key, other.key))


def _modals(change: Edits) -> Iterator[KnownChange]:
    out, new = change.of(MODAL)
    label = _MODALS.get((out[0].key, new[0].key)) if len(out) == len(new) == 1 else None
    if label is not None:
        rule = "permission" if {out[0].key, new[0].key} == {PERMIT, FORBID} else "modality"
        reason = f'{rule}: "{out[0].text}" against "{new[0].text}"'
        yield KnownChange(rule, label, reason, (out[0], new[0]), ("out", "new"))
    elif (pair := _denied_permission(change)) is not None:
        yield KnownChange(
            "permission", "contradiction", f'permission: "{pair[0].text}" against "{pair[1].text}"', pair
        )


def _denied_permission(change: Edits) -> tuple[Token, Token] | None:
    """In Chinese, a denial of one side and a permission of the other: 不退 and 可以退."""
    (permits, new_permits), (denials, new_denials) = change.of(MODAL), change.of(NEGATION)
    for one, other, rest in ((denials, new_permits, permits), (permits, new_denials, new_permits)):
        modal, denial = (other, one) if one is denials else (one, other)
        single = len(one) == len(other) == 1 and not rest and len(denials) + len(new_denials) == 1
        if single and modal[0].key == PERMIT and not denial[0].text.isascii():
            return one[0], other[0]
    return None


def _quantifiers(change: Edits) -> Iterator[KnownChange]:
    out, new = change.of(QUANTIFIER)
    if len(out) == len(new) == 1:
        label = _QUANTIFIERS.get((out[0].key, new[0].key))
        if label is not None:
            reason = f'quantifier: "{out[0].text}" implies "{new[0].text}"'
            yield KnownChange("quantifier", label, reason, (out[0], new[0]))
    elif (pair := _all_or_none(change)) is not None:
        reason = f'quantifier: "{pair[0].text}" against "{pair[1].text}"'
        yield KnownChange("quantifier", "contradiction", reason, pair)


def _all_or_none(change: Edits) -> tuple[Token, Token] | None:
    """A quantifier of one side and a negation of the other: "all" and "no", "always" and "never"."""
    (out, new), (denied, denied_new) = change.of(QUANTIFIER), change.of(NEGATION)
    if len(out) == 1 and not new and not denied and len(denied_new) == 1 and out[0].key != ONLY:
        return out[0], denied_new[0]
    if len(new) == 1 and not out and not denied_new and len(denied) == 1 and new[0].key != ONLY:
        return denied[0], new[0]
    return None


def _quantities(change: Edits) -> Iterator[KnownChange]:
    denied = any(token.kind == NEGATION or token.key == FORBID for token in change.same)
    modals = {token.key for token in change.same if token.kind == MODAL or token.key in limiting()}
    for pair in change.pairs:
        if pair.relation != "same":
            label: Label = "neutral" if denied else _of_pair(pair, modals)
            times = pair.one.quantity is not None and pair.one.quantity.dimension in (WEEKDAY, CLOCK)
            nested = times and "implied" in (pair.relation, pair.turned)
            tokens = (pair.one, pair.other)
            yield KnownChange("number", label, _quantity_reason(pair, label), tokens, ("out",), nested=nested)


def _of_pair(pair: QuantityPair, modals: set[str]) -> Label:
    one, other = pair.one.quantity, pair.other.quantity
    if modals and one is not None and other is not None:
        if one.bound == other.bound and one.bound in ("least", "most"):
            return "contradiction"  # two limits of one rule
        if one.bound == "most" and not other.bound and pair.turned == "implied" and PERMIT in modals:
            return "entailment"
    return _QUANTITIES[pair.relation]


def _quantity_reason(pair: QuantityPair, label: Label) -> str:
    joined = "implies" if label == "entailment" else "against"
    return f'number: "{pair.one.text}" {joined} "{pair.other.text}"'


def _negations(change: Edits) -> Iterator[KnownChange]:
    out, new = change.of(NEGATION)
    if (len(out) + len(new)) % 2 and _all_or_none(change) is None and _denied_permission(change) is None:
        reason = f'negation: "{(out or new)[0].text}"'
        yield KnownChange("negation", "contradiction", reason, (*out, *new), ("out",) if new else ())
    elif sorted((len(out), len(new))) == [0, 2] and (out or new)[0].text.isascii():
        reason = f'negation: "{(out or new)[0].text}" twice'
        yield KnownChange("negation", "entailment", reason, (*out, *new))

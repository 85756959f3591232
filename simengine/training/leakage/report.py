"""What the leakage guard is asked and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias, cast, get_args

from simengine.errors import UsageError
from simengine.training.leakage.examples import ShownExample
from simengine.types import Json, RowArray

Action: TypeAlias = Literal["refuse", "drop", "report"]
Kind: TypeAlias = Literal["exact", "normalised", "near", "ngram", "embedding"]
Scope: TypeAlias = Literal["pair", "text1", "text2", "text"]
STRONGEST_FIRST: tuple[Kind, ...] = get_args(Kind)
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class LeakageOptions:
    """What counts as leakage, and what becomes of it.

    Attributes:
        action: "refuse" raises, "drop" leaves the training rows out, "report" only counts.
        scope: what must stand on both sides: the "pair" (both texts), the held-out "text1" or "text2" (premise,
            hypothesis; question, passage) alone, or any "text". All are counted; this one is acted on.
        kinds: which likeness is acted on: "exact"; "normalised" (but for case, punctuation, white space and other
            spelling); "near" (words and word pairs with a Jaccard similarity of at least `jaccard`); "ngram" (a run of
            `ngram_words` words, or the whole of a shorter held-out text, stands in both); "embedding" (a cosine of at
            least `cosine`, where an encoder is given). A pair is as alike as the less alike of its two texts.
        symmetric: (b, a) is the same pair as (a, b). It is counted as "swapped" in any case.
        jaccard: in (0, 1].
        ngram_words: the 13 of Brown et al. 2020 (GPT-3, appendix C); None does not look for runs of words.
        min_ngram_words: held-out texts of fewer words are not looked for as runs of words.
        max_ngram_texts: a run that stands in more distinct training texts is a common phrase, not a copy.
        cosine: in (-1, 1].
        max_examples: shown of each kind and scope, for each held-out set.
    """

    action: Action = "refuse"
    scope: Scope = "pair"
    kinds: tuple[Kind, ...] = ("exact", "normalised")
    symmetric: bool = False
    jaccard: float = 0.8
    ngram_words: int | None = 13
    min_ngram_words: int = 8
    max_ngram_texts: int = 10
    cosine: float = 0.97
    max_examples: int = 3

    def __post_init__(self) -> None:
        _one_of("action", self.action, get_args(Action))
        _one_of("scope", self.scope, SCOPES)
        for kind in self.kinds:
            _one_of("kinds", kind, STRONGEST_FIRST)
        _within("jaccard", self.jaccard, 0.0, 1.0)
        _within("cosine", self.cosine, -1.0, 1.0)
        for name in ("ngram_words", "min_ngram_words", "max_ngram_texts"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{name} is {value}; expected at least 1")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"{name} is {value!r}; expected one of {', '.join(known)}")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low < value <= high:
        raise UsageError(f"{name} is {value}; expected above {low} and at most {high}")


@dataclass(frozen=True, slots=True)
class OverlapCount:
    """Rows of a held-out set and of the training set whose strongest likeness is of one kind.

    Attributes:
        held_out, train: rows.
        held_out_share, train_share: of all rows of each, in [0, 1].
    """

    held_out: int
    held_out_share: float
    train: int
    train_share: float


@dataclass(frozen=True, slots=True)
class OverlapExample:
    """Two rows that overlap.

    Attributes:
        scope, kind: what of them, and how.
        similarity: Jaccard, share of n-grams, or cosine of the less alike of two texts; 1 if exact or normalised.
        swapped: the pair stands there in the other order.
        held_out, train: the rows.
    """

    scope: Scope
    kind: Kind
    similarity: float
    swapped: bool
    held_out: ShownExample
    train: ShownExample

    def as_json(self) -> dict[str, Json]:
        """Plain values."""
        return {
            "scope": self.scope,
            "kind": self.kind,
            "similarity": round(self.similarity, 4),
            "swapped": self.swapped,
            "held_out": self.held_out.as_json(),
            "train": self.train.as_json(),
        }


@dataclass(frozen=True, slots=True)
class SetOverlap:
    """How much of one held-out set stands in the training data.

    Attributes:
        name: of the set.
        n_rows: of the set.
        counts: scope, then kind: rows counted once a scope, under their strongest kind.
        swapped: held-out rows whose pair stands in the training data in the other order only, exactly or normalised.
        label_conflicts: held-out rows whose pair stands there, exactly or normalised, with another label.
        examples: some rows of each scope and kind.
    """

    name: str
    n_rows: int
    counts: Mapping[Scope, Mapping[Kind, OverlapCount]]
    swapped: int
    label_conflicts: int
    examples: tuple[OverlapExample, ...]

    def held_out_rows(self, scope: Scope, kinds: tuple[Kind, ...] = STRONGEST_FIRST) -> int:
        """Held-out rows that overlap in one of these kinds."""
        return sum(self.counts[scope][kind].held_out for kind in kinds if kind in self.counts[scope])

    def as_json(self) -> dict[str, Json]:
        """Plain values."""
        counts = {
            scope: {kind: asdict(one) for kind, one in found.items()} for scope, found in self.counts.items()
        }
        return {
            "name": self.name,
            "rows": self.n_rows,
            "counts": cast(Json, counts),
            "swapped": self.swapped,
            "label_conflicts": self.label_conflicts,
            "examples": [example.as_json() for example in self.examples],
        }


@dataclass(frozen=True, slots=True)
class LeakageReport:
    """What was found.

    Attributes:
        n_train: training rows.
        options: what was asked.
        sets: one for each held-out set.
        leaked_rows: (n,) training rows that leak by the asked scope and kinds, rising.
        common_ngrams: runs of words that stood in too many training texts to be compared.
        encoder: what made the vectors, or None where none were compared.
    """

    n_train: int
    options: LeakageOptions
    sets: tuple[SetOverlap, ...]
    leaked_rows: RowArray = field(compare=False, repr=False)
    common_ngrams: int
    encoder: str | None

    @property
    def n_leaked(self) -> int:
        """Training rows that leak by the asked scope and kinds."""
        return len(self.leaked_rows)

    def as_json(self) -> dict[str, Json]:
        """Plain values, for the run's report; `leaked_rows` is there as a number only."""
        options = cast("dict[str, Json]", asdict(self.options))
        options["kinds"] = list(self.options.kinds)
        return {
            "train_rows": self.n_train,
            "leaked_train_rows": self.n_leaked,
            "leaked_train_share": self.n_leaked / max(self.n_train, 1),
            "options": options,
            "encoder": self.encoder,
            "common_ngrams": self.common_ngrams,
            "sets": [one.as_json() for one in self.sets],
        }

    def lines(self) -> list[str]:
        """A summary for people: a line for each set, and an example of what is acted on."""
        return [line for one in self.sets for line in self._set_lines(one)]

    def _set_lines(self, one: SetOverlap) -> list[str]:
        scope, kinds = self.options.scope, self.options.kinds
        what = {"pair": "pairs", "text": "rows with a text"}.get(scope, f"rows with a {scope}")
        parts = []
        for kind, found in one.counts[scope].items():
            if found.held_out:
                parts.append(f"{found.held_out:,} {kind}")
        total = one.held_out_rows(scope)
        share = total / max(one.n_rows, 1)
        line = f"{one.name}: {total:,} of {one.n_rows:,} {what} ({share:.1%}) overlap with the training data"
        lines = [line + (f": {', '.join(parts)}" if parts else "")]
        if one.label_conflicts:
            lines.append(f"  {one.label_conflicts:,} of them with another label")
        for example in one.examples:
            if example.scope == scope and example.kind in kinds:
                lines.append(f"  {example.held_out.place} and {example.train.place}, {example.kind}: ")
                lines[-1] += " | ".join(example.held_out.texts)
                break
        return lines

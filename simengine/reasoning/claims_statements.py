"""Groups claims of the same wording into one statement, which is judged once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simengine.errors import UsageError
from simengine.progress import Progress
from simengine.reasoning.claims import Claims, normalised
from simengine.types import FloatMatrix, Mask, RowArray

Encode: TypeAlias = Callable[[Sequence[str]], FloatMatrix]
ENCODED_AT_ONCE = 1_024


@dataclass(frozen=True, slots=True)
class Statements:
    """The distinct wordings of claims, by first occurrence.

    Attributes:
        texts: n wordings, as first written.
        places: for each the numbers of its claims, ascending.
        documents: (n,) int64, the document of each where it is in one only, else -1.
        sentences: (n,) int64, likewise of sentences.
        sides: (n, 2) bool, which of two corpora it occurs in; None for one corpus.
    """

    texts: list[str]
    places: list[list[int]]
    documents: RowArray
    sentences: RowArray
    sides: Mask | None


def merged_claims(first: Claims, second: Claims) -> Claims:
    """The claims of two corpora, with the documents and sentences of the second numbered after those of the first."""
    n_sentences = int(first.sentences.max(initial=0))
    return Claims(
        (*first.places, *second.places),
        np.concatenate([first.documents, second.documents + first.n_documents]),
        np.concatenate([first.sentences, second.sentences + n_sentences]),
        first.n_documents + second.n_documents,
        {reason: first.skipped[reason] + second.skipped[reason] for reason in first.skipped},
        first.n_cut + second.n_cut,
    )


def gather_statements(claims: Claims, n_first: int | None) -> Statements:
    """Group claims of the same wording.

    Args:
        claims: of one corpus, or of two.
        n_first: claims of the first of two corpora, None for one.
    """
    places: dict[str, list[int]] = {}
    for number, claim in enumerate(claims.places):
        places.setdefault(normalised(claim.text), []).append(number)
    groups = list(places.values())
    sides = None
    if n_first is not None:
        sides = np.asarray(
            [(group[0] < n_first, group[-1] >= n_first) for group in groups], np.bool_
        ).reshape(-1, 2)
    return Statements(
        [claims.places[group[0]].text for group in groups],
        groups,
        _common(claims.documents, groups),
        _common(claims.sentences, groups),
        sides,
    )


def encode_in_blocks(encode: Encode, texts: Sequence[str], progress: Progress) -> FloatMatrix:
    """Vectors of n texts: (n, dim) float32.

    Raises:
        UsageError: the encoder returns something else.
    """
    parts = []
    for start in range(0, len(texts), ENCODED_AT_ONCE):
        block = list(texts[start : start + ENCODED_AT_ONCE])
        vectors = np.asarray(encode(block), np.float32)
        if vectors.ndim != 2 or len(vectors) != len(block):
            raise UsageError(
                f"the encoder returned shape {vectors.shape} for {len(block)} texts; expected a row for each"
            )
        parts.append(vectors)
        progress.advance(len(block))
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def chosen_places(
    claims: Claims, statements: Statements, left: int, right: int, n_first: int | None, across_documents: bool
) -> tuple[int, int, int, int]:
    """The two claims that represent a pair of statements.

    Returns:
        (statement, statement, claim of the first, claim of the second): the earlier claim first; with two corpora the
        claim of the first corpus.
    """
    if n_first is not None:
        if not (statements.places[left][0] < n_first and statements.places[right][-1] >= n_first):
            left, right = right, left
        second = next(place for place in statements.places[right] if place >= n_first)
        return left, right, statements.places[left][0], second
    one, other = statements.places[left][0], statements.places[right][0]
    if across_documents and claims.documents[one] == claims.documents[other]:
        # One of the two occurs in another document too, or the pair would not be here.
        one, other = next(
            (a, b)
            for a in statements.places[left]
            for b in statements.places[right]
            if claims.documents[a] != claims.documents[b]
        )
    return (left, right, one, other) if one < other else (right, left, other, one)


def _common(values: RowArray, groups: Sequence[Sequence[int]]) -> RowArray:
    """The value shared by all members of a group, -1 if they differ."""
    found = np.empty(len(groups), np.int64)
    for number, group in enumerate(groups):
        members = values[list(group)]
        found[number] = members[0] if (members == members[0]).all() else -1
    return found

"""The users to recommend for: users of the training, or a taste given for one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.histories import Histories
from simengine.recommend.interactions import Ids, as_id, as_ids
from simengine.recommend.profiles import ProfileOptions, make_profiles
from simengine.text.arguments import as_texts, items_of
from simengine.types import FloatMatrix, RowArray, TextEncoder


@dataclass(frozen=True, slots=True)
class Taste:
    """Likes and dislikes of a user without a history, as items of the catalogue, texts, or both.

    Attributes:
        likes, dislikes: ids of items.
        liked_texts, disliked_texts: any texts.

    Raises:
        UsageError: nothing is given, a text is blank, or one item or text is both liked and disliked.
    """

    likes: Sequence[object] = ()
    dislikes: Sequence[object] = ()
    liked_texts: Sequence[str] = ()
    disliked_texts: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("likes", "dislikes"):
            object.__setattr__(self, name, tuple(items_of(getattr(self, name), "item id", ordered=False)))
        for name, what in (("liked_texts", "liked text"), ("disliked_texts", "disliked text")):
            object.__setattr__(self, name, tuple(as_texts(getattr(self, name), what, blank=False)))
        if not (self.likes or self.dislikes or self.liked_texts or self.disliked_texts):
            raise UsageError("nothing is liked or disliked; expected at least one item or text")
        both = {as_id(id_, "item") for id_ in self.likes} & {as_id(id_, "item") for id_ in self.dislikes}
        if both:
            raise UsageError(f"the item {min(both)!r} is both liked and disliked")
        texts = {text.strip() for text in self.liked_texts} & {text.strip() for text in self.disliked_texts}
        if texts:
            raise UsageError(f"the text {min(texts)!r:.60} is both liked and disliked")


@dataclass(frozen=True, slots=True, eq=False)
class UserQueries:
    """q users to recommend for.

    Attributes:
        user_ids: (q,) object array; "" for a taste.
        users: (q,) int64, indices into the training; -1 for none.
        histories: of these users.
        profiles: (q, interests, dim) float32.
        liked_texts: texts of a taste and their vectors; no texts for users.
    """

    user_ids: Ids
    users: RowArray
    histories: Histories
    profiles: FloatMatrix
    liked_texts: tuple[Sequence[str], FloatMatrix | None] = ((), None)

    def __len__(self) -> int:
        """Number of users."""
        return len(self.users)

    def take(self, low: int, high: int) -> UserQueries:
        """Those from `low` to `high - 1`."""
        return UserQueries(
            self.user_ids[low:high],
            self.users[low:high],
            self.histories.take(np.arange(low, high)),
            self.profiles[low:high],
            self.liked_texts,
        )


def query_of_taste(
    taste: Taste, catalogue: ItemCatalogue, encoder: TextEncoder | None, options: ProfileOptions
) -> UserQueries:
    """A taste as one query; every like counts the same, and so does every dislike.

    Raises:
        UsageError: an unknown item, or texts without an encoder.
    """
    likes = np.unique(catalogue.rows_of(taste.likes))
    dislikes = np.unique(catalogue.rows_of(taste.dislikes))
    texts = [*taste.liked_texts, *taste.disliked_texts]
    if texts and encoder is None:
        raise UsageError("texts are given, but this recommender has no encoder for them")
    rows = np.concatenate([likes, dislikes])
    signs = np.concatenate([np.ones(len(likes)), -np.ones(len(dislikes))]).astype(np.float32)
    history = Histories.from_entries(1, np.zeros(len(rows), np.int64), rows, signs)
    vectors = catalogue.centred[rows]
    liked_vectors = None
    if encoder is not None and texts:
        encoded = encoder.encode(texts)
        if encoded.shape[1] != catalogue.dimension:
            raise UsageError(
                f"the encoder's vectors have {encoded.shape[1]} dimensions, those of the items {catalogue.dimension}"
            )
        vectors = np.concatenate([vectors, catalogue.centre(encoded)])
        liked_vectors = encoded[: len(taste.liked_texts)]
        signs = np.concatenate(
            [signs, np.ones(len(taste.liked_texts)), -np.ones(len(taste.disliked_texts))]
        ).astype(np.float32)
    all_of_it = Histories(np.array([0, len(vectors)]), np.arange(len(vectors)), signs)  # over its own vectors
    profiles = make_profiles(all_of_it, vectors, options)
    return UserQueries(
        as_ids([""]), np.array([-1]), history, profiles, (tuple(taste.liked_texts), liked_vectors)
    )

"""The recommender against exact products, and its promises: seen items, new items, errors, batch equals single."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.recommend import (
    BlendOptions,
    ContentScorer,
    DocumentTable,
    FeatureScorer,
    Interactions,
    ItemKNNScorer,
    ItemVectors,
    ListOptions,
    PopularityScorer,
    ProfileOptions,
    Taste,
    TextRecommender,
    Veto,
)
from simengine.recommend.items import unit_rows
from simengine.types import FloatMatrix
from tests.recommend.worlds import KINDS, Words, films, history, items_of

PLAIN = ProfileOptions(max_interests=1, dislike_weight=0.0)


@pytest.fixture(scope="module")
def items() -> ItemVectors:
    return items_of(films())


@pytest.fixture(scope="module")
def fitted(items: ItemVectors) -> TextRecommender:
    return TextRecommender(items, encoder=Words(), documents=DocumentTable(films())).fit(history())


def random_world(n_items: int, seed: int) -> tuple[ItemVectors, Interactions]:
    rng = np.random.default_rng(seed)
    v = rng.standard_normal((n_items, 8)).astype(np.float32)
    made = ItemVectors.from_vectors(range(n_items), v)
    users = np.repeat(np.arange(5), 4)
    chosen = np.concatenate([rng.choice(n_items, 4, replace=False) for _ in range(5)])
    return made, Interactions.from_arrays(users, chosen)


@pytest.mark.parametrize("seed", range(4))
def test_one_interest_ranks_by_the_centred_cosine_with_the_mean_of_the_likes(seed: int) -> None:
    items, interactions = random_world(40, seed)
    recommender = TextRecommender(items, profiles=PLAIN).fit(interactions)
    middle = items.vectors.mean(axis=0) * 40 / 140
    centred = unit_rows(items.vectors - middle)
    for user in range(5):
        seen = set(interactions.item_ids[interactions.items[interactions.users == user]])
        rows = [int(id_) for id_ in seen]
        scores = centred @ unit_rows(centred[rows].sum(axis=0))
        expected = [int(id_) for id_ in np.argsort(-scores) if str(id_) not in seen][:7]
        ids, found = recommender.recommend(user, N=7)
        assert [int(id_) for id_ in ids] == expected
        np.testing.assert_allclose(found, scores[expected], atol=1e-5)


def test_a_batch_gives_what_each_user_gets_alone(fitted: TextRecommender) -> None:
    users = fitted.users.tolist()
    ids, scores = fitted.recommend_batch(users, 5)
    assert ids.shape == scores.shape == (len(users), 5)
    for row, user in enumerate(users):
        alone, values = fitted.recommend(user, 5)
        assert alone.tolist() == ids[row].tolist()
        np.testing.assert_allclose(values, scores[row], atol=1e-5)


def test_users_get_what_they_like_and_have_not_seen(fitted: TextRecommender) -> None:
    seen = history()
    for user in range(9):
        kind = list(KINDS)[user % 3]
        ids, _ = fitted.recommend(f"u{user}", 2)
        assert all(id_.startswith(kind) for id_ in ids)
        mine = seen.item_ids[seen.items[seen.users == seen.user_row(f"u{user}")]]
        assert not set(ids) & set(mine)
        everything, _ = fitted.recommend(f"u{user}", 30, filter_already_liked_items=False)
        assert set(mine) <= set(everything)
        assert len(everything) == 30


def test_more_places_than_items_gives_what_there_is(fitted: TextRecommender) -> None:
    ids, scores = fitted.recommend("u0", 1_000)
    assert len(ids) == len(scores) == 30 - 7
    batch, values = fitted.recommend_batch(["u0"], 1_000)
    assert batch[0, :23].tolist() == ids.tolist()
    assert set(batch[0, 23:]) == {""}
    assert np.isneginf(values[0, 23:]).all()


def test_nobody_gets_anything_when_all_is_seen(items: ItemVectors) -> None:
    everything = Interactions.from_arrays(["u"] * len(items), items.ids)
    recommender = TextRecommender(items).fit(everything)
    ids, scores = recommender.recommend("u")
    assert (ids.shape, scores.shape) == ((0,), (0,))
    diverse, _ = recommender.recommend_batch(["u"], 3, options=ListOptions(diversity=0.5))
    assert diverse.tolist() == [["", "", ""]]


def test_items_and_filter_items_restrict(fitted: TextRecommender) -> None:
    only, _ = fitted.recommend(
        "u0", 5, items=["war-1", "war-2", "love-3"], filter_items=["war-2", "nonsense"]
    )
    assert set(only) <= {"war-1", "love-3"}
    with pytest.raises(UsageError, match="no item 'nonsense'"):
        fitted.recommend("u0", items=["nonsense"])
    assert fitted.recommend("u0", items=[])[0].tolist() == []


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "3"])
def test_a_number_of_places_that_is_none_is_refused(fitted: TextRecommender, n: object) -> None:
    with pytest.raises(UsageError, match="N is"):
        fitted.recommend("u0", n)  # type: ignore[arg-type]


def test_unknown_users_are_refused_or_get_what_is_popular(items: ItemVectors) -> None:
    recommender = TextRecommender(items).fit(history())
    with pytest.raises(UsageError, match="unknown user 'nobody'"):
        recommender.recommend("nobody")
    with pytest.raises(UsageError, match=r"unknown user 'nobody' \(and 1 more\)"):
        recommender.recommend_batch(["u0", "nobody", "noone"])
    popular = TextRecommender(items, unknown_users="popular").fit(history())
    counts = dict.fromkeys(items.ids, 0)
    for place in history().items:
        counts[history().item_ids[place]] += 1
    ids, _ = popular.recommend("nobody", 30)
    assert [counts[id_] for id_ in ids] == sorted(counts.values(), reverse=True)
    batch, _ = popular.recommend_batch(["u0", "nobody"], 5)
    assert batch[1].tolist() == ids[:5].tolist()
    assert batch[0].tolist() == recommender.recommend("u0", 5)[0].tolist()


def test_a_user_of_unknown_items_is_told_so(items: ItemVectors) -> None:
    interactions = Interactions.from_arrays(["u", "v"], ["gone", "war-1"])
    recommender = TextRecommender(items).fit(interactions)
    assert (recommender.n_unknown, recommender.users.tolist()) == (1, ["v"])
    with pytest.raises(UsageError, match="no interactions with the items"):
        recommender.recommend("u")


def test_no_history_is_refused_and_a_taste_needs_none(items: ItemVectors) -> None:
    with pytest.raises(UsageError, match="history is empty"):
        TextRecommender(items).fit(Interactions.empty())
    with pytest.raises(UsageError, match="no histories yet"):
        TextRecommender(items).recommend("u0")
    with pytest.raises(UsageError, match="item ids do not match"):
        TextRecommender(items).fit(Interactions.from_arrays(["u"], ["other"]))
    ids, _ = TextRecommender(items).recommend(Taste(likes=["war-1"]), 3)
    assert all(id_.startswith("war") for id_ in ids)


def test_a_cold_start_from_texts_finds_their_kind(fitted: TextRecommender) -> None:
    ids, _ = fitted.recommend_from_texts(["a planet, a star and an alien"], ["gun and tank"], 5)
    assert all(id_.startswith("space") for id_ in ids)
    away, _ = fitted.recommend_from_texts(dislikes=["a planet, a star and an alien in space"], k=4)
    assert not any(id_.startswith("space") for id_ in away)


@pytest.mark.parametrize(
    ("taste", "message"),
    [
        ({}, "nothing is liked"),
        ({"likes": ["war-1"], "dislikes": ["war-1"]}, "both liked and disliked"),
        ({"liked_texts": ["x "], "disliked_texts": ["x"]}, "both liked and disliked"),
        ({"liked_texts": [" "]}, "blank"),
        ({"liked_texts": "one text"}, "put it in a list"),
        ({"likes": "war-1"}, "put it in a list"),
    ],
)
def test_a_taste_that_says_nothing_or_contradicts_itself_is_refused(
    taste: dict[str, Sequence[str]], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Taste(**taste)


def test_a_taste_with_an_item_that_is_not_there_or_texts_without_encoder_is_refused(
    items: ItemVectors,
) -> None:
    recommender = TextRecommender(items)
    with pytest.raises(UsageError, match="no item 'nonsense'"):
        recommender.recommend(Taste(likes=["nonsense"]))
    with pytest.raises(UsageError, match="no encoder"):
        recommender.recommend_from_texts(["x"])


def test_similar_items_are_the_nearest_by_cosine(fitted: TextRecommender, items: ItemVectors) -> None:
    row = items.ids.tolist().index("love-4")
    cosines = items.vectors @ items.vectors[row]
    expected = [items.ids[at] for at in np.argsort(-cosines, kind="stable") if at != row][:6]
    ids, found = fitted.similar_items("love-4", 6)
    assert ids.tolist() == expected
    np.testing.assert_allclose(found, np.sort(cosines)[::-1][1:7], atol=1e-6)


def test_new_items_are_found_at_once_and_removed_ones_are_not(items: ItemVectors) -> None:
    recommender = TextRecommender(items, encoder=Words()).fit(history())
    new = ItemVectors.from_texts(["new"], ["space: rocket planet star alien"], Words())
    recommender.add_items(new)
    assert "new" in recommender.recommend("u0", 5)[0]
    recommender.remove_items(["new", "space-1"])
    left = recommender.recommend("u0", 100, filter_already_liked_items=False)[0]
    assert len(left) == 29
    assert not {"new", "space-1"} & set(left)
    recommender.add_items(new)
    assert "new" in recommender.recommend("u0", 5)[0]
    with pytest.raises(UsageError, match="dimensions"):
        recommender.add_items(ItemVectors.from_vectors(["x"], np.ones((1, 3), np.float32)))


def test_items_from_a_function_are_read_again_when_they_change(items: ItemVectors) -> None:
    current = [items]
    recommender = TextRecommender(lambda: current[0]).fit(history())
    before = recommender.recommend("u0", 5)[0].tolist()
    ids = [*items.ids[::-1], "new"]
    v = np.concatenate([items.vectors[::-1], items.vectors[:1]])
    current[0] = ItemVectors.from_vectors(ids, v)
    after = [id_ for id_ in recommender.recommend("u0", 6)[0].tolist() if id_ != "new"]
    assert after[:5] == before
    current[0] = ItemVectors.from_vectors(
        [id_ for id_ in items.ids if id_ != before[0]],
        items.vectors[[at for at, id_ in enumerate(items.ids) if id_ != before[0]]],
    )
    assert recommender.recommend("u0", 4)[0].tolist() == before[1:]


def test_a_blend_is_learned_and_new_items_take_part_in_it(items: ItemVectors) -> None:
    scorers = [ContentScorer(), PopularityScorer(half_life_days=3), ItemKNNScorer(use="liked")]
    recommender = TextRecommender(items, scorers=scorers, blend=BlendOptions(held_out=0.3)).fit(history())
    blend = recommender.blend
    assert blend is not None
    assert set(blend.weights) == {"content", "popularity", "item-knn"}
    assert blend.n_users >= 20
    recommender.add_items(ItemVectors.from_vectors(["new"], items.vectors[:1]))
    assert len(recommender.recommend("u0", 100)[0]) == 31 - 7
    ids, scores = recommender.recommend_batch(["u0", "u1"], 4)
    for row, user in enumerate(["u0", "u1"]):
        explained = recommender.explain(user, ids[row].tolist(), reasons=False)
        assert [each.score for each in explained] == pytest.approx(scores[row].tolist(), abs=1e-4)
        assert all(set(each.scores) == set(blend.weights) for each in explained)


def test_given_weights_are_used(items: ItemVectors) -> None:
    wanted = FeatureScorer(
        "mine", lambda users, ids: np.tile([float(i == "love-7") for i in ids], (len(users), 1))
    )
    recommender = TextRecommender(
        items, scorers=[ContentScorer(), wanted], blend={"content": 0.1, "mine": 5}
    ).fit(history())
    assert recommender.recommend("u0", 1)[0].tolist() == ["love-7"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TextRecommender(scorers=[]), "no scorer"),
        (lambda: TextRecommender(scorers=[ContentScorer(), ContentScorer()]), "two scorers"),
        (
            lambda: TextRecommender(scorers=[ContentScorer()], blend={"other": 1}),
            "weights are given for other",
        ),
        (lambda: TextRecommender(unknown_users="ignore"), "unknown_users"),  # type: ignore[arg-type]
        (lambda: TextRecommender().fit(history()), "no items"),
        (lambda: TextRecommender().fit([("u", "a")]), "expected Interactions"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_call_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


@pytest.mark.parametrize("bad", [np.zeros((1, 2)), np.full((60, 30), np.nan)])
def test_a_scorer_that_gives_another_shape_or_nan_is_refused(items: ItemVectors, bad: FloatMatrix) -> None:
    scorer = FeatureScorer("bad", lambda users, ids: np.broadcast_to(bad[:1], (len(users), bad.shape[1])))
    recommender = TextRecommender(items, scorers=[scorer]).fit(history())
    with pytest.raises(UsageError, match="'bad'"):
        recommender.recommend("u0")


class KindJudge:
    """Says that a text entails a statement that names its kind, and contradicts one that names another."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        self.seen += pairs
        rows = [[0.9, 0.1, 0.0] if pair[1] in pair[0] else [0.0, 0.2, 0.8] for pair in pairs]
        return np.array(rows, np.float32).reshape(-1, 3)


def test_a_veto_leaves_out_what_is_refused_and_fills_the_places(fitted: TextRecommender) -> None:
    judge = KindJudge()
    documents = DocumentTable(films())
    veto = Veto(judge, documents, refuse=["space"])
    ids, _ = fitted.recommend("u0", 5, veto=veto)
    assert len(ids) == 5
    assert not any(id_.startswith("space") for id_ in ids)
    assert veto.n_judged == len({pair[0] for pair in judge.seen}) <= 23
    required = Veto(KindJudge(), documents, require=["war"])
    batch, _ = fitted.recommend_batch(["u0", "u1"], 3, veto=required)
    assert all(id_.startswith("war") for id_ in batch.ravel())


def test_a_veto_that_refuses_all_leaves_nothing(fitted: TextRecommender) -> None:
    veto = Veto(KindJudge(), DocumentTable(films()), refuse=list(KINDS))
    assert fitted.recommend("u0", 5, veto=veto)[0].tolist() == []


def test_diversity_mixes_kinds_and_collapsing_folds_copies(items: ItemVectors) -> None:
    recommender = TextRecommender(items).fit(history())
    plain = recommender.recommend(Taste(likes=["space-1", "love-1"]), 8)[0]
    mixed = recommender.recommend(Taste(likes=["space-1"]), 8, options=ListOptions(diversity=0.9))[0]
    assert len({id_.split("-")[0] for id_ in mixed}) > 1
    assert len(plain) == 8
    recommender.add_items(ItemVectors.from_vectors(["copy"], items.vectors[2:3]))
    taste = Taste(likes=["space-1"])
    both = recommender.recommend(taste, 31)[0].tolist()
    assert {"copy", "space-2"} <= set(both)
    folded = recommender.recommend(taste, 31, options=ListOptions(collapse_cosine=0.999, pool=31))[0].tolist()
    assert len({"copy", "space-2"} & set(folded)) == 1


def test_reasons_are_sentences_of_the_item_with_their_offsets(fitted: TextRecommender) -> None:
    documents = {document.id: document for document in films()}
    ids, scores = fitted.recommend("u1", 2)
    explained = fitted.explain("u1", ids.tolist())
    assert [each.id for each in explained] == ids.tolist()
    assert [each.rank for each in explained] == [1, 2]
    assert [each.score for each in explained] == pytest.approx(scores.tolist(), abs=1e-5)
    for each in explained:
        reason, document = each.reason, documents[each.id]
        assert reason is not None
        assert reason.document_id == each.id
        assert document.text[reason.span.start : reason.span.end] == reason.text != ""
        assert each.liked_id.startswith("love")
        assert (each.title, each.metadata) == (document.title, {"kind": "love"})


def test_a_reason_for_a_liked_text_is_its_nearest_sentence(fitted: TextRecommender) -> None:
    document = films()[0]
    second = document.text.split(". ")[1]
    (found,) = fitted.explain(Taste(liked_texts=[second]), [document.id])
    assert found.liked_id == ""
    assert found.reason is not None
    assert found.reason.text == second


def test_reasons_without_texts_are_refused_and_titles_stay_empty(items: ItemVectors) -> None:
    recommender = TextRecommender(items).fit(history())
    with pytest.raises(UsageError, match="no documents"):
        recommender.explain("u0", ["war-1"])
    (found,) = recommender.explain("u0", ["war-1"], reasons=False)
    assert (found.title, found.reason) == ("", None)
    assert found.liked_id


def test_a_large_catalogue_finds_what_an_exact_search_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    items, interactions = random_world(3_000, 9)
    exact = TextRecommender(items).fit(interactions).recommend_batch(range(5), 10)
    monkeypatch.setattr("simengine.recommend.state.EXACT_ITEMS", 100)
    found = TextRecommender(items).fit(interactions).recommend_batch(range(5), 10)
    assert found[0].tolist() == exact[0].tolist()
    np.testing.assert_allclose(found[1], exact[1], atol=1e-5)


def test_a_veto_that_refuses_the_whole_pool_looks_further_down(items: ItemVectors) -> None:
    taste = Taste(liked_texts=["rocket planet star alien space"])
    recommender = TextRecommender(items, encoder=Words())
    veto = Veto(KindJudge(), DocumentTable(films()), refuse=["space"])
    ids, _ = recommender.recommend(taste, 3, veto=veto, options=ListOptions(diversity=0.01, pool=3))
    assert len(ids) == 3
    assert not any(id_.startswith("space") for id_ in ids)

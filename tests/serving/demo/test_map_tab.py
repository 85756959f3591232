"""The map of the corpus without a browser: vectors, picture, clusters and their words, colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simengine.engine import Engine
from simengine.engine.contents import open_contents
from simengine.errors import UsageError
from simengine.serving.demo import projection
from simengine.serving.demo.facets import Facet
from simengine.serving.demo.map_tab import (
    GRID,
    about_html,
    by_cluster,
    by_facet,
    field_values,
    picture_of,
)
from simengine.serving.demo.projection import (
    CorpusMap,
    cluster,
    corpus_map,
    fitted,
    label_of,
    layout,
    telling_words,
    trust,
)
from simengine.types import Document
from tests.serving.library import word_models

TOPICS = {"sea": "whales swim in the ocean", "sky": "planes fly over clouds", "bread": "bakers knead dough"}
DOCUMENTS = [
    Document(f"{kind}-{n}", f"{text} number {n}", kind, {"kind": kind, "n": n, "tags": [kind, "all"]})
    for n in range(4)
    for kind, text in TOPICS.items()
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("map") / "index"
    with word_models():
        Engine.build(DOCUMENTS, place).close()
        yield place


@pytest.fixture(scope="module")
def points(path: Path) -> CorpusMap:
    with open_contents(path) as contents:
        return corpus_map(contents)


def blobs(n: int, dimension: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """n points in three groups that lie far apart, and the group of each."""
    rng = np.random.default_rng(0)
    groups = np.arange(n) % 3
    return (10 * np.eye(dimension)[groups] + rng.normal(size=(n, dimension)) * 0.3).astype(np.float32), groups


def test_a_map_has_every_document_once_within_the_square(points: CorpusMap):
    assert sorted(points.ids) == sorted(document.id for document in DOCUMENTS)
    assert points.places.shape == (len(DOCUMENTS), 2)
    assert points.places.min() >= 0
    assert points.places.max() <= 1
    assert points.n_documents == len(DOCUMENTS)
    assert points.labels[points.ids.index("sea-2")] == "sea · whales swim in the ocean number 2"


def test_the_same_index_gives_the_same_map(path: Path, points: CorpusMap):
    with open_contents(path) as contents:
        again = corpus_map(contents)
    np.testing.assert_array_equal(again.places, points.places)
    np.testing.assert_array_equal(again.clusters, points.clusters)
    assert again.words == points.words


def test_more_documents_than_points_are_sampled_and_that_is_said(path: Path, monkeypatch):
    monkeypatch.setattr(projection, "MAX_POINTS", 6)
    with open_contents(path) as contents:
        few, same = corpus_map(contents), corpus_map(contents)
    assert len(few) == 6
    assert few.ids == same.ids
    assert few.n_documents == len(DOCUMENTS)
    assert "Random sample of 6 of the 12 documents" in about_html(few, "en")


def test_an_index_of_one_document_is_refused(tmp_path: Path):
    with word_models():
        Engine.build([Document("a", "alone")], tmp_path / "index").close()
    with open_contents(tmp_path / "index") as contents, pytest.raises(UsageError, match="two documents"):
        corpus_map(contents)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 12])
def test_few_points_are_placed_too(n: int):
    places = layout(blobs(n)[0])
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()


def test_points_beside_the_landmarks_lie_in_their_own_group(monkeypatch):
    monkeypatch.setattr(projection, "MAX_LANDMARKS", 60)
    vectors, groups = blobs(150)
    places = layout(vectors)
    near = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(near, np.inf)
    assert (groups[near.argmin(axis=1)] == groups).all()


def test_clusters_are_the_groups_and_the_largest_is_0():
    vectors, groups = blobs(15)
    numbers = cluster(np.concatenate([vectors, vectors[groups == 1] + 0.01]))
    assert len({(a, b) for a, b in zip(groups, numbers[:15], strict=True)}) == 3
    assert (numbers[:15][groups == 1] == 0).all()


def test_a_picture_that_keeps_neighbours_is_trusted_and_a_random_one_is_not():
    rng = np.random.default_rng(1)
    plane = rng.uniform(size=(200, 2)).astype(np.float32)
    kept, mixed = trust(plane, plane), trust(plane, rng.permutation(plane))
    assert kept == pytest.approx(1.0)
    assert mixed is not None
    assert mixed < 0.7
    assert trust(plane[:10], plane[:10]) is None


def test_telling_words_stand_in_the_cluster_and_not_elsewhere():
    texts = [
        "whales in the sea",
        "a whale and the sea",
        "bread and butter",
        "bread of the day",
        "猫在睡觉",
        "猫喜欢睡觉",
    ]
    words = telling_words(texts, np.array([0, 0, 1, 1, 2, 2]))
    assert words[0][0] == "sea"
    assert words[1][0] == "bread"
    assert words[2][0] == "睡觉"
    assert not any("the" in found for found in words)


def test_fitting_keeps_the_shape():
    places = fitted(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 2.0]]))
    np.testing.assert_allclose(places, [[0, 0.25], [1, 0.25], [1, 0.75]])
    np.testing.assert_allclose(fitted(np.zeros((3, 2))), np.full((3, 2), 0.5))


def test_labels_are_one_short_line():
    assert label_of("", "a\n b", 10) == "a b"
    assert label_of("Title", "text " * 50, 20) == "Title · text text t…"


# -- colours -----------------------------------------------------------------------------------------------------


def test_clusters_are_named_by_their_words(points: CorpusMap):
    colours = by_cluster(points, "en")
    assert colours.groups == points.clusters.tolist()
    assert colours.named
    assert sum(n for _, n in colours.legend) == len(points)
    assert [label for label, _ in colours.legend] == [", ".join(words) for words in points.words]


def test_a_field_has_a_colour_for_each_frequent_value_and_the_rest(path: Path, points: CorpusMap):
    values = field_values(path, points, "kind")
    assert values == [id_.split("-")[0] for id_ in points.ids]
    colours = by_facet(Facet("kind", "choice"), values, "en")
    assert dict(colours.legend) == {"bread": 4, "sea": 4, "sky": 4}
    assert [colours.legend[group][0] for group in colours.groups] == values
    many = by_facet(Facet("kind", "choice"), [f"v{n}" for n in range(20)] + [None], "en")
    assert many.legend[-2:] == [("other values", 9), ("no value", 1)]
    assert many.groups[-1] == len(many.legend) - 1


def test_lists_are_coloured_by_their_most_frequent_member(path: Path, points: CorpusMap):
    colours = by_facet(Facet("tags", "member"), field_values(path, points, "tags"), "en")
    assert colours.legend[0] == ("all", len(points))
    assert set(colours.groups) == {0}


def test_numbers_are_a_scale_by_rank(path: Path, points: CorpusMap):
    colours = by_facet(Facet("n", "range", (), 0, 3), field_values(path, points, "n"), "en")
    assert colours.scale == ("0", "3")
    by_n = dict(zip((int(id_.split("-")[1]) for id_ in points.ids), colours.shades or [], strict=True))
    assert by_n == {0: 0.0, 1: round(3 / 11, 3), 2: round(6 / 11, 3), 3: round(9 / 11, 3)}
    far = by_facet(Facet("n", "range", (), 1, 9), [1, 2, 1_000_000, None, True], "en")
    assert far.shades == [0.0, 0.5, 1.0, -1.0, -1.0]


def test_the_picture_is_data_with_whole_numbers_and_the_words_of_the_language(points: CorpusMap):
    shown = picture_of(points, by_cluster(points, "zh"), "zh")
    assert len(shown["x"]) == len(shown["y"]) == len(shown["ids"]) == len(shown["groups"]) == len(points)
    assert all(isinstance(x, int) and 0 <= x <= GRID for x in shown["x"] + shown["y"])
    assert shown["cluster"]
    assert "方向键" in shown["words"]["picture"]

"""Requests for recommendations, over an index of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simengine.cross_encoders.nli import NLIModel
from simengine.engine import Engine
from simengine.engine.models import Models
from simengine.engine.recommending import recommender_for
from simengine.errors import UsageError
from simengine.recommend import ListOptions, Taste, read_interactions
from simengine.requests.recommend import RecommendRequest, RecommendUsersRequest
from simengine.types import Document
from tests.faults.encoder import WordEncoder
from tests.qa.fakes import TableModel

KINDS = {
    "space": "rocket planet star alien",
    "love": "kiss heart wedding rose",
    "war": "soldier battle gun tank",
}
DOCUMENTS = [
    Document(f"{kind}{n}", f"{words.split()[n % 4]} {words} film number{n}", metadata={"n": n})
    for kind, words in KINDS.items()
    for n in range(8)
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films") / "index"
    Engine.build(DOCUMENTS, folder, models=Models(WordEncoder())).close()
    return folder


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def engine(path: Path, told: list[str]) -> Iterator[Engine]:
    nli = NLIModel(TableModel(("soldier", "violent", "entailment")))
    with Engine.open(path, models=Models(WordEncoder(), nli), note=told.append) as opened:
        yield opened


def history(folder: Path, n_users: int = 60, *, times: bool = True) -> str:
    """Users who like one kind each, and choose six of its films in some order."""
    rng = np.random.default_rng(3)
    rows = ["user,item,timestamp" if times else "user,item"]
    for user in range(n_users):
        kind = list(KINDS)[user % 3]
        for number, film in enumerate(rng.permutation(8)[:6]):
            rows.append(f"u{user},{kind}{film}" + (f",{86400 * (number * 10 + user % 10)}" if times else ""))
    (folder / "history.csv").write_text("\n".join(rows), encoding="utf-8")
    return str(folder / "history.csv")


def test_a_taste_is_ranked_as_the_recommender_does(engine: Engine) -> None:
    request = RecommendRequest(("space0",), ("war0",), k=5, collapse_cosine=1, diversity=0.3)
    ids, scores = recommender_for(engine).recommend(
        Taste(["space0"], ["war0"]), 5, options=ListOptions(diversity=0.3)
    )
    found = engine.run(request)
    assert [each.id for each in found] == ids.tolist()
    assert [each.score for each in found] == pytest.approx(scores.tolist())
    assert engine.run(replace(request, include_seen=True, diversity=0, k=1))[0].id == "space0"


def test_near_copies_are_folded_from_a_cosine_on(engine: Engine) -> None:
    every = engine.run(RecommendRequest(("space0",), k=8, collapse_cosine=1))
    folded = engine.run(RecommendRequest(("space0",), k=8, collapse_cosine=0.5))
    assert [each.id[:5] for each in every[:7]] == ["space"] * 7
    assert [each.id[:5] for each in folded].count("space") == 1


def test_statements_leave_out_what_entails_them_from_a_threshold_on(engine: Engine, told: list[str]) -> None:
    request = RecommendRequest(("war0",), k=30, collapse_cosine=1, refuse=("The film is violent.",))
    kinds = {each.id[:3] for each in engine.run(request)}
    assert kinds == {"spa", "lov"}
    assert told == ["23 documents checked against the statements"]
    assert {each.id[:3] for each in engine.run(replace(request, veto_threshold=0.99))} == {
        "spa",
        "lov",
        "war",
    }


def test_all_users_get_what_each_gets_alone(engine: Engine, tmp_path: Path) -> None:
    request = RecommendUsersRequest(history(tmp_path), method="content", k=3)
    every = {each.user: each.items for each in engine.run(request)}
    assert len(every) == 60
    assert all(item.title == "" and item.metadata == {} for items in every.values() for item in items)
    named = list(engine.run(replace(request, users=("u7", "u2"))))
    assert [each.user for each in named] == ["u7", "u2"]
    for each in named:
        assert [(item.id, item.rank) for item in each.items] == [
            (item.id, item.rank) for item in every[each.user]
        ]
        assert [item.score for item in each.items] == pytest.approx([item.score for item in every[each.user]])
        assert all(item.metadata for item in each.items)
    ids, _ = (
        recommender_for(engine)
        .fit(read_interactions(request.history))
        .recommend("u7", 3, options=ListOptions(collapse_cosine=0.98))
    )
    assert [item.id for item in every["u7"]] == ids.tolist()
    filtered = list(engine.run(replace(request, where="n < 4", k=30)))
    assert all(int(item.id[-1]) < 4 for each in filtered for item in each.items)


def test_a_rich_history_is_blended_and_says_so(engine: Engine, told: list[str], tmp_path: Path) -> None:
    path = history(tmp_path)
    (blended,) = engine.run(RecommendUsersRequest(path, ("u0",), k=2))
    assert set(blended.items[0].scores) > {"content", "popularity"}
    assert len(told) == 1
    assert told[0].startswith("blend of content ")
    assert "learned from " in told[0]


def test_a_poor_history_is_read_by_text_alone_or_refused(
    engine: Engine, told: list[str], tmp_path: Path
) -> None:
    path = history(tmp_path, times=False)
    (found,) = engine.run(RecommendUsersRequest(path, ("u0",), k=2))
    assert set(found.items[0].scores) == {"content"}
    assert told == ["by text alone: the history has no times"]
    with pytest.raises(
        UsageError, match="a blend cannot be learned from this history: the history has no times"
    ):
        engine.run(RecommendUsersRequest(path, ("u0",), method="blend"))
    with pytest.raises(UsageError, match="times"):
        engine.run(RecommendUsersRequest(path, ("u0",), half_life_days=3))
    with pytest.raises(UsageError, match="unknown user 'nobody'"):
        list(engine.run(RecommendUsersRequest(path, ("nobody",))))


@pytest.mark.parametrize(
    "wrong",
    [{"method": "magic"}, {"half_life_days": 0}, {"k": 0}, {"veto_threshold": 0}, {"collapse_cosine": 1.1}],
)
def test_values_out_of_range_are_usage_errors(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        RecommendUsersRequest("history.csv", **wrong)  # type: ignore[arg-type]

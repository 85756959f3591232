"""`simengine recommend`: what it prints is what the recommender gives as a library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine.engine import Engine
from simengine.engine.recommending import recommender_for
from simengine.recommend import ListOptions, Taste, read_interactions
from simengine.types import Document


@pytest.fixture
def engine(index: Path) -> Iterator[Engine]:
    with Engine.open(index, offline=True) as opened:
        yield opened


@pytest.fixture
def history(documents: list[Document], tmp_path: Path) -> Path:
    ids = [document.id for document in documents]
    rows = [f"ann,{ids[0]},5", f"ann,{ids[1]},1", f"bob,{ids[2]},4", f"bob,{ids[3]},2", "bob,gone,3"]
    path = tmp_path / "history.csv"
    path.write_text("\n".join(["user,item,rating", *rows]), encoding="utf-8")
    return path


def test_likes_dislikes_and_texts_are_a_taste(
    call, index: Path, engine: Engine, documents: list[Document]
) -> None:
    liked, disliked = documents[0].id, documents[1].id
    result = call(
        *("recommend", index, "--like", liked, "--dislike", disliked, "--like-text", "animals at night"),
        *("-k", 4, "--format", "json", "--offline", "--collapse", 1, "--reasons"),
    )
    assert result.code == 0, result.err
    found = json.loads(result.out)["recommendations"]
    taste = Taste([liked], [disliked], ["animals at night"])
    ids, scores = recommender_for(engine).recommend(taste, 4)
    assert [each["id"] for each in found] == ids.tolist()
    assert [each["score"] for each in found] == pytest.approx(scores.tolist(), abs=1e-5)
    assert not {liked, disliked} & set(ids)
    texts = {document.id: document.text for document in documents}
    for each in found:
        reason = each["reason"]
        assert texts[each["id"]][reason["start"] : reason["end"]] == reason["text"]


def test_a_history_gives_the_same_for_one_user_and_for_all(
    call, index: Path, engine: Engine, history: Path
) -> None:
    every = call("recommend", index, "--history", history, "--all-users", "-k", 3, "--offline")
    assert every.code == 0, every.err
    assert "1 of 5 interactions are with documents that the index does not hold" in every.err
    assert "by text alone: the history has no times" in every.err
    lines = {record["user"]: record for record in map(json.loads, every.out.splitlines())}
    assert sorted(lines) == ["ann", "bob"]
    recommender = recommender_for(engine).fit(read_interactions(history))
    options = ListOptions(collapse_cosine=0.98)
    for user in lines:
        ids = recommender.recommend(user, 3, options=options)[0].tolist()
        assert [each["id"] for each in lines[user]["recommendations"]] == ids
    one = call(
        *(
            "recommend",
            index,
            "--history",
            history,
            "--user",
            "bob",
            "-k",
            3,
            "--format",
            "jsonl",
            "--offline",
        )
    )
    assert [each["id"] for each in json.loads(one.out)["recommendations"]] == [
        each["id"] for each in lines["bob"]["recommendations"]
    ]


def test_the_table_names_rank_score_id_and_the_liked_one(
    call, index: Path, engine: Engine, documents: list[Document]
) -> None:
    result = call("recommend", index, "--like", documents[0].id, "-k", 2, "--offline")
    ids, _ = recommender_for(engine).recommend(
        Taste([documents[0].id]), 2, options=ListOptions(collapse_cosine=0.98)
    )
    rows = result.out.splitlines()
    assert [row.split()[2] for row in rows] == ids.tolist()
    assert all(f"(near {documents[0].id})" in row for row in rows)


def test_the_old_letter_for_a_number_still_works_with_a_note(
    call, index: Path, documents: list[Document]
) -> None:
    old = call("recommend", index, "--like", documents[0].id, "-n", 2, "--offline")
    new = call("recommend", index, "--like", documents[0].id, "-k", 2, "--offline")
    assert (old.out, old.err, new.err) == (new.out, "-n is deprecated; use -k\n", "")


def test_a_statement_leaves_documents_out_from_its_threshold_on(
    call, index: Path, documents: list[Document]
) -> None:
    liked = documents[0].id
    statement = documents[1].text
    ask = ("recommend", index, "--like", liked, "-k", 100, "--offline", "--format", "json", "--collapse", 1)
    every = {each["id"] for each in json.loads(call(*ask).out)["recommendations"]}
    refused = call(*ask, "--refuse", statement)
    left = {each["id"] for each in json.loads(refused.out)["recommendations"]}
    assert documents[1].id in every - left
    assert f"{len(every)} documents checked against the statements" in refused.err
    assert call(*ask, "--refuse", statement, "-q").err == ""
    assert call(*ask, "--refuse", " ").code == 2


def test_what_was_seen_comes_back_when_it_is_wanted(call, index: Path, documents: list[Document]) -> None:
    liked = documents[0].id
    found = call(
        "recommend", index, "--like", liked, "-k", 1, "--include-seen", "--format", "json", "--offline"
    )
    assert [each["id"] for each in json.loads(found.out)["recommendations"]] == [liked]


def test_a_filter_restricts_and_nothing_left_can_be_an_exit_code(
    call, index: Path, documents: list[Document]
) -> None:
    liked = documents[0].id
    result = call(
        *("recommend", index, "--like", liked, "--where", 'nosuchfield == "x"', "--offline", "--fail-empty")
    )
    assert result.code == 2  # a filter that names a field which no document has
    everything = [part for document in documents for part in ("--like", document.id)]
    empty = call("recommend", index, *everything, "--offline", "--fail-empty")
    assert (empty.code, empty.out) == (5, "")
    assert "nothing is left" in empty.err


def test_a_document_added_later_is_recommended(call, engine: Engine, documents: list[Document]) -> None:
    recommender = recommender_for(engine)
    taste = Taste([documents[0].id])
    assert "copy" not in recommender.recommend(taste, 1)[0]
    engine.add([Document("copy", documents[0].text, documents[0].title)])
    assert recommender.recommend(taste, 1)[0].tolist() == ["copy"]
    engine.delete(["copy"])
    assert "copy" not in recommender.recommend(taste, 100)[0]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--user", "ann"],
        ["--like", "a", "--history", "h.csv", "--user", "u"],
        ["--history", "h.csv"],
        ["--history", "h.csv", "--user", "u", "--all-users"],
        ["--like", "a", "--dislike", "a"],
        ["--like", "there-is-no-such-document"],
        ["--like-text", " "],
        ["--like", "a", "--diversity", "2"],
        ["--like", "a", "--method", "blend"],
    ],
)
def test_a_call_that_says_too_little_or_contradicts_itself_is_a_usage_error(
    call, index: Path, arguments: list[str]
) -> None:
    result = call("recommend", index, *arguments, "--offline")
    assert result.code == 2
    assert "Traceback" not in result.err


def test_an_unknown_user_and_a_broken_history_are_told(call, index: Path, history: Path) -> None:
    unknown = call("recommend", index, "--history", history, "--user", "nobody", "--offline")
    assert (unknown.code, "unknown user 'nobody'" in unknown.err) == (2, True)
    history.write_text("user,item,rating\nann,x,nan\n", encoding="utf-8")
    broken = call("recommend", index, "--history", history, "--user", "ann", "--offline")
    assert broken.code == 4
    assert f"{history}:2" in broken.err


def test_a_liked_text_that_the_model_cannot_read_whole_is_told(call, index: Path) -> None:
    ask = ("recommend", index, "-q", "-k", 1, "--offline", "--like-text")
    assert "1 text cut to the 256 tokens" in call(*ask, "animal " * 2_000).err
    assert call(*ask, "animals").err == ""

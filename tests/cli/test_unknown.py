"""What commands say of texts in characters that the English model has no tokens for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simengine.engine import Engine
from simengine.types import Document
from tests.corpora import write_corpus

ENGLISH = "all-MiniLM-L6-v2"
APART = ("The delivery 😀", "The delivery 😡")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of four documents: two Chinese, one Georgian, one English."""
    folder = tmp_path_factory.mktemp("mixed")
    texts = {"cat": "猫喜欢睡觉", "dog": "狗喜欢跑步", "ka": "გამარჯობა მსოფლიო", "en": "The cat sleeps."}
    documents = [Document(id_, text) for id_, text in texts.items()]
    write_corpus(documents, folder / "corpus.jsonl")
    Engine.build(documents, folder / "index", model=ENGLISH, offline=True).close()
    return folder


def test_a_score_that_means_nothing_is_told(call, tmp_path: Path) -> None:
    alone = call("score", *APART)
    assert alone.out == "1.0000\n"
    assert "the model cannot tell these texts apart: it does not know 😀, 😡" in alone.err
    assert call("score", "A cat", "A dog").err == ""
    pairs = tmp_path / "pairs.jsonl"
    rows = [APART, ("A cat", "A dog"), ("猫喜欢睡觉", "狗喜欢睡觉"), ("The delivery 😀", "the delivery 😀")]
    lines = [json.dumps({"text1": one, "text2": other}) for one, other in rows]
    pairs.write_text("\n".join(lines), encoding="utf-8")
    found = call("score", "--pairs", pairs, "--format", "jsonl", "--model", ENGLISH)
    assert [json.loads(line)["told_apart"] for line in found.out.splitlines()] == [False, True, False, True]
    assert "the texts of 2 pairs apart" in found.err


def test_info_shows_how_much_the_model_does_not_know(call, mixed: Path) -> None:
    shown = call("info", mixed / "index").out
    (line,) = [line for line in shown.splitlines() if line.startswith("unknown")]
    assert "characters that the model does not know; it cannot tell 3 of 4 passages apart" in line
    facts = json.loads(call("info", mixed / "index", "--format", "json").out)["unknown"]
    assert (facts["documents"], facts["passages_unreadable"]) == (4, 3)
    assert facts["share"] == pytest.approx(facts["tokens_unknown"] / facts["tokens"])


def test_info_says_that_an_index_of_an_earlier_version_was_not_measured(
    call, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simengine.indexing.facts.count_unknown", lambda *_: None)
    assert "not measured" in call("info", mixed / "index").out
    assert json.loads(call("info", mixed / "index", "--format", "json").out)["unknown"] is None


def test_info_of_an_index_without_documents_speaks_of_no_earlier_version(call, index: Path) -> None:
    assert call("delete", index, "--where", "not _id is null").code == 0
    found = call("info", index).out
    assert "nothing: there are no documents" in found
    assert "not measured" not in found


def test_index_embed_and_search_say_it_once(call, mixed: Path, tmp_path: Path) -> None:
    built = call("index", mixed / "corpus.jsonl", "-o", tmp_path / "index", "--offline", "-m", ENGLISH)
    assert "3 of 4 passages in characters that the model does not know" in built.err
    said = "the model does not know the characters of"
    assert call("embed", "a cat", "猫", "狗").err.count(said) == 1
    assert call("search", "-i", mixed / "index", "猫").err.count(said) == 1
    assert said not in call("search", "-i", mixed / "index", "--mode", "lexical", "猫").err
    assert said not in call("search", "-i", mixed / "index", "cat").err


def test_hybrid_search_leans_on_the_words_of_such_a_query(mixed: Path) -> None:
    """To the model, words that it has no tokens for are one; as words they differ."""
    with Engine.open(mixed / "index", offline=True) as engine:
        for query, id_ in (("猫", "cat"), ("狗", "dog"), ("გამარჯობა", "ka")):
            first, second = engine.search(query, k=2)
            assert first.id == id_
            assert first.score > second.score
        assert not engine.score(*APART).told_apart
        assert engine.score("A cat", "A dog").told_apart


def test_nothing_is_a_duplicate_that_differs_only_in_what_is_unknown(call, tmp_path: Path) -> None:
    texts = [*APART, "The delivery", "♀", "♂", "გამარჯობა", "ნახვამდის", "The delivery 😀"]
    write_corpus([Document(str(n), text) for n, text in enumerate(texts)], tmp_path / "corpus.jsonl")
    for options in ((), ("--no-guard",)):
        found = call("duplicates", tmp_path / "corpus.jsonl", "--format", "jsonl", *options)
        groups = [json.loads(line) for line in found.out.splitlines()]
        assert [(group["id"], [each["id"] for each in group["members"]]) for group in groups] == [
            ("0", ["7"])
        ]


def test_the_judge_that_ships_gives_no_verdict_in_a_language_that_it_does_not_know(call, mixed: Path) -> None:
    verdict = json.loads(call("nli", "გამარჯობა", "ნახვამდის", "--format", "json").out)
    assert (verdict["verdict"], verdict["probabilities"]["neutral"]) == ("neutral", 1.0)
    assert "does not know" in verdict["reason"]
    answer = json.loads(call("ask", "-i", mixed / "index", "--format", "json", "რა უყვარს კატას?").out)
    assert (answer["verdict"], answer["answer"]) == ("not found", "")
    asked = (
        "classify",
        "კატას უყვარს ძილი",
        "-l",
        "sports",
        "-l",
        "animals",
        "--no-cosine",
        "--format",
        "jsonl",
    )
    found = call(*asked)
    assert json.loads(found.out)["predicted"] == []
    assert "the cross-encoder does not know the characters of 'კატას უყვარს ძილი'" in found.err

"""Hits for people and for machines."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence

import click
import pytest

from simengine.cli.search_output import best_part, card, hits_writer
from simengine.cli.terminal import cells
from simengine.corpus.queries import Query
from simengine.types import Hit, Passage

CHINESE = "语义检索引擎把文本变成向量并且比较它们" * 20


def hit(name: str = "d1", title: str = "", text: str = "text", **metadata: object) -> Hit:
    passage = Passage(0, len(text), text)
    return Hit(
        rank=1, id=name, score=0.5, scores={"dense": 0.5}, title=title, passage=passage, metadata=metadata
    )


def written(format_: str, found: Sequence[Sequence[Hit]], *, one_query: bool = False) -> str:
    out = io.StringIO()
    with hits_writer(format_, out, tag="my run", one_query=one_query) as write:
        for number, hits in enumerate(found):
            write(Query(f"q {number}", "a query"), hits)
    return out.getvalue()


@pytest.mark.parametrize("number", [0, 1, 3])
def test_json_of_a_file_of_queries_is_an_array(number: int) -> None:
    records = json.loads(written("json", [[hit("a")], [], [hit("b"), hit("c")]][:number]))
    assert [[h["id"] for h in record["hits"]] for record in records] == [["a"], [], ["b", "c"]][:number]


def test_json_of_one_query_is_an_object() -> None:
    assert json.loads(written("json", [[hit("a")]], one_query=True))["query_id"] == "q 0"


def test_trec_fields_keep_ids_apart_that_differ_in_white_space() -> None:
    ids = ["a b", "a_b", "a\tb", "a%20b", "a\u3000b", "%", "AC%2FDC"]
    rows = [line.split() for line in written("trec", [[hit(name) for name in ids]]).splitlines()]
    assert all(len(row) == 6 for row in rows)
    assert [row[2] for row in rows] == ["a%20b", "a_b", "a%09b", "a%2520b", "a%E3%80%80b", "%", "AC%2FDC"]
    assert (rows[0][0], rows[0][5]) == ("q%200", "my%20run")


@pytest.mark.parametrize("columns", [40, 55, 80, 120, 200])
@pytest.mark.parametrize("text", [CHINESE, "word " * 200, "x" * 500, "mixed 语义 text " * 40])
def test_cards_fit_the_terminal(columns: int, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = click.unstyle(card(hit(text, text, text, field=text), "语义 word")).splitlines()
    assert max(map(cells, lines)) <= columns
    assert len(lines) <= 4


def test_control_characters_of_a_document_do_not_reach_the_terminal() -> None:
    evil = "\x1b]52;c;ZXZpbA==\x07 \x9b2J"
    shown = click.unstyle(card(hit(evil, evil, evil, field=evil), "ZXZpbA"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
    assert evil in json.loads(written("jsonl", [[hit(evil)]]))["id"]
    assert "\x1b" not in written("table", [[hit(evil)]])


def test_the_part_of_chinese_text_with_the_match_is_shown() -> None:
    text = CHINESE + "苹果" + CHINESE
    part = best_part(text, "苹果", 100)
    assert "苹果" in part
    assert part.startswith("… ")
    assert part.endswith("…")
    assert cells(part) <= 100

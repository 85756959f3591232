"""Hits for people and for machines."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace

import click
import pytest

from simengine.cli.search_output import best_part, card, hits_writer
from simengine.cli.terminal import cells
from simengine.corpus.queries import Query
from simengine.types import Hit, Judgement, Passage, Span

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


def judged(text: str, span: Span | None, start: int = 0) -> Hit:
    said = Judgement(
        0.75, False, "contradicts", {"entailment": 0.05, "neutral": 0.25, "contradiction": 0.7}, span
    )
    found = replace(hit(text=text), judgement=said)
    return replace(found, passage=Passage(start, start + len(text), text))


def test_a_judgement_stands_in_the_record_with_the_text_of_its_evidence() -> None:
    record = json.loads(written("jsonl", [[judged("It rains. Cats bark.", Span(110, 120), start=100)]]))
    assert record["query"] == "a query"
    assert record["judgement"] == {
        "relevance": 0.75,
        "calibrated": False,
        "stance": "contradicts",
        "probabilities": {"entailment": 0.05, "neutral": 0.25, "contradiction": 0.7},
        "evidence": {"start": 110, "end": 120, "text": "Cats bark."},
        "n_truncated": 0,
    }
    assert json.loads(written("jsonl", [[hit()]]))["judgement"] is None


def test_relevance_alone_leaves_stance_and_evidence_null() -> None:
    found = replace(hit(), judgement=Judgement(0.5, calibrated=True))
    record = json.loads(written("jsonl", [[found]]))["judgement"]
    assert record == {
        "relevance": 0.5,
        "calibrated": True,
        "stance": None,
        "probabilities": None,
        "evidence": None,
        "n_truncated": 0,
    }
    assert "uncalibrated" not in card(found, "query")


@pytest.mark.parametrize("columns", [40, 80])
def test_a_card_says_what_the_judge_said_in_one_line(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = click.unstyle(card(judged(CHINESE, Span(0, len(CHINESE))), "query")).splitlines()
    assert lines[-1].strip().startswith("relevance 0.750 (uncalibrated)")
    assert max(map(cells, lines)) <= columns
    assert len(lines) <= 5
    wide = click.unstyle(card(judged("Cats bark.", Span(0, 10)), "query"))
    assert columns == 40 or "contradicts: Cats bark." in wide


def test_control_characters_of_evidence_do_not_reach_the_terminal() -> None:
    evil = "\x1b]52;c;ZXZpbA==\x07"
    assert "\x1b]" not in click.unstyle(card(judged(evil, Span(0, len(evil))), "query"))


def test_only_a_stance_that_was_stamped_has_a_colour() -> None:
    green, red = "\x1b[32m", "\x1b[31m"
    for stance, colour in (("supports", green), ("contradicts", red), ("neutral", ""), (None, green)):
        shown = card(replace(hit(), judgement=Judgement(0.9, stance=stance)), "nothing")
        assert [each for each in (green, red) if each in shown] == [colour] * bool(colour)

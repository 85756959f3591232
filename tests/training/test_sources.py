"""From files to the pairs that a task trains on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simengine.errors import DataError, RecipeError
from simengine.training.recipe import DataSource
from simengine.training.sources import (
    make_part,
    read_graded,
    read_relevant,
    read_three_classes,
    split_sentences_of,
)


def write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def squad(tmp_path: Path) -> str:
    first = "Ada wrote the notes. Babbage built the engine. It was never finished."
    second = "Turing studied machines. He lived later."

    def qa(name: str, question: str, text: str | None, context: str) -> dict[str, object]:
        answers = [] if text is None else [{"text": text, "answer_start": context.index(text)}]
        return {"id": name, "question": question, "answers": answers, "is_impossible": text is None}

    paragraphs = [
        {
            "context": first,
            "qas": [qa("1", "Who built it?", "Babbage", first), qa("2", "Who paid?", None, first)],
        },
        {"context": second, "qas": [qa("3", "Who studied machines?", "Turing", second)]},
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "History", "paragraphs": paragraphs}]}), encoding="utf-8")
    return str(path)


def test_answer_selection_becomes_entailment_with_the_passage_as_premise(tmp_path: Path) -> None:
    path = write(
        tmp_path / "qa.jsonl",
        [
            {"text1": "Who?", "text2": "Ada did.", "label": 1},
            {"text1": "Who?", "text2": "It rained.", "label": 0},
        ],
    )
    pairs = list(read_three_classes(DataSource(path, kind="relevance"), 1))
    assert [(p.text1, p.text2, p.label) for p in pairs] == [
        ("Ada did.", "Who?", "entailment"),
        ("It rained.", "Who?", "neutral"),
    ]


def test_reading_by_sentence_pairs_the_question_with_the_sentence_of_its_answer(squad: str) -> None:
    source = DataSource(squad, "s", kind="reading", unit="sentence", negatives=1)
    pairs = list(read_relevant(source, 1))
    right = {p.text1: p.text2 for p in pairs if p.score == 1.0}
    assert right == {
        "Who built it?": "Babbage built the engine.",
        "Who studied machines?": "Turing studied machines.",
    }
    wrong = [(p.text1, p.text2) for p in pairs if p.score == 0.0]
    assert {question for question, _ in wrong} == {"Who built it?", "Who paid?", "Who studied machines?"}
    assert all("Babbage" not in text for question, text in wrong if question == "Who built it?")
    assert list(read_relevant(source, 1)) == pairs


def test_reading_by_passage_keeps_unanswerable_questions_with_their_own_passage(squad: str) -> None:
    source = DataSource(squad, "s", kind="reading", negatives=0)
    scores = {p.text1: p.score for p in read_relevant(source, 1)}
    assert scores == {"Who built it?": 1.0, "Who paid?": 0.0, "Who studied machines?": 1.0}


def test_graded_scores_are_brought_to_one(tmp_path: Path) -> None:
    rows = [{"sentence1": "a", "sentence2": "b", "score": score} for score in (1, 3, 5)]
    assert [p.score for p in read_graded(DataSource(write(tmp_path / "s.jsonl", rows)))] == [0.0, 0.5, 1.0]
    with pytest.raises(DataError, match="nothing to learn"):
        list(read_graded(DataSource(write(tmp_path / "same.jsonl", rows[:1] * 2))))


def test_include_exclude_limit_and_repeat(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"premise": f"p{i}", "hypothesis": "h", "label": "neutral", "subset": "a" if i % 2 else "b", "i": i}
        for i in range(20)
    ]
    path = write(tmp_path / "n.jsonl", rows)

    def made(**options: object) -> list[str]:
        source = DataSource(path, "n", **options)  # type: ignore[arg-type]
        return [p.text1 for p in make_part(source, read_three_classes(source, 1), 7).examples]

    assert made(include={"subset": ("a",)}, exclude={"i": (1, 3)}) == [f"p{i}" for i in range(5, 20, 2)]
    limited = made(limit=6)
    assert len(set(limited)) == 6
    assert limited == sorted(limited, key=lambda name: int(name[1:])) == made(limit=6)
    assert made(limit=6, repeat=2) == limited * 2
    with pytest.raises(DataError, match="no examples are left"):
        made(include={"subset": ("c",)})


def test_a_kind_that_the_task_cannot_use_is_refused(tmp_path: Path) -> None:
    source = DataSource(write(tmp_path / "n.jsonl", [{"a": 1}]), "n", kind="tagging")
    for read in (
        lambda: read_three_classes(source, 1),
        lambda: read_relevant(source, 1),
        lambda: read_graded(source),
    ):
        with pytest.raises(RecipeError, match="tagging"):
            list(read())


@pytest.mark.parametrize(
    "text", ["One. Two! Three", "第一句。第二句！", " leading. and\n\nparagraph", "", "  "]
)
def test_sentences_keep_their_offsets(text: str) -> None:
    parts = split_sentences_of(text)
    assert all(text[start:].startswith(part) for start, part in parts)
    assert "".join("".join(part.split()) for _, part in parts) == "".join(text.split())


def test_the_fields_of_a_source_are_read_under_their_own_names(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"a": "x", "b": "y", "grade": grade} for grade in (0, 5)]
    source = DataSource(write(tmp_path / "s.jsonl", rows), fields=("a", "b", "grade"))
    assert [(p.text1, p.text2, p.score) for p in read_graded(source)] == [("x", "y", 0.0), ("x", "y", 1.0)]
    rows = [{"p": "x", "h": "y", "label": "neutral"}]
    source = DataSource(write(tmp_path / "n.jsonl", rows), kind="nli", fields=("p", "h"))
    assert [(p.text1, p.label) for p in read_three_classes(source, 1)] == [("x", "neutral")]


def test_scores_that_differ_by_rounding_only_are_not_stretched_to_the_whole_scale(tmp_path: Path) -> None:
    rows = [{"text1": "a", "text2": "b", "score": 0.3 + n * 1e-17} for n in (0, 10, 20)]
    assert len({row["score"] for row in rows}) > 1
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(DataError, match=r"all scores are 0\.3; there is nothing to learn"):
        list(read_graded(DataSource(path=str(tmp_path / "s.jsonl"), kind="scored")))

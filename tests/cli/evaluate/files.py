"""Files to judge models on, and options that keep a judgement short."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NLI = [
    ("A cat sleeps.", "An animal rests.", "entailment"),
    ("A cat sleeps.", "A cat runs.", "contradiction"),
    ("A dog barks.", "The dog is brown.", "neutral"),
    ("Two men talk.", "People speak.", "entailment"),
    ("Two men talk.", "Nobody speaks.", "contradiction"),
    ("It rains.", "It is Monday.", "neutral"),
]
QUICK = ("--resamples", "100", "--threads", "1", "--offline", "-q")


def write_lines(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def squad(tmp_path: Path) -> Path:
    context = "Ada Lovelace wrote the first program in 1843 for the engine of Charles Babbage."
    questions = [
        {"id": "a", "question": "Who wrote it?", "answers": [{"text": "Ada Lovelace", "answer_start": 0}]},
        {"id": "b", "question": "When?", "answers": [{"text": "1843", "answer_start": 40}]},
        {"id": "c", "question": "Who sang it?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "squad.json"
    content = {"data": [{"title": "Ada", "paragraphs": [{"context": context, "qas": questions}]}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path

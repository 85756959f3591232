"""Random models of each kind, and files to judge them on."""

from __future__ import annotations

from pathlib import Path

import pytest

from simengine.types import Document
from tests.cli.evaluate.files import NLI, write_lines
from tests.corpora import write_corpus
from tests.training.tiny_models import write_tiny


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Random models of each kind."""
    root = tmp_path_factory.mktemp("models")
    names = {0: "contradiction", 1: "entailment", 2: "neutral"}
    tags = {0: "O", 1: "B-person", 2: "I-person"}
    for seed, name in ((5, "nli"), (6, "nli2")):
        write_tiny(root / name, "ForSequenceClassification", seed=seed, id2label=names)
    write_tiny(root / "score", "ForSequenceClassification", num_labels=1)
    write_tiny(root / "unnamed", "ForSequenceClassification", num_labels=3)
    write_tiny(root / "reader", "ForQuestionAnswering")
    write_tiny(root / "tagger", "ForTokenClassification", id2label=tags)
    return {path.name: path for path in root.iterdir()}


@pytest.fixture
def in_f32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models run in fp32 on processors with AMX too, to be compared with other libraries."""
    monkeypatch.setattr("simengine.runtimes.choice.has_bf16_matrix_units", lambda: False)


@pytest.fixture
def nli_file(tmp_path: Path) -> Path:
    records = [{"premise": p, "hypothesis": h, "label": label} for p, h, label in NLI]
    return write_lines(tmp_path / "nli.jsonl", [*records, {"premise": "a", "hypothesis": "b", "label": "-"}])


@pytest.fixture
def sts_file(tmp_path: Path) -> Path:
    records = [
        {"text1": "A man plays the guitar.", "text2": "A man plays a guitar.", "score": 5.0},
        {"text1": "A cat sleeps.", "text2": "An animal rests.", "score": 3.5},
        {"text1": "A cat sleeps.", "text2": "The market fell sharply.", "score": 0.0},
        {"text1": "It rains.", "text2": "Rain is falling.", "score": 4.5},
    ]
    return write_lines(tmp_path / "sts.jsonl", records)


@pytest.fixture
def relevance_file(tmp_path: Path) -> Path:
    records = [
        {"qid": 1, "question": "Where do cats sleep?", "answer": "Cats sleep on sofas.", "label": 1},
        {"qid": 1, "question": "Where do cats sleep?", "answer": "Stocks fell.", "label": 0},
        {"qid": 2, "question": "What fell?", "answer": "The market fell.", "label": 1},
        {"qid": 2, "question": "What fell?", "answer": "Cats purr.", "label": 0},
        {"qid": 3, "question": "Who?", "answer": "Nobody knows.", "label": 0},
    ]
    return write_lines(tmp_path / "relevance.jsonl", records)


@pytest.fixture
def collection(tmp_path: Path, documents: list[Document]) -> Path:
    folder = tmp_path / "collection"
    (folder / "qrels").mkdir(parents=True)
    write_corpus(documents, folder / "corpus.jsonl")
    write_lines(
        folder / "queries.jsonl",
        [
            {"_id": "q1", "text": "a purring cat"},
            {"_id": "q2", "text": "the moons of Mars"},
            {"_id": "q3", "text": "x"},
        ],
    )
    qrels = "query-id\tcorpus-id\tscore\nq1\tanimals-0\t1\nq2\tspace-2\t1\nq2\tgone\t1\nq3\tmoney-0\t0\n"
    (folder / "qrels" / "test.tsv").write_text(qrels)
    return folder

"""simengine evaluate on small real models, against the libraries that made them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.corpus.write import write_corpus
from simengine.types import Document
from tests.training.tiny_models import tiny_cross_encoder, write_tiny

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


def test_nli_agrees_with_sentence_transformers(
    call: Callable, models: dict[str, Path], nli_file: Path, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(models["nli"]), device="cpu", local_files_only=True)
    logits = model.predict([(p, h) for p, h, _ in NLI], convert_to_numpy=True)
    names = ["contradiction", "entailment", "neutral"]
    expected = [names[place] for place in logits.argmax(axis=1)]
    out = tmp_path / "out"
    called = call("evaluate", "nli", nli_file, "-m", models["nli"], "--format", "json", "-o", out, *QUICK)
    assert called.code == 0, called.err
    found = json.loads(called.out)
    right = np.mean([said == gold for said, (_, _, gold) in zip(expected, NLI, strict=True)])
    assert found["models"][0]["metrics"]["accuracy"]["value"] == pytest.approx(right)
    assert found["models"][0]["notes"] == ["1 left out: no gold label"]
    assert (found["n"], found["unit"], found["comparison"]) == (6, "pair", None)
    assert json.loads((out / "result.json").read_text(encoding="utf-8")) == found
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["predicted"] for row in rows] == expected
    exact = np.exp(logits - logits.max(axis=1, keepdims=True))
    exact /= exact.sum(axis=1, keepdims=True)
    for row, line in zip(rows, exact, strict=True):
        assert row["probabilities"] == pytest.approx(dict(zip(names, line.tolist(), strict=True)), abs=1e-3)
        assert row["right"] == (row["gold"] == row["predicted"])


def test_outputs_without_names_are_named_by_an_option(
    call: Callable, models: dict[str, Path], nli_file: Path, tmp_path: Path
) -> None:
    both = []
    for names in ("contradiction,entailment,neutral", "e,n,c"):
        arguments = ("evaluate", "nli", nli_file, "-m", models["unnamed"], "--labels", names, "-o", tmp_path)
        assert call(*arguments, *QUICK).code == 0
        lines = (tmp_path / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
        both.append([json.loads(line)["probabilities"] for line in lines])
    for one, other in zip(*both, strict=True):
        assert one["contradiction"] == pytest.approx(other["entailment"], abs=1e-5)
        assert one["entailment"] == pytest.approx(other["neutral"], abs=1e-5)
    called = call("evaluate", "nli", nli_file, "-m", models["unnamed"], "--labels", "e,n", *QUICK)
    assert called.code == 2
    assert "--labels names 2 outputs; the model has 3: LABEL_0, LABEL_1, LABEL_2" in called.err


def test_names_for_outputs_are_not_put_on_a_model_that_has_its_own(
    call: Callable, models: dict[str, Path], nli_file: Path
) -> None:
    arguments = ("evaluate", "nli", nli_file, "-m", models["nli"], "--format", "json", *QUICK)
    plain, named = (json.loads(call(*arguments, *extra).out) for extra in ((), ("--labels", "e,n,c")))
    assert plain["models"][0]["result"] == named["models"][0]["result"]


def test_two_models_are_compared(
    call: Callable, models: dict[str, Path], nli_file: Path, tmp_path: Path
) -> None:
    arguments = ("evaluate", "nli", nli_file, "-m", models["nli"], "--compare", models["nli2"], *QUICK)
    called = call(*arguments, "--format", "json", "-o", tmp_path / "out", "--plots")
    assert called.code == 0, called.err
    found = json.loads(called.out)
    first, second = (one["metrics"]["accuracy"]["value"] for one in found["models"])
    accuracy = found["comparison"]["metrics"][0]
    assert (accuracy["first"], accuracy["second"]) == (first, second)
    assert accuracy["difference"] == pytest.approx(second - first)
    units = found["comparison"]["units"]
    assert units["first_better"] + units["both_right"] == pytest.approx(6 * first)
    assert units["second_better"] + units["both_right"] == pytest.approx(6 * second)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "calibration-compare.png",
        "calibration.png",
        "confusion-compare.png",
        "confusion.png",
        "predictions-compare.jsonl",
        "predictions.jsonl",
        "result.json",
    ]
    table = call(*arguments).out
    for part in ("accuracy", "macro-F1", "95% interval", "entailment", "only the second", "McNemar"):
        assert part in table


def test_sts_takes_a_bi_encoder_or_a_cross_encoder(
    call: Callable, models: dict[str, Path], sts_file: Path
) -> None:
    from scipy.stats import spearmanr
    from sentence_transformers import CrossEncoder

    called = call("evaluate", "sts", sts_file, "--format", "json", *QUICK)
    assert called.code == 0, called.err
    metrics = json.loads(called.out)["models"][0]["metrics"]
    assert metrics["spearman"]["value"] > 0.7  # all-MiniLM-L6-v2 knows
    called = call("evaluate", "sts", sts_file, "-m", models["score"], "--format", "json", *QUICK)
    assert called.code == 0, called.err
    records = [json.loads(line) for line in sts_file.read_text(encoding="utf-8").splitlines()]
    model = CrossEncoder(str(models["score"]), device="cpu", local_files_only=True)
    scores = model.predict([(r["text1"], r["text2"]) for r in records])
    expected = spearmanr([r["score"] for r in records], scores).statistic
    assert json.loads(called.out)["models"][0]["metrics"]["spearman"]["value"] == pytest.approx(expected)


def test_rerank_takes_every_kind_of_pair_model(
    call: Callable, models: dict[str, Path], relevance_file: Path
) -> None:
    for model in ("all-MiniLM-L6-v2", models["score"], models["nli"]):
        called = call("evaluate", "rerank", relevance_file, "-m", model, "--format", "json", *QUICK)
        assert called.code == 0, called.err
        found = json.loads(called.out)
        assert found["n"] == 2
        assert 0.5 <= found["models"][0]["metrics"]["MAP"]["value"] <= 1
        assert "questions left out that have no right answer: 1" in found["models"][0]["notes"]
        if model == "all-MiniLM-L6-v2":
            assert found["models"][0]["metrics"]["MAP"]["value"] == 1.0


def test_retrieval_builds_an_index_for_once(call: Callable, collection: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    called = call("evaluate", "retrieval", collection, "--format", "json", "-o", out, *QUICK)
    assert called.code == 0, called.err
    found = json.loads(called.out)
    metrics = {name: one["value"] for name, one in found["models"][0]["metrics"].items()}
    # q1 is found first; of the two documents of q2 one is first and one not there.
    assert metrics["MRR@10"] == 1.0
    assert metrics["Recall@100"] == 0.75
    assert metrics["MAP"] == 0.75
    notes = " ".join(found["models"][0]["notes"])
    assert "1 relevant document not in the index" in notes
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["query_id"] for row in rows] == ["q1", "q2"]
    assert rows[1]["predicted"][0] == "space-2"


def test_retrieval_searches_an_index_that_is_there(call: Callable, collection: Path, index: Path) -> None:
    called = call(
        "evaluate", "retrieval", collection, "--index", index, "--mode", "lexical", "--format", "json", *QUICK
    )
    assert called.code == 0, called.err
    assert json.loads(called.out)["models"][0]["metrics"]["MRR@10"]["value"] == 1.0


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


def test_reading_agrees_with_the_reader_and_obeys_its_threshold(
    call: Callable, models: dict[str, Path], tmp_path: Path
) -> None:
    from simengine.cross_encoders.reader import load_reader

    file, out = squad(tmp_path), tmp_path / "out"
    arguments = ("evaluate", "reading", file, "-m", models["reader"], "--format", "json", "-o", out, *QUICK)
    assert call(*arguments, "--threshold", "none").code == 0
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    reader = load_reader(str(models["reader"]), device="cpu", threads=1)
    context = json.loads(file.read_text())["data"][0]["paragraphs"][0]["context"]
    for row in rows:
        answer = reader.answer(row["question"], context, allow_none=False)
        assert row["predicted"] == answer.text
        assert row["no_answer_score"] == pytest.approx(answer.no_answer_score, abs=1e-4)
    lowest = min(row["no_answer_score"] for row in rows)
    called = call(*arguments, "--threshold", str(lowest - 1))
    result = json.loads(called.out)["models"][0]["result"]
    assert (result["n_abstained"], result["exact_match"]) == (3, pytest.approx(1 / 3))
    assert result["unanswerable"] == {"n": 1, "exact_match": 1.0, "f1": 1.0}


def test_tagging_agrees_with_the_tagger(call: Callable, models: dict[str, Path], tmp_path: Path) -> None:
    from simengine.cross_encoders.tagger import load_tagger

    tokens = [["Ada", "Lovelace", "wrote"], ["Nobody", "came", "."]]
    tags = [["B-person", "I-person", "O"], ["O", "B-place", "O"]]
    file = write_lines(
        tmp_path / "tags.jsonl", [{"tokens": t, "tags": g} for t, g in zip(tokens, tags, strict=True)]
    )
    out = tmp_path / "out"
    called = call("evaluate", "tagging", file, "-m", models["tagger"], "--format", "json", "-o", out, *QUICK)
    assert called.code == 0, called.err
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = load_tagger(str(models["tagger"]), device="cpu", threads=1).tag_sentences(tokens)
    assert [row["predicted"] for row in rows] == expected
    notes = json.loads(called.out)["models"][0]["notes"]
    assert notes == ["tags that the model does not know count as missed: B-place (1)"]


def test_sentences_without_entities_can_be_judged(
    call: Callable, models: dict[str, Path], tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "tags.jsonl", [{"tokens": ["a", "b"], "tags": ["O", "O"]}] * 2)
    called = call("evaluate", "tagging", file, "-m", models["tagger"], "--format", "json", *QUICK)
    assert called.code == 0, called.err
    assert json.loads(called.out)["models"][0]["metrics"]["recall"]["value"] == 0.0


def test_one_example_has_no_interval(call: Callable, models: dict[str, Path], nli_file: Path) -> None:
    called = call("evaluate", "nli", nli_file, "-m", models["nli"], "--limit", "1", "--resamples", "100")
    assert called.code == 0
    assert "a single example has no confidence interval" in called.err
    assert "1 pair" in called.out.splitlines()[0]


def test_a_seed_gives_the_same_figures_again(call: Callable, models: dict[str, Path], nli_file: Path) -> None:
    arguments = ("evaluate", "nli", nli_file, "-m", models["nli"], "--format", "json", "--seed", "3", *QUICK)
    first, second = (json.loads(call(*arguments).out) for _ in range(2))
    for one in (first, second):
        del one["models"][0]["predict_s"]
    assert first == second


@pytest.mark.parametrize(
    ("task", "model", "code", "message"),
    [
        ("nli", "score", 2, "the model's labels are 'score'; expected entailment, neutral, contradiction"),
        ("nli", "unnamed", 2, "which do not say what they mean.*--labels"),
        ("nli", "reader", 2, "nli needs a cross-encoder; .*reader is a reader"),
        ("nli", "all-MiniLM-L6-v2", 2, "all-MiniLM-L6-v2 is a bi-encoder"),
        ("sts", "nli", 2, "graded similarity needs a cross-encoder with one output, or a bi-encoder"),
        ("sts", "tagger", 2, "is a tagger; expected a bi-encoder or a cross-encoder"),
        ("reading", "tagger", 2, "reading needs a reader; .*tagger is a tagger"),
        ("tagging", "nli", 2, "tagging needs a tagger"),
        ("nli", "nowhere", 1, "no model"),
    ],
)
def test_the_wrong_model_for_a_task_is_refused(
    call: Callable,
    models: dict[str, Path],
    nli_file: Path,
    sts_file: Path,
    tmp_path: Path,
    task: str,
    model: str,
    code: int,
    message: str,
) -> None:
    import re

    tags = write_lines(tmp_path / "tags.jsonl", [{"tokens": ["a"], "tags": ["B-person"]}])
    file = {"nli": nli_file, "sts": sts_file, "reading": squad(tmp_path), "tagging": tags}[task]
    called = call("evaluate", task, file, "-m", models.get(model, model), *QUICK)
    assert called.code == code
    assert re.search(message, called.err)
    assert called.out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nli", "FILE", "--index", "x"), 2, "--index is for retrieval, the task is nli"),
        (("nli", "FILE", "--threshold", "1"), 2, "--threshold is for reading"),
        (("sts", "FILE", "--plots", "-o", "x"), 2, "--plots is for nli"),
        (("nli", "FILE", "--plots"), 2, "--plots needs --output"),
        (("reading", "FILE"), 2, "simengine carries no model for reading: give --model"),
        (("retrieval", "FILE"), 4, "expected a folder with corpus.jsonl"),
        (("retrieval", "FILE", "--index", "x", "--compare", "y"), 2, "leave --index out"),
        (("nli", "FILE"), 4, r"nli\.jsonl:1: .*perhaps"),
        (("sts", "FILE"), 4, r"nli\.jsonl:1: "),
        (("poetry", "FILE"), 2, "poetry"),
    ],
)
def test_wrong_files_and_options_are_refused(
    call: Callable, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    import re

    file = write_lines(tmp_path / "nli.jsonl", [{"premise": "a", "hypothesis": "b", "label": "perhaps"}])
    called = call("evaluate", *[str(file) if one == "FILE" else one for one in arguments])
    assert called.code == code
    assert re.search(message, called.err)


def test_a_tagger_that_knows_no_tag_of_the_file_is_refused(
    call: Callable, models: dict[str, Path], tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "tags.jsonl", [{"tokens": ["a"], "tags": ["B-ship"]}])
    called = call("evaluate", "tagging", file, "-m", models["tagger"], *QUICK)
    assert called.code == 2
    assert "knows none of the file's tags (B-ship (1)); its tags are O, B-person, I-person" in called.err


def test_help_loads_no_model_library() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from simengine.cli.main import _run; _run(['evaluate', '--help']); "
        "loaded = {'torch', 'transformers', 'sklearn', 'scipy', 'openvino', 'numpy'} & set(sys.modules); "
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cross-encoder" in done.stdout


def test_a_saved_cross_encoder_of_sentence_transformers_is_understood(
    call: Callable, nli_file: Path, tmp_path: Path
) -> None:
    model = tiny_cross_encoder(tmp_path / "base")
    model.transformers_model.config.id2label = {0: "entailment", 1: "neutral", 2: "contradiction"}
    model.save_pretrained(str(tmp_path / "saved"))
    called = call("evaluate", "nli", nli_file, "-m", tmp_path / "saved", *QUICK)
    assert called.code == 0, called.err

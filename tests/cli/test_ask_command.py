"""`simengine ask` over a tiny index, with a word encoder and a judge that reads a table."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine.calibration.calibration import Calibration
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.reader import load_reader
from simengine.engine.fitted import DECISIONS, answer_rule, store_decision
from simengine.errors import DamagedIndexError, DataError
from simengine.models.fingerprint import Fingerprint
from simengine.qa.decision import Decision
from simengine.qa.labelled import read_labelled_questions
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter
from simengine.types import Document
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import load_word_encoder
from tests.qa.fakes import TableModel
from tests.training.tiny_models import write_tiny

WHEN, HOW, NOBODY = "When was the tower built?", "How high is the tower?", "Who knows?"
DOCUMENTS = [
    Document("tower", "The tower was built in 1889. It is 300 metres high.", metadata={"kind": "a"}),
    Document("return", "Within thirty days.", "Can I return an item?", {"kind": "faq"}),
    Document("zh", "铁塔高三百米。"),
]
RULES = (("1889", "tower built", "entailment"), ("300", HOW, "entailment"), ("三百", "铁塔", "entailment"))


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    monkeypatch.setattr("simengine.engine.loaded.load_cross_encoder", lambda *a, **b: TableModel(*RULES))
    for name in (
        "SIMENGINE_NLI_MODEL",
        "SIMENGINE_READER",
        "SIMENGINE_LLM_BASE_URL",
        "SIMENGINE_LLM_MODEL",
        "SIMENGINE_WORDING_URL",
        "SIMENGINE_WORDING_MODEL",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    from simengine.engine import Engine

    Engine.build(DOCUMENTS, tmp_path / "index").close()
    return tmp_path / "index"


def test_json_says_what_was_found_and_where(call, path: Path) -> None:
    result = call("ask", "-i", path, "--format", "json", *WHEN.split())
    assert result.code == 0
    found = json.loads(result.out)
    assert (found["question"], found["verdict"], found["source"]) == (WHEN, "answer", "passage")
    assert found["answer"] == "The tower was built in 1889."
    assert found["span"] == {"start": 0, "end": 28}
    evidence = found["evidence"]
    assert (evidence["document_id"], DOCUMENTS[0].text[evidence["start"] : evidence["end"]]) == (
        "tower",
        evidence["text"],
    )
    assert len(found["nearest"]) == 3
    assert found["asked"] is None


def test_the_table_shows_verdict_answer_and_place(call, path: Path) -> None:
    result = call("ask", "-i", path, WHEN)
    lines = result.out.splitlines()
    assert lines[0].startswith(("answer  0.", "not sure: answer  0."))
    assert lines[1] == "The tower was built in 1889."
    assert "evidence: tower [0:28]" in lines[2]


def test_not_found_shows_the_nearest_and_fails_only_when_asked_to(call, path: Path) -> None:
    result = call("ask", "-i", path, NOBODY)
    assert result.code == 0
    assert result.out.startswith("not found")
    assert "Within thirty days." in result.out
    assert call("ask", "-i", path, "--fail-empty", NOBODY).code == 5
    assert call("ask", "-i", path, "--fail-empty", WHEN).code == 0


def test_a_file_of_questions_gives_a_line_for_each_in_order(call, path: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        "\n".join(json.dumps({"id": name, "question": text}) for name, text in (("x", NOBODY), ("y", WHEN)))
    )
    result = call("ask", "-i", path, "--questions", questions, "-o", tmp_path / "out.jsonl")
    assert (result.code, result.out) == (0, "")
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(each["id"], each["question"], each["verdict"]) for each in records] == [
        ("x", NOBODY, "not found"),
        ("y", WHEN, "answer"),
    ]
    array = call("ask", "-i", path, "--questions", questions, "--format", "json")
    assert [each["id"] for each in json.loads(array.out)] == ["x", "y"]


def test_a_filter_keeps_other_documents_out(call, path: Path) -> None:
    found = json.loads(call("ask", "-i", path, "-w", 'kind == "faq"', "--format", "json", WHEN).out)
    assert found["verdict"] == "not found"
    assert [hit["id"] for hit in found["nearest"]] == ["return"]
    nothing = json.loads(
        call("ask", "-i", path, "-w", 'kind == "a" and kind == "faq"', "--format", "json", WHEN).out
    )
    assert (nothing["verdict"], nothing["nearest"]) == ("not found", [])


def test_chinese_is_answered_by_a_judge_that_knows_it_and_by_no_other(
    call, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = call("ask", "-i", path, "--format", "json", "铁塔有多高？")
    assert json.loads(result.out)["answer"] == "铁塔高三百米。"
    assert "does not know" not in result.err
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    result = call("ask", "-i", path, "--format", "json", "铁塔有多高？")
    answer = json.loads(result.out)
    assert (answer["verdict"], answer["answer"]) == ("not found", "")
    assert answer["notes"][0].startswith("the model does not know 铁, 塔, 有, 多, …")
    assert "the cross-encoder does not know the characters of '铁塔有多高？'" in result.err
    table = " ".join(call("ask", "-i", path, "铁塔有多高？").out.split())
    assert f"note: {answer['notes'][0]}" in table


def test_a_field_that_no_document_has_is_named_with_those_there_are(call, path: Path) -> None:
    result = call("ask", "-i", path, "--question-field", "knid", WHEN)
    assert "no document has a field 'knid'; there are: title, kind" in result.err
    assert call("ask", "-i", path, "--question-field", "kind", "--question-field", "title", WHEN).code == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_conversation_keeps_its_subject_until_the_empty_line(
    call, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sys.stdin", Terminal(f"{WHEN}\nHow high is it?\n/new\nHow high is it?\n{'x' * 3000}\n\n{WHEN}\n")
    )
    result = call("ask", "-i", path)
    assert result.code == 0
    assert result.out.count("answer  0.") == 2
    assert f"Understood as: {HOW}" in result.out
    assert result.out.count("not found") == 1
    assert "3,000 characters" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["q", "--questions", "f"],
        ["q", "--precision", "0.9", "--threshold", "0.5"],
        ["q", "--precision", "0.9"],
        ["q", "--threshold", "2"],
        [" "],
        ["--fit", "f", "--precision", "0.9"],
        ["q", "--llm-base-url", "http://127.0.0.1:9/v1"],
        ["q", "--llm-model", "m"],
        ["q", "--llm-base-url", "http://127.0.0.1:9/v1", "--llm-model", "m", "--offline"],
        ["q", "--llm-base-url", "ftp://127.0.0.1", "--llm-model", "m"],
        ["q", "--llm-timeout", "0"],
        ["q", "--labels", "entailment,neutral"],
        ["q", "--question-field", "nosuch"],
        ["q", "--question-field", ""],
        ["w " * 100_000],
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(call, path: Path, arguments: list[str]) -> None:
    result = call("ask", "-i", path, *arguments)
    assert result.code == 2
    assert "Traceback" not in result.err


@pytest.mark.parametrize("names", [("base-url", "model", "timeout"), ("url", "model", "timeout")])
def test_an_endpoint_that_is_not_there_leaves_the_corpuss_own_words(
    call, path: Path, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = "llm" if names[0] == "base-url" else "wording"
    values = dict(zip(names, ("http://127.0.0.1:9/v1", "m", "2"), strict=True))
    options = [part for name, value in values.items() for part in (f"--{prefix}-{name}", value)]
    result = call("ask", "-i", path, "--format", "json", *options, WHEN)
    said = json.loads(result.out)
    assert said["answer"] == "The tower was built in 1889."
    assert "endpoint cannot be reached" in said["notes"][0]
    deprecated = [line for line in result.err.splitlines() if "is deprecated; use --llm-" in line]
    assert len(deprecated) == (0 if prefix == "llm" else 3)
    for name in names[:2]:
        variable = f"SIMENGINE_{prefix}_{name}".upper().replace("-", "_")
        monkeypatch.setenv(variable, values[name])
    assert json.loads(call("ask", "-i", path, "--format", "json", WHEN).out)["notes"] == said["notes"]


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two readers of the same name, that have learned nothing."""
    return [
        write_tiny(tmp_path_factory.mktemp(f"run{seed}") / "model", "ForQuestionAnswering", seed=seed)
        for seed in (0, 1)
    ]


def test_a_reader_gives_its_words_and_where_they_stand(
    call, path: Path, readers: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "simengine.engine.loaded.load_cross_encoder", lambda *a, **b: TableModel(("", "", "entailment"))
    )
    result = call("ask", "-i", path, "-w", 'kind == "a"', "--reader", readers[0], "--format", "json", WHEN)
    assert result.code == 0, result.err
    found = json.loads(result.out)
    text = DOCUMENTS[0].text
    read = load_reader(str(readers[0]), device="cpu").answer(WHEN, text, allow_none=False)
    assert (found["answer"], found["span"]) == (read.text, {"start": read.start, "end": read.end})
    assert found["evidence"]["start"] <= read.start < read.end <= found["evidence"]["end"]
    assert found["scores"]["reader"] == pytest.approx(1 / (1 + math.exp(read.no_answer_score)), abs=1e-4)


def test_a_decision_fitted_with_one_reader_is_not_used_with_another_of_its_name(
    call, path: Path, readers: list[Path], tmp_path: Path
) -> None:
    ask = ("ask", "-i", path, "--format", "json", f"{WHEN} 2")
    assert call("ask", "-i", path, "--reader", readers[0], "--fit", labelled(tmp_path)).code == 0
    assert json.loads(call(*ask, "--reader", readers[0]).out)["calibrated"] is True
    for other in (("--reader", readers[1]), ()):
        result = call(*ask, *other)
        assert json.loads(result.out)["calibrated"] is False
        assert "fitted with another NLI model or reader" in result.err


def test_a_model_that_is_no_reader_is_refused(call, path: Path, tmp_path: Path) -> None:
    tagger = write_tiny(tmp_path / "tagger", "ForTokenClassification")
    (tmp_path / "empty").mkdir()
    for given, said in (
        (tmp_path / "empty", "lacks config.json and weights"),
        (tagger, "expected one that ends in ForQuestionAnswering"),
        ("none/such", "none/such"),
    ):
        result = call("ask", "-i", path, "--reader", given, "--offline", WHEN)
        assert result.code == 1
        assert said in result.err


def labelled(folder: Path, n: int = 60) -> Path:
    """Half of the questions have an answer; some of these are labelled with another."""
    lines = []
    for number in range(n):
        answers = [] if number % 2 else ["1929" if number % 10 == 0 else "1889"]
        question = f"{NOBODY} {number}" if number % 2 else f"{WHEN} {number}"
        lines.append(json.dumps({"question": question, "answers": answers}))
    (folder / "labelled.jsonl").write_text("\n".join(lines))
    return folder / "labelled.jsonl"


def test_a_decision_is_fitted_kept_and_used(call, path: Path, tmp_path: Path) -> None:
    fitted = call("ask", "-i", path, "--fit", labelled(tmp_path))
    assert fitted.code == 0
    assert "questions" in fitted.out
    assert "weight of relevance" in fitted.out
    found = json.loads(call("ask", "-i", path, "--format", "json", f"{WHEN} 2").out)
    assert found["calibrated"] is True
    assert found["probability"] == pytest.approx(0.8, abs=0.12)  # one answer in five was labelled wrong
    precise = json.loads(call("ask", "-i", path, "--precision", "0.6", "--format", "json", f"{WHEN} 2").out)
    assert precise["verdict"] == "answer"
    assert call("ask", "-i", path, "--precision", "0.99", f"{WHEN} 2").code == 2
    again = call("ask", "-i", path, "--fit", labelled(tmp_path), "--format", "json")
    assert Decision.from_dict(json.loads(again.out)).calibration.n == 60
    assert "replaced" in again.err


def rule(path: Path, weights: str = "table", reader: str = "", note=None) -> Decision | Calibration | None:
    """What decides in an index with an NLI model of some weights."""
    model = TableModel()
    model.fingerprint = Fingerprint.from_parts({"weights": weights})
    with Snapshot.open(path) as snapshot:
        return answer_rule(snapshot, NLIModel(model), reader, note=note)


def test_a_decision_of_another_model_is_told_and_not_used(call, path: Path, tmp_path: Path) -> None:
    call("ask", "-i", path, "--fit", labelled(tmp_path))
    told: list[str] = []
    assert rule(path, "others", note=told.append) is None
    assert "another NLI model" in told[0]
    assert rule(path, reader="reader") is None
    decision = rule(path)
    assert isinstance(decision, Decision)
    assert store_decision(path, decision) is True


def test_a_calibration_of_the_plain_rule_is_used_where_nothing_was_fitted(path: Path) -> None:
    digest, parameters = TableModel().fingerprint.digest, {"slope": 1.0, "intercept": 0.0}
    plain = Calibration(
        "platt", digest, "answer", "probability", parameters, 50, "", "2026-01-01", 0.1, 0.1, 0.5
    )
    with IndexWriter.open(path) as writer:
        writer.set_derived("calibration", {"answer": plain.to_dict()})
    assert rule(path) == plain


def test_a_broken_decision_is_a_damaged_index(path: Path) -> None:
    with IndexWriter.open(path) as writer:
        writer.set_derived(DECISIONS, {TableModel().fingerprint.digest: {"names": []}})
    with pytest.raises(DamagedIndexError):
        rule(path)
    with Snapshot.open(path) as snapshot:
        assert snapshot.derived(DECISIONS) is not None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "JSON"),
        ('{"answers": []}', "no question"),
        ('{"question": " "}', "question"),
        ('{"question": "q", "answers": [{}]}', "answers"),
    ],
)
def test_a_labelled_question_that_cannot_be_read_names_its_line(tmp_path: Path, line: str, said: str) -> None:
    source = tmp_path / "q.jsonl"
    source.write_text(line)
    with pytest.raises(DataError, match=said) as error:
        list(read_labelled_questions(source))
    assert (error.value.source, error.value.line) == (str(source), 1)


def test_labelled_questions_come_from_squad_files_too(tmp_path: Path) -> None:
    qas = [
        {
            "id": "1",
            "question": "Where?",
            "answers": [{"text": "here", "answer_start": 0}] * 2,
            "is_impossible": False,
        },
        {"id": "2", "question": "When?", "answers": [], "is_impossible": True},
    ]
    value = {"data": [{"title": "T", "paragraphs": [{"context": "here it is", "qas": qas}]}]}
    (tmp_path / "set.json").write_text(json.dumps(value))
    first, second = read_labelled_questions(tmp_path / "set.json")
    assert (first.question, first.answers, first.group) == ("Where?", ("here",), "T")
    assert second.answers == second.document_ids == ()


def test_json_lines_take_one_answer_or_document_ids(tmp_path: Path) -> None:
    lines = [
        '{"query": "a", "answer": "x", "document_id": "d", "group": 3}',
        '{"text": "b", "document_ids": ["d", 7]}',
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(lines))
    first, second = read_labelled_questions(tmp_path / "q.jsonl")
    assert (first.answers, first.document_ids, first.group) == (("x",), ("d",), "3")
    assert second.document_ids == ("d", "7")

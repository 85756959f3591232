"""`simengine contradictions` and `simengine duplicates`, mostly with a judge whose verdicts stand in a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from simengine.engine.writing import write_documents
from simengine.models.fingerprint import Fingerprint
from simengine.types import Document, FloatMatrix
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import load_word_encoder
from tests.reasoning.judges import CONTRADICTS, ENTAILS, TableJudge, encode

NLI = "simengine.engine.loaded.LoadedModels.nli"
OPEN, CLOSED = "The shop is open today.", "The shop is shuttered today."
RENT, OTHER_RENT = "The rent is 900 euros.", "The rent is 950 euros."


class Encoder:
    def encode(self, texts: Sequence[str], *, role: str = "text") -> FloatMatrix:
        return encode(texts)

    def close(self) -> None:
        pass


class Judge(TableJudge):
    def __init__(self) -> None:
        super().__init__()
        self.model = SimpleNamespace(fingerprint=Fingerprint.from_parts({}))
        self.both(OPEN, CLOSED, CONTRADICTS).both(OPEN, "Today the shop is open.", ENTAILS)

    def close(self) -> None:
        pass


@pytest.fixture
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simengine.engine.texts.open_encoder", lambda settings, models: Encoder())
    monkeypatch.setattr(NLI, lambda *given: Judge())


def write(path: Path, *texts: str) -> Path:
    lines = [
        json.dumps({"id": f"{path.stem}{n}", "text": text}, ensure_ascii=False)
        for n, text in enumerate(texts)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def records(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("_fakes")
def test_jsonl_holds_both_claims_with_places_and_how_it_was_found(call, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.jsonl", f"Is it? {OPEN}", CLOSED, RENT, OTHER_RENT)
    result = call("contradictions", corpus, "--format", "jsonl", "--rule", "either", "--min-probability", 0.9)
    assert result.code == 0
    rule, model = records(result.out)
    assert (rule["found_by"], rule["difference"], rule["cluster"]) == (
        ["measure"],
        ["900 euros", "950 euros"],
        1,
    )
    assert model["probability"] == pytest.approx(0.94)
    assert model["claim1"] == {"id": "a0", "title": "", "start": 7, "end": 7 + len(OPEN), "text": OPEN}
    assert model["claim2"]["id"] == "a1"
    assert model["calibrated"] is False
    assert "4 claims in 4 documents (1 question left out)" in result.err
    assert (
        "2 conflicts in 2 clusters, probabilities uncalibrated, threshold 0.9 by rule 'either'" in result.err
    )


@pytest.mark.usefixtures("_fakes")
def test_sentences_that_are_not_claims_are_counted_in_their_numbers(call, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.jsonl", f"Is it? Was it? No. {OPEN}", CLOSED)
    assert "(1 short sentence, 2 questions left out)" in call("contradictions", corpus).err


@pytest.mark.usefixtures("_fakes")
def test_the_table_shows_both_claims_and_the_difference(call, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.jsonl", RENT, OTHER_RENT)
    result = call("contradictions", corpus)
    assert result.code == 0
    for text in (RENT, OTHER_RENT, "a0 0-22", "measure: 900 euros / 950 euros"):
        assert text in result.out


@pytest.mark.usefixtures("_fakes")
def test_two_files_are_compared_with_each_other_only(call, tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.jsonl", OPEN, CLOSED), write(tmp_path / "b.jsonl", CLOSED, RENT)
    to = ("--format", "jsonl", "-o", tmp_path / "out.jsonl")
    result = call(
        "contradictions", first, "--against", second, "--rule", "mean", "--min-probability", 0.9, *to
    )
    assert (result.code, result.out) == (0, "")
    (found,) = records((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert (found["claim1"]["id"], found["claim2"]["id"]) == ("a0", "b0")


@pytest.mark.usefixtures("_fakes")
def test_options_reach_the_search(call, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.jsonl", OPEN, CLOSED, RENT, OTHER_RENT)
    assert (
        records(call("contradictions", corpus, "--no-rules", "--min-probability", 1, "--format", "jsonl").out)
        == []
    )
    result = call("contradictions", corpus, "--max-pairs", 1, "--min-cosine", 0, "--quiet")
    assert "5 pairs not judged: 5 beyond --max-pairs" in result.err
    either = ("--no-rules", "--rule", "either")
    assert call("contradictions", corpus, "--quiet", *either).out == ""  # 0.94 is not enough by default
    assert call("contradictions", corpus, "--min-probability", 2).code == 2
    assert call("contradictions", corpus, "--rule", "all").code == 2


@pytest.mark.usefixtures("_fakes")
def test_texts_that_the_judge_does_not_know_are_told_of(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Judge, "readings", ascii_readings, raising=False)
    corpus = write(tmp_path / "a.jsonl", "租期为三年。", "租期为5年。")
    result = call("contradictions", corpus, "--format", "jsonl", "--quiet")
    assert records(result.out)[0]["difference"] == ["三年", "5年"]
    assert result.err.count("the cross-encoder does not know the characters of '租期为三年。'") == 1
    monkeypatch.delattr(Judge, "readings")
    assert "does not know" not in call("contradictions", corpus, "--quiet").err


@pytest.mark.usefixtures("_fakes")
def test_a_corpus_without_claims_finds_nothing_and_an_empty_file_is_bad_data(call, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.jsonl", "Is it open today?")
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    for command in ("contradictions", "duplicates"):
        result = call(command, corpus)
        assert (result.code, result.out) == (0, "")
        assert call(command, tmp_path / "empty.jsonl").code == 4


def test_a_missing_file_and_a_filter_without_an_index_are_errors(call, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.jsonl", OPEN)
    result = call("contradictions", corpus, "--where", "kind == 1")
    assert result.code == 2
    assert "--where needs an index" in result.err
    result = call("contradictions", tmp_path / "none.jsonl")
    assert result.code == 4
    assert "none.jsonl: no such index, file or folder" in result.err


@pytest.mark.usefixtures("_fakes")
def test_duplicates_and_conflicts_are_told_apart(call, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.jsonl", OPEN, "Today the shop is open.", CLOSED, OPEN.upper())
    result = call("duplicates", corpus, "--format", "jsonl", "--min-cosine", 0.3)
    assert result.code == 0
    group, conflict = records(result.out)
    assert (group["kind"], group["id"]) == ("duplicates", "a0")
    assert [(m["id"], m["kind"]) for m in group["members"]] == [("a1", "entailed"), ("a3", "exact")]
    assert (conflict["kind"], conflict["claim1"]["text"], conflict["claim2"]["text"]) == (
        "conflict",
        OPEN,
        CLOSED,
    )
    assert "4 documents, 2 distinct: 2 duplicates in 1 group" in result.err
    table = call("duplicates", corpus, "--min-cosine", 0.3).out
    assert "entailed 0.900" in table


@pytest.mark.usefixtures("_fakes")
def test_without_the_guard_it_says_that_no_model_was_asked(call, tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.jsonl", OPEN, CLOSED)
    result = call("duplicates", corpus, "--no-guard", "--min-cosine", 0.3, "--format", "jsonl")
    assert [m["kind"] for m in records(result.out)[0]["members"]] == ["near"]
    assert "not checked by an NLI model" in result.err
    assert call("duplicates", corpus, "--no-guard", "--nli", "x").code == 2


@pytest.fixture
def word_index(monkeypatch: pytest.MonkeyPatch, documents: list[Document], tmp_path: Path) -> Path:
    """An index of the twelve documents by an encoder that takes microseconds."""
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    write_documents(documents, tmp_path / "words", "sync", create=True)
    return tmp_path / "words"


def test_an_index_is_read_by_its_own_model_and_filter(call, word_index: Path, monkeypatch) -> None:
    monkeypatch.setattr(NLI, lambda *given: Judge())
    options = ("--min-cosine", -1, "--min-probability", 0, "--format", "jsonl")
    result = call("contradictions", word_index, "--where", 'topic == "money"', *options)
    assert result.code == 0
    found = records(result.out)
    assert len(found) == 6  # every pair of the four documents
    assert {each[claim]["id"].split("-")[0] for each in found for claim in ("claim1", "claim2")} == {"money"}
    assert call("contradictions", word_index, "--where", "nosuch == 1", *options).code == 2
    result = call(
        "duplicates", word_index, "--where", 'topic == "money"', "--no-guard", "--min-cosine", 0.999
    )
    assert (result.code, result.out) == (0, "")


def test_without_a_source_the_only_index_is_taken(
    call, word_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NLI, lambda *given: Judge())
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder, code in ((tmp_path, 0), (empty, 1)):
        (folder / "indexes").mkdir()
        monkeypatch.chdir(folder)
        if not code:
            word_index.rename(tmp_path / "indexes" / "words")
        for command, options in (("contradictions", ()), ("duplicates", ("--no-guard",))):
            result = call(command, *options)
            assert result.code == code, result.err
            assert ("12 documents" in result.err) == (not code)
            assert ("no index under indexes/" in result.err) == bool(code)
    monkeypatch.chdir(tmp_path)
    assert "12 documents" in call("duplicates", "--no-guard", "-i", "words").err
    assert call("duplicates", "--no-guard", "words", "-i", "words").code == 0
    assert call("duplicates", "--no-guard", "words", "-i", "other").code == 2
    monkeypatch.setenv("SIMENGINE_INDEX", "words")
    assert "1 document," in call("duplicates", "--no-guard", write(tmp_path / "a.jsonl", OPEN)).err


@pytest.mark.usefixtures("_fakes")
def test_a_judge_of_the_environment_does_not_forbid_no_guard(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMENGINE_NLI_MODEL", "some/model")
    assert call("duplicates", write(tmp_path / "a.jsonl", OPEN), "--no-guard").code == 0


def test_an_index_may_be_the_other_side_and_be_read_by_another_model(
    call, word_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: list[Document]
) -> None:
    monkeypatch.setattr(NLI, lambda *given: Judge())
    options = ("--min-cosine", -1, "--min-probability", 0, "--format", "jsonl")
    money = ("--where", 'topic == "money"')
    own, other = (call("contradictions", word_index, *money, *model, *options) for model in ((), ("-m", "x")))
    assert (own.code, own.out) == (other.code, other.out)
    found = records(
        call("contradictions", write(tmp_path / "a.jsonl", OPEN), "--against", word_index, *options).out
    )
    assert {each["claim1"]["id"] for each in found} == {"a0"}
    assert {each["claim2"]["id"] for each in found} == {each.id for each in documents}
    missing = call("contradictions", word_index, "--against", tmp_path / "none")
    assert missing.code == 4
    assert "none: no such index, file or folder" in missing.err


@pytest.mark.usefixtures("_fakes")
def test_the_old_name_of_the_nli_option_works_with_a_note(call, tmp_path: Path) -> None:
    result = call("duplicates", write(tmp_path / "a.jsonl", OPEN), "--judge", "some/model")
    assert result.code == 0
    assert "--judge is deprecated; use --nli" in result.err

"""`simengine monitor` against the monitor called as a library, with a model of keywords."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine.reasoning.monitor import Monitor
from simengine.reasoning.zero_shot import ZeroShotClassifier
from simengine.requests.monitor import MonitorOptions, StreamText
from tests.cross_encoders.fakes import ascii_readings
from tests.reasoning.keyword_model import KeywordModel, keyword_nli

TABLE = {"price": 6.0, "outage": 6.0, "positive": 6.0, "negative": 6.0}
WATCH = ["--topic", "price", "--topic", "outage", "--window", "40"]
TEXTS = ["a price"] * 160 + ["an outage"] * 100


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simengine.engine.loaded.LoadedModels.nli", lambda *given: keyword_nli(TABLE))


def expected(options: MonitorOptions | None = None) -> list[dict[str, object]]:
    options = options or MonitorOptions(("price", "outage"), window=40)
    alerts = Monitor(ZeroShotClassifier(keyword_nli(TABLE)), options).add(
        [StreamText(each) for each in TEXTS]
    )
    assert alerts
    return [json.loads(json.dumps(each.as_dict())) for each in alerts]


def write(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def read(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_alerts_are_json_lines(call, tmp_path: Path) -> None:
    result = call("monitor", write(tmp_path / "s.jsonl", TEXTS), *WATCH)
    assert result.code == 0, result.err
    assert read(result.out) == expected()
    assert "260 texts" in result.err


def test_standard_input_is_the_default(call, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO("".join(json.dumps({"text": text}) + "\n" for text in TEXTS).encode())

    monkeypatch.setattr("sys.stdin", Stdin())
    assert read(call("monitor", *WATCH).out) == expected()


def test_a_state_goes_on_where_the_run_before_it_ended(call, tmp_path: Path) -> None:
    state, alerts = tmp_path / "state.json", tmp_path / "alerts.jsonl"
    for number, part in enumerate((TEXTS[:165], TEXTS[165:])):
        source = write(tmp_path / f"{number}.jsonl", part)
        assert call("monitor", source, *WATCH, "--state", state, "-o", alerts).code == 0
    assert read(alerts.read_text(encoding="utf-8")) == expected()
    other = call("monitor", source, "--topic", "price", "--window", "40", "--state", state)
    assert other.code == 2
    state.write_text("{")
    assert call("monitor", source, *WATCH, "--state", state).code == 4


def test_an_interrupt_keeps_state_and_alerts(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import simengine.cli.monitor_command as module

    arriving = module._arriving

    def interrupted(texts: Iterator[StreamText]) -> Iterator[list[StreamText]]:
        yield from arriving(texts)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_arriving", interrupted)
    state, alerts = tmp_path / "state.json", tmp_path / "alerts.jsonl"
    source = write(tmp_path / "s.jsonl", TEXTS)
    assert call("monitor", source, *WATCH, "--state", state, "-o", alerts).code == 130
    assert json.loads(state.read_text(encoding="utf-8"))["n_texts"] == len(TEXTS)
    assert read(alerts.read_text(encoding="utf-8")) == expected()


def test_a_broken_line_is_an_error_after_what_came_before_it_or_is_left_out(call, tmp_path: Path) -> None:
    source = write(tmp_path / "s.jsonl", TEXTS)
    with source.open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    refused = call("monitor", source, *WATCH)
    assert refused.code == 4
    assert f"{source}:261" in refused.err
    assert read(refused.out) == expected()
    skipped = call("monitor", source, *WATCH, "--skip-invalid", "-q")
    assert skipped.code == 0
    assert "1 record left out" in skipped.err


def test_missing_folders_of_alerts_and_state_are_made(call, tmp_path: Path) -> None:
    source = write(tmp_path / "s.jsonl", TEXTS)
    alerts, state = tmp_path / "new" / "deep" / "alerts.jsonl", tmp_path / "other" / "state.json"
    assert call("monitor", source, *WATCH, "-o", alerts, "--state", state).code == 0
    assert read(alerts.read_text(encoding="utf-8")) == expected()
    assert state.exists()


def test_windows_of_time_need_times(call, tmp_path: Path) -> None:
    arguments = ["--topic", "price", "--window", "10min"]
    assert call("monitor", write(tmp_path / "s.jsonl", ["a"]), *arguments).code == 4
    timed = tmp_path / "t.jsonl"
    timed.write_text('{"text": "a price", "at": "2026-11-22T10:00:00Z"}\n', encoding="utf-8")
    assert call("monitor", timed, *arguments, "--time-field", "at").code == 0


def test_sentiments_have_built_in_names_in_two_languages(call, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    for language, first in (("en", "positive"), ("zh", "正面")):
        state.unlink(missing_ok=True)
        call("monitor", write(tmp_path / "s.jsonl", ["a"]), "--sentiment", language, "--state", state)
        assert json.loads(state.read_text(encoding="utf-8"))["options"]["sentiments"][0] == first


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--topic", "a", "--window", "soon"],
        ["--topic", "a", "--window", "0min"],
        ["--topic", "a", "--window", "1"],
        ["--topic", "a", "--topic", "a"],
        ["--sentiment", "good"],
        ["--topic", "a", "--single-topic"],
    ],
)
def test_nothing_to_watch_for_is_a_usage_error(call, tmp_path: Path, arguments: list[str]) -> None:
    result = call("monitor", write(tmp_path / "s.jsonl", ["a"]), *arguments)
    assert result.code == 2
    assert "Traceback" not in result.err


def test_a_missing_file_is_a_data_error_before_a_model_is_loaded(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "simengine.engine.loaded.LoadedModels.nli", lambda choice, labels: pytest.fail("loaded")
    )
    result = call("monitor", tmp_path / "none.jsonl", *WATCH, "--state", tmp_path / "state.json")
    assert result.code == 4
    assert "none.jsonl: no such file or folder" in result.err
    assert not (tmp_path / "state.json").exists()


def test_texts_that_the_judge_does_not_know_are_told_of_once_and_counted(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "s.jsonl", ["a price", "价格太高了。"] * 100)
    assert "does not know" not in call("monitor", source, *WATCH, "-q").err
    monkeypatch.setattr(KeywordModel, "readings", ascii_readings)
    said = call("monitor", source, *WATCH, "-q").err
    assert said.count("the cross-encoder does not know the characters of '价格太高了。'") == 1
    assert "100 texts left out" in said
    assert "does not know" not in call("monitor", write(source, TEXTS), *WATCH).err

"""Which bi-encoder is taken if none is named: told from the texts, without loading a model."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simengine import Document, Engine, Models, TextEngine
from simengine.engine import default_model
from simengine.engine.default_model import choose_default, evenly, looked_at, read_ahead
from simengine.errors import DataError, install_command
from simengine.models.packaged import MULTILINGUAL_MODEL
from simengine.models.resolve import DEFAULT_MODEL
from tests.serving.library import word_models

ENGLISH = ["The tower was built in 1889 and is 300 metres high.", "Cats purr when they are content."]
CHINESE = ["这座塔建于1889年，高三百米。", "猫在满足的时候会发出呼噜声。"]
CODE = [
    "def total(xs: list[float]) -> float:\n    return sum(x for x in xs if not math.isnan(x))",
    "for (let i = 0; i < rows.length; i++) { table.push(parseRow(rows[i], schema.fields)); }",
    "SELECT customer_id, SUM(amount) FROM orders WHERE created_at >= '2024-01-01' GROUP BY customer_id;",
]
GERMAN = [
    "Der Mieter zahlt die Miete spätestens am dritten Werktag eines jeden Monats im Voraus.",
    "Die Bibliothek bleibt wegen dringender Umbauarbeiten bis Ende September geschlossen.",
]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The multilingual model is there; `load_encoder` gives a fake in the tests that load one."""
    monkeypatch.setattr(default_model, "multilingual_is_here", lambda: True)
    return monkeypatch


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ENGLISH,
        CODE,
        [*ENGLISH * 10, CHINESE[0]],
        ["😀 😀 😡", "🚀🚀🚀", "♥", "→ ∀x ∈ ℝ"],
        ["Great service 😀😀😀😀😀😀", "👍👍👍 would buy again"],
        ["Der Hund bellt.", "Das Haus ist alt.", "Guten Morgen!"],
        ["Café crème, naïve, Zürich and São Paulo are spelled with marks in English as well."],
    ],
    ids=[
        "nothing", "blank", "English", "code", "5 % Chinese", "symbols", "emoji in English", "short German", "accents",
    ],
)  # fmt: skip
def test_english_and_what_is_no_language_stays_on_the_english_model(texts: list[str]) -> None:
    assert choose_default(texts) == default_model.DefaultModel(DEFAULT_MODEL, "")


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (CHINESE, "the characters of 100%"),
        (["東京タワーは1958年に建てられた。", "猫は日当たりのよい場所で眠る。"], "the characters of 100%"),
        (["Башня была построена в 1889 году.", "Кошки мурлычут, когда довольны."], "the characters of 100%"),
        (["مكتبة المدينة مغلقة يوم الجمعة.", "القطط تنام في الشمس."], "the characters of 100%"),
        ([*ENGLISH * 4, CHINESE[0]], "the characters of 11%"),
        (["调用 asyncio.run() 会新建一个 event loop", "用 pip install 安装 numpy"], "the characters of 100%"),
        (GERMAN, "the language of 100%"),
        ([*GERMAN, *ENGLISH], "the language of 50%"),
    ],
    ids=["zh", "ja", "ru", "ar", "11 % zh", "zh with code", "de", "half de"],
)
def test_other_texts_take_the_multilingual_model_and_say_why(texts: list[str], reason: str) -> None:
    chosen = choose_default(texts)
    assert chosen.name == MULTILINGUAL_MODEL
    assert reason in chosen.note
    assert "\n" not in chosen.note
    assert chosen == choose_default(texts)


def test_without_it_one_line_says_what_is_missing_and_how_to_get_it(here: pytest.MonkeyPatch) -> None:
    here.setattr(default_model, "multilingual_is_here", lambda: False)
    chosen = choose_default(CHINESE)
    assert chosen.name == DEFAULT_MODEL
    assert install_command("multilingual") in chosen.note
    assert MULTILINGUAL_MODEL in chosen.note
    assert "\n" not in chosen.note


def test_the_whole_of_what_was_read_ahead_is_looked_at() -> None:
    documents = [Document(str(n), text) for n, text in enumerate([*ENGLISH * 2_000, *CHINESE * 500])]
    found = looked_at(documents)
    assert len(found) == default_model.TEXTS
    assert choose_default(found).name == MULTILINGUAL_MODEL
    assert looked_at([Document("a", "猫" * 5_000, "塔")])[0].startswith("塔 猫")
    assert len(looked_at([Document("a", "猫" * 5_000)])[0]) == default_model.CHARACTERS
    assert evenly([1, 2, 3], 5) == [1, 2, 3]
    assert evenly(range(10), 2) == [0, 5]
    assert evenly([], 2) == []


def test_a_stream_is_read_once_and_no_further_than_needed(here: pytest.MonkeyPatch) -> None:
    here.setattr(default_model, "HELD_DOCUMENTS", 3)
    n_read = 0

    def stream() -> Iterator[Document]:
        nonlocal n_read
        for number in range(5):
            n_read += 1
            yield Document(str(number), "text")

    held, rest = read_ahead(stream(), whole=True)
    assert ([each.id for each in held], n_read) == (["0", "1", "2"], 3)
    assert [each.id for each in rest] == ["0", "1", "2", "3", "4"]
    n_read = 0
    held, rest = read_ahead(stream(), whole=False)
    assert (len(held), n_read, len(list(rest))) == (1, 1, 5)
    here.setattr(default_model, "HELD_CHARACTERS", 5)
    assert len(read_ahead(stream(), whole=True)[0]) == 2
    assert read_ahead([], whole=True)[0] == list(read_ahead([], whole=True)[1]) == []


def test_a_fault_behind_the_first_document_is_raised_in_its_place() -> None:
    def stream(n_good: int) -> Iterator[Document]:
        yield from (Document(str(number), "text") for number in range(n_good))
        raise DataError("bad", "corpus", n_good + 1)

    held, rest = read_ahead(stream(2), whole=True)
    assert len(held) == 2
    assert [next(rest).id, next(rest).id] == ["0", "1"]
    with pytest.raises(DataError, match="bad"):
        next(rest)
    with pytest.raises(DataError, match="bad"):
        read_ahead(stream(0), whole=True)


# -- an index ----------------------------------------------------------------------------------------------------


def build(path: Path, texts: list[str], **options: Any) -> Engine:
    return Engine.build([Document(str(n), text) for n, text in enumerate(texts)], path, **options)


def test_a_new_index_keeps_the_model_and_why_it_was_chosen(tmp_path: Path) -> None:
    with word_models(), build(tmp_path / "zh", CHINESE) as engine:
        assert engine.settings.model_name == MULTILINGUAL_MODEL
        engine.add([Document("en", text) for text in ENGLISH[:1]])
        engine.compact()
        facts = engine.index.facts()
        assert facts["settings"]["model_name"] == MULTILINGUAL_MODEL
        assert facts["model_choice"].startswith(f"model {MULTILINGUAL_MODEL}, because {DEFAULT_MODEL}")
    with word_models(), build(tmp_path / "zh", ENGLISH) as engine:  # continues: its model is stored
        assert engine.settings.model_name == MULTILINGUAL_MODEL
    with word_models(), build(tmp_path / "zh", ENGLISH, overwrite=True) as engine:
        assert engine.settings.model_name == DEFAULT_MODEL
        assert engine.index.facts()["model_choice"] is None
    with word_models(), build(tmp_path / "named", CHINESE, model=DEFAULT_MODEL) as engine:
        assert engine.settings.model_name == DEFAULT_MODEL
        assert engine.index.facts()["model_choice"] is None


def test_documents_that_are_added_do_not_change_the_model(tmp_path: Path) -> None:
    with word_models(), build(tmp_path / "en", ENGLISH) as engine:
        engine.add([Document(f"zh{n}", text) for n, text in enumerate(CHINESE)])
        assert engine.settings.model_name == DEFAULT_MODEL


# -- pairs -------------------------------------------------------------------------------------------------------


def test_pairs_are_scored_by_the_model_that_reads_them() -> None:
    names: list[str | None] = []
    said: list[str] = []
    with word_models(), pytest.MonkeyPatch.context() as patch:
        from simengine.engine import encoder

        load = encoder.load_encoder

        def named(name: str | None = None, **options: Any) -> Any:
            names.append(name)
            return load(name, **options)

        patch.setattr(encoder, "load_encoder", named)
        with TextEngine(note=said.append) as engine:
            for pair in (CHINESE, ENGLISH, (ENGLISH[0], CHINESE[0]), CHINESE):
                assert engine.score(*pair).text1 == pair[0]
            assert names == [MULTILINGUAL_MODEL, None]
            assert len(set(said)) == 2
            engine.encode(CHINESE)
            assert names == [MULTILINGUAL_MODEL, None]
        with TextEngine(Models("all-MiniLM-L6-v2"), note=said.append) as engine:
            engine.score(*CHINESE)
        assert (names[2:], len(said)) == (["all-MiniLM-L6-v2"], 3)


# -- commands ----------------------------------------------------------------------------------------------------


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    from simengine.cli.main import _run

    capfd.readouterr()
    code = _run([str(each) for each in arguments])
    captured = capfd.readouterr()
    return code, captured.out, captured.err


def test_a_stream_of_json_lines_is_looked_at_and_the_choice_is_said_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [json.dumps({"_id": str(n), "text": text}) for n, text in enumerate(CHINESE)]
    for target, reads in (("quiet", False), ("told", True)):
        content = io.BytesIO("\n".join(lines).encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content, encoding="utf-8"))
        with word_models():
            code, _, err = run(capfd, "index", "-", "-o", tmp_path / target, *(() if reads else ("-q",)))
        assert code == 0
        assert err.count(f"model {MULTILINGUAL_MODEL}, because") == int(reads)
    with word_models():
        shown = run(capfd, "info", tmp_path / "told")[1]
    assert f"{MULTILINGUAL_MODEL}, 16 dimensions" in shown
    assert f"because {DEFAULT_MODEL} does not read the characters of 100% of the texts" in shown


def test_a_file_of_pairs_gets_one_model(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simengine.cli.pair_input.BATCH_PAIRS", 1)
    pairs = tmp_path / "pairs.jsonl"
    rows = [tuple(CHINESE), tuple(ENGLISH)]
    pairs.write_text("\n".join(json.dumps({"text1": a, "text2": b}) for a, b in rows), encoding="utf-8")
    with word_models():
        code, out, err = run(capfd, "score", "--pairs", pairs, "--format", "jsonl")
        assert (code, len(out.splitlines())) == (0, 2)
        assert err.splitlines() == [
            f"model {MULTILINGUAL_MODEL}, because {DEFAULT_MODEL} does not read the characters of 100% of the texts"
        ]
        assert run(capfd, "score", *ENGLISH)[2] == ""
        pairs.write_text("\n".join(json.dumps({"text1": a, "text2": b}) for a, b in rows[::-1]), "utf-8")
        assert MULTILINGUAL_MODEL not in run(capfd, "score", "--pairs", pairs)[2]
        monkeypatch.setattr(default_model, "multilingual_is_here", lambda: False)
        assert run(capfd, "score", *CHINESE)[2].count(install_command("multilingual")) == 1
        pairs.write_text("", encoding="utf-8")
        assert run(capfd, "score", "--pairs", pairs)[1] == ""

"""The Pair scoring tab without a browser: words in colour, inference, files with bad rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simengine.engine.models import Models
from simengine.errors import DataError, ModelDamagedError, UsageError
from simengine.explain import ExplainedText, ExplainedWord, Faithfulness, PairExplanation
from simengine.serving.demo.pairs_batch import (
    BLOCK_PAIRS,
    MAX_PAIRS,
    Columns,
    PairRow,
    as_csv,
    columns_of,
    read_rows,
    score_rows,
    summary_html,
)
from simengine.serving.demo.pairs_html import Compared, compared_html, word_groups, woven
from simengine.serving.demo.pairs_tab import compare_texts
from simengine.serving.demo.strings import UNKNOWN
from simengine.serving.demo.strings.pairs import PAIRS
from simengine.serving.served import ServedIndex
from simengine.serving.settings import ServingSettings
from simengine.types import Verdict
from tests.cross_encoders.fakes import ascii_readings
from tests.faults.encoder import WordEncoder, vector_of
from tests.qa.fakes import TableModel
from tests.serving.library import build_library, graded_model, word_models


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedIndex]:
    with word_models():
        index = ServedIndex("library", build_library(tmp_path_factory.mktemp("pairs") / "library"))
        yield index
        index.close()


def words(text: str, partners: list[int | None], contributions: list[float] | None = None) -> ExplainedText:
    """A text of single words with given partners."""
    found, at = [], 0
    for place, word in enumerate(text.split()):
        start = text.index(word, at)
        at = start + len(word)
        partner = partners[place]
        contribution = 0.5 if contributions is None else contributions[place]
        found.append(
            ExplainedWord(start, at, word, contribution, 0.0, partner, 0.0 if partner is None else 0.9)
        )
    return ExplainedText(text, tuple(found), len(text), 0)


def explained(first: ExplainedText, second: ExplainedText) -> PairExplanation:
    return PairExplanation(
        0.5, first, second, np.zeros((len(first.words), len(second.words)), np.float32), None, 0
    )


def said(*probabilities: float, sure: bool = True) -> Verdict:
    """A verdict with the probabilities of entailment, neutral, contradiction."""
    shares = dict(zip(("entailment", "neutral", "contradiction"), probabilities, strict=True))
    return Verdict(max(shares, key=lambda name: shares[name]), shares, None, 1, sure=sure)


# -- words -------------------------------------------------------------------------------------------------------


def test_mutual_partners_make_groups_in_the_order_of_the_first_text():
    pair = explained(words("cat sat mat", [2, None, 0]), words("rug dog tom", [2, None, 0]))
    assert word_groups(pair) == ([0, None, 1], [1, None, 0])


def test_neighbours_in_both_texts_are_one_group():
    pair = explained(words("interest rates rise", [0, 1, None]), words("interest rates", [0, 1]))
    assert word_groups(pair) == ([0, 0, None], [0, 0])


def test_a_word_whose_partner_prefers_another_joins_its_group():
    pair = explained(words("big cat", [0, 0]), words("tiger", [1]))
    assert word_groups(pair) == ([0, 0], [0])


def test_words_that_add_nothing_begin_no_group():
    pair = explained(words("to cat", [0, 1], [0.001, 0.4]), words("to tom", [0, 1], [0.0, 0.4]))
    assert word_groups(pair, 0.1) == ([None, 0], [None, 0])


def test_woven_text_is_the_escaped_text_with_numbers_at_the_end_of_groups():
    side = words("<b> & x", [0, None, None], [0.4, -0.4, 0.2])
    html = woven(side, [0, None, None], 0.4)
    assert "&lt;b&gt;<sub>1</sub></span>" in html
    assert 'data-g="0"' in html
    assert "se-against" in html
    assert "--w:0.50" in html
    assert "<b>" not in html


def test_what_the_model_did_not_read_is_shown_as_unread():
    read = words("one two", [None, None])
    side = ExplainedText("one two three", read.words, 7, 1)
    assert '<span class="se-unread"> three</span>' in woven(side, [None, None], 1.0)


def test_figures_say_whether_the_colours_can_be_relied_on():
    side = words("cat sat", [None, None])

    def shown(figure: Faithfulness | None) -> str:
        pair = replace(explained(side, side), faithfulness=figure)
        return compared_html(Compared(pair), "en") + compared_html(Compared(pair), "zh")

    good = shown(Faithfulness(0.4, 0.1, 0.95, 3, 20))
    assert "the similarity by 0.40" in good
    assert "lowers it by 0.10" in good
    assert "19 of 20" in good
    assert PAIRS.unfaithful.en not in good
    assert PAIRS.unfaithful.en in shown(Faithfulness(0.1, 0.1, 0.5, 3, 20))
    assert PAIRS.no_figure.zh in shown(None)


def test_bars_hold_shares_and_the_largest_is_marked():
    side, verdict = words("cat", [None]), said(0.9, 0.07, 0.03)
    html = compared_html(Compared(explained(side, side), verdict, verdict), "en")
    assert "flex:0.9000 1 0" in html
    assert '<li class="se-top"><i class="se-e"></i>entailed <b>0.90</b></li>' in html
    assert ">90%<" in html
    assert ">7%<" not in html  # too narrow for a figure inside
    assert PAIRS.not_sure.en not in html


def test_a_verdict_that_is_not_sure_marks_nothing_and_says_so():
    side, verdict = words("cat", [None]), said(0.6, 0.3, 0.1, sure=False)
    html = compared_html(Compared(explained(side, side), verdict, verdict), "en")
    assert 'class="se-top"' not in html
    assert PAIRS.not_sure.en in html


# -- comparing ---------------------------------------------------------------------------------------------------


def test_both_directions_are_judged_and_the_cosine_is_that_of_the_index(served: ServedIndex):
    one, two = "A guitar is played.", "Someone makes music."
    pair = compare_texts(served, one, two)
    assert pair.explanation.cosine == pytest.approx(float(vector_of(one) @ vector_of(two)), abs=1e-5)
    assert pair.forward is not None
    assert pair.backward is not None
    assert (pair.forward.label, pair.backward.label) == ("entailment", "neutral")
    html = compared_html(pair, "en")
    assert f"{pair.explanation.cosine:.3f}" in html
    assert PAIRS.inference_note.en in html


def test_a_served_cross_encoder_for_similarity_is_shown_besides(tmp_path: Path, monkeypatch):
    with word_models():
        graded_model(monkeypatch.setattr)
        models = Models(similarity="graded")
        index = ServedIndex("own", build_library(tmp_path / "own"), ServingSettings(models))
        pair = compare_texts(index, "A guitar is played.", "Someone makes music, score 0")
        index.close()
    assert pair.graded == ("graded", pytest.approx(0.5))
    assert pair.forward is not None
    html = compared_html(pair, "en")
    assert "0.500" in html
    assert PAIRS.graded.en in html


def test_texts_that_the_models_do_not_know_are_told_of(served: ServedIndex, monkeypatch: pytest.MonkeyPatch):
    plain = compared_html(compare_texts(served, "猫喜欢睡觉", "小猫在睡觉"), "zh")
    assert PAIRS.cosine_note.zh in plain
    assert UNKNOWN.cross_encoder.zh not in plain
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    monkeypatch.setattr(WordEncoder, "readings", ascii_readings)
    pair = compare_texts(served, "猫喜欢睡觉", "小猫在睡觉")
    assert (pair.unknown, pair.told_apart) == (True, False)
    for note in (UNKNOWN.cross_encoder, UNKNOWN.pair):
        assert note.zh in compared_html(pair, "zh")


def test_hostile_texts_are_escaped_everywhere(served: ServedIndex):
    text = '<img src=x onerror="alert(1)"> <script>alert(2)</script>'
    html = compared_html(compare_texts(served, text, text + " again"), "en")
    assert "<img" not in html
    assert "<script" not in html


def test_words_of_an_error_are_escaped(served: ServedIndex, monkeypatch):
    def broken():
        raise UsageError("it has the outputs <a>, <b>")

    monkeypatch.setattr(served.models, "judge", broken)
    html = compared_html(compare_texts(served, "cats purr", "dogs bark"), "en")
    assert "the outputs &lt;a&gt;, &lt;b&gt;" in html


def test_a_judge_that_cannot_be_loaded_leaves_the_similarity(served: ServedIndex, monkeypatch):
    def broken():
        raise ModelDamagedError("its <weights> are gone")

    monkeypatch.setattr(served.models, "judge", broken)
    pair = compare_texts(served, "cats purr", "dogs bark")
    assert pair.forward is None
    html = compared_html(pair, "en")
    assert "a model cannot be used now" in html
    assert "weights" not in html
    assert f"{pair.explanation.cosine:.3f}" in html


# -- files -------------------------------------------------------------------------------------------------------


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_good_and_bad_rows_keep_their_order_and_lines(tmp_path: Path):
    file = write(tmp_path, "p.csv", "text1,text2\ncats,dogs\n,empty\nonly one\nfish,chips\n")
    rows = read_rows(file)
    assert [(row.line, row.text1, row.text2) for row in rows] == [
        (2, "cats", "dogs"),
        (3, "", ""),
        (4, "", ""),
        (5, "fish", "chips"),
    ]
    assert "'text1' is blank" in rows[1].problem
    assert "fields" in rows[2].problem


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("p.csv", "premise,hypothesis\na b,c d\n", ""),
        ("p.csv", "q,a\na b,c d\n", "q, a"),
        ("p.csv", "x,left,right\n1,a b,c d\n", "left，right"),
        ("p.tsv", "sentence1\tsentence2\tscore\na b\tc d\t3\n", ""),
        ("p.csv", "a b,c d!\n", ""),
        ("p.csv", "a b,c d!,4,5\n", ""),
        ("p.csv", "Customer,Agent\na b,c d\n", ("Customer", "Agent")),
        ("p.csv", 'u,v\n"a b","c d"\n', ("u", "v")),
        ("p.csv", "a b,c d!,4,5\n", ("text1", "text2")),
        ("p.json", '[{"u": "a b", "v": "c d"}]', ("u", "v")),
        ("p.jsonl", '{"query": "a b", "passage": "c d"}\n', ""),
        ("p.jsonl", '{"u": "a b", "v": "c d"}\n', "u,v"),
    ],
)
def test_columns_are_known_picked_or_the_first_two(
    tmp_path: Path, name: str, text: str, columns: str | tuple[str, str]
):
    (row,) = read_rows(write(tmp_path, name, text), columns)
    assert (row.text1, row.text2.rstrip("!"), row.problem) == ("a b", "c d", "")


@pytest.mark.parametrize("text", ["id,Customer,Agent\n1,a b,c d\n", "left,right\na,b\n", "1,a b,c d\n"])
def test_an_unknown_header_is_refused_with_its_columns(tmp_path: Path, text: str):
    with pytest.raises(DataError, match=r"unknown header: the first row is .*pick the two columns") as caught:
        read_rows(write(tmp_path, "p.csv", text))
    assert all(repr(cell) in caught.value.reason for cell in text.splitlines()[0].split(","))


@pytest.mark.parametrize(
    ("name", "text", "names", "texts"),
    [
        (
            "p.csv",
            "id,premise,hypothesis\n1,a,b\n",
            ("id", "premise", "hypothesis"),
            ("premise", "hypothesis"),
        ),
        ("p.tsv", "Customer\tAgent\na\tb\n", ("Customer", "Agent"), None),
        ("p.csv", "It rains.,It is wet.,0.5\n", ("text1", "text2", "column 3"), ("text1", "text2")),
        ("p.json", '{"data": [{"u": "a", "v": "b"}]}', ("u", "v"), None),
        ("p.csv", b"\xff\xfe", (), None),
        ("p.csv", "", (), None),
    ],
)
def test_the_columns_of_a_file_are_offered(
    tmp_path: Path, name: str, text: str | bytes, names: tuple[str, ...], texts: tuple[str, str] | None
):
    file = tmp_path / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    assert columns_of(file) == Columns(names, texts)


@pytest.mark.parametrize("columns", ["one", "a,b,c", "a,a", "a,"])
def test_columns_that_are_not_two_names_are_refused(tmp_path: Path, columns: str):
    with pytest.raises(UsageError, match="two different names"):
        read_rows(write(tmp_path, "p.csv", "a,b\n1,2\n"), columns)


def test_another_kind_of_file_an_empty_one_and_a_huge_one_are_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"\.csv"):
        read_rows(write(tmp_path, "p.xlsx", "x"))
    with pytest.raises(DataError, match="has no rows"):
        read_rows(write(tmp_path, "p.csv", "text1,text2\n"))
    with pytest.raises(DataError, match="more than"):
        read_rows(write(tmp_path, "p.csv", "text1,text2\n" + "a,b\n" * (MAX_PAIRS + 1)))


def test_scores_are_those_of_single_pairs_and_bad_rows_have_none(served: ServedIndex):
    rows = [PairRow(n, f"word{n} cats", "cats and dogs") for n in range(1, BLOCK_PAIRS + 3)]
    rows[4] = PairRow(5, problem="bad")
    steps = [(n, len(done)) for n, done in score_rows(served, rows, inference=False)]
    assert steps == [(BLOCK_PAIRS - 1, BLOCK_PAIRS + 2), (BLOCK_PAIRS + 1, BLOCK_PAIRS + 2)] or steps == [
        (BLOCK_PAIRS - 1, BLOCK_PAIRS),
        (BLOCK_PAIRS + 1, BLOCK_PAIRS + 2),
    ]
    *_, (_, done) = score_rows(served, rows, inference=True)
    assert [row.line for row in done] == [row.line for row in rows]
    for row in done:
        if row.problem:
            assert row.cosine is None
            assert row.verdict is None
        else:
            assert row.cosine == pytest.approx(float(vector_of(row.text1) @ vector_of(row.text2)), abs=1e-5)
            assert row.verdict is not None
            assert row.verdict.label == "neutral"


def test_tokens_that_were_not_read_are_counted(served: ServedIndex):
    long = " ".join(f"w{n}" for n in range(40))
    *_, (_, (row,)) = score_rows(served, [PairRow(1, long, "short")], inference=False)
    assert row.unread_tokens == 42 - 24


def test_csv_holds_every_row_and_runs_no_formula():
    rows = [
        PairRow(2, "=1+1", "@sum(A1)", 0.25, said(0.7, 0.2, 0.1)),
        PairRow(3, problem="empty text: the column 'text1' is blank"),
    ]
    text = as_csv(rows)
    assert text.startswith("\ufeff")
    first, second = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (first["text1"], first["text2"]) == ("'=1+1", "'@sum(A1)")
    assert (first["cosine"], first["label"], first["entailment"]) == ("0.25", "entailment", "0.7")
    assert (second["row"], second["cosine"], second["problem"]) == ("3", "", rows[1].problem)
    assert "entailment" not in as_csv([PairRow(1, "a", "b", 0.5)]).splitlines()[0]


def test_the_summary_names_bad_rows_and_escapes_texts():
    rows = [PairRow(2, "<i>", "b", -0.5), *(PairRow(n, problem=f"bad <{n}>") for n in range(3, 40))]
    html = summary_html(rows, 1.5, "en")
    assert "1 pair scored" in html
    assert "37 rows skipped" in html
    assert "bad &lt;3&gt;" in html
    assert "and 17 more" in html
    assert "-0.500" in html
    assert "<i>" not in html

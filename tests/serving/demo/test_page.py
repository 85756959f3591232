"""The page over a tiny index, without a browser: its handlers, its state, what it asks of the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

gr = pytest.importorskip("gradio", reason="the page needs simengine-search[demo]")


from simengine.engine import Engine  # noqa: E402
from simengine.errors import IndexNotFoundError, UsageError  # noqa: E402
from simengine.serving.demo import build_demo  # noqa: E402
from simengine.serving.demo.ask_tab import AskTab  # noqa: E402
from simengine.serving.demo.check_tab import CheckTab  # noqa: E402
from simengine.serving.demo.context import DemoContext  # noqa: E402
from simengine.serving.demo.facets import Facet  # noqa: E402
from simengine.serving.demo.index_tab import IndexTab, health_html  # noqa: E402
from simengine.serving.demo.notices import failure, notice  # noqa: E402
from simengine.serving.demo.search_tab import SearchTab  # noqa: E402
from simengine.serving.demo.searching import Asked, run_search, run_similar, shown_html  # noqa: E402
from simengine.serving.demo.strings import UNKNOWN, Text  # noqa: E402
from simengine.serving.demo.strings.search import SEARCH  # noqa: E402
from simengine.serving.demo.theme import css, head, theme  # noqa: E402
from simengine.serving.served import ServedIndex  # noqa: E402
from simengine.store.verify import REMAKE, IntegrityProblem, VerifyReport  # noqa: E402
from simengine.types import Document  # noqa: E402
from tests.cross_encoders.fakes import ascii_readings  # noqa: E402
from tests.faults.encoder import WordEncoder  # noqa: E402
from tests.qa.fakes import TableModel  # noqa: E402
from tests.serving.library import TOWER, build_library, word_models  # noqa: E402


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedIndex]:
    with word_models():
        index = ServedIndex("lib<b>", build_library(tmp_path_factory.mktemp("page") / "index"))
        yield index
        index.close()


@pytest.fixture
def context(served: ServedIndex) -> Iterator[DemoContext]:
    with gr.Blocks():
        language = gr.Radio(["en", "zh"], value="en")
        with gr.Tabs() as tabs, gr.Tab("x"):
            yield DemoContext(served, language, tabs, gr.State(""))


def last(steps):
    return list(steps)[-1]


def asked(query: str, **changes: object) -> Asked:
    fields: dict = {
        "query": query, "mode": "hybrid", "rerank": False, "claim": False, "count": 5, "fold": True, "where": None,
    }  # fmt: skip
    return Asked(**{**fields, **changes})


def test_the_page_is_built_and_no_endpoint_is_public(served: ServedIndex):
    demo = build_demo(served)
    assert demo.title == "lib<b> · simengine"
    assert {event.api_visibility for event in demo.fns.values()} == {"private"}
    assert demo.analytics_enabled is False
    html = "".join(str(block.value) for block in demo.blocks.values() if isinstance(block, gr.HTML))
    assert "lib&lt;b&gt;" in html
    assert "lib<b>" not in html


def test_an_engine_is_served_under_its_folder(served: ServedIndex):
    assert build_demo(served.engine).title == "index · simengine"


def test_nothing_of_the_look_is_fetched_from_elsewhere():
    look = css() + head() + theme()._get_theme_css().replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in look
    assert "https://" not in look
    assert "@import" not in look
    assert theme()._stylesheets == []


def test_localised_components_change_their_words(context: DemoContext):
    box = context.localise(gr.Textbox(), {"label": Text("Query", "查询")})
    choice = context.localise(gr.Radio(), {"choices": ((Text("One", "一"), "1"),)})
    assert (box.label, choice.choices) == ("Query", [("One", "1")])
    context.connect()
    reword = next(iter(gr.context.Context.root_block.fns.values())).fn
    assert [update["label"] for update in reword("zh") if "label" in update] == ["查询"]
    assert [update["choices"] for update in reword("zh") if "choices" in update] == [[("一", "1")]]


def test_a_search_shows_a_skeleton_then_cards(context: DemoContext):
    tab = SearchTab(context)
    steps = list(
        tab.search(
            "en",
            " tower ",
            "hybrid",
            False,
            False,
            3,
            True,
            "",
            *[[] for _ in tab.choices],
            *["" for _ in tab.ranges],
        )
    )
    assert "se-ghost" in steps[0][0]
    html, row, shown = steps[-1]
    assert "<mark>tower</mark>" in html
    assert row["visible"]
    assert shown.query == "tower"
    assert "条结果" in tab.again("zh", shown)[0]


def test_filters_of_the_components_reach_the_search(context: DemoContext):
    tab = SearchTab(context)
    tab.facets = [
        Facet("kind", "choice", (("film", 2), ("book", 1))),
        Facet("year", "range", (), 1900.0, 2020.0),
        Facet("tags", "member", (("pets", 2),)),
    ]
    assert tab.where("a = 1", [['"film"'], ['"pets"'], "", "2000"]) == (
        'kind = "film" and tags contains "pets" and year <= 2000 and (a = 1)'
    )
    assert tab.where("", [[], None, "", None]) is None
    with pytest.raises(UsageError, match="year: 'soon' is not a number"):
        tab.where("", [[], [], "soon", ""])


def test_an_error_of_the_search_is_shown_and_keeps_no_hits(context: DemoContext):
    tab = SearchTab(context)
    filters = [[] for _ in tab.choices] + ["" for _ in tab.ranges]
    html, row, shown = last(tab.search("zh", "x", "hybrid", False, False, 3, True, "nofield = 1", *filters))
    assert 'role="alert"' in html
    assert "出错了" in html
    assert (row["visible"], shown) == (False, None)


def test_similar_documents_are_named_after_the_one_and_do_not_hold_it(served: ServedIndex):
    shown = run_similar(served, "cats", 3)
    assert shown.near == "cats"
    assert "cats" not in [hit.id for hit in shown.hits]
    assert "most similar to “cats”" in shown_html(shown, "en")


def test_a_search_from_another_tab_opens_the_search_tab_and_is_done_once(context: DemoContext):
    tab = SearchTab(context)
    opened, near, html, _, shown = last(tab.on_near("en", 3, "cats"))
    assert (opened.selected, near, shown.near) == ("search", "", "cats")
    assert "se-hits" in html
    assert all(step == gr.skip() for step in last(tab.on_near("en", 3, "")))
    assert 'role="alert"' in last(tab.on_near("en", 3, "gone"))[2]


def test_hits_that_say_the_same_are_collapsed_by_the_engines_rule(served: ServedIndex):
    query = "cats and dogs who are content"
    for fold in (True, False):
        shown = run_search(served, asked(query, fold=fold))
        expected = served.engine.search(query, k=5, collapse=fold)
        assert [(hit.id, hit.duplicates) for hit in shown.hits] == [
            (hit.id, hit.duplicates) for hit in expected
        ]
        assert ("collapse" in shown.timings_ms) is fold


def test_why_nothing_was_found_is_said(served: ServedIndex, tmp_path: Path):
    nothing = run_search(served, asked("zyzzyva", mode="lexical"))
    assert "No documents contain these words" in shown_html(nothing, "en")
    nothing = run_search(served, asked("cats", where="year > 9000"))
    assert "match the filter: year &gt; 9000" in shown_html(nothing, "en")
    with Engine.build([Document("a", "text")], tmp_path / "empty") as engine:
        engine.delete(["a"])
        empty = ServedIndex("empty", engine)
        assert "The index is empty" in shown_html(run_search(empty, asked("cats")), "en")
        build_demo(empty)
        empty.close()


def test_a_query_that_a_model_does_not_know_gets_a_note(served: ServedIndex, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(TableModel, "readings", ascii_readings)
    assert run_search(served, asked("猫喜欢什么", rerank=True)).notes == (SEARCH.left_alone,)
    monkeypatch.setattr(WordEncoder, "readings", ascii_readings)
    shown = run_search(served, asked("猫喜欢什么", rerank=True))
    assert "this query keeps the order of the search" in shown_html(shown, "en")
    assert "嵌入模型不认识这些字符，无法区分" in shown_html(shown, "zh")
    assert run_search(served, asked("猫喜欢什么")).notes == (UNKNOWN.encoder,)
    assert run_search(served, asked("猫喜欢什么", mode="lexical")).notes == ()
    assert run_search(served, asked("who are cats?", rerank=True)).notes == ()


def test_asking_keeps_the_conversation_and_a_failure_keeps_the_question(context: DemoContext):
    tab = AskTab(context)
    html, turns, text, new = last(tab.ask("en", TOWER, []))
    assert "1889" in html
    assert (len(turns), text, new["visible"]) == (1, "", True)
    html, *rest = last(tab.ask("en", "  ", turns))
    assert "Enter a question" in html
    assert "1889" in html
    assert all(step == gr.skip() for step in rest)
    html, *rest = last(tab.ask("en", "why " * 5000, turns))
    assert 'role="alert"' in html
    assert all(step == gr.skip() for step in rest)
    assert tab.forget("zh")[1] == []


def test_checking_takes_the_index_or_a_text_and_is_told_again_in_chinese(context: DemoContext):
    tab = CheckTab(context)
    text = "The tower was built in 1889. The tower was built in 1920."
    html, found = last(tab.check("en", text, ""))
    assert ("✓ supported" in html, "✕ contradicted" in html) == (True, True)
    assert "有依据" in tab.again("zh", found)
    html, _ = last(tab.check("en", text, "Cats purr."))
    assert "✓" not in html
    html, kept = last(tab.check("en", " ", ""))
    assert "Enter a text" in html
    assert kept == gr.skip()
    assert "one by one" in tab.again("en", None)


def test_the_index_tab_shows_the_facts_and_a_sound_index(context: DemoContext):
    tab = IndexTab(context)
    html = last(tab.show("en"))
    assert f"<b>{len(context.served.engine)}</b> <span>documents</span>" in html
    assert "nested.a" in html
    result, found = last(tab.look("en"))
    assert "No problems found" in result
    assert "未发现问题" in tab.health_again("zh", found)
    assert "Not verified yet" in tab.health_again("en", None)


def test_what_is_damaged_is_said_with_what_to_do():
    sound = VerifyReport(Path("index"), (), (), (Path("a"), Path("b")), 3, 3)
    shown = health_html(sound, 0.1, "en")
    assert "2 files" in shown
    assert "3 documents" in shown
    damaged = replace(
        sound, problems=(IntegrityProblem(Path("index/lexical/meta.json"), "is <gone>", REMAKE),)
    )
    shown = health_html(damaged, 0.1, "en")
    assert "meta.json: is &lt;gone&gt;" in shown
    assert "verify --repair" in shown


def test_a_missing_index_is_an_error_and_no_crash(
    context: DemoContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    tab = IndexTab(context)
    monkeypatch.setattr(context.served.engine.index, "path", tmp_path / "gone")
    assert 'role="alert"' in last(tab.look("en"))[0]


def test_messages_of_own_errors_are_shown_and_of_others_are_not(caplog: pytest.LogCaptureFixture):
    assert "<b>" not in failure(UsageError("bad <b>"), "en")
    assert "bad &lt;b&gt;" in failure(UsageError("bad <b>"), "en")
    hidden = failure(RuntimeError("secret path"), "en")
    assert "secret" not in hidden
    assert "secret path" in caplog.text
    gone = failure(IndexNotFoundError("there is no index in /home/ann/secret"), "en")
    assert "secret" not in gone
    assert "the log says why" in gone
    assert "/home/ann/secret" in caplog.text
    assert notice("en", "none", "<i>", "<u>").count("&lt;") == 2

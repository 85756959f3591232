"""The Recommend tab without a browser: finding titles, opinions, cards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine.engine import Engine
from simengine.errors import UsageError
from simengine.serving.demo.projection import PerCommit
from simengine.serving.demo.recommend_tab import (
    PageTaste,
    found_html,
    recommended_html,
    run_recommend,
    statements,
    taste_html,
)
from simengine.serving.demo.strings.recommend import RECOMMEND
from simengine.serving.demo.titles import Titled, Titles, find_documents
from simengine.serving.served import ServedIndex
from simengine.types import Document
from tests.serving.demo.test_cards import Reader
from tests.serving.library import build_library, word_models

CATS, DOGS, FORMULA = Titled("cats", "Cats purr"), Titled("dogs", "Dogs bark"), "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedIndex]:
    with word_models():
        index = ServedIndex("library", build_library(tmp_path_factory.mktemp("recommend") / "library"))
        yield index
        index.close()


def test_titles_that_begin_with_the_query_come_first_then_whole_words_then_parts():
    titles = Titles(
        [Titled(title, title) for title in ("Smart art", "Apart", "Art now", "Modern art", "None")]
    )
    assert [each.title for each in titles.find("ART", 9)] == ["Art now", "Modern art", "Apart", "Smart art"]
    assert [each.title for each in titles.find("art", 2)] == ["Art now", "Modern art"]
    assert [each.title for each in titles.find("art mod", 9)] == ["Modern art"]
    assert titles.find("  ", 9) == []


def test_documents_without_a_title_are_named_by_their_text(served: ServedIndex):
    titles = PerCommit(served.engine.path, Titles.of).get()
    assert titles.find("purr", 5) == [Titled("cats", "Cats purr when they are content.")]
    assert titles.find("the tower", 5) == [Titled("tower", "The tower")]


def test_what_no_title_has_is_searched_for(served: ServedIndex):
    titles = PerCommit(served.engine.path, Titles.of).get()
    found, by_title = find_documents(served, titles, "blood", 3)
    assert not by_title
    assert found[0].id == "violent"
    assert find_documents(served, titles, "peace", 3) == ([Titled("quiet", "Peace")], True)


def test_an_opinion_replaces_the_other_and_can_be_taken_back():
    taste = PageTaste().with_opinion(CATS, "like").with_opinion(DOGS, "dislike").with_opinion(CATS, "dislike")
    assert taste == PageTaste((), (DOGS, CATS))
    assert [taste.opinion(id_) for id_ in ("cats", "rates")] == ["dislike", "none"]
    assert taste.with_opinion(DOGS, "none") == PageTaste((), (CATS,))
    assert taste.with_opinion(CATS, "like").opinion("cats") == "like"


def test_buttons_of_a_liked_document_take_the_like_back():
    html = found_html([CATS, DOGS], True, PageTaste((CATS,)), "en")
    buttons = [attributes for tag, attributes in Reader(html).tags if tag == "button"]
    assert [(each["data-id"], each["data-opinion"]) for each in buttons] == [
        ("cats", "none"),
        ("cats", "dislike"),
        ("dogs", "like"),
        ("dogs", "dislike"),
    ]
    assert html.count('aria-pressed="true"') == 1
    assert 'aria-label="Remove Cats purr"' in taste_html(PageTaste((CATS,)), "en")


def test_recommendations_leave_out_what_was_said_and_tell_why(served: ServedIndex):
    taste = PageTaste((Titled("quiet", "Peace"),), (DOGS,))
    shown = run_recommend(served, taste, "", [], 3, 0.0)
    ids = [item.id for item in shown.items]
    assert len(ids) == 3
    assert not {"quiet", "dogs"} & set(ids)
    html = recommended_html(shown, taste, "en")
    assert "Because you like <b>Peace</b>" in html
    assert html.count('class="se-card"') == 3


def test_a_refused_statement_leaves_out_what_entails_it(served: ServedIndex):
    taste = PageTaste((Titled("quiet", "Peace"),))
    everything = {item.id for item in run_recommend(served, taste, "", [], 8, 0.0).items}
    kept = {item.id for item in run_recommend(served, taste, "", ["The film is violent."], 8, 0.0).items}
    assert everything - kept == {"violent"}


def test_a_description_is_enough(served: ServedIndex):
    shown = run_recommend(served, PageTaste(), "Cats purr when they are content.", [], 3, 0.0)
    assert "cats" in [item.id for item in shown.items]
    assert RECOMMEND.because_text.en in recommended_html(shown, PageTaste(), "en")


def test_hostile_titles_are_escaped_in_every_place(served: ServedIndex):
    hostile = Titled(FORMULA, '<img src=x> "quoted"')
    taste = PageTaste((hostile,))
    shown = run_recommend(served, PageTaste((CATS,)), "", [], 8, 0.0)
    html = found_html([hostile], True, taste, "en") + taste_html(taste, "en")
    html += recommended_html(shown, taste, "en")
    assert "<img" not in html
    assert "<script" not in html
    assert "<b>now" not in html
    assert 'data-title="&lt;img src=x&gt; &#34;quoted&#34;"' in html


def test_nothing_left_is_told(served: ServedIndex):
    everything = PageTaste(
        tuple(Titled(d.id, d.id) for d in map(served.engine.get, _ids(served)) if d is not None)
    )
    shown = run_recommend(served, everything, "", [], 3, 0.0)
    assert RECOMMEND.none_title.zh in recommended_html(shown, everything, "zh")


def _ids(served: ServedIndex) -> list[str]:
    return served.engine.matching_ids("year >= 0")


def test_statements_are_lines_each_once_and_too_many_are_refused():
    assert statements(" It is violent. \n\nIt is long.\nIt is violent.") == ["It is violent.", "It is long."]
    assert statements("") == []
    with pytest.raises(UsageError, match="6 statements"):
        statements("\n".join("abcdef"))


def test_what_is_kept_for_a_commit_is_made_anew_after_the_next_one(tmp_path: Path):
    with word_models(), Engine.build([Document("a", "one")], tmp_path / "index") as engine:
        made = []
        kept = PerCommit(engine.path, lambda contents: made.append(contents.counts.documents) or len(made))
        assert not kept.is_made()
        assert [kept.get(), kept.get()] == [1, 1]
        engine.add([Document("b", "two")])
        assert [kept.get(), kept.get()] == [2, 2]
        assert made == [1, 2]
        assert kept.is_made()

"""The page as a whole: languages, keys, light and dark, narrow screens, accessibility, nothing from elsewhere."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import box, open_tab, serious_violations

ENGLISH = ["Search", "Ask", "Check", "Pair scoring", "Recommend", "Map", "Index"]
CHINESE = ["搜索", "问答", "核查", "句对评分", "推荐", "地图", "索引"]


def tab_names(page: Page) -> list[str]:
    return [name.strip() for name in page.locator("#se-tabs [role=tab]:visible").all_inner_texts()]


def test_a_click_switches_the_language_and_it_is_remembered(page: Page):
    assert tab_names(page) == ENGLISH
    page.locator("#se-language label", has_text="中文").click()
    expect(page.get_by_role("tab", name="搜索", exact=True)).to_be_visible()
    assert tab_names(page) == CHINESE
    expect(page.locator("#se-go")).to_have_text("搜索")
    expect(page.locator("#se-results")).to_contain_text("用自己的话搜索")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    page.reload()
    expect(page.get_by_role("tab", name="搜索", exact=True)).to_be_visible()
    page.locator("#se-language label", has_text="English").click()
    expect(page.locator("#se-go")).to_have_text("Search")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_chinese_browser_gets_chinese_and_no_english_is_left(open_page):
    page = open_page(locale="zh-CN")
    expect(page.locator("#se-go")).to_have_text("搜索")
    for name in CHINESE:
        open_tab(page, name)
        labels = page.locator("#se-tabs .tabitem:visible label > span:visible").all_inner_texts()
        buttons = page.locator("#se-tabs .tabitem:visible button.lg:visible").all_inner_texts()
        assert all(any("\u4e00" <= c <= "\u9fff" for c in text) for text in buttons), (name, buttons)
        english = {"Query", "Question", "Retrieval", "Results", "First text", "Second text"}
        assert not english & {label.strip() for label in labels}


def test_slash_goes_to_the_box_of_the_open_tab_and_tab_goes_on_from_there(page: Page):
    page.locator("h1").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.closest('#se-query') !== null")
    page.keyboard.type("and/or")
    assert box(page, "#se-query").input_value() == "and/or"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "se-go"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#se-mode') !== null")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#se-mode label.selected")).to_have_text("Semantic")
    open_tab(page, "Ask")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.closest('#se-question') !== null")


def test_light_and_dark_follow_the_system_and_the_button(open_page):
    light, dark = re.compile(r"^rgb\(2[0-9]{2}, 2"), re.compile(r"^rgb\([1-5]?[0-9], ")
    page = open_page(dark=True)
    body, shown = page.locator("body"), page.locator(".gradio-container").first
    expect(body).to_have_css("background-color", dark)
    expect(shown).to_have_css("color", light)
    page.locator("#se-scheme").click()
    expect(body).to_have_css("background-color", light)
    expect(shown).to_have_css("color", dark)
    page.reload()
    page.locator("#se-go").wait_for()
    expect(body).to_have_css("background-color", light)
    expect(shown).to_have_css("color", dark)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_no_tab_has_a_serious_accessibility_violation_or_is_wider_than_the_screen(
    open_page, width: int, dark: bool
):
    page = open_page(width=width, dark=dark)
    for name in ENGLISH:
        show_tab(page, name)
        if name == "Search":
            box(page, "#se-query").fill("animals in the sea")
            page.keyboard.press("Enter")
            expect(page.locator("#se-results .se-card").first).to_be_visible()
        if name == "Index":
            expect(page.locator("#se-facts .se-tiles")).to_be_visible()
        assert serious_violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def show_tab(page: Page, name: str) -> None:
    """Open a tab; on a narrow screen it may stand in the menu of those that do not fit."""
    tab = page.get_by_role("tab", name=name, exact=True).locator("visible=true")
    if tab.count() == 0:
        page.locator("#se-tabs .overflow-menu > button").click()
        page.locator("#se-tabs .overflow-dropdown button", has_text=name).click()
    else:
        tab.first.click()

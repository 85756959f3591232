"""The Map tab, by pointing, clicking and keys."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import open_tab, serious_violations
from tests.browser.library import DOCUMENTS

FRAME = "#se-map-picture .se-map-frame"


def open_map(page: Page, name: str = "Map") -> None:
    if page.get_by_role("tab", name=name, exact=True).first.is_visible():
        open_tab(page, name)
    else:
        page.locator("#se-tabs .overflow-menu > button").click()
        page.locator("#se-tabs .overflow-dropdown button", has_text=name).click()
    expect(page.locator(FRAME)).to_have_attribute("data-points", str(len(DOCUMENTS)))


def point_at(page: Page, place: int) -> None:
    """Move the pointer to the dot of a document."""
    page.locator(FRAME).scroll_into_view_if_needed()
    x, y = page.evaluate(f"document.querySelector('{FRAME} canvas').sePoint({place})")
    page.mouse.move(x, y)


def test_all_documents_are_dots_and_pointing_at_one_shows_its_text(page: Page):
    open_map(page)
    expect(page.locator("#se-map-about")).to_contain_text(f"{len(DOCUMENTS)} documents")
    expect(page.locator("#se-map-about")).to_contain_text("neighbours preserved")
    tip = page.locator(f"{FRAME} .se-map-tip")
    expect(tip).to_be_hidden()
    point_at(page, 3)
    expect(tip).to_be_visible()
    expect(tip).to_contain_text(re.compile("[A-Za-z]{3,}"))


def test_a_click_searches_near_the_document(page: Page):
    open_map(page)
    point_at(page, 8)
    shown = page.locator(f"{FRAME} .se-map-tip").inner_text()
    page.mouse.down()
    page.mouse.up()
    results = page.locator("#se-results")
    expect(results).to_contain_text("most similar to")
    assert shown.split(" · ")[0] in results.inner_text()


def test_arrow_keys_choose_a_dot_and_enter_searches_near_it(page: Page):
    open_map(page)
    page.locator(f"{FRAME} canvas").focus()
    page.keyboard.press("ArrowRight")
    first = page.locator("#se-map-picture .se-map-said").inner_text()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#se-map-picture .se-map-said")).not_to_have_text(first)
    page.keyboard.press("Enter")
    expect(page.locator("#se-results")).to_contain_text("most similar to")


def test_colours_are_clusters_with_words_values_of_a_field_or_a_scale(page: Page):
    open_map(page)
    legend = page.locator("#se-map-picture .se-map-legend")
    assert legend.locator("button").count() >= 3
    page.locator("#se-map-colour input").click()
    page.get_by_role("option", name="kind", exact=True).click()
    expect(legend).to_contain_text("animal")
    legend.locator("button", has_text="animal").click()
    expect(legend.locator("button[aria-pressed=true]")).to_have_count(1)
    page.locator("#se-map-colour input").click()
    page.get_by_role("option", name="year", exact=True).click()
    expect(legend.locator(".se-map-scale")).to_contain_text("80")
    expect(legend.locator(".se-map-scale")).to_contain_text("2024")


def test_zooming_moves_the_dots_and_shows_all_again(page: Page):
    open_map(page)
    where = f"document.querySelector('{FRAME} canvas').sePoint(0)"
    before = page.evaluate(where)
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(where) != before
    page.get_by_role("button", name="Reset view").click()
    assert page.evaluate(where) == before


def test_html_of_documents_stays_text(page: Page):
    open_map(page)
    place = next(n for n, document in enumerate(DOCUMENTS) if "onmouseover" in document.title)
    point_at(page, place)
    expect(page.locator(f"{FRAME} .se-map-tip")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert page.locator(f"{FRAME} img").count() == 0


def test_it_fits_a_narrow_screen_in_chinese_and_dark_without_serious_violations(open_page):
    page = open_page(width=390, dark=True, locale="zh-CN")
    expect(page.locator("#se-go")).to_have_text("搜索")  # then the tabs have their Chinese names, too
    open_map(page, "地图")
    expect(page.locator("#se-map-about")).to_contain_text("篇文档")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert serious_violations(page) == []

"""The Recommend tab, by clicking and typing."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import box, open_tab, serious_violations

CARDS = "#se-recommended .se-hits > li"


def like(page: Page, part: str, title: str, opinion: str = "Like") -> None:
    box(page, "#se-title-query").fill(part)
    page.get_by_role("button", name=f"{opinion} {title}", exact=True).first.click()
    expect(page.locator("#se-taste .se-pick", has_text=title)).to_be_visible()


def test_liked_and_disliked_titles_give_cards_with_reasons(page: Page):
    open_tab(page, "Recommend")
    expect(page.locator("#se-recommended")).to_contain_text("Say what you like")
    like(page, "blue wh", "Blue whale")
    like(page, "cats pu", "Why cats purr", "Dislike")
    page.locator("#se-recommend-go").click()
    expect(page.locator(CARDS).first).to_be_visible()
    text = page.locator("#se-recommended").inner_text()
    assert "Because you like Blue whale" in text
    titles = page.locator(f"{CARDS} h3").all_inner_texts()
    assert not any("Blue whale" in title or "Why cats purr" in title for title in titles)
    assert page.locator(f"{CARDS} .se-quote").count() == len(titles)
    # A card can be liked, too, and the choice is seen at once.
    page.locator(f"{CARDS} .se-like").first.click()
    expect(page.locator("#se-taste .se-pick.se-like")).to_have_count(2)
    expect(page.locator(f"{CARDS} .se-like").first).to_have_attribute("aria-pressed", "true")
    page.locator("#se-recommend-clear").click()
    expect(page.locator("#se-taste .se-pick")).to_have_count(0)
    expect(page.locator("#se-recommended")).to_contain_text("Say what you like")


def test_a_refused_statement_leaves_out_what_says_it(page: Page):
    open_tab(page, "Recommend")
    like(page, "shares", "Shares fall")
    page.locator("#se-recommend-go").click()
    expect(page.locator(CARDS).first).to_be_visible()
    before = page.locator(f"{CARDS} h3").all_inner_texts()
    assert any("Index funds" in title for title in before)
    box(page, "#se-refuse").fill("An index fund holds the shares of a whole market at low cost.")
    page.locator("#se-recommend-go").click()
    expect(page.locator(f"{CARDS} h3", has_text="Index funds")).to_have_count(0)
    expect(page.locator(CARDS).first).to_be_visible()
    assert not any("Index funds" in title for title in page.locator(f"{CARDS} h3").all_inner_texts())


def test_a_title_that_is_not_there_is_found_by_meaning(page: Page):
    open_tab(page, "Recommend")
    box(page, "#se-title-query").fill("beverages with caffeine")
    expect(page.locator("#se-title-found")).to_contain_text("with a similar meaning")
    expect(page.locator("#se-title-found li").first).to_be_visible()


def test_html_in_titles_stays_text_and_similar_opens_the_search(page: Page):
    open_tab(page, "Recommend")
    box(page, "#se-title-query").fill("brash")
    row = page.locator("#se-title-found li", has_text="Bold & brash")
    expect(row).to_contain_text("<b onmouseover=")
    row.locator(".se-like").click()
    page.locator("#se-recommend-go").click()
    expect(page.locator(CARDS).first).to_be_visible()
    assert page.evaluate("window.hacked") is None
    page.locator(f"{CARDS} .se-link").first.click()
    expect(page.locator("#se-results")).to_contain_text("most similar to")


def test_it_fits_a_narrow_screen_in_chinese_and_dark_without_serious_violations(open_page):
    page = open_page(width=390, dark=True, locale="zh-CN")
    open_tab(page, "推荐")
    box(page, "#se-title-query").fill("octo")
    page.locator("#se-title-found .se-like").first.click()
    expect(page.locator("#se-taste .se-pick")).to_have_count(1)
    page.locator("#se-recommend-go").click()
    expect(page.locator(CARDS).first).to_contain_text("因为你喜欢")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert serious_violations(page) == []

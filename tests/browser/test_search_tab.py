"""The Search tab, by clicking and typing."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import box


def search(page: Page, query: str) -> None:
    """Type a query, press Enter, wait for what comes of it."""
    box(page, "#se-query").fill(query)
    page.keyboard.press("Enter")
    expect(page.locator("#se-results .se-ghost")).to_have_count(0)
    expect(page.locator("#se-results [role=status], #se-results [role=alert]").first).to_be_visible()


def titles(page: Page) -> list[str]:
    return page.locator("#se-results .se-hits h3").all_inner_texts()


def test_enter_searches_and_hits_are_cards_with_marked_words_and_times(page: Page):
    expect(page.locator("#se-results")).to_contain_text("Search in your own words")
    search(page, "animals that live in the sea")
    expect(page.locator("#se-results .se-found")).to_contain_text("10 results")
    assert page.locator("#se-results .se-card").count() == 10
    assert "animal" in page.locator("#se-results mark").first.inner_text().lower()
    page.locator("#se-results .se-timing summary").click()
    for stage in ("encode", "semantic", "keyword"):
        expect(page.locator("#se-results .se-timing ul")).to_contain_text(stage)
    expect(page.locator("#se-results .se-figure").first).to_contain_text("score")


def test_the_button_searches_by_words_alone(page: Page):
    page.locator("#se-mode").get_by_text("Keyword", exact=True).click()
    box(page, "#se-query").fill("espresso")
    page.locator("#se-go").click()
    expect(page.locator("#se-results .se-card")).to_have_count(1)
    assert "Espresso" in titles(page)[0]


def test_a_claim_gets_stances_and_probabilities_that_are_called_uncalibrated(page: Page):
    page.locator("#se-claim input").check()
    search(page, "Honey bees dance.")
    first = page.locator("#se-results .se-card").first
    expect(first).to_contain_text("supports")
    expect(first).to_contain_text("relevance · uncalibrated")
    expect(first.locator(".se-evidence")).to_contain_text("Honey bees dance")
    page.locator("#se-results .se-timing summary").click()
    expect(page.locator("#se-results .se-timing ul")).to_contain_text("rerank")


def test_filters_come_from_the_metadata_and_hold(page: Page):
    page.get_by_role("button", name="Filters").click()
    kind = page.get_by_label("kind", exact=True)
    kind.click()
    page.get_by_role("option", name=re.compile("^money")).click()
    kind.press("Escape")
    box(page, ".se-facet:has-text('year from')").fill("2020")
    search(page, "what happened")
    expect(page.locator("#se-results .se-filter")).to_contain_text('kind = "money" and year >= 2020')
    assert {title[1:] for title in titles(page)} == {"Shares fall", "Rates go up"}


def test_a_filter_that_keeps_nothing_says_so(page: Page):
    page.get_by_role("button", name="Filters").click()
    box(page, "#se-expression").fill("year > 3000")
    search(page, "anything")
    expect(page.locator("#se-results .se-notice-none")).to_contain_text(
        "No documents match the filter: year > 3000"
    )


def test_a_filter_that_cannot_be_read_is_an_error_with_its_place(page: Page):
    page.get_by_role("button", name="Filters").click()
    box(page, "#se-expression").fill('year > 3000 or "')
    search(page, "anything")
    alert = page.locator("#se-results [role=alert]")
    expect(alert).to_contain_text("Something went wrong")
    expect(alert).to_contain_text("year > 3000 or")
    box(page, "#se-expression").fill("")
    box(page, ".se-facet:has-text('year to')").fill("soon")
    search(page, "anything")
    expect(alert).to_contain_text("'soon' is not a number")


def test_a_blank_query_asks_for_words(page: Page):
    box(page, "#se-query").fill("   ")
    page.locator("#se-go").click()
    expect(page.locator("#se-results")).to_contain_text("Enter a query")


def test_words_that_no_document_has_find_nothing(page: Page):
    page.locator("#se-mode").get_by_text("Keyword", exact=True).click()
    search(page, "zyzzyva")
    expect(page.locator("#se-results .se-notice-none")).to_contain_text("No documents contain these words")
    expect(page.locator("#se-export")).to_be_hidden()


def test_similar_to_this_shows_other_documents(page: Page):
    search(page, "moons of mars")
    page.locator("#se-results .se-card", has_text="Phobos").locator("[data-similar]").click()
    expect(page.locator("#se-results .se-found")).to_contain_text("most similar to “Moons of Mars”")
    assert not any("Moons of Mars" in title for title in titles(page))
    assert page.locator("#se-results .se-card").count() == 10


def test_duplicates_are_folded_when_that_is_asked_for(page: Page):
    search(page, "return an item for a refund")
    expect(page.locator("#se-results .se-duplicates")).to_have_count(0)
    page.get_by_role("button", name="Filters").click()
    page.locator("#se-fold input").check()
    search(page, "return an item for a refund ")
    expect(page.locator("#se-results .se-duplicates").first).to_contain_text(
        "1 more result says the same: doc-"
    )


def test_an_example_of_the_corpus_is_searched_on_a_click(page: Page):
    example = page.locator("#se-search-examples .se-example").first
    text = example.inner_text()
    example.click()
    expect(page.locator("#se-results .se-found")).to_contain_text(f"“{text}”")
    assert box(page, "#se-query").input_value() == text


def test_hits_are_downloaded_as_csv_without_formulas_and_as_jsonl(page: Page):
    page.locator("#se-mode").get_by_text("Keyword", exact=True).click()
    search(page, "=HYPERLINK formula")
    with page.expect_download() as csv_file:
        page.locator("#se-csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(csv_file.value.path()).read_text("utf-8-sig"), newline="")))
    assert csv_file.value.suggested_filename == "hits.csv"
    assert (rows[0]["title"], rows[0]["query"]) == ("'=1+1", "'=HYPERLINK formula")
    assert rows[0]["passage"].startswith("'=HYPERLINK(")
    with page.expect_download() as jsonl_file:
        page.locator("#se-jsonl").click()
    first = json.loads(Path(jsonl_file.value.path()).read_text("utf-8").splitlines()[0])
    assert (first["title"], first["rank"]) == ("=1+1", 1)


def test_html_in_a_document_is_shown_and_never_run(page: Page):
    search(page, "Tar & feather quotes <script>window.hacked=2</script>")
    card = page.locator("#se-results .se-card", has_text="Tar & feather")
    expect(card).to_contain_text("<script>window.hacked=1</script>")
    expect(card.locator("h3")).to_contain_text('<b onmouseover="window.hacked=1">Bold & brash</b>')
    expect(card).to_contain_text("<i>tag</i>")
    card.hover()
    assert page.locator("#se-results img, #se-results script").count() == 0
    assert page.evaluate("window.hacked") is None


def test_chinese_words_are_marked(page: Page):
    search(page, "长城")
    expect(page.locator("#se-results .se-card").first.locator("mark").first).to_have_text("长城")


def test_results_are_told_again_in_the_other_language(page: Page):
    page.locator("#se-claim input").check()
    search(page, "Bread rises because yeast makes gas from sugar.")
    expect(page.locator("#se-results .se-found")).to_contain_text("Bread rises")
    page.locator("#se-language label", has_text="中文").click()
    expect(page.locator("#se-results .se-found")).to_contain_text("10 条结果")
    expect(page.locator("#se-results .se-card").first).to_contain_text("支持")
    expect(page.locator("#se-results .se-card").first).to_contain_text("未校准")

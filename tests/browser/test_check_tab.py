"""The Check tab, by clicking and typing."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import box, open_tab


def test_a_text_is_checked_claim_by_claim_and_told_again_in_chinese(page: Page):
    open_tab(page, "Check")
    expect(page.locator("#se-checked")).to_contain_text("Claims, one by one")
    page.locator("#se-check-go").click()
    expect(page.locator("#se-checked")).to_contain_text("Enter a text")
    box(page, "#se-check-text").fill("The Eiffel Tower was completed in 1889. Is it high?")
    page.locator("#se-check-go").click()
    expect(page.locator("#se-checked .se-answer")).to_have_count(1)
    expect(page.locator("#se-checked .se-said")).to_have_text("The Eiffel Tower was completed in 1889.")
    page.locator("#se-language label", has_text="中文").click()
    expect(page.locator("#se-checked")).to_contain_text("1 条论断")
